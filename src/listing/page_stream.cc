#include "listing/page_stream.h"

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
  Status slot = co_await slots_.acquire();
  if (slot) {
    Permit permit(slots_);
    sent_ = runtime_.now();
    fetch_status_ = co_await source_.fetch(std::move(request), ahead_);
    sent_.reset();
  } else {
    fetch_status_ = std::move(slot);
  }
  fetching_ = false;
  fetched_.set();
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
    if (!fetch_status_) {
      finished_ = true;
      // Kept, so that asking again is not mistaken for the end.
      co_return fail(fetch_status_.error());
    }
    std::swap(current_, ahead_);
    fetch_status_ = accept();
    if (!fetch_status_) {
      finished_ = true;
      co_return fail(fetch_status_.error());
    }
    if (!finished_) fetch_ahead();
    if (!objects_now_.empty()) co_return std::span<const ObjectView>(objects_now_);
  }
  if (!fetch_status_) co_return fail(fetch_status_.error());
  co_return std::optional<std::span<const ObjectView>>();
}

// The reader is through with it, and the next may be long in coming.
void PageStream::drop_used_page() {
  std::vector<ObjectView>().swap(objects_now_);
  current_ = s3::ListPage();
}

// Looks at the page just fetched and makes its views.
Status PageStream::accept() {
  if (Status taken = take_objects(); !taken) return taken;
  if (Status token = check_token(); !token) return token;
  if (!current_.truncated) finished_ = true;
  ++pages_;
  objects_ += objects_now_.size();
  if (!when_page_) return {};
  PageSeen seen;
  if (!current_.entries.empty())
    seen.first = current_.entries.front().key.substr(options_.prefix.size());
  if (!objects_now_.empty()) {
    seen.middle = objects_now_[(objects_now_.size() - 1) / 2].key;
    seen.last = objects_now_.back().key;
  }
  seen.keys = objects_now_.size();
  seen.beyond = current_.entries.size() - objects_now_.size();
  seen.ended = finished_;
  when_page_(seen);
  return {};
}

Status PageStream::take_objects() {
  objects_now_.clear();
  objects_now_.reserve(current_.entries.size());
  const std::string_view prefix = options_.prefix;
  std::string_view previous = last_key_;
  bool has_previous = has_last_key_;
  for (const s3::ListEntry& entry : current_.entries) {
    if (has_previous && entry.key <= previous)
      return broken(entry.key == previous ? "gave a key twice" : "is out of order", entry.key);
    if (!entry.key.starts_with(prefix)) return broken("left the prefix asked for", entry.key);
    previous = entry.key;
    has_previous = true;
    ObjectView view;
    view.key = entry.key.substr(prefix.size());
    if (options_.range.ends_before(view.key)) {
      finished_ = true;
      break;
    }
    view.etag = entry.etag;
    view.size = entry.size;
    view.modified = entry.last_modified;
    view.storage_class = entry.storage_class;
    objects_now_.push_back(view);
    // The next page would hold nothing of the range.
    if (options_.range.up_to && view.key == *options_.range.up_to) {
      finished_ = true;
      break;
    }
  }
  if (has_previous && !current_.entries.empty()) {
    last_key_.assign(previous);
    has_last_key_ = true;
  }
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
