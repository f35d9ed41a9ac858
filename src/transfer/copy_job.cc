#include "transfer/copy_job.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "transfer/copy_route.h"
#include "transfer/copy_strategy.h"
#include "transfer/slow_reason.h"

namespace s3ferry {
namespace {

bool is_opaque(const s3::CopyResult& result) {
  return result.sse.starts_with("aws:kms");
}

// The server takes no longer for so many than for one.
constexpr ByteCount kFewBytes = 4 * kMiB;

bool is_not_implemented(const Error& error) {
  return error.is(ErrorKind::kUnsupported) || error.http_status() == 501 ||
         error.code() == "NotImplemented";
}

bool is_of_the_credentials(const Error& error) {
  return error.is(ErrorKind::kExpiredCredentials) || error.is(ErrorKind::kCredentials);
}

// What no other object would survive either.
bool ends_the_run(const Error& error) {
  return is_of_the_credentials(error) || error.is(ErrorKind::kNoSuchBucket) ||
         error.code() == "AccessControlListNotSupported";
}

Error for_the_run(const Error& error, const RunState& state) {
  if (is_of_the_credentials(error))
    return Error(error).with_message(error.message() + "; then the same command goes on from here");
  if (error.code() != "AccessControlListNotSupported") return error;
  return Error(error).with_message(
      fmt::format("the target bucket does not take ACLs (object ownership is enforced), and its "
                  "owner owns every copy anyway: give the same command without --acl{}",
                  state.book != nullptr ? " and with --restart" : ""));
}

}  // namespace

void CopyJob::Watch::sent(TimePoint now) {
  sent_ = now;
  if (!paid_.exchange(false)) pace_.take(now);
}

void CopyJob::Watch::answered(TimePoint now, const Error* error) {
  if (error == nullptr) {
    took_ = now - sent_.load();
    pace_.succeeded(now);
  } else if (error->is(ErrorKind::kThrottled)) {
    pace_.throttled(now, sent_);
  }
}

Task<void> CopyJob::run() {
  for (;;) {
    if (state().stopped()) {
      abandoned();
      co_return;
    }
    if (!shared_.pace.permits().try_acquire()) {
      Status permit_status = co_await shared_.pace.acquire();
      if (!permit_status) {
        abandoned();
        co_return;
      }
    }
    Step step;
    {
      Permit permit(shared_.pace.permits());
      if (state().stopped()) {
        abandoned();
        co_return;
      }
      state().counters.copies_in_flight = shared_.pace.in_flight();
      step = co_await attempt();
      turn_ = CopyIdentity::Turn();
    }
    state().counters.copies_in_flight = shared_.pace.in_flight();
    state().counters.copies_in_flight_limit = shared_.pace.limit();
    if (step == Step::kDone) co_return;
    if (step == Step::kAgain) continue;
    if (!co_await wait()) {
      abandoned();
      co_return;
    }
  }
}

Task<Status> CopyJob::wait() {
  const int tries = std::max(1, given_back_.tries() + settled_);
  const Duration delay = shared_.pace.delay_before_retry(tries - 1, retry_after_ms_);
  ++shared_.waiting;
  if (shared_.when_waiting) shared_.when_waiting();
  Status waited = co_await state().pause(delay);
  if (waited) waited = co_await shared_.queue->again(*lane_);
  watch_.paid();
  --shared_.waiting;
  co_return waited;
}

// As a rule there is nothing to look at or to wait for first: then without a task of its own.
Task<CopyJob::Step> CopyJob::attempt() {
  const bool looks = (item_.reason == CopyReason::kEtagDiffers && !etags_looked_at_) ||
                     (state().options.attributes.full && !full_);
  if (looks || is_relayed() || shared_.relay.for_all || !shared_.identity.settled_turn(turn_))
    return look_and_send();
  return send();
}

Task<CopyJob::Step> CopyJob::look_and_send() {
  if (item_.reason == CopyReason::kEtagDiffers && !etags_looked_at_) {
    const Step step = co_await look_at_etags();
    if (!etags_looked_at_) co_return step;
  }
  if (state().options.attributes.full && !full_) {
    const Step step = co_await look_at_attributes();
    if (!full_) co_return step;
  }
  if (shared_.relay.for_all) item_.route = CopyRoute::kRelay;
  if (!is_relayed()) {
    auto turn = co_await shared_.identity.begin();
    if (!turn) co_return abandoned();
    turn_ = std::move(*turn);
  }
  co_return co_await send();
}

Task<CopyJob::Step> CopyJob::send() {
  RouteTry attempt(shared_, is_relayed() ? state().pair.target : *turn_.bucket, item_);
  attempt.full = full_.get();
  attempt.condition = guard();
  attempt.watch = &watch_;
  attempt.allowed = [this] { allowed(); };
  Result<s3::CopyResult> result = co_await take_route(attempt);
  const bool guarded =
      attempt.condition.only_if_missing || !attempt.condition.only_if_match.empty();
  guarded_ = guarded && attempt.at_commit;
  if (!result) co_return co_await settle_error(std::move(result.error()));
  allowed();
  lost_ = std::move(attempt.lost);
  without_guard_ = without_guard_ || attempt.guard_denied;
  if (without_guard_ && shared_.traits.guard_changed) {
    shared_.traits.guard_changed = false;
    state().warn(WarningKind::kNoConditionalWrites,
                 "the principal may not use If-Match at the target (it needs s3:GetObject there): "
                 "changed objects are overwritten without that guard");
  }
  if (item_.route == CopyRoute::kCopyObject && item_.size <= kFewBytes)
    shared_.pace.took(watch_.took());
  shared_.pace.succeeded();
  if (attempt.certain || is_as_listed(*result)) co_return copied();
  co_return co_await settle_copied(std::move(*result));
}

bool CopyJob::is_as_listed(const s3::CopyResult& result) const {
  return !is_opaque(result) &&
         compare_etags(item_.etag, result.etag.view()) == EtagRelation::kEqual;
}

Task<Result<s3::CopyResult>> CopyJob::take_route(RouteTry& attempt) {
  switch (item_.route) {
    case CopyRoute::kCopyObject:
      break;
    case CopyRoute::kParts:
      return copy_in_parts(attempt);
    case CopyRoute::kRelay:
      return relay(attempt);
  }
  return copy_whole(attempt);
}

// Reading the source and writing the target are allowed to whose turn it is.
void CopyJob::allowed() {
  if (is_relayed()) {
    shared_.relay.worked = true;
    if (!fell_back_ || shared_.relay.for_all || shared_.identity.has_worked()) return;
    shared_.relay.for_all = true;
    state().warn(WarningKind::kCopiedAs,
                 "neither principal may copy between the two sides: the bytes go through this host "
                 "(--relay)");
    return;
  }
  if (!shared_.identity.worked(turn_) || state().options.copy_as != CopyAs::kAuto) return;
  state().warn(WarningKind::kCopiedAs,
               fmt::format("copies are signed by the {}'s principal: it was the first to be "
                           "allowed both sides",
                           to_string(turn_.as)));
}

// Rule 3's second half: what another wrote meanwhile is not overwritten, where the target can tell.
s3::WriteCondition CopyJob::guard() const {
  s3::WriteCondition condition;
  if (without_guard_) return condition;
  if (item_.reason == CopyReason::kMissing && item_.target_etag.empty()) {
    condition.only_if_missing = shared_.traits.guard_missing;
  } else if (shared_.traits.guard_changed) {
    condition.only_if_match = ETag(item_.target_etag);
  }
  return condition;
}

// True: the service does not take the condition that was sent; it is not sent any more.
bool CopyJob::drop_guard(const Error& error) {
  if (!guarded_ || !is_not_implemented(error)) return false;
  if (shared_.traits.guard_missing || shared_.traits.guard_changed) {
    state().warn(
        WarningKind::kNoConditionalWrites,
        "the target does not support conditional copies: foreign writes during the run are "
        "not guarded against");
  }
  shared_.traits.guard_missing = shared_.traits.guard_changed = false;
  return true;
}

Task<CopyJob::Step> CopyJob::settle_error(Error error) {
  if (error.is(ErrorKind::kCancelled)) co_return abandoned();
  if (ends_the_run(error)) {
    const Error why = for_the_run(error, state());
    if (!is_of_the_credentials(why)) failed(why);
    state().stop(why);
    co_return is_of_the_credentials(why) ? abandoned() : Step::kDone;
  }
  if (drop_guard(error)) co_return Step::kAgain;
  if (guarded_ && error.is_retryable() && !error.is(ErrorKind::kThrottled)) {
    // It may have happened. Sent again under the same guard it overwrites nobody, and a 412 is then
    // looked into.
    ambiguous_ = true;
    co_return later(error);
  }
  switch (error.kind()) {
    case ErrorKind::kThrottled:
    case ErrorKind::kRetryBudget:
    case ErrorKind::kConflict:
    case ErrorKind::kConnect:
    case ErrorKind::kTls:
      co_return later(error);
    case ErrorKind::kArchived:
      // The listing does not tell of INTELLIGENT_TIERING's archive tiers.
      if (!state().options.force_glacier_transfer) state().found_archived(item_);
      co_return skipped(state().options.ignore_glacier_warnings ? SkipReason::kArchivedSilent
                                                                : SkipReason::kArchived);
    case ErrorKind::kPreconditionFailed:
    case ErrorKind::kNoSuchKey:
      co_return co_await look_at_source(std::move(error));
    case ErrorKind::kAccessDenied:
      break;
    default:
      co_return failed(std::move(error));
  }
  // If-Match wants the right to read the target as well, which a principal that pushes may lack.
  if (guarded_ && item_.reason != CopyReason::kMissing && !without_guard_) {
    without_guard_ = true;
    co_return co_await send();
  }
  without_guard_ = false;
  if (!is_relayed() && shared_.identity.denied(turn_)) co_return co_await send();
  if (!is_relayed() && state().options.relay.allowed) {
    item_.route = CopyRoute::kRelay;
    fell_back_ = true;
    co_return co_await send();
  }
  // Who may not list the source is told 403 for a key that is gone.
  co_return co_await look_at_source(std::move(error));
}

Task<CopyJob::Step> CopyJob::settle_copied(s3::CopyResult result) {
  const EtagRelation relation = is_opaque(result) ? EtagRelation::kIncomparable
                                                  : compare_etags(item_.etag, result.etag.view());
  const ServiceTraits& traits = shared_.traits;
  const bool honoured = state().pair.conditions_trusted || traits.condition_seen_honoured;
  if (relation == EtagRelation::kIncomparable && honoured && !traits.condition_ignored)
    co_return copied();
  co_return co_await verify_copied(std::move(result), relation == EtagRelation::kDiffer);
}

CopyJob::Step CopyJob::denied(Error error) {
  if (state().settles(error)) return when_settled(error);
  if (is_relayed() && !shared_.relay.worked) ++shared_.relay.denied;
  const std::uint64_t in_vain =
      is_relayed() ? shared_.relay.denied : shared_.identity.denied_from_the_start();
  std::string advice = is_relayed() ? relay_advice(state().pair) : shared_.identity.advice();
  if (!is_relayed())
    advice += "; --relay needs no such principal: it moves the bytes through this host";
  const bool first = !std::exchange(shared_.denial_explained, true);
  failed(first ? Error(error).with_message(error.message() + " — " + advice) : error);
  if (in_vain >= kDeniedLimit)
    state().stop(std::move(error).with_message(fmt::format(
        "the first {} copies were all denied: {}. {}", kDeniedLimit, advice, state().way_on())));
  return Step::kDone;
}

CopyJob::Step CopyJob::later(const Error& error) {
  if (!given_back_.again(state(), error)) return failed(error);
  state().given_back(error);
  const bool throttled = error.is(ErrorKind::kThrottled);
  const bool slower = throttled || error.is(ErrorKind::kRetryBudget);
  if (slower || met_nobody(error)) {
    const SlowReason why = slow_reason(error);
    state().warn_once(why.kind, why.message);
  }
  // A copy's own 503 is its partition's, whose pace has been told. What else is refused, or not
  // answered at all, is about everything.
  if (error.is(ErrorKind::kRetryBudget) || error.is(ErrorKind::kTimeout) ||
      (throttled && error.attempts() > 1))
    shared_.pace.slow_down();
  retry_after_ms_ = error.retry_after_ms();
  return Step::kLater;
}

CopyJob::Step CopyJob::when_settled(const Error& error) {
  ++settled_;
  looks_ = 0;
  state().given_back(error);
  retry_after_ms_ = error.retry_after_ms();
  return Step::kLater;
}

CopyJob::Step CopyJob::copied() {
  state().copied(item_, late_);
  std::string lost = full_ ? not_reproducible(*full_, state().runtime.wall_now()) : "";
  if (!lost_.empty()) lost += (lost.empty() ? "" : "; ") + lost_;
  if (!lost.empty()) {
    state().count(*item_.chunk, [](RunCounters& c) { ++c.not_reproducible; });
    state().warn(WarningKind::kNotReproducible,
                 fmt::format("{} is not fully reproduced: {}",
                             state().pair.source_at.url_of(item_.key), lost));
  }
  return Step::kDone;
}
CopyJob::Step CopyJob::skipped(SkipReason reason) {
  state().skipped(*item_.chunk, Side::kSource, item_.key, item_.size, reason);
  return Step::kDone;
}
CopyJob::Step CopyJob::failed(Error error) {
  if (error.is(ErrorKind::kStoredWrong)) state().stored_wrong(item_);
  state().failed(*item_.chunk, Side::kSource, item_.key, item_.size, error);
  return Step::kDone;
}
CopyJob::Step CopyJob::abandoned() {
  state().not_tried(*item_.chunk, Side::kSource, item_.key, item_.size);
  return Step::kDone;
}

}  // namespace s3ferry
