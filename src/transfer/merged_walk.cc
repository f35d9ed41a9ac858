#include "transfer/merged_walk.h"

namespace s3ferry {

MergedWalk::MergedWalk(RangeWalk& range, const Filters& filters, FolderMarkers markers)
    : range_(range), merge_(filters, markers) {
  range_.when_cut([this](std::string_view up_to) { return let_go(up_to); });
}

std::optional<Side> MergedWalk::advance(std::vector<MergedKey>& batch) {
  const MergeNeeds needs = merge_.advance(batch);
  if (const ObjectView* last = merge_.walked_to()) {
    if (!walked_to_) walked_to_.emplace();
    walked_to_->assign(last->key);
  }
  if (needs == MergeNeeds::kNothing) return std::nullopt;
  return needs == MergeNeeds::kSource ? Side::kSource : Side::kTarget;
}

Task<Status> MergedWalk::feed(Side side) {
  const bool is_source = side == Side::kSource;
  auto page = co_await range_.next(side);
  if (!page) co_return fail(std::move(page.error()));
  if (*page)
    is_source ? merge_.feed_source(**page) : merge_.feed_target(**page);
  else
    is_source ? merge_.end_source() : merge_.end_target();
  co_return Status();
}

// What lies behind `up_to` becomes another walk's.
bool MergedWalk::let_go(std::string_view up_to) {
  if (walked_to_ && *walked_to_ > up_to) return false;
  merge_.cut(up_to);
  return true;
}

}  // namespace s3ferry
