// The part of Upload that carries parts, and makes sure that they arrived as they were sent.

#include <utility>

#include <fmt/format.h>

#include "s3/target_bucket.h"
#include "transfer/upload.h"
#include "transfer/upload_recovery.h"

namespace s3ferry {

bool cannot_list(const Error& error) {
  return error.is(ErrorKind::kAccessDenied) || error.is(ErrorKind::kUnsupported) ||
         error.http_status() == 501 || error.http_status() == 405;
}

Task<Status> Upload::carry_all() {
  next_ = 1;
  failed_.reset();
  add_lanes();
  PartRange part;
  while (next_part(part)) {
    co_await carry_one(part);
    add_lanes();
  }
  while (carrying_ > 0)
    if (!co_await settled_.wait()) break;
  lanes_.cancel();  // what still waits for the pace
  co_await lanes_.join();
  if (failed_) co_return fail(*failed_);
  if (co_await is_cancelled()) co_return fail(ErrorKind::kCancelled, "interrupted");
  co_return Status();
}

// The next part that has not arrived. False: none, or the upload is not gone on with.
bool Upload::next_part(PartRange& part) {
  if (state().stopped() && !failed_) failed_.emplace(ErrorKind::kCancelled, "the run was stopped");
  while (!failed_ && next_ <= arrived_.size() && arrived_[next_ - 1].done) ++next_;
  if (failed_ || next_ > arrived_.size()) return false;
  part = plan_.layout.part(next_++);
  return true;
}

// One after another, so that an upload does not take all lanes before it has shown that it may.
void Upload::add_lanes() {
  Semaphore& all = attempt_.shared.lanes;
  while (!failed_ && !lanes_.cancelled() && lanes_.running() < kMostLanes &&
         next_ + lanes_.running() <= arrived_.size() && all.try_acquire())
    lanes_.spawn(lane());
}

Task<void> Upload::lane() {
  const Permit of_all(attempt_.shared.lanes);
  for (;;) {
    if (!co_await pace().acquire()) co_return;
    const Permit permit(pace().permits());
    PartRange part;
    if (!next_part(part)) co_return;
    co_await carry_one(part);
  }
}

Task<void> Upload::carry_one(PartRange part) {
  ++carrying_;
  for (GivenBack given_back;;) {
    Result<s3::PartResult> result = co_await carrier_.carry(upload_, part);
    if (result && result->etag.empty())
      result = fail(Error(ErrorKind::kProtocol, "a part was taken without an ETag")
                        .with_key(attempt_.item.key));
    if (result) {
      if (attempt_.allowed) attempt_.allowed();
      take(part.number, std::move(result->etag), result->checksums);
      pace().succeeded();
      state().note_progress();
      break;
    }
    const Error& error = result.error();
    const bool later =
        error.is(ErrorKind::kThrottled) || error.is(ErrorKind::kRetryBudget) || met_nobody(error);
    if (!later || failed_ || state().stopped() || !given_back.again(state(), error)) {
      if (!failed_) failed_ = error;
      break;
    }
    state().given_back(error);
    pace().slow_down();
    const Duration delay =
        pace().delay_before_retry(given_back.tries() - 1, error.retry_after_ms());
    if (!co_await state().runtime.sleep_for(delay)) {
      if (!failed_) failed_.emplace(ErrorKind::kCancelled, "interrupted");
      break;
    }
  }
  --carrying_;
  settled_.wake_all();
}

Task<Result<std::vector<s3::PartEntry>>> Upload::listed_parts() {
  std::vector<s3::PartEntry> out;
  s3::TargetBucket* bucket = &state().pair.target;
  s3::TargetBucket* other = other_writer(state().pair);
  std::uint32_t marker = 0;
  for (;;) {
    auto page = co_await bucket->list_parts(key(), upload_, marker);
    if (!page && page.error().is(ErrorKind::kAccessDenied) && other != nullptr) {
      bucket = std::exchange(other, nullptr);
      continue;
    }
    if (!page) co_return fail(std::move(page.error()));
    for (s3::PartEntry& part : page->parts) out.push_back(std::move(part));
    if (!page->truncated) co_return out;
    marker = page->next_marker;  // grows (list_parts)
  }
}

// By what the target holds: parts that are not there, or are not what was answered for them.
std::vector<std::uint32_t> Upload::wrong_parts(const std::vector<s3::PartEntry>& listed) const {
  std::vector<bool> right(arrived_.size());
  for (const s3::PartEntry& part : listed) {
    if (part.number < 1 || part.number > arrived_.size()) continue;
    right[part.number - 1] = part.etag == arrived_[part.number - 1].etag &&
                             part.size == plan_.layout.part(part.number).length;
  }
  std::vector<std::uint32_t> out;
  for (std::size_t i = 0; i < right.size(); ++i)
    if (!right[i]) out.push_back(static_cast<std::uint32_t>(i) + 1);
  return out;
}

// Parts that are not there, lie under another's number, or hold another's bytes. Where the server
// shows no parts, it compares them itself with what was answered (InvalidPart).
Task<Result<std::vector<std::uint32_t>>> Upload::find_wrong_parts() {
  auto listed = co_await listed_parts();
  if (!listed && !cannot_list(listed.error())) co_return fail(std::move(listed.error()));
  if (listed)
    if (std::vector<std::uint32_t> wrong = wrong_parts(*listed); !wrong.empty()) co_return wrong;
  co_return co_await repeated_parts();
}

// A wrong part is carried once more; then it is a failure.
Task<Status> Upload::check_parts() {
  for (int round = 0;; ++round) {
    auto wrong = co_await find_wrong_parts();
    if (!wrong) co_return fail(std::move(wrong.error()));
    if (wrong->empty()) co_return Status();
    if (round > 0)
      co_return fail(
          Error(ErrorKind::kProtocol,
                fmt::format("part {} at the target is not the part that was sent, twice; "
                            "nothing was completed",
                            wrong->front()))
              .with_operation("ListParts")
              .with_key(attempt_.item.key));
    for (const std::uint32_t number : *wrong) arrived_[number - 1] = Arrived();
    Status again = co_await carry_all();
    if (!again) co_return again;
  }
}

}  // namespace s3ferry
