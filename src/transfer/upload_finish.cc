// The part of Upload that turns parts into an object: checked before, looked at after.

#include <fmt/format.h>

#include "diff/compare.h"
#include "s3/digest.h"
#include "s3/target_bucket.h"
#include "transfer/upload.h"

namespace s3ferry {
namespace {

using namespace std::chrono_literals;

constexpr int kMostCompletions = 4;

// The completion may have happened although this was its answer; or an earlier one had (s3-facts.md
// §2: NoSuchUpload can mean that it succeeded).
bool leaves_open(const Error& error, bool was_open) {
  if (error.is(ErrorKind::kNoSuchUpload)) return true;
  if (was_open && error.is(ErrorKind::kPreconditionFailed)) return true;
  return error.is_retryable() && !error.is(ErrorKind::kThrottled);
}

const s3::Checksum* find_crc64nvme(const std::vector<s3::Checksum>& checksums) {
  for (const s3::Checksum& checksum : checksums)
    if (checksum.algorithm == "CRC64NVME") return &checksum;
  return nullptr;
}

}  // namespace

// The ETag that must come out is known before anything is completed.
Status Upload::check_etag() {
  std::vector<ETag> etags;
  etags.reserve(arrived_.size());
  for (const Arrived& part : arrived_) etags.push_back(part.etag);
  Result<std::string> computed = s3::multipart_etag(etags);
  if (!computed) return fail(std::move(computed.error()));
  computed_ = std::move(*computed);
  if (attempt_.shared.traits.target_encrypts_by_key) computed_.clear();
  if (!plan_.keep_etag || computed_ == attempt_.item.etag) return {};
  // What an earlier try left may be cut or encrypted otherwise than its intent says.
  if (resumed_)
    return fail(ErrorKind::kConflict, "the parts of an earlier try do not fit; it starts anew");
  trouble_ = computed_.empty() ? Trouble::kOpaqueTarget : Trouble::kOtherEtag;
  return fail(Error(ErrorKind::kRefused,
                    fmt::format("its parts would make the ETag {}, the source has {}; nothing was "
                                "completed",
                                computed_.empty() ? "(none that can be known)" : computed_,
                                attempt_.item.etag))
                  .with_operation("UploadPartCopy")
                  .with_key(attempt_.item.key));
}

Task<Result<s3::CompleteResult>> Upload::complete_once() {
  std::vector<s3::CompletedPart> parts;
  parts.reserve(arrived_.size());
  for (std::size_t i = 0; i < arrived_.size(); ++i) {
    s3::CompletedPart part(static_cast<std::uint32_t>(i) + 1, arrived_[i].etag);
    part.checksum = arrived_[i].checksum;
    parts.push_back(std::move(part));
  }
  s3::CompleteRequest request(key(), upload_, std::move(parts));
  request.object_size = plan_.layout.object_bytes();
  request.send_size = true;
  request.checksum_type = plan_.attributes.checksum_type;
  request.checksum = plan_.whole;
  request.condition = attempt_.condition;
  co_return co_await attempt_.writer.complete_upload(std::move(request));
}

Task<Result<s3::CopyResult>> Upload::complete() {
  attempt_.at_commit = true;
  bool open = false;
  GivenBack given_back;
  for (int tries = 0;;) {
    Result<s3::CompleteResult> done = co_await complete_once();
    if (done) co_return co_await finish(std::move(*done));
    Error error = std::move(done.error());
    // If-Match wants the right to read the target too; all parts are there, so no new upload for
    // that.
    if (error.is(ErrorKind::kAccessDenied) && !attempt_.condition.only_if_match.empty()) {
      attempt_.condition.only_if_match = ETag();
      attempt_.guard_denied = true;
      continue;
    }
    const bool later = error.is(ErrorKind::kThrottled) || error.is(ErrorKind::kRetryBudget);
    open = leaves_open(error, open) || open;
    if (open && !error.is(ErrorKind::kCancelled) && co_await is_done())
      co_return co_await finish(s3::CompleteResult());
    const bool again = later ? given_back.again(state(), error)
                             : error.is_retryable() && ++tries < kMostCompletions;
    if (!again || state().stopped()) co_return fail(std::move(error));
    if (later) {
      state().given_back(error);
      pace().slow_down();
    }
    const Duration delay =
        pace().delay_before_retry(tries + given_back.tries() - 1, error.retry_after_ms());
    if (!co_await state().runtime.sleep_for(delay)) co_return fail(std::move(error));
  }
}

Task<Result<s3::ObjectInfo>> Upload::look_at_target() {
  s3::HeadRequest request(key());
  auto info = co_await state().pair.target.head_object(request);
  if (!info && info.error().is(ErrorKind::kAccessDenied))
    info = co_await attempt_.writer.head_object(std::move(request));
  co_return info;
}

// Whether the object at the key is the one that these parts make.
Task<bool> Upload::is_done() {
  auto info = co_await look_at_target();
  if (!info || info->delete_marker || info->size != plan_.layout.object_bytes()) co_return false;
  if (info->etag.view() == attempt_.item.target_etag) co_return false;  // what was to be replaced
  if (!computed_.empty() && !info->etag_is_opaque()) co_return info->etag.view() == computed_;
  co_return info->etag.view().ends_with(fmt::format("-{}", arrived_.size()));
}

// The object stands. What its answer leaves out is looked up, what did not arrive is sent again.
Task<Result<s3::CopyResult>> Upload::finish(s3::CompleteResult done) {
  s3::CopyResult result;
  result.etag = std::move(done.etag);
  result.version_id = std::move(done.version_id);
  const bool tagged = !plan_.attributes.tags.empty();
  bool tags_there = state().pair.conditions_trusted;
  if (result.etag.empty() || (tagged && !tags_there)) {
    auto info = co_await look_at_target();
    if (info) {
      result.etag = info->etag;
      result.sse = info->sse;
      tags_there = info->tag_count.value_or(0) == plan_.attributes.tags.size();
    }
  }
  if (result.etag.empty()) result.etag = ETag(computed_);
  bool opaque = computed_.empty() || result.sse.starts_with("aws:kms") || result.etag.empty();
  // How an earlier try's upload is encrypted was told to that try.
  if (resumed_ && !opaque && result.etag.view() != computed_)
    if (const auto info = co_await look_at_target()) opaque = info->etag_is_opaque();
  if (!opaque && result.etag.view() != computed_)
    co_return fail(
        stored_wrong(attempt_, "CompleteMultipartUpload",
                     fmt::format("the finished object has the ETag {}, its parts make {}: it is "
                                 "not what was sent",
                                 result.etag.view(), computed_)));
  const s3::Checksum* whole = find_crc64nvme(done.checksums);
  if (plan_.whole && whole != nullptr && done.checksum_type == "FULL_OBJECT" &&
      whole->value != plan_.whole->value)
    co_return fail(stored_wrong(attempt_, "CompleteMultipartUpload",
                                "the finished object's CRC64NVME is not the source's: it is not "
                                "what was listed"));
  if (tagged && !tags_there) co_await put_tags();
  result.checksums = std::move(done.checksums);
  result.checksum_type = std::move(done.checksum_type);
  attempt_.certain = true;
  co_return result;
}

Task<void> Upload::put_tags() {
  Status put = co_await attempt_.writer.put_object_tagging(key(), plan_.attributes.tags);
  if (!put && put.error().is(ErrorKind::kAccessDenied))
    put = co_await state().pair.target.put_object_tagging(key(), plan_.attributes.tags);
  if (!put) attempt_.lose(fmt::format("its tags did not arrive: {}", put.error().message()));
}

}  // namespace s3ferry
