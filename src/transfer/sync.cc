#include "transfer/sync.h"

#include "runtime/scope.h"
#include "transfer/copy_workers.h"
#include "transfer/delete_phase.h"
#include "transfer/delete_spool.h"
#include "transfer/empty_source.h"
#include "transfer/planner.h"
#include "transfer/run_drained.h"
#include "transfer/run_state.h"
#include "transfer/upload_recovery.h"

namespace s3ferry {
namespace {

SyncResult result_of(RunState& state, const CopyWorkers& workers) {
  if (state.why_incomplete()) state.count_unreached();
  SyncResult out;
  out.counters = state.counters;
  out.stopped = state.why_incomplete();
  out.copied_as = workers.shared().identity.settled();
  const ServiceTraits& traits = workers.shared().traits;
  out.source_condition_ignored = traits.condition_ignored;
  out.conditional_writes = traits.guard_missing && traits.guard_changed;
  out.conditional_writes_known =
      out.conditional_writes && (state.pair.conditions_trusted || traits.guard_honoured);
  out.set_aside = std::move(state.set_aside);
  out.began = state.began;
  if (state.book != nullptr) {
    out.tries = state.book->tries();
    out.earlier = state.book->earlier();
  }
  return out;
}

// Before anything was listed to be done: a bucket that is not there, a listing that is denied.
bool never_began(const RunState& state) {
  const RunCounters& c = state.counters;
  return state.book->tries() == 1 && (c.list_pages_source == 0 || c.list_pages_target == 0) &&
         c.planned_copies.objects + c.planned_deletes.objects + c.failed.objects == 0;
}

void leave_record(RunState& state, RunBook& book) {
  std::vector<FailedObject> failures;
  state.ledger.each([&](const Chunk& chunk) {
    failures.insert(failures.end(), chunk.failures.begin(), chunk.failures.end());
  });
  book.left(state.counters, *state.why_incomplete(), std::move(failures));
  if (never_began(state)) book.never_began();  // it stays where something was written down
}

// A run that came to its end is over, whatever it met; any other stays open for a later try.
Task<void> end_record(RunState& state, RunBook& book) {
  if (state.why_incomplete()) {
    leave_record(state, book);
    co_return;
  }
  co_await clear_all_leftovers(state);
  Status ended = co_await book.finish_run(state.counters);
  if (!ended) state.stop(std::move(ended.error()));
}

Task<void> plan_and_copy(RunState& state, CopyWorkers& workers, DeleteSpool& spool) {
  Planner planner(state, workers, spool);
  Scope planning(state.runtime);
  state.when_stopped([&planning] { planning.cancel(); });
  planning.spawn(planner.run());
  co_await planning.join();
  state.when_stopped(nullptr);
  co_await workers.finish();
}

// As the aws CLI this is no failure, but a mistyped prefix looks just so.
void warn_of_nothing(RunState& state) {
  const bool retries = state.book != nullptr && state.book->retry_of();
  if (state.why_incomplete() || retries || state.counters.listed_source.objects > 0) return;
  state.warn(WarningKind::kNothingAtSource, nothing_at_source(state.pair.source_at));
}

Task<void> all_phases(RunState& state, CopyWorkers& workers, DeletionsOutcome& deletions,
                      std::string& message) {
  state.enter(Phase::kCopying);
  DeleteSpool spool(state.options.spool_dir);
  co_await plan_and_copy(state, workers, spool);
  if (co_await is_cancelled()) state.stop(Error(ErrorKind::kCancelled, "interrupted"));
  DeletePhase phase(state, spool);
  deletions = co_await phase.run(message);
  if (deletions != DeletionsOutcome::kRefusedEmptySource) warn_of_nothing(state);
}

}  // namespace

std::string_view to_string(CopyAs copy_as) {
  switch (copy_as) {
    case CopyAs::kAuto:
      return "auto";
    case CopyAs::kSource:
      return "source";
    case CopyAs::kTarget:
      return "target";
  }
  return "unknown";
}

std::string_view to_string(DeletionsOutcome outcome) {
  switch (outcome) {
    case DeletionsOutcome::kNotAsked:
      return "not-asked";
    case DeletionsOutcome::kNothingToDelete:
      return "nothing-to-delete";
    case DeletionsOutcome::kDone:
      return "done";
    case DeletionsOutcome::kDryRun:
      return "dry-run";
    case DeletionsOutcome::kRefusedCap:
      return "refused-cap";
    case DeletionsOutcome::kRefusedEmptySource:
      return "refused-empty-source";
    case DeletionsOutcome::kRefusedListing:
      return "refused-listing";
    case DeletionsOutcome::kStopped:
      return "stopped";
  }
  return "unknown";
}

bool credentials_ran_out(const Error& error) {
  return error.is(ErrorKind::kExpiredCredentials) ||
         (error.is(ErrorKind::kCredentials) && error.http_status() == 0);
}

int SyncResult::exit_code() const {
  if (stopped && stopped->is(ErrorKind::kCancelled)) return 130;
  if (stopped && credentials_ran_out(*stopped)) return 253;
  const bool refused = deletions == DeletionsOutcome::kRefusedCap ||
                       deletions == DeletionsOutcome::kRefusedEmptySource ||
                       deletions == DeletionsOutcome::kRefusedListing ||
                       deletions == DeletionsOutcome::kStopped;
  if (stopped || refused || counters.failed.objects > 0) return 1;
  return counters.warnings() > 0 ? 2 : 0;
}

Task<SyncResult> run_sync(Runtime& runtime, const Pair& pair, const SyncOptions& options,
                          EventSink& sink, RunBook* book) {
  RunState state(runtime, pair, options, sink, book);
  CopyWorkers workers(state, options.concurrency);
  sink.on_begin(pair, state.counters);
  if (book != nullptr && book->resumed())
    sink.on_resumed(ResumedEvent{book->began(), book->tries(), book->earlier()});
  DeletionsOutcome deletions = DeletionsOutcome::kNotAsked;
  std::string message;
  if (Status fit = check_not_nested(pair); !fit) {
    state.stop(std::move(fit.error()));
  } else {
    const auto asked = [&state](const Error& why) { state.drain(why); };
    co_await run_drained(runtime, options.drain, kDrainAtMost, asked,
                         all_phases(state, workers, deletions, message));
  }
  if (co_await is_cancelled()) state.stop(Error(ErrorKind::kCancelled, "interrupted"));
  if (book != nullptr) co_await end_record(state, *book);
  SyncResult result = result_of(state, workers);
  result.deletions = deletions;
  result.deletions_message = std::move(message);
  sink.on_end();
  co_return result;
}

}  // namespace s3ferry
