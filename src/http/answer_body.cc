#include "http/answer_body.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "http/direct_body.h"

namespace s3ferry::http {
namespace {

// Copied rather than left in the buffer that it was read into.
constexpr ByteCount kSmallBody = 16 * 1024;

class EmptyBody final : public BodyReader {
 public:
  Task<Result<std::string_view>> read() override { co_return std::string_view(); }
};

// A body that had come as a whole with its head, and is no more its connection's.
class WholeBody final : public DirectBody {
 public:
  explicit WholeBody(std::string_view bytes) : bytes_(bytes), length_(bytes.size()) {}
  ByteCount length_hint() const override { return length_; }
  Task<Result<std::string_view>> read() override {
    if (std::exchange(given_, true)) co_return std::string_view();
    co_return std::string_view(bytes_);
  }
  bool take_rest(std::string& out, ByteCount limit_bytes) override {
    if (given_ || bytes_.size() > limit_bytes) return false;
    given_ = true;
    out = std::move(bytes_);
    return true;
  }
  Task<Status> read_rest(std::string& out, ByteCount limit_bytes) override {
    return read_pieces(*this, out, limit_bytes);
  }

 private:
  std::string bytes_;
  ByteCount length_;
  bool given_ = false;
};

class AnswerBody final : public DirectBody {
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
      if (!more) co_return lost(std::move(more.error()));
    }
  }

  bool take_rest(std::string& out, ByteCount limit_bytes) override {
    if (error_ || finished_) return false;
    const auto left = lease_->parser.length_left();
    if (!left || *left > buffer_.unread().size() || *left > limit_bytes) return false;
    out.assign(buffer_.unread().substr(0, *left));
    buffer_.take(*left);
    finish();
    return true;
  }

  // Straight into `out`, past the parser, where the length is known. Memory is taken as the body
  // comes, not as its head promises.
  Task<Status> read_rest(std::string& out, ByteCount limit_bytes) override {
    std::optional<ByteCount> left;
    if (!error_ && !finished_) left = lease_->parser.length_left();
    if (!left) co_return co_await read_pieces(*this, out, limit_bytes);
    if (out.size() > limit_bytes || *left > limit_bytes - out.size())
      co_return fail(too_large(limit_bytes));
    const std::size_t whole = out.size() + *left;
    const std::string_view early = buffer_.unread().substr(0, *left);
    out.reserve(whole);
    out.append(early);
    buffer_.take(early.size());
    std::size_t filled = out.size();
    while (filled < whole) {
      if (filled == out.size()) out.resize(std::min(whole, filled + kStep));
      auto got = co_await receive_into(out.data() + filled, out.size() - filled);
      if (!got || *got == 0) {
        out.resize(filled);
        co_return lost(got ? cut("closed") : std::move(got.error()));
      }
      filled += *got;
    }
    finish();
    co_return Status();
  }

 private:
  static constexpr std::size_t kStep = 512 * 1024;

  void finish() {
    finished_ = true;
    // Bytes beyond the end belong to nothing we asked for.
    if (keep_ && buffer_.empty())
      lease_.give_back();
    else
      lease_.close();
  }

  tl::unexpected<Error> broke(ErrorKind kind, std::string_view why) {
    return lost(Error(kind, fmt::format("{}: {}", origin_.to_string(), why)));
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

  tl::unexpected<Error> lost(Error error) {
    lease_.close();
    error_ = error;
    return fail(std::move(error));
  }

  Error cut(std::string_view why) {
    return Error(ErrorKind::kTruncated,
                 fmt::format("{}: the answer ended before its end ({})", origin_.to_string(), why));
  }

  Task<Status> receive() {
    std::optional<std::size_t> got;
    while (!got) {
      if (drained_) {
        if (buffer_.empty()) buffer_ = Buffers::Buffer();  // others have bytes to read meanwhile
        Status ready = co_await wait_for_more();
        if (!ready) co_return ready;
      }
      if (!buffer_) buffer_ = workshop_.buffers.lend();
      char* room = buffer_.room();
      if (buffer_.room_size() == 0)
        co_return fail(ErrorKind::kProtocol, origin_.to_string() + ": an endless chunk header");
      auto read = read_now(room, buffer_.room_size());
      if (!read) co_return fail(std::move(read.error()));
      got = *read;
    }
    if (*got > 0) {
      buffer_.filled(*got);
    } else if (lease_->parser.ends_with_connection()) {
      keep_ = false;
      finish();
    } else {
      co_return fail(cut("closed"));
    }
    co_return Status();
  }

  // At least one byte, or 0 at the connection's end.
  Task<Result<std::size_t>> receive_into(char* data, std::size_t size) {
    for (;;) {
      if (drained_) {
        Status ready = co_await wait_for_more();
        if (!ready) co_return fail(std::move(ready.error()));
      }
      auto got = read_now(data, size);
      if (!got) co_return fail(std::move(got.error()));
      if (*got) co_return **got;
    }
  }

  Task<Status> wait_for_more() {
    Status ready = co_await wait(wants_write_ ? Stream::Ready::kWrite : Stream::Ready::kRead);
    drained_ = wants_write_ = false;
    co_return ready;
  }

  // What is there: bytes, 0 at the connection's end, nothing where it is to be waited for.
  Result<std::optional<std::size_t>> read_now(char* data, std::size_t size) {
    const IoResult got = lease_->stream->read_some(data, size);
    switch (got.kind) {
      case IoResult::Kind::kOk:
        drained_ = got.bytes < size;
        return got.bytes;
      case IoResult::Kind::kWantRead:
      case IoResult::Kind::kWantWrite:
        drained_ = true;
        wants_write_ = got.kind == IoResult::Kind::kWantWrite;
        return std::nullopt;
      case IoResult::Kind::kBroken:
        return fail(cut(lease_->stream->broken_reason()));
      case IoResult::Kind::kEof:
        break;
    }
    return std::size_t{0};
  }

  Workshop& workshop_;
  Lease lease_;
  Buffers::Buffer buffer_;
  bool keep_;
  bool drained_ = false;      // there is nothing more to read before a wait
  bool wants_write_ = false;  // which TLS may have to, to go on reading
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
  const auto left = lease->parser.length_left();
  if (left && *left <= kSmallBody && *left <= buffer.unread().size()) {
    auto whole = std::make_unique<WholeBody>(buffer.unread().substr(0, *left));
    // Bytes beyond the end belong to nothing we asked for.
    if (keep && *left == buffer.unread().size()) lease.give_back();
    return whole;
  }
  return std::make_unique<AnswerBody>(workshop, std::move(lease), std::move(buffer), keep,
                                      idle_limit, origin);
}

}  // namespace s3ferry::http
