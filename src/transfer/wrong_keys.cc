#include "transfer/wrong_keys.h"

#include <algorithm>
#include <utility>

namespace s3ferry {
namespace {

// Many walks hold as many each.
constexpr std::size_t kPage = 32;

// That a listing does not show such a key does not mean that it is not there.
bool is_hidden(std::string_view key, const Filters& filters, FolderMarkers markers) {
  const bool folder = key.empty() || key.back() == '/';
  return (markers == FolderMarkers::kIgnore && folder) || !filters.includes(key);
}

}  // namespace

Task<Status> WrongKeys::read_on() {
  auto page = co_await book_->stored_wrong(after_, kPage);
  if (!page) co_return fail(std::move(page.error()));
  page_ = std::move(*page);
  next_ = 0;
  ended_ = page_.size() < kPage;
  if (!page_.empty()) after_ = page_.back();
  co_return Status();
}

Task<Status> WrongKeys::pass(std::optional<std::string> up_to, const std::vector<MergedKey>& batch,
                             const Filters& filters, FolderMarkers markers, Absent absent) {
  found_.clear();
  auto at = batch.begin();
  while (has_more()) {
    if (next_ == page_.size()) {
      Status read = co_await read_on();
      if (!read) co_return read;
      continue;
    }
    const std::string& key = page_[next_];
    if (up_to && key > *up_to) co_return Status();
    at = std::lower_bound(
        at, batch.end(), key,
        [](const MergedKey& one, const std::string& wanted) { return one.key() < wanted; });
    if (at != batch.end() && at->key() == key)
      found_.push_back(static_cast<std::size_t>(at - batch.begin()));
    else if (absent == Absent::kForget && !is_hidden(key, filters, markers))
      book_->forget_stored_wrong(key);
    ++next_;
  }
  co_return Status();
}

}  // namespace s3ferry
