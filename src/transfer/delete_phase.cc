#include "transfer/delete_phase.h"

#include <algorithm>

#include <fmt/format.h>

#include "s3/source_bucket.h"
#include "s3/target_bucket.h"
#include "transfer/delete_caps.h"
#include "transfer/look_up.h"

namespace s3ferry {
namespace {

constexpr std::size_t kBatchKeys = 1000;  // of one DeleteObjects
constexpr std::size_t kHeadsInFlight = 32;
constexpr int kMostTries = 8;
// What was seen of both sides is trusted for so long.
constexpr Duration kLookHolds = std::chrono::seconds(30);
constexpr int kMostLooksThatWaited = 3;

LookUpRequest look_up_request(const Location& at, std::uint64_t PlannedDelete::*rank,
                              std::size_t concurrency) {
  LookUpRequest out;
  out.prefix = at.prefix;
  out.rank = rank;
  out.concurrency = std::min(concurrency, kHeadsInFlight);
  return out;
}

// HEAD gives whole seconds, listings may give more.
bool same_second(const std::optional<WallTime>& modified, const PlannedDelete& planned) {
  using std::chrono::floor;
  using std::chrono::seconds;
  return !modified || floor<seconds>(*modified) == floor<seconds>(planned.modified);
}

bool try_again(const Error& error) {
  return error.is_retryable() || error.is(ErrorKind::kRetryBudget) ||
         error.is(ErrorKind::kConflict);
}

bool ends_the_run(const Error& error) {
  return error.is(ErrorKind::kExpiredCredentials) || error.is(ErrorKind::kCredentials) ||
         error.is(ErrorKind::kNoSuchBucket) || error.is(ErrorKind::kCancelled);
}

}  // namespace

Task<DeletionsOutcome> DeletePhase::run(std::string& message) {
  if (!state_.options.delete_extras) co_return DeletionsOutcome::kNotAsked;
  const DeletionsOutcome outcome = co_await carry_out(message);
  if (!message.empty()) state_.warn(WarningKind::kDeletionsRefused, message);
  co_return outcome;
}

Task<DeletionsOutcome> DeletePhase::carry_out(std::string& message) {
  const RunCounters& counters = state_.counters;
  DeleteFacts facts;
  facts.planned = counters.planned_deletes.objects;
  facts.target_listed = counters.listed_target.objects;
  facts.source_objects = counters.source_only.objects + counters.both.objects;
  // The run whose failures are tried again has seen more than these keys.
  if (state_.book != nullptr && state_.book->retry_of() && facts.source_objects == 0)
    facts.source_objects = 1;
  facts.source_listed_whole = counters.source_listed_whole;
  facts.target_listed_whole = counters.target_listed_whole;
  facts.planned_whole = !state_.why_incomplete();
  if (state_.stopped()) {
    refuse_all();
    co_return DeletionsOutcome::kStopped;
  }
  const auto refusal =
      refuse_deletions(facts, state_.options.max_delete, state_.options.allow_empty_source);
  if (refusal) {
    message = refusal->message;
    refuse_all();
    co_return refusal->outcome;
  }
  if (facts.planned == 0) co_return DeletionsOutcome::kNothingToDelete;
  state_.enter(Phase::kDeleting);
  Status went = spool_.rewind();
  if (went && state_.options.dry_run) went = announce();
  Batch batch;
  while (went && !state_.options.dry_run && !state_.stopped()) {
    went = co_await read(batch);
    if (!went || batch.empty()) break;
    portion_ = Portion();
    co_await take_batch(std::move(batch));
    if (state_.book != nullptr) state_.book->settled(portion_);
    batch.clear();
  }
  if (!went) state_.stop(std::move(went.error()));
  if (state_.stopped()) co_return DeletionsOutcome::kStopped;
  co_return state_.options.dry_run ? DeletionsOutcome::kDryRun : DeletionsOutcome::kDone;
}

Task<Status> DeletePhase::read(Batch& batch) {
  if (state_.book == nullptr) {
    Status taken = spool_.read(kBatchKeys, batch);
    std::sort(batch.begin(), batch.end(),
              [](const PlannedDelete& a, const PlannedDelete& b) { return a.key < b.key; });
    co_return taken;
  }
  Status room = co_await state_.book->wait_for_room();
  if (!room) co_return room;
  Result<Batch> page = co_await state_.book->planned(read_to_, kBatchKeys);
  if (!page) co_return fail(std::move(page.error()));
  batch = std::move(*page);
  if (!batch.empty()) read_to_ = batch.back().key;
  co_return Status();
}

Status DeletePhase::announce() {
  Batch batch;
  for (;;) {
    if (Status read = spool_.read(kBatchKeys, batch); !read) return read;
    if (batch.empty()) return {};
    for (const PlannedDelete& planned : batch)
      state_.would_delete(portion_, planned.key, planned.size);
  }
}

// Counted, but not told one by one: there may be millions, and the message says it.
void DeletePhase::refuse_all() {
  RunCounters& counters = state_.counters;
  Tally planned = counters.planned_deletes;
  for (const Tally* settled :
       {&counters.deleted, &counters.skipped_deletes, &counters.failed_deletes}) {
    planned.objects -= settled->objects;  // by an earlier try
    planned.bytes -= settled->bytes;
  }
  counters.skipped.add(planned);
  counters.skipped_deletes.add(planned);
  counters.skipped_because[static_cast<std::size_t>(SkipReason::kDeletionsRefused)] +=
      planned.objects;
}

Task<void> DeletePhase::take_batch(Batch batch) {
  leave_new(batch);
  co_await look_again(batch);
  if (!batch.empty() && !state_.stopped()) co_await send(std::move(batch));
}

// A look that waited for the retry budget is minutes old at its end and says nothing any more: then
// once more, a few times.
Task<void> DeletePhase::look_again(Batch& batch) {
  for (int looks = 1;; ++looks) {
    looked_ = state_.runtime.now();
    look_waited_ = false;
    co_await leave_what_is_back(batch);
    // If-Match does not see that the same bytes were written anew, and a resumed plan may be days
    // old.
    const bool old_plan = state_.book != nullptr && state_.book->resumed();
    if (!state_.pair.conditions_trusted || !conditions_ || old_plan)
      co_await leave_what_changed(batch);
    if (!look_waited_ || batch.empty() || state_.stopped()) co_return;
    if (looks < kMostLooksThatWaited) continue;
    fail_all(batch, Error(ErrorKind::kRetryBudget,
                          "the last look before deleting took minutes each time, because the "
                          "server asks for a slower pace; run the sync again")
                        .with_operation("HeadObject"));
    batch.clear();
    co_return;
  }
}

bool DeletePhase::is_new(const std::optional<WallTime>& modified) const {
  return modified && *modified > state_.began + state_.pair.offset_of(Side::kTarget);
}

// Once more where a look was given back because of an empty retry budget.
Task<std::vector<Looked>> DeletePhase::look(s3::BucketReader& bucket, const LookUpRequest& request,
                                            const Batch& batch) {
  for (int n = 0;; ++n) {
    std::vector<Looked> looked = co_await look_up(state_.runtime, bucket, request, batch);
    const auto back = std::find_if(looked.begin(), looked.end(), [this](const Looked& one) {
      return one.error && state_.only_slows(*one.error);
    });
    if (back == looked.end()) co_return looked;
    look_waited_ = true;
    if (co_await state_.pause(pace_.delay_before_retry(n, back->error->retry_after_ms()))) continue;
    for (Looked& one : looked)
      if (one.error) one.error.emplace(ErrorKind::kCancelled, "interrupted");
    co_return looked;
  }
}

void DeletePhase::leave_new(Batch& batch) {
  std::erase_if(batch, [this](const PlannedDelete& planned) {
    if (!is_new(planned.modified)) return false;
    state_.skipped(portion_, Side::kTarget, planned.key, planned.size,
                   SkipReason::kWrittenMeanwhile);
    return true;
  });
}

Task<void> DeletePhase::leave_what_is_back(Batch& batch) {
  if (batch.empty()) co_return;
  const LookUpRequest request = look_up_request(state_.pair.source_at, &PlannedDelete::source_rank,
                                                state_.options.concurrency);
  std::vector<Looked> looked = co_await look(state_.pair.source, request, batch);
  std::size_t at = 0;
  std::erase_if(batch, [&](const PlannedDelete& planned) {
    const Looked& now = looked[at++];
    if (now.presence == Looked::Presence::kGone) return false;
    if (now.presence == Looked::Presence::kThere)
      state_.skipped(portion_, Side::kTarget, planned.key, planned.size, SkipReason::kBackAtSource);
    else
      fail_all({planned}, *now.error);
    return true;
  });
}

Task<void> DeletePhase::leave_what_changed(Batch& batch) {
  if (batch.empty()) co_return;
  const LookUpRequest request = look_up_request(state_.pair.target_at, &PlannedDelete::target_rank,
                                                state_.options.concurrency);
  std::vector<Looked> looked = co_await look(state_.pair.target, request, batch);
  std::size_t at = 0;
  std::erase_if(batch, [&](const PlannedDelete& planned) {
    const Looked& now = looked[at++];
    if (now.presence == Looked::Presence::kUnknown) {
      fail_all({planned}, *now.error);
      return true;
    }
    if (now.presence == Looked::Presence::kGone) return false;  // deleting it again is harmless
    if (now.etag == planned.etag && !is_new(now.modified) && same_second(now.modified, planned))
      return false;
    state_.skipped(
        portion_, Side::kTarget, planned.key, planned.size,
        is_new(now.modified) ? SkipReason::kWrittenMeanwhile : SkipReason::kChangedAtTarget);
    return true;
  });
}

// Sends until each key has its outcome; what may be tried again is, up to 8 times. Looked at again
// where the wait was long, or where the target turned out to take no conditions.
Task<void> DeletePhase::send(Batch batch) {
  int slowed = 0;  // by an empty retry budget: not counted
  for (int n = 0; !batch.empty(); ++n) {
    settling_ = false;
    Status sent = co_await (in_batches_ ? send_once(batch) : send_one_by_one(batch));
    if (sent && batch.empty()) co_return;
    if (!sent && learn_from(sent.error())) {
      co_await look_again(batch);
      if (state_.stopped()) co_return;
      continue;
    }
    if (!sent) settling_ = state_.settles(sent.error());
    const bool only_slows = !sent && state_.only_slows(sent.error());
    slowed += only_slows;
    const bool over = n + 1 - slowed >= kMostTries && !settling_ && !only_slows;
    if (!sent && (over || !(settling_ || try_again(sent.error())))) {
      fail_all(batch, sent.error());
      co_return;
    }
    if (sent && over) {
      fail_all(batch, Error(ErrorKind::kServer,
                            "the server kept refusing this deletion for now; "
                            "run the sync again")
                          .with_operation("DeleteObjects"));
      co_return;
    }
    const std::int64_t after = sent ? 0 : sent.error().retry_after_ms();
    if (!co_await state_.pause(pace_.delay_before_retry(n, after))) {
      fail_all(batch, Error(ErrorKind::kCancelled, "interrupted"));
      co_return;
    }
    if (state_.runtime.now() - looked_ > kLookHolds) co_await look_again(batch);
    if (state_.stopped()) co_return;
  }
}

s3::DeleteTarget DeletePhase::target_of(const PlannedDelete& planned) const {
  s3::DeleteTarget out{ObjectKey(state_.pair.target_at.full_key(planned.key))};
  if (conditions_) out.if_match = ETag(planned.etag);
  return out;
}

// One DeleteObjects. Keys with an outcome leave the batch.
Task<Status> DeletePhase::send_once(Batch& batch) {
  std::vector<s3::DeleteTarget> targets;
  targets.reserve(batch.size());
  for (const PlannedDelete& planned : batch) targets.push_back(target_of(planned));
  Result<std::vector<s3::DeleteOutcome>> outcomes =
      co_await state_.pair.target.delete_objects(std::move(targets));
  if (!outcomes) co_return fail(std::move(outcomes.error()));
  settle(batch, *outcomes);
  co_return Status();
}

// For a target without DeleteObjects. Nothing leaves the batch on an error of the service.
Task<Status> DeletePhase::send_one_by_one(Batch& batch) {
  while (!batch.empty()) {
    Result<s3::DeleteOutcome> outcome =
        co_await state_.pair.target.delete_object(target_of(batch.back()));
    s3::DeleteOutcome said;
    if (outcome)
      said = std::move(*outcome);
    else if (try_again(outcome.error()) || ends_the_run(outcome.error()))
      co_return fail(std::move(outcome.error()));
    else
      said.error = std::move(outcome.error());
    if (!settle_one(batch.back(), said)) co_return Status();
    batch.pop_back();
  }
  co_return Status();
}

void DeletePhase::settle(Batch& batch, const std::vector<s3::DeleteOutcome>& outcomes) {
  std::size_t at = 0;
  std::erase_if(batch, [&](const PlannedDelete& planned) {
    return at < outcomes.size() && settle_one(planned, outcomes[at++]);
  });
}

// False where the key is to be tried again.
bool DeletePhase::settle_one(const PlannedDelete& planned, const s3::DeleteOutcome& outcome) {
  if (outcome.deleted || (outcome.error && outcome.error->is(ErrorKind::kNoSuchKey))) {
    state_.deleted(portion_, planned.key, planned.size);
    return true;
  }
  if (!outcome.error || try_again(*outcome.error)) return false;
  if (state_.settles(*outcome.error)) {
    settling_ = true;
    return false;
  }
  if (outcome.error->is(ErrorKind::kPreconditionFailed))
    state_.skipped(portion_, Side::kTarget, planned.key, planned.size,
                   SkipReason::kChangedAtTarget);
  else
    state_.failed(portion_, Side::kTarget, planned.key, planned.size, *outcome.error);
  return true;
}

// True where the error says what the service does not know, and the next try does without it.
bool DeletePhase::learn_from(const Error& error) {
  const bool not_known = error.is(ErrorKind::kUnsupported) || error.http_status() == 501 ||
                         error.http_status() == 405 || error.code() == "MalformedXML" ||
                         error.code() == "NotImplemented";
  if (!not_known) return false;
  if (conditions_) {
    conditions_ = false;
    return true;
  }
  if (in_batches_) {
    in_batches_ = false;
    return true;
  }
  return false;
}

void DeletePhase::fail_all(const Batch& batch, const Error& error) {
  for (const PlannedDelete& planned : batch) {
    if (error.is(ErrorKind::kCancelled) || error.is(ErrorKind::kExpiredCredentials) ||
        error.is(ErrorKind::kCredentials))
      state_.not_tried(portion_, Side::kTarget, planned.key, planned.size);
    else
      state_.failed(portion_, Side::kTarget, planned.key, planned.size, error);
  }
  if (!batch.empty() && ends_the_run(error)) state_.stop(error);
}

}  // namespace s3ferry
