#include "http/answer_body.h"

#include <optional>

#include <fmt/format.h>

namespace s3ferry::http {
namespace {

class EmptyBody final : public BodyReader {
 public:
  Task<Result<std::string_view>> read() override { co_return std::string_view(); }
};

class AnswerBody final : public BodyReader {
 public:
  AnswerBody(Workshop& workshop, Lease lease, Buffers::Buffer buffer, bool keep,
             Duration idle_limit, const Origin& origin)
      : workshop_(workshop),
        lease_(std::move(lease)),
        buffer_(std::move(buffer)),
        keep_(keep),
        idle_limit_(idle_limit),
        origin_(origin),
        length_(lease_->parser.length_hint()) {}

  ByteCount length_hint() const override { return length_; }

  Task<Result<std::string_view>> read() override {
    if (error_) co_return fail(*error_);
    for (;;) {
      if (finished_) co_return std::string_view();
      if (!buffer_.empty()) {
        auto used = lease_->parser.feed(buffer_.unread());
        if (!used) co_return broke(ErrorKind::kProtocol, used.error().message());
        buffer_.take(*used);
        const std::string_view piece = lease_->parser.piece();
        // The piece stands in our buffer: the connection may go.
        if (lease_->parser.done()) finish();
        if (!piece.empty()) co_return piece;
        if (finished_ || *used > 0) continue;
      }
      Status more = co_await receive();
      if (!more) {
        lease_.close();
        error_ = more.error();
        co_return fail(std::move(more.error()));
      }
    }
  }

 private:
  void finish() {
    finished_ = true;
    // Bytes beyond the end belong to nothing we asked for.
    if (keep_ && buffer_.empty())
      lease_.give_back();
    else
      lease_.close();
  }

  tl::unexpected<Error> broke(ErrorKind kind, std::string_view why) {
    lease_.close();
    error_ = Error(kind, fmt::format("{}: {}", origin_.to_string(), why));
    return fail(*error_);
  }

  Task<Status> wait(Stream::Ready what) {
    workshop_.watchdog.arm(lease_->watch, *lease_->stream, idle_limit_);
    Status ready = co_await lease_->stream->wait(what);
    lease_->watch.disarm();
    if (!ready && ready.error().is(ErrorKind::kTimeout))
      co_return fail(
          ErrorKind::kTimeout,
          fmt::format("{} sent nothing more of its answer for {:g} s", origin_.to_string(),
                      std::chrono::duration<double>(idle_limit_).count()));
    co_return ready;
  }

  Status cut(std::string_view why) {
    return fail(ErrorKind::kTruncated,
                fmt::format("{}: the answer ended before its end ({})", origin_.to_string(), why));
  }

  Task<Status> receive() {
    for (;;) {
      if (drained_) {
        Status ready = co_await wait(Stream::Ready::kRead);
        if (!ready) co_return ready;
        drained_ = false;
      }
      char* room = buffer_.room();
      const std::size_t size = buffer_.room_size();
      if (size == 0)
        co_return fail(ErrorKind::kProtocol, origin_.to_string() + ": an endless chunk header");
      const IoResult got = lease_->stream->read_some(room, size);
      switch (got.kind) {
        case IoResult::Kind::kOk:
          buffer_.filled(got.bytes);
          drained_ = got.bytes < size;
          co_return Status();
        case IoResult::Kind::kWantRead:
          drained_ = true;
          break;
        case IoResult::Kind::kWantWrite: {
          Status ready = co_await wait(Stream::Ready::kWrite);
          if (!ready) co_return ready;
          break;
        }
        case IoResult::Kind::kBroken:
          co_return cut(lease_->stream->broken_reason());
        case IoResult::Kind::kEof:
          if (!lease_->parser.ends_with_connection()) co_return cut("closed");
          keep_ = false;
          finish();
          co_return Status();
      }
    }
  }

  Workshop& workshop_;
  Lease lease_;
  Buffers::Buffer buffer_;
  bool keep_;
  bool drained_ = false;
  bool finished_ = false;
  Duration idle_limit_;
  Origin origin_;
  ByteCount length_;
  std::optional<Error> error_;
};

}  // namespace

std::unique_ptr<BodyReader> make_answer_body(Workshop& workshop, Lease lease,
                                             Buffers::Buffer buffer, bool keep, Duration idle_limit,
                                             const Origin& origin) {
  if (lease->parser.done()) {
    if (keep && buffer.empty()) lease.give_back();
    return std::make_unique<EmptyBody>();
  }
  return std::make_unique<AnswerBody>(workshop, std::move(lease), std::move(buffer), keep,
                                      idle_limit, origin);
}

}  // namespace s3ferry::http
