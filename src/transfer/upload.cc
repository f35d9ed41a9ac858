#include "transfer/upload.h"

#include <fmt/format.h>

#include "runtime/shield.h"
#include "s3/target_bucket.h"
#include "transfer/upload_recovery.h"

namespace s3ferry {
namespace {

using namespace std::chrono_literals;

// Tidying up after a cancellation must not hold the program for longer.
constexpr Duration kMostTidying = 20s;

}  // namespace

Upload::Upload(RouteTry& attempt, UploadPlan plan, PartCarrier& carrier)
    : attempt_(attempt),
      plan_(std::move(plan)),
      carrier_(carrier),
      arrived_(plan_.layout.parts()),
      lanes_(attempt.state().runtime) {}

Task<Result<s3::CopyResult>> Upload::run() {
  attempt_.at_commit = false;
  Status ready = co_await prepare();
  Result<s3::CopyResult> result = s3::CopyResult();
  if (completed_) {
    result = co_await finish(s3::CompleteResult());
  } else if (ready) {
    result = co_await complete();
  } else {
    result = fail(std::move(ready.error()));
  }
  if (result) {
    (void)co_await log().ended(key());
    co_return result;
  }
  co_await give_up(result.error());
  // Someone else ended the upload: it is to be done anew.
  if (result.error().is(ErrorKind::kNoSuchUpload) && !upload_.empty())
    co_return fail(Error(ErrorKind::kConflict,
                         "the upload was ended by someone else before it was "
                         "completed")
                       .with_operation(result.error().operation())
                       .with_key(attempt_.item.key));
  co_return result;
}

Task<Status> Upload::prepare() {
  Status ready = co_await open();
  if (completed_) co_return ready;
  if (ready) ready = co_await carry_all();
  if (ready) ready = co_await check_parts();
  if (ready) ready = check_etag();
  if (ready) ready = co_await carrier_.before_completing();
  co_return ready;
}

void Upload::take(std::uint32_t number, ETag etag, const std::vector<s3::Checksum>& checksums) {
  Arrived& arrived = arrived_[number - 1];
  arrived.etag = std::move(etag);
  arrived.done = true;
  for (const s3::Checksum& checksum : checksums)
    if (checksum.algorithm == plan_.attributes.checksum_algorithm) arrived.checksum = checksum;
}

Task<Status> Upload::open() {
  Status cleared = co_await resume_or_clear();
  if (!cleared || completed_ || !upload_.empty()) co_return cleared;
  PlannedUpload intent;
  intent.key = key();
  intent.source_etag = ETag(attempt_.item.etag);
  intent.size = attempt_.item.size;
  intent.layout = plan_.text();
  if (log().is_durable()) co_await note_open_uploads(state(), intent);
  intent.began = state().runtime.wall_now() + state().pair.offset_of(Side::kTarget);
  Status begun = co_await log().begin(intent);
  if (!begun) co_return begun;
  co_return co_await create();
}

Task<Status> Upload::create() {
  s3::CreateUploadRequest request(key());
  request.attributes = plan_.attributes;
  // Cut off in the middle, it would leave an upload that nobody knows of.
  Result<s3::CreatedUpload> created =
      co_await shielded(state().runtime, 120s, attempt_.writer.create_upload(std::move(request)));
  if (!created) {
    const bool surely_not =
        created.error().is(ErrorKind::kThrottled) || created.error().is(ErrorKind::kConnect);
    uncertain_ = created.error().is_retryable() && !surely_not;
    co_return fail(std::move(created.error()));
  }
  upload_ = created->id;
  const bool by_key = created->etag_will_be_opaque();
  Status fits = by_key ? target_is_opaque() : Status();
  if (!fits) co_return fits;
  co_return co_await log().created(key(), upload_, by_key);
}

// The target encrypts by a key: an ETag there is no digest.
Status Upload::target_is_opaque() {
  attempt_.shared.traits.target_encrypts_by_key = true;
  if (plan_.only_if_kept) {
    trouble_ = Trouble::kOpaqueTarget;
    return fail(ErrorKind::kRefused, "the target encrypts by a key, so that no ETag is kept");
  }
  plan_.keep_etag = false;
  return {};
}

// What an earlier try of the run left at this key: gone on with where it is of the same object, cut
// alike and under the same attributes, else aborted.
Task<Status> Upload::resume_or_clear() {
  std::optional<PlannedUpload> intent = log().find(key());
  if (!intent) co_return Status();
  const bool same = intent->source_etag.view() == attempt_.item.etag &&
                    intent->size == attempt_.item.size && intent->layout == plan_.text();
  if (!same || intent->upload.empty()) co_return co_await clear(std::move(*intent));
  upload_ = intent->upload;
  Status fits = intent->by_key ? target_is_opaque() : Status();
  if (!fits) co_return fits;
  Result<std::vector<s3::PartEntry>> listed = co_await listed_parts();
  if (!listed && listed.error().is(ErrorKind::kNoSuchUpload)) {
    upload_ = UploadId();
    const Result<bool> completed = co_await was_completed();
    uncertain_ = !completed;
    if (!completed) co_return fail(completed.error());
    completed_ = *completed;
    (void)co_await log().ended(key());
    co_return Status();
  }
  if (!listed && !cannot_list(listed.error())) {
    upload_ = UploadId();
    uncertain_ = true;  // it is still there: its record stays
    co_return fail(std::move(listed.error()));
  }
  resumed_ = true;
  if (!listed) co_return Status();  // nobody may see its parts: all are carried again
  for (const s3::PartEntry& part : *listed)
    if (part.number >= 1 && part.number <= plan_.layout.parts() && !part.etag.empty() &&
        part.size == plan_.layout.part(part.number).length)
      take(part.number, part.etag, part.checksums);
  co_return Status();
}

// One record a key: the next upload waits until the last one is gone.
Task<Status> Upload::clear(PlannedUpload left) {
  co_await clear_leftover(state(), log(), std::move(left));
  if (!log().find(key())) co_return Status();
  uncertain_ = true;  // keeps the record
  co_return fail(Error(ErrorKind::kConflict, "an earlier try's upload could not be aborted yet")
                     .with_key(attempt_.item.key));
}

// Whether the upload that is gone became the object: known where the source's own ETag stands
// there.
Task<Result<bool>> Upload::was_completed() {
  if (!plan_.keep_etag) co_return false;
  auto info = co_await look_at_target();
  if (!info &&
      (info.error().is(ErrorKind::kNoSuchKey) || info.error().is(ErrorKind::kAccessDenied)))
    co_return false;
  if (!info) co_return fail(std::move(info.error()));
  co_return !info->delete_marker && !info->etag_is_opaque() &&
      info->etag.view() == attempt_.item.etag && info->etag.view() != attempt_.item.target_etag;
}

// What has arrived is good, and the object's next try comes: of this run, or of a later one.
bool Upload::goes_on_later(const Error& why) const {
  if (!log().is_durable()) return false;
  if (why.is(ErrorKind::kCancelled) || state().stopped()) return true;
  // An earlier try's upload is refused to another principal than the one that began it, and who
  // copies is about to change.
  if (resumed_ && why.is(ErrorKind::kAccessDenied)) return true;
  const bool unanswered = attempt_.at_commit && why.is_retryable();
  return unanswered || met_nobody(why) || why.is(ErrorKind::kThrottled) ||
         why.is(ErrorKind::kRetryBudget);
}

// Nothing is left behind: aborted, unless the next try can go on with it.
Task<void> Upload::give_up(const Error& why) {
  if (upload_.empty()) {
    if (!uncertain_) {
      (void)co_await log().ended(key());
    } else if (!log().is_durable()) {
      state().warn(WarningKind::kOther,
                   fmt::format("it is not known whether an upload was begun at {}: {}. List the "
                               "bucket's multipart uploads after the run, and abort it",
                               state().pair.target_at.url_of(attempt_.item.key), why.message()));
    }
    co_return;
  }
  if (goes_on_later(why)) co_return;
  Status gone =
      co_await shielded(state().runtime, kMostTidying, abort_upload(state(), key(), upload_));
  if (gone || why.is(ErrorKind::kNoSuchUpload)) (void)co_await log().ended(key());
}

}  // namespace s3ferry
