#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "transfer/copy_item.h"
#include "transfer/counters.h"
#include "transfer/events.h"
#include "transfer/sync.h"

namespace s3ferry {

// What the parts of one run share: what was asked, what was counted, and whether it goes on. Each
// outcome of an object is told through here, so that counting and telling cannot differ (rule 13).
// One run, one shard; everything that is referred to outlives it.
class RunState {
 public:
  RunState(Runtime& run_on, const Pair& two_sides, const SyncOptions& asked, EventSink& told)
      : runtime(run_on), pair(two_sides), options(asked), sink(told), began(run_on.wall_now()) {}
  RunState(const RunState&) = delete;
  RunState& operator=(const RunState&) = delete;

  Runtime& runtime;
  const Pair& pair;
  const SyncOptions& options;
  EventSink& sink;
  const WallTime began;  // by our clock
  RunCounters counters;
  SetAside set_aside;

  void copied(const CopyItem& item, bool late);
  void would_copy(const ObjectView& object, CopyReason reason);
  void skipped(Side side, std::string_view key, ByteCount size, SkipReason reason);
  void failed(Side side, std::string_view key, ByteCount size, const Error& error);
  void deleted(std::string_view key, ByteCount size);
  void would_delete(std::string_view key, ByteCount size);
  // Work that goes back to the queue. Where nothing but dead connections was met for
  // kUnreachableFor, the run stops: its objects need not each wait for all their tries.
  void given_back(const Error& error);
  // The run was stopped before its turn came.
  void not_tried(Side side, std::string_view key, ByteCount size) {
    skipped(side, key, size, SkipReason::kNotTried);
  }
  // Gives what a stopped run listed and never came to its outcome, so that the numbers add up.
  // Counted, not told one by one.
  void count_unreached();
  void warn(WarningKind kind, std::string_view message);

  // Ends the run before its time; the first reason stays. What is in flight is still settled.
  void stop(Error why);
  const std::optional<Error>& stopped() const { return stopped_; }
  // No more is planned, but what was planned is carried out: a listing failed.
  void end_planning(Error why) {
    if (!planning_ended_) planning_ended_.emplace(std::move(why));
  }
  // Whatever kept the run from coming to its end.
  const std::optional<Error>& why_incomplete() const {
    return stopped_ ? stopped_ : planning_ended_;
  }
  // Called once, by the first stop().
  void when_stopped(std::function<void()> then) { then_ = std::move(then); }

 private:
  std::optional<Error> stopped_, planning_ended_;
  std::function<void()> then_;
  void note_reachable() { unreachable_since_.reset(); }
  void note_unreachable(const Error& error);

  std::optional<TimePoint> unreachable_since_;
};

// An outage that is shorter costs time only.
inline constexpr Duration kUnreachableFor = std::chrono::seconds(60);

}  // namespace s3ferry
