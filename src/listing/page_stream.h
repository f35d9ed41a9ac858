#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "aws/sent_note.h"
#include "base/error.h"
#include "base/key_range.h"
#include "base/object_view.h"
#include "listing/page_source.h"
#include "runtime/event.h"
#include "runtime/scope.h"
#include "runtime/semaphore.h"

namespace s3ferry {

struct PageStreamOptions {
  std::string prefix;  // raw bytes
  KeyRange range;
  std::uint32_t page_size = 1000;
};

// What a good page held. The views live during the call.
struct PageSeen {
  std::optional<std::string_view> first;         // relative; within the range or beyond
  std::optional<std::string_view> middle, last;  // within the range
  std::uint64_t keys = 0;                        // within the range
  std::uint64_t beyond = 0;                      // … and beyond
  bool ended = false;                            // no key of the range is behind it
  std::optional<Duration> took;                  // by its last try, where that is known
};

// The objects of a range, page by page, while the next page is already being fetched. Holds two
// pages, whatever the bucket holds, and none while it waits for the first byte of one. One reader.
// start() first, close() before it dies; the source, the semaphore and the runtime outlive it.
//
// Fails with kListing (rule 6) when a page is out of order, duplicates a key, strays from the
// prefix or repeats a token. A short or an empty truncated page is neither the end nor an error.
// After an error there is no next page. What the source throws comes out of next().
class PageStream {
 public:
  // `slots`: LISTs in flight, shared by all streams of a run.
  PageStream(Runtime& runtime, PageSource& source, Semaphore& slots, PageStreamOptions options);

  void start();
  // Instead of start(): it is known that the range holds no key.
  void start_at_end() { finished_ = true; }
  // Told of each page before it is given.
  void when_page(std::function<void(const PageSeen&)> then) { when_page_ = std::move(then); }
  // The next objects, keys relative to the prefix, never empty; valid until the next call. nullopt
  // once the range is at its end, and only then: a failure is never taken for the end.
  Task<Result<std::optional<std::span<const ObjectView>>>> next();
  // The range ends at `up_to` from now on, which lies within it. What was given already and lies
  // behind is the reader's to drop.
  void lower_end(std::string_view up_to);
  // All of the range was listed and no key of it lies behind `key`; keys that next() gave before
  // its last page are taken to lie before.
  bool nothing_behind(std::string_view key) const;
  // Nothing more will be fetched.
  bool at_end() const { return finished_; }
  // When the request that next() waits for was written; nullopt: none is under way, be it that its
  // turn has not come or that it is between two tries.
  std::optional<TimePoint> waiting_since() const { return waits_ ? sent_.at() : std::nullopt; }

  // No more pages than the one that is there already: then next() gives kCancelled.
  void stop() {
    one_more_ = !fetching_;
    stopped_ = true;
    scope_.cancel();
  }
  // Stops the fetch that is under way, if any.
  Task<void> close();

  std::uint64_t pages() const { return pages_; }  // fetched and found good
  std::uint64_t objects() const { return objects_; }

 private:
  Task<void> fetch(s3::ListRequest request);
  Task<Status> fetch_page(s3::ListRequest request);
  void fetch_ahead();
  void drop_used_page();
  Status accept();
  Status take_objects();
  Status check_order();
  Status cut_prefix();
  Status check_token();
  tl::unexpected<Error> broken(std::string what, std::string_view key) const;

  Runtime& runtime_;
  PageSource& source_;
  Semaphore& slots_;
  PageStreamOptions options_;
  Scope scope_;
  Event fetched_;
  std::function<void(const PageSeen&)> when_page_;
  bool fetching_ = false, waits_ = false;
  bool finished_ = false, stopped_ = false, one_more_ = false;
  aws::SentNote sent_;  // of the fetch that is under way
  std::optional<Duration> took_;
  std::exception_ptr threw_;
  Status fetch_status_;
  s3::ListPage current_, ahead_;
  std::span<const ObjectView> objects_now_;  // of current_, within the range
  std::string last_key_;                     // raw; what came last, or the range's lower end
  bool has_last_key_ = false;
  // Brent's way to see any cycle of tokens while remembering one.
  std::string marked_token_;
  std::uint64_t tokens_since_mark_ = 0, next_mark_ = 1;
  std::uint64_t pages_ = 0, objects_ = 0;
};

}  // namespace s3ferry
