// The part of CopyJob that looks again: at the source after a 412, a 404 or a 403, at the target
// after a guard said no, at either where an ETag alone does not tell.

#include <fmt/format.h>

#include "s3/source_bucket.h"
#include "s3/target_bucket.h"
#include "transfer/copy_job.h"
#include "transfer/copy_strategy.h"

namespace s3ferry {
namespace {

using namespace std::chrono_literals;

// A copy of 5 GiB, that its client no longer waits for, is over by then.
constexpr auto kMostLanding = 15min;

bool gone(const Result<s3::ObjectInfo>& looked) {
  return looked ? looked->delete_marker : looked.error().is(ErrorKind::kNoSuchKey);
}

}  // namespace

// A look failed. Throttling and outages give the work back; else the object fails with `instead`,
// the answer that made us look, or with the look's own error.
CopyJob::Step CopyJob::cannot_look(Error error, const Error* instead) {
  if (error.is(ErrorKind::kCancelled)) return abandoned();
  if (error.is(ErrorKind::kThrottled) || error.is(ErrorKind::kRetryBudget) || met_nobody(error))
    return later(error);
  if (error.is(ErrorKind::kExpiredCredentials) || error.is(ErrorKind::kCredentials)) {
    state().stop(std::move(error));
    return abandoned();
  }
  if (state().settles(error)) return when_settled(error);
  return failed(instead != nullptr ? *instead : std::move(error));
}

// --compare etag saw two MD5-shaped ETags that differ. Where a side is encrypted by a key they say
// nothing, and the object is the same as far as can be known.
Task<CopyJob::Step> CopyJob::look_at_etags() {
  s3::HeadRequest at_target{ObjectKey(target_key())};
  Result<s3::ObjectInfo> target = co_await state().pair.target.head_object(std::move(at_target));
  if (!target && !gone(target)) co_return cannot_look(std::move(target.error()), nullptr);
  bool opaque = target && target->etag_is_opaque();
  if (!opaque) {
    s3::HeadRequest at_source{ObjectKey(source_key())};
    Result<s3::ObjectInfo> source = co_await state().pair.source.head_object(std::move(at_source));
    if (gone(source)) co_return skipped(SkipReason::kVanished);
    if (!source) co_return cannot_look(std::move(source.error()), nullptr);
    opaque = source->etag_is_opaque();
  }
  if (opaque) {
    state().same(item_);
    co_return Step::kDone;
  }
  etags_looked_at_ = true;
  co_return Step::kAgain;
}

Task<CopyJob::Step> CopyJob::look_at_attributes() {
  s3::HeadRequest request{ObjectKey(source_key())};
  Result<s3::ObjectInfo> source = co_await state().pair.source.head_object(std::move(request));
  if (gone(source)) co_return skipped(SkipReason::kVanished);
  if (!source && source.error().http_status() == 400) {
    co_return failed(
        Error(source.error())
            .with_message("the source refuses to be looked at without a key: the object "
                          "is encrypted by its owner's own key (SSE-C), which cannot be "
                          "sent here, so it is not reproducible"));
  }
  if (!source) co_return cannot_look(std::move(source.error()), nullptr);
  full_ = std::make_unique<s3::ObjectInfo>(std::move(*source));
  leave_locks_out();
  co_return Step::kAgain;
}

// A target bucket without object lock refuses whole requests for it.
void CopyJob::leave_locks_out() {
  const bool locked = !full_->lock_mode.empty() || full_->legal_hold == "ON";
  if (!state().options.attributes.without_locks || !locked) return;
  full_->lock_mode.clear();
  full_->legal_hold.clear();
  full_->lock_retain_until.reset();
  state().count(*item_.chunk, [](RunCounters& c) { ++c.not_reproducible; });
  state().warn(WarningKind::kNotReproducible,
               fmt::format("{} is copied without its retention or legal hold: the target bucket "
                           "has no object lock",
                           state().pair.source_at.url_of(item_.key)));
}

// `why` is a 412 (either condition), a 404 (either side) or a final 403.
Task<CopyJob::Step> CopyJob::look_at_source(Error why) {
  if (++looks_ > kMostLooks) co_return failed(std::move(why));
  s3::HeadRequest request{ObjectKey(source_key())};
  Result<s3::ObjectInfo> source = co_await state().pair.source.head_object(std::move(request));
  if (gone(source)) co_return skipped(SkipReason::kVanished);
  if (why.is(ErrorKind::kAccessDenied)) co_return denied(std::move(why));
  if (!source) co_return cannot_look(std::move(source.error()), &why);
  const bool changed = !source->etag.empty() && source->etag.view() != item_.etag;
  if (changed) {
    // Of a copy alone: that a HEAD honours its own condition says nothing.
    const bool by_copy = why.operation() == "CopyObject" || why.operation() == "UploadPartCopy";
    if (why.is(ErrorKind::kPreconditionFailed) && by_copy)
      shared_.traits.condition_seen_honoured = true;
    co_return replan(*source);
  }
  if (guarded_) co_return co_await look_at_target(std::move(why));
  co_return failed(std::move(why));
}

// What a killed try had under way may land after this one listed the target, but not for ever.
bool CopyJob::may_be_of_a_killed_try(const s3::ObjectInfo& target) const {
  if (state().book == nullptr || !state().book->resumed()) return false;
  const WallTime by_then = state().try_began + state().pair.offset_of(Side::kTarget) + kMostLanding;
  return target.last_modified && *target.last_modified <= by_then;
}

// The source is as listed, so it was the guard that did not hold: someone else wrote at the target,
// or we did, when an answer was lost and the request was sent again.
Task<CopyJob::Step> CopyJob::look_at_target(Error why) {
  s3::HeadRequest request{ObjectKey(target_key())};
  Result<s3::ObjectInfo> target = co_await state().pair.target.head_object(std::move(request));
  if (gone(target)) {
    if (item_.target_etag.empty()) co_return failed(std::move(why));
    item_.target_etag.clear();  // it was deleted there: now it is missing
    item_.reason = CopyReason::kMissing;
    co_return Step::kAgain;
  }
  if (!target) co_return cannot_look(std::move(target.error()), &why);
  if (why.is(ErrorKind::kPreconditionFailed)) shared_.traits.guard_honoured = true;
  const bool maybe_ours = ambiguous_ || may_be_of_a_killed_try(*target);
  const bool ours = maybe_ours && target->size == item_.size &&
                    target->etag.view() != item_.target_etag &&
                    (target->etag_is_opaque() ||
                     compare_etags(item_.etag, target->etag.view()) != EtagRelation::kDiffer);
  if (ours) {
    item_.known_wrong = false;  // the answer that was lost may have said so again: not forgotten
    co_return copied();
  }
  state().count(*item_.chunk, [](RunCounters& c) { ++c.conflicts; });
  co_return failed(Error(ErrorKind::kConflict,
                         "someone else wrote this object at the target after it was listed; it was "
                         "not overwritten. Run the sync again to compare it afresh")
                       .with_operation("CopyObject")
                       .with_key(item_.key)
                       .with_status(why.http_status()));
}

// After a copy whose own ETag does not show what was copied, on a service that is not known to
// honour the condition.
Task<CopyJob::Step> CopyJob::verify_copied(s3::CopyResult result, bool surely_another) {
  item_.target_etag = result.etag.str();  // what a further try replaces is ours
  s3::HeadRequest request{ObjectKey(source_key())};
  Result<s3::ObjectInfo> source = co_await state().pair.source.head_object(std::move(request));
  if (gone(source)) {
    late_ = late_ || surely_another;
    if (surely_another) state().stored_wrong(item_);  // should the source come back as it was
    item_.known_wrong = false;
    co_return copied();
  }
  if (!source && surely_another) state().stored_wrong(item_);
  if (!source) co_return cannot_look(std::move(source.error()), nullptr);
  if (source->etag.empty() || source->etag.view() == item_.etag) co_return copied();
  if (surely_another && !shared_.traits.condition_ignored) {
    shared_.traits.condition_ignored = true;
    state().warn(WarningKind::kConditionIgnored,
                 "this service ignores x-amz-copy-source-if-match: the source is looked at again "
                 "after each copy whose ETag does not show what was copied");
  }
  if (!source->etag_is_opaque() &&
      compare_etags(source->etag.view(), result.etag.view()) == EtagRelation::kEqual) {
    item_.etag = source->etag.str();
    item_.size = source->size;
    late_ = true;
    co_return copied();
  }
  // What the target has now is another object than the source, and may be as new.
  state().stored_wrong(item_);
  co_return replan(*source);
}

// The source is another object now: once, the plan follows it.
CopyJob::Step CopyJob::replan(const s3::ObjectInfo& source) {
  if (late_) return skipped(SkipReason::kChangedMeanwhile);
  late_ = true;
  item_.etag = source.etag.str();
  item_.size = source.size;
  item_.storage_class = source.storage_class;
  full_.reset();
  CopyDecision decision = decide_copy(state().pair, state().options, item_.key, item_.etag,
                                      item_.size, item_.storage_class);
  if (decision.skip) return skipped(*decision.skip);
  if (decision.error) return failed(std::move(*decision.error));
  item_.route = decision.route;
  fell_back_ = false;
  return Step::kAgain;
}

}  // namespace s3ferry
