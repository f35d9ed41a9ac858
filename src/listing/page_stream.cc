#include "listing/page_stream.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry {

PageStream::PageStream(Runtime& runtime, PageSource& source, Semaphore& slots,
                       PageStreamOptions options)
    : runtime_(runtime),
      source_(source),
      slots_(slots),
      options_(std::move(options)),
      scope_(runtime) {
  if (options_.range.after) {
    last_key_ = options_.prefix + *options_.range.after;
    has_last_key_ = true;
  }
}

void PageStream::start() {
  fetch_ahead();
}

void PageStream::fetch_ahead() {
  s3::ListRequest request;
  request.prefix = options_.prefix;
  request.max_keys = options_.page_size;
  if (!current_.next_token.empty())
    request.continuation_token = current_.next_token;
  else if (has_last_key_)
    request.start_after = last_key_;
  fetching_ = true;
  fetched_.clear();
  scope_.spawn(fetch(std::move(request)));
}

Task<void> PageStream::fetch(s3::ListRequest request) {
  try {
    fetch_status_ = co_await fetch_page(std::move(request));
  } catch (...) {
    threw_ = std::current_exception();
  }
  fetching_ = false;
  fetched_.set();
}

Task<Status> PageStream::fetch_page(s3::ListRequest request) {
  Status slot = co_await slots_.acquire();
  if (!slot) co_return slot;
  Permit permit(slots_);
  request.sent = &sent_;
  Status fetched = co_await source_.fetch(std::move(request), ahead_);
  const auto sent = sent_.at();
  took_ = sent ? std::optional(runtime_.now() - *sent) : std::nullopt;
  sent_.clear();
  co_return fetched;
}

Task<Result<std::optional<std::span<const ObjectView>>>> PageStream::next() {
  while (!finished_) {
    if (fetching_) {
      drop_used_page();
      waits_ = true;
      Status waited = co_await fetched_.wait();
      waits_ = false;
      if (!waited) co_return fail(std::move(waited.error()));
      if (finished_) break;
    }
    // Also where the source gave a page all the same.
    if (stopped_ && !std::exchange(one_more_, false))
      co_return fail(ErrorKind::kCancelled, "cancelled");
    if (threw_) std::rethrow_exception(threw_);
    if (!fetch_status_) {
      finished_ = true;
      // Kept, so that asking again is not mistaken for the end.
      co_return fail(fetch_status_.error());
    }
    current_ = std::move(ahead_);
    fetch_status_ = accept();
    if (!fetch_status_) {
      finished_ = true;
      co_return fail(fetch_status_.error());
    }
    if (!finished_) fetch_ahead();
    if (!objects_now_.empty()) co_return objects_now_;
  }
  if (threw_) std::rethrow_exception(threw_);
  if (!fetch_status_) co_return fail(fetch_status_.error());
  co_return std::optional<std::span<const ObjectView>>();
}

// The reader is through with it, and the next may be long in coming.
void PageStream::drop_used_page() {
  objects_now_ = {};
  current_ = s3::ListPage();
}

// Looks at the page just fetched.
Status PageStream::accept() {
  if (Status taken = take_objects(); !taken) return taken;
  if (Status token = check_token(); !token) return token;
  if (!current_.truncated) finished_ = true;
  ++pages_;
  objects_ += objects_now_.size();
  if (!when_page_) return {};
  PageSeen seen;
  if (!current_.entries.empty()) seen.first = current_.entries.front().key;
  if (!objects_now_.empty()) {
    seen.middle = objects_now_[(objects_now_.size() - 1) / 2].key;
    seen.last = objects_now_.back().key;
  }
  seen.keys = objects_now_.size();
  seen.beyond = current_.entries.size() - objects_now_.size();
  seen.ended = finished_;
  seen.took = took_;
  when_page_(seen);
  return {};
}

Status PageStream::take_objects() {
  objects_now_ = {};
  if (current_.entries.empty()) return {};
  if (Status order = check_order(); !order) return order;
  last_key_.assign(current_.entries.back().key);
  has_last_key_ = true;
  if (Status cut = cut_prefix(); !cut) return cut;
  objects_now_ = current_.entries;
  const auto& up_to = options_.range.up_to;
  if (!up_to || objects_now_.back().key < *up_to) return {};
  // The next page would hold nothing of the range.
  finished_ = true;
  const auto behind = std::upper_bound(
      objects_now_.begin(), objects_now_.end(), std::string_view(*up_to),
      [](std::string_view key, const ObjectView& object) { return key < object.key; });
  objects_now_ = objects_now_.first(static_cast<std::size_t>(behind - objects_now_.begin()));
  return {};
}

// Each key lies behind the one before it, and the first behind the page before.
Status PageStream::check_order() {
  std::string_view previous = last_key_;
  bool has_previous = has_last_key_;
  for (const ObjectView& object : current_.entries) {
    if (has_previous && object.key <= previous)
      return broken(object.key == previous ? "gave a key twice" : "is out of order", object.key);
    previous = object.key;
    has_previous = true;
  }
  return {};
}

// They are in order: what lies between two keys under the prefix is under it, too.
Status PageStream::cut_prefix() {
  const std::string_view prefix = options_.prefix;
  if (prefix.empty()) return {};
  for (const ObjectView& end : {current_.entries.front(), current_.entries.back()})
    if (!end.key.starts_with(prefix)) return broken("left the prefix asked for", end.key);
  for (ObjectView& object : current_.entries) object.key.remove_prefix(prefix.size());
  return {};
}

void PageStream::lower_end(std::string_view up_to) {
  options_.range.up_to = up_to;
  if (!has_last_key_) return;
  // What is to come lies behind the last key, and so behind the new end.
  const std::string_view last = last_key_;
  const bool under = last.starts_with(options_.prefix);
  if (under && last.substr(options_.prefix.size()) >= up_to) finished_ = true;
}

bool PageStream::nothing_behind(std::string_view key) const {
  return finished_ && fetch_status_ && (objects_now_.empty() || objects_now_.back().key <= key);
}

Status PageStream::check_token() {
  if (!current_.truncated || finished_) return {};
  if (current_.next_token.empty())
    return broken("says that it goes on and gives no token", last_key_);
  if (current_.next_token == marked_token_)
    return broken("repeated a continuation token", last_key_);
  if (++tokens_since_mark_ == next_mark_) {
    marked_token_ = current_.next_token;
    tokens_since_mark_ = 0;
    next_mark_ *= 2;
  }
  return {};
}

tl::unexpected<Error> PageStream::broken(std::string what, std::string_view key) const {
  return fail(Error(ErrorKind::kListing,
                    fmt::format("page {} of the listing {}; nothing after it can be trusted",
                                pages_ + 1, what))
                  .with_operation("ListObjectsV2")
                  .with_key(key));
}

Task<void> PageStream::close() {
  scope_.cancel();
  co_await scope_.join();
}

}  // namespace s3ferry
