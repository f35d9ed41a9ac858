#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string_view>

#include "base/error.h"
#include "runtime/event.h"
#include "transfer/copy_item.h"
#include "transfer/counters.h"
#include "transfer/events.h"
#include "transfer/ledger.h"
#include "transfer/run_book.h"
#include "transfer/sync.h"

namespace s3ferry {

// No server was met: no connection, or a retry budget that dead connections used up.
bool met_nobody(const Error& error);

// An outage that is shorter costs time only.
inline constexpr Duration kUnreachableFor = std::chrono::seconds(60);
// One that lasts so long is everybody's, not one object's.
inline constexpr Duration kOutage = std::chrono::seconds(20);
// Nothing came through for so long: who keeps refusing is asked no longer.
inline constexpr Duration kStarvedFor = std::chrono::minutes(10);

// What the parts of one run share: what was asked, what was counted, and whether it goes on. Each
// outcome of an object is told through here, so that counting and telling cannot differ (rule 13).
// It is counted twice: in the run's figures and in the portion that is written down as one. One
// run, one shard; everything that is referred to outlives it.
class RunState {
 public:
  // `recorded_in`: null where the run is not recorded.
  RunState(Runtime& run_on, const Pair& two_sides, const SyncOptions& asked, EventSink& told,
           RunBook* recorded_in = nullptr);
  ~RunState();
  RunState(const RunState&) = delete;
  RunState& operator=(const RunState&) = delete;

  Runtime& runtime;
  const Pair& pair;
  const SyncOptions& options;
  EventSink& sink;
  RunBook* const book;
  const WallTime began;      // by our clock: of the first try
  const WallTime try_began;  // … and of this one
  RunCounters counters;      // of all tries: what earlier ones finished, and all of this one
  SetAside set_aside;
  Ledger ledger;

  // Adds to the run's figures and to the portion's.
  template <class Add>
  void count(Portion& portion, Add add) {
    add(counters);
    add(portion.counters);
  }
  void copied(const CopyItem& item, bool late);
  // The target holds something else under the item's key than was sent, which may look the same
  // next time: known to later runs until the key was copied.
  void stored_wrong(CopyItem& item);
  // What to do about that: a sentence, without its end.
  std::string way_to_mend() const;
  void same(const CopyItem& item);  // found out by a closer look
  void would_copy(Portion& portion, const ObjectView& object, CopyReason reason);
  void skipped(Portion& portion, Side side, std::string_view key, ByteCount size,
               SkipReason reason);
  void failed(Portion& portion, Side side, std::string_view key, ByteCount size,
              const Error& error);
  void deleted(Portion& portion, std::string_view key, ByteCount size);
  void would_delete(Portion& portion, std::string_view key, ByteCount size);
  // Work that goes back to the queue. Where nothing but dead connections was met for
  // kUnreachableFor, the run stops: its objects need not each wait for all their tries.
  void given_back(const Error& error);
  // A server did what it was asked, so no outage lasts: an object in parts is under way for hours
  // before it counts as copied.
  void note_reachable() { unreachable_since_.reset(); }
  // Something was copied or deleted, an object or a part of one.
  void note_progress() {
    note_reachable();
    starved_since_.reset();
  }
  // The retry budget is everybody's: where it is empty, work waits, and none of it fails for that,
  // as long as anything at all comes through.
  bool only_slows(const Error& error) {
    if (!error.is(ErrorKind::kRetryBudget)) return false;
    if (!starved_since_) starved_since_ = runtime.now();
    return runtime.now() - *starved_since_ < kStarvedFor;
  }
  // How long nothing but dead connections has been met; zero: a server answers.
  Duration unreachable_for() const {
    return unreachable_since_ ? runtime.now() - *unreachable_since_ : Duration::zero();
  }
  // By the answer to its copy, where the listing does not tell: the check leaves it out.
  void found_archived(const CopyItem& item);
  // The run was stopped before its turn came: a later try takes it up and counts it, so it is in
  // this try's figures alone.
  void not_tried(Portion& portion, Side side, std::string_view key, ByteCount size);
  // Gives what a stopped run listed and never came to its outcome, so that the numbers add up.
  // Counted, not told one by one.
  void count_unreached();
  void warn(WarningKind kind, std::string_view message);
  void warn_once(WarningKind kind, std::string_view message);  // once of each kind

  // Ends the run before its time; the first reason stays. What is in flight is still settled.
  void stop(Error why);
  // The same, asked for from outside; says what is still waited for.
  void drain(const Error& why);
  const std::optional<Error>& stopped() const { return stopped_; }
  // No more is planned, but what was planned is carried out: a listing failed.
  void end_planning(Error why) {
    if (!planning_ended_) planning_ended_.emplace(std::move(why));
  }
  // Whatever kept the run from coming to its end.
  const std::optional<Error>& why_incomplete() const {
    return stopped_ ? stopped_ : planning_ended_;
  }
  // What to do about a run that stopped: a sentence, without its end.
  std::string way_on() const;
  // Called once, by the first stop().
  void when_stopped(std::function<void()> then) { then_ = std::move(then); }
  // Waits before a next try, but not longer than the run goes on: kCancelled where it is stopped.
  Task<Status> pause(Duration delay);

  // --settle: a 403 may be a policy that has not arrived everywhere yet. Said once.
  bool settles(const Error& error);
  TimePoint settles_until() const { return begin_ + options.settle; }

  // Told, and written down for who looks at the run.
  void enter(Phase phase);

  // Waits while settled work has to be written down before more of it is planned.
  Task<Status> wait_for_room();

 private:
  void set_aside_key(Portion& portion, SetAsideKind kind, std::string_view key);
  void note_unreachable(const Error& error);
  void note_success();
  void note_failure(const Error& error);

  const TimePoint begin_;
  std::optional<Error> stopped_, planning_ended_;
  std::function<void()> then_;
  Event over_;  // set by the first stop()
  Event room_;
  std::optional<TimePoint> unreachable_since_, starved_since_;
  std::set<WarningKind> warned_;
  bool settling_told_ = false, ended_by_failures_ = false;
  // The failures since the last success that are all of one class.
  std::optional<ErrorKind> class_kind_;
  std::string class_code_;
  std::uint64_t in_a_row_ = 0;
};

// Planned deletions that may wait in memory for the copies of their chunks.
inline constexpr std::size_t kMostHeldDeletes = 100'000;

}  // namespace s3ferry
