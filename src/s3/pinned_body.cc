#include "s3/pinned_body.h"

#include <utility>

#include <fmt/format.h>

#include "aws/call.h"
#include "s3/link.h"

namespace s3ferry::s3 {

PinnedBody::PinnedBody(BucketReader& bucket, PinnedRange range)
    : bucket_(bucket),
      range_(std::move(range)),
      session_(bucket.connection().link().caller().retry_session()) {}

Task<Status> PinnedBody::ask() {
  body_.reset();
  GetRequest request(range_.key);
  request.if_match = range_.etag;
  const bool all = range_.whole && done_ == 0;
  if (all)
    request.checksum_mode = true;
  else
    request.range.emplace(range_.first + done_, range_.first + range_.length - 1);
  Result<ObjectStream> stream = co_await bucket_.get_object(std::move(request));
  if (!stream) co_return fail(std::move(stream.error()));
  if (stream->info.size != range_.length - done_) {
    co_return fail(
        Error(ErrorKind::kProtocol, fmt::format("the server sends {} bytes where {} were asked for",
                                                stream->info.size, range_.length - done_))
            .with_operation("GetObject")
            .with_key(range_.key.view()));
  }
  if (done_ == 0) info_ = std::move(stream->info);
  body_ = std::move(stream->body);
  co_return Status();
}

Task<Status> PinnedBody::open() {
  return ask();
}

Task<Status> PinnedBody::ask_for_the_rest(Error broken) {
  if (since_broken_ >= kFaultsForgivenAfter) {
    session_->on_success();
    session_.emplace(bucket_.connection().link().caller().retry_session());
  }
  since_broken_ = 0;
  ++resumed_;
  body_.reset();
  aws::Caller& caller = bucket_.connection().link().caller();
  Status again = co_await caller.wait_for_retry(*session_, std::move(broken));
  if (!again) co_return again;
  co_return co_await ask();
}

Task<Result<std::string_view>> PinnedBody::read() {
  while (done_ < range_.length) {
    Result<std::string_view> piece = co_await body_->read();
    if (piece && piece->size() > range_.length - done_) {
      co_return fail(Error(ErrorKind::kProtocol, "the server sent more bytes than it said")
                         .with_operation("GetObject")
                         .with_key(range_.key.view()));
    }
    if (piece && !piece->empty()) {
      done_ += piece->size();
      since_broken_ += piece->size();
      if (done_ == range_.length) session_->on_success();
      co_return piece;
    }
    Error broken =
        piece ? Error(ErrorKind::kTruncated, "the object's body ended early") : piece.error();
    broken = std::move(broken)
                 .with_operation("GetObject")
                 .with_key(range_.key.view())
                 .with_attempts(session_->attempts());
    if (!broken.is_retryable()) co_return fail(std::move(broken));
    Status resumed = co_await ask_for_the_rest(std::move(broken));
    if (!resumed) co_return fail(std::move(resumed.error()));
  }
  co_return std::string_view();
}

}  // namespace s3ferry::s3
