#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/time.h"
#include "runtime/event.h"

namespace s3ferry {

// Asks a run from outside to come to its end in good order: nothing new is planned or begun, what
// is in flight is finished, and what was not reached stays for the next try. One shard; outlives
// the run.
class DrainSignal {
 public:
  // The first reason stays. kCancelled where a person asked.
  void request(Error why) {
    if (why_) return;
    why_.emplace(std::move(why));
    event_.set();
  }
  bool requested() const { return why_.has_value(); }
  const std::optional<Error>& why() const { return why_; }
  Task<Status> wait() { return event_.wait(); }

 private:
  std::optional<Error> why_;
  Event event_;
};

// So long at most what is in flight may take; then it is cancelled. A copy that the server finishes
// afterwards compares as the same on the next run.
inline constexpr Duration kDrainAtMost = std::chrono::seconds(60);

}  // namespace s3ferry
