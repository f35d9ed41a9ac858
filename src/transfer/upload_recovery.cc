#include "transfer/upload_recovery.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "s3/target_bucket.h"

namespace s3ferry {
namespace {

using namespace std::chrono_literals;

// S3 gives the time of creation in whole seconds, and clocks differ.
constexpr auto kClockSlack = 15min;
// Pages of uploads at one key, at most.
constexpr int kMostPages = 100;

// Some servers encode keys there and do not say so. A key that has escapes itself must match as it
// is.
bool is_key(const ObjectKey& listed, const ObjectKey& key) {
  if (listed == key) return true;
  if (key.view().find('%') != std::string_view::npos) return false;
  for (const bool plus_is_space : {false, true})
    if (const auto decoded = uri_decode(listed.view(), plus_is_space);
        decoded && *decoded == key.view())
      return true;
  return false;
}

// The server answers, and not with a list of uploads that could be read.
bool cannot_be_listed(const Error& error) {
  return error.is(ErrorKind::kListing) || error.is(ErrorKind::kProtocol);
}

// The uploads that are open at exactly `key`.
Task<Result<std::vector<s3::UploadEntry>>> uploads_at(s3::TargetBucket& bucket, ObjectKey key) {
  std::vector<s3::UploadEntry> out;
  std::string key_marker, upload_marker;
  for (int page = 0; page < kMostPages; ++page) {
    auto list = co_await bucket.list_uploads(key.str(), key_marker, upload_marker);
    if (!list) co_return fail(std::move(list.error()));
    for (s3::UploadEntry& entry : list->uploads)
      if (is_key(entry.key, key)) out.push_back(std::move(entry));
    // Keys with this prefix come after the key itself.
    const bool past = list->next_key_marker > key.str();
    if (!list->truncated || past) co_return out;
    key_marker = std::move(list->next_key_marker);
    upload_marker = std::move(list->next_upload_marker);
  }
  co_return fail(ErrorKind::kListing,
                 "more uploads are open at one key than can be looked through");
}

Task<Result<std::vector<s3::UploadEntry>>> uploads_at(RunState& state, ObjectKey key) {
  auto found = co_await uploads_at(state.pair.target, key);
  s3::TargetBucket* const other = other_writer(state.pair);
  if (!found && found.error().is(ErrorKind::kAccessDenied) && other != nullptr)
    found = co_await uploads_at(*other, key);
  co_return found;
}

// No later try will be told otherwise; any other failure leaves an upload's record for the next
// one.
bool is_final_refusal(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kAccessDenied:
    case ErrorKind::kNoSuchBucket:
    case ErrorKind::kUnsupported:
    case ErrorKind::kInvalidRequest:
      return true;
    default:
      return error.http_status() == 405 || error.http_status() == 501;
  }
}

std::string where(const RunState& state, const ObjectKey& key) {
  return fmt::format("s3://{}/{}", state.pair.target_at.bucket.view(),
                     escape_for_display(key.view()));
}

}  // namespace

// The source's principal is a stranger to another service.
s3::TargetBucket* other_writer(const Pair& pair) {
  return pair.same_service && pair.as_source != &pair.target ? pair.as_source : nullptr;
}

Task<void> note_open_uploads(RunState& state, PlannedUpload& intent) {
  auto open = co_await uploads_at(state, intent.key);
  intent.seen_known = open.has_value();
  intent.seen.clear();
  if (open)
    for (s3::UploadEntry& entry : *open) intent.seen.push_back(std::move(entry.upload));
}

Task<Status> abort_upload(RunState& state, ObjectKey key, UploadId upload) {
  Status gone = co_await state.pair.target.abort_upload(key, upload);
  s3::TargetBucket* const other = other_writer(state.pair);
  if (!gone && gone.error().is(ErrorKind::kAccessDenied) && other != nullptr)
    gone = co_await other->abort_upload(key, upload);
  if (gone || gone.error().is(ErrorKind::kNoSuchUpload)) co_return Status();
  state.warn(WarningKind::kOther,
             fmt::format("the upload {} at {} could not be aborted: {}. Its parts cost money until "
                         "it is (aws s3api abort-multipart-upload)",
                         upload.view(), where(state, key), gone.error().message()));
  co_return gone;
}

Task<void> clear_leftover(RunState& state, UploadLog& log, PlannedUpload intent) {
  UploadId upload = intent.upload;
  if (upload.empty()) {
    auto open = co_await uploads_at(state, intent.key);
    if (!open) {
      state.warn(WarningKind::kOther,
                 fmt::format("whether an earlier try left an upload at {} cannot be seen: {}",
                             where(state, intent.key), open.error().message()));
      if (is_final_refusal(open.error()) || cannot_be_listed(open.error()))
        (void)co_await log.ended(intent.key);
      co_return;
    }
    std::erase_if(*open, [&](const s3::UploadEntry& entry) {
      const bool seen =
          std::find(intent.seen.begin(), intent.seen.end(), entry.upload) != intent.seen.end();
      // Ours was created within minutes of its intent, or never.
      const bool in_time = entry.initiated && *entry.initiated >= intent.began - kClockSlack &&
                           *entry.initiated <= intent.began + 2 * kClockSlack;
      return seen || !in_time;
    });
    if (open->empty()) {
      (void)co_await log.ended(intent.key);
      co_return;
    }
    if (open->size() > 1 || !intent.seen_known) {
      state.warn(WarningKind::kOther,
                 fmt::format("{} upload(s) at {} may be of an earlier try or another tool's: left "
                             "as they are",
                             open->size(), where(state, intent.key)));
      (void)co_await log.ended(intent.key);
      co_return;
    }
    upload = open->front().upload;
  }
  Status gone = co_await abort_upload(state, intent.key, upload);
  if (gone || is_final_refusal(gone.error())) (void)co_await log.ended(intent.key);
}

Task<void> clear_all_leftovers(RunState& state) {
  UploadBook& book = state.book->uploads();
  std::vector<PlannedUpload> left = book.not_ended();
  for (PlannedUpload& intent : left) co_await clear_leftover(state, book, std::move(intent));
}

}  // namespace s3ferry
