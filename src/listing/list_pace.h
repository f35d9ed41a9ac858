#pragma once

#include <cstddef>

#include "listing/page_source.h"
#include "runtime/runtime.h"
#include "runtime/semaphore.h"

namespace s3ferry {

// How many LISTs may be in flight over all streams of a run: begins low, grows by one with each
// good page up to `most`, and is halved (at most once a second) when the server asks for a slower
// pace. One shard; the runtime outlives it.
class ListPace {
 public:
  ListPace(Runtime& runtime, std::size_t most);

  Semaphore& slots() { return slots_; }
  std::size_t limit() const { return slots_.limit(); }
  std::size_t most() const { return most_; }
  void succeeded();
  void slow_down();

 private:
  Runtime& runtime_;
  std::size_t most_;
  Semaphore slots_;
  bool slowed_ = false;
  TimePoint last_drop_{};
};

// Tells the pace how each page went. An empty retry budget fails no page: it is asked for again,
// later, until its own tries are used up.
class PacedPages final : public PageSource {
 public:
  PacedPages(Runtime& runtime, PageSource& inner, ListPace& pace)
      : runtime_(runtime), inner_(inner), pace_(pace) {}

  Task<Status> fetch(s3::ListRequest request, s3::ListPage& page) override;
  std::uint64_t granted_a_second() const override { return inner_.granted_a_second(); }

 private:
  Runtime& runtime_;
  PageSource& inner_;
  ListPace& pace_;
};

}  // namespace s3ferry
