#include "transfer/planner.h"

#include <fmt/format.h>

#include "s3/source_bucket.h"
#include "s3/target_bucket.h"
#include "transfer/copy_strategy.h"

namespace s3ferry {
namespace {

PageStreamOptions stream_options(const Location& location, std::uint32_t page_size) {
  PageStreamOptions out;
  out.prefix = location.prefix;
  out.page_size = page_size;
  return out;
}

}  // namespace

Planner::Planner(RunState& state, CopyWorkers& workers, DeleteSpool& spool)
    : state_(state), workers_(workers), spool_(spool) {}

Task<void> Planner::run() {
  Semaphore slots(std::max<std::size_t>(1, state_.options.list_concurrency));
  BucketPages source_pages(state_.pair.source), target_pages(state_.pair.target);
  PageStream source(state_.runtime, source_pages, slots,
                    stream_options(state_.pair.source_at, state_.options.page_size));
  PageStream target(state_.runtime, target_pages, slots,
                    stream_options(state_.pair.target_at, state_.options.page_size));
  source.start();
  target.start();
  Status walked = co_await walk(source, target);
  co_await source.close();
  co_await target.close();
  if (!walked) state_.end_planning(std::move(walked.error()));
}

Task<Status> Planner::walk(PageStream& source, PageStream& target) {
  Merge merge(state_.options.filters, state_.options.folder_markers);
  std::vector<MergedKey> batch;
  for (;;) {
    const MergeNeeds needs = merge.advance(batch);
    Status acted = co_await act_on(batch);
    count_listing(merge, source, target);
    if (!acted) co_return acted;
    if (needs == MergeNeeds::kNothing) co_return Status();
    const Side side = needs == MergeNeeds::kSource ? Side::kSource : Side::kTarget;
    Status fed = co_await feed(merge, side, side == Side::kSource ? source : target);
    count_listing(merge, source, target);
    if (!fed) co_return fed;
  }
}

Task<Status> Planner::feed(Merge& merge, Side side, PageStream& stream) {
  auto page = co_await stream.next();
  if (!page) {
    listing_failed(side, page.error());
    co_return fail(std::move(page.error()));
  }
  const bool is_source = side == Side::kSource;
  Tally& listed = is_source ? state_.counters.listed_source : state_.counters.listed_target;
  if (*page) {
    for (const ObjectView& object : **page) listed.add(object.size);
    is_source ? merge.feed_source(**page) : merge.feed_target(**page);
  } else {
    is_source ? merge.end_source() : merge.end_target();
    (is_source ? state_.counters.source_listed_whole : state_.counters.target_listed_whole) = true;
  }
  co_return Status();
}

Task<Status> Planner::act_on(const std::vector<MergedKey>& batch) {
  RunCounters& counters = state_.counters;
  for (const MergedKey& merged : batch) {
    if (state_.stopped()) co_return fail(*state_.stopped());
    if (merged.source == nullptr) {
      counters.target_only.add(merged.target->size);
      if (Status planned = plan_delete(*merged.target); !planned) co_return planned;
      continue;
    }
    CopyReason reason = CopyReason::kMissing;
    if (!wants_copy(merged, reason)) continue;
    counters.planned_copies.add(merged.source->size);
    CopyItem item(*merged.source, merged.target, reason);
    if (!goes(*merged.source, item)) continue;
    Status sent = co_await workers_.send(std::move(item));
    if (!sent) co_return sent;
  }
  co_return Status();
}

bool Planner::wants_copy(const MergedKey& merged, CopyReason& reason) {
  RunCounters& counters = state_.counters;
  if (merged.target == nullptr) {
    counters.source_only.add(merged.source->size);
    reason = CopyReason::kMissing;
    return true;
  }
  counters.both.add(merged.source->size);
  const Comparison found = compare_objects(state_.options.compare, *merged.source, *merged.target);
  reason = found.reason;
  if (found.verdict == Verdict::kCopy) return true;
  counters.same.add(merged.source->size);
  return false;
}

// False where the object has its outcome already.
bool Planner::goes(const ObjectView& source, CopyItem& item) {
  const CopyDecision decision = decide_copy(state_.pair, state_.options, source.key, source.etag,
                                            source.size, source.storage_class);
  item.route = decision.route;
  if (decision.skip) {
    state_.skipped(Side::kSource, source.key, source.size, *decision.skip);
  } else if (decision.error) {
    state_.failed(Side::kSource, source.key, source.size, *decision.error);
  } else if (state_.options.dry_run) {
    state_.would_copy(source, item.reason);
  }
  return decision.go() && !state_.options.dry_run;
}

Status Planner::plan_delete(const ObjectView& extra) {
  if (!state_.options.delete_extras) {
    state_.counters.extras_kept.add(extra.size);
    return {};
  }
  state_.counters.planned_deletes.add(extra.size);
  const RunCounters& c = state_.counters;
  return spool_.add(extra, c.source_only.objects + c.both.objects,
                    c.target_only.objects + c.both.objects);
}

void Planner::count_listing(const Merge& merge, const PageStream& source,
                            const PageStream& target) {
  RunCounters& counters = state_.counters;
  const LeftOut &at_source = merge.left_out_of_source(), &at_target = merge.left_out_of_target();
  counters.excluded_source = {at_source.excluded, at_source.excluded_bytes};
  counters.excluded_target = {at_target.excluded, at_target.excluded_bytes};
  counters.ignored_markers_source = {at_source.markers, at_source.marker_bytes};
  counters.ignored_markers_target = {at_target.markers, at_target.marker_bytes};
  counters.list_pages_source = source.pages();
  counters.list_pages_target = target.pages();
}

void Planner::listing_failed(Side side, const Error& error) {
  if (error.is(ErrorKind::kCancelled)) return;
  const Location& at = side == Side::kSource ? state_.pair.source_at : state_.pair.target_at;
  state_.warn(WarningKind::kListingFailed,
              fmt::format("the listing of the {} {} failed: {}", to_string(side), at.url(),
                          error.describe()));
}

}  // namespace s3ferry
