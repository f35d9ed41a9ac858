#include "http/exchange.h"

#include <cstring>

#include <fmt/format.h>

#include "http/answer_body.h"

namespace s3ferry::http {
namespace {
constexpr int kMaxInterimAnswers = 16;
}

// As a rule all of a small request fits into the socket's buffer. What does not is sent on by
// send_and_receive().
bool Exchange::send_at_once() {
  if (!body_in_head_) return false;
  while (!head_.empty()) {
    const IoResult written = lease_->stream->write_some(head_.data(), head_.size());
    if (written.kind != IoResult::Kind::kOk) return false;
    head_.remove_prefix(written.bytes);
  }
  sent_all_ = true;
  return true;
}

Task<Result<Response>> Exchange::send_and_receive() {
  auto sent = co_await send_request();
  if (!sent) co_return fail(std::move(sent.error()));
  sent_all_ = *sent == Sent::kAll;
  co_return co_await receive_head();
}

Task<Status> Exchange::wait(Stream::Ready what, Duration limit, std::string_view doing) {
  Connection& connection = *lease_;
  workshop_.watchdog.arm(connection.watch, *connection.stream, limit);
  Status ready = co_await connection.stream->wait(what);
  connection.watch.disarm();
  if (!ready && ready.error().is(ErrorKind::kTimeout)) co_return fail(timed_out(limit, doing));
  co_return ready;
}

Error Exchange::timed_out(Duration limit, std::string_view doing) const {
  return Error(ErrorKind::kTimeout, fmt::format("{} {} within {:g} s", where(), doing,
                                                std::chrono::duration<double>(limit).count()));
}

Task<Result<Exchange::Sent>> Exchange::send_request() {
  auto sent = co_await send(head_);
  if (!sent || *sent == Sent::kAnsweredEarly || body_in_head_) co_return sent;
  if (request_.stream) co_return co_await send_stream();
  co_return co_await send(request_.body);
}

// A peer that answers before it has read the request, or closes, is read: what it says explains.
Task<Result<Exchange::Sent>> Exchange::send(std::string_view data) {
  Stream& stream = *lease_->stream;
  while (!data.empty()) {
    const IoResult written = stream.write_some(data.data(), data.size());
    switch (written.kind) {
      case IoResult::Kind::kOk:
        data.remove_prefix(written.bytes);
        continue;
      case IoResult::Kind::kEof:
      case IoResult::Kind::kBroken:
        co_return Sent::kAnsweredEarly;
      case IoResult::Kind::kWantRead:
      case IoResult::Kind::kWantWrite:
        break;
    }
    const bool for_read = written.kind == IoResult::Kind::kWantRead;
    Status ready = co_await wait(for_read ? Stream::Ready::kRead : Stream::Ready::kEither,
                                 request_.deadlines.idle, "took no more of the request");
    if (!ready) co_return fail(std::move(ready.error()));
    if (!for_read && !stream.is_quiet()) co_return Sent::kAnsweredEarly;
  }
  co_return Sent::kAll;
}

Task<Result<Exchange::Sent>> Exchange::send_stream() {
  auto reader = co_await request_.stream->open();
  if (!reader) co_return fail(std::move(reader.error()));
  ByteCount left = request_.stream->length();
  while (left > 0) {
    auto chunk = co_await (*reader)->read();
    if (!chunk) co_return fail(std::move(chunk.error()));
    if (chunk->empty() || chunk->size() > left)
      co_return fail(ErrorKind::kInternal, "the request's body is not as long as it said");
    // Nobody asked yet, so whatever is there to read is an early answer (or the end).
    if (!lease_->stream->is_quiet()) co_return Sent::kAnsweredEarly;
    auto sent = co_await send(*chunk);
    if (!sent || *sent == Sent::kAnsweredEarly) co_return sent;
    left -= chunk->size();
  }
  co_return Sent::kAll;
}

Status Exchange::closed_before_answer(bool broken) {
  const bool untouched = !buffer_ || buffer_.empty();
  stale_ = lease_.reused() && untouched;
  return fail(ErrorKind::kNetwork,
              fmt::format("{} closed the connection {} ({})", where(),
                          untouched ? "without an answer" : "in the middle of an answer's head",
                          broken ? lease_->stream->broken_reason() : "end of the stream"));
}

// A wait is with a small buffer only; a large one is lent once there is something to put into it.
// What is read into the small one goes between these two.
void Exchange::arm_for_read() {
  workshop_.watchdog.arm(lease_->watch, *lease_->stream, read_limit());
}

Result<IoResult> Exchange::took(Result<IoResult> got) {
  lease_->watch.disarm();
  if (!got && got.error().is(ErrorKind::kTimeout))
    return fail(timed_out(
        read_limit(), waits_for_first() ? "sent no answer" : "sent nothing more of its answer"));
  if (got && got->kind == IoResult::Kind::kOk) {
    if (!buffer_) buffer_ = workshop_.buffers.lend();
    char* room = buffer_.room();
    if (buffer_.room_size() < got->bytes)
      return fail(ErrorKind::kProtocol, "the answer's head is too large");
    std::memcpy(room, first_bytes_, got->bytes);
    buffer_.filled(got->bytes);
  }
  return got;
}

// At least one byte more into buffer_.
Task<Status> Exchange::receive_more() {
  Stream& stream = *lease_->stream;
  // What came stops in the middle of the head, so more of it may be there; after an early end of
  // sending the answer is there already.
  bool try_at_once = buffer_ || !sent_all_;
  for (;;) {
    IoResult got;
    if (try_at_once) {
      if (!buffer_) buffer_ = workshop_.buffers.lend();
      char* room = buffer_.room();
      if (buffer_.room_size() == 0)
        co_return fail(ErrorKind::kProtocol, "the answer's head is too large");
      got = stream.read_some(room, buffer_.room_size());
      if (got.kind == IoResult::Kind::kOk) buffer_.filled(got.bytes);
    } else {
      arm_for_read();
      auto waited = took(co_await stream.read_when_ready(first_bytes_, sizeof first_bytes_));
      if (!waited) co_return fail(std::move(waited.error()));
      got = *waited;
    }
    try_at_once = false;
    switch (got.kind) {
      case IoResult::Kind::kOk:
        co_return Status();
      case IoResult::Kind::kEof:
        co_return closed_before_answer(false);
      case IoResult::Kind::kBroken:
        co_return closed_before_answer(true);
      case IoResult::Kind::kWantRead:
        if (buffer_ && buffer_.empty()) buffer_ = Buffers::Buffer();
        break;
      case IoResult::Kind::kWantWrite: {
        Status ready =
            co_await wait(Stream::Ready::kWrite, request_.deadlines.idle, "took nothing");
        if (!ready) co_return ready;
        try_at_once = true;
        break;
      }
    }
  }
}

Task<Result<Response>> Exchange::receive_head() {
  AnswerParser& parser = lease_->parser;
  const bool no_body = request_.method == Method::kHead;
  parser.reset(no_body);
  int interim = 0;
  for (;;) {
    bool more = !buffer_ || buffer_.empty();
    if (!more) {
      auto used = parser.feed(buffer_.unread());
      if (!used)
        co_return fail(ErrorKind::kProtocol,
                       fmt::format("{}: {}", where(), used.error().message()));
      buffer_.take(*used);
      if (parser.head_done()) {
        const int status = parser.status();
        if (status >= 200 && status <= 999) co_return make_response();
        if (status < 100 || status == 101 || ++interim > kMaxInterimAnswers)
          co_return fail(ErrorKind::kProtocol,
                         fmt::format("{} sent the status {} out of turn", where(), status));
        parser.reset(no_body);
        continue;
      }
      more = true;
    }
    if (!buffer_ && sent_all_) {  // the usual way, without a task of its own
      arm_for_read();
      auto first =
          took(co_await lease_->stream->read_when_ready(first_bytes_, sizeof first_bytes_));
      if (!first) co_return fail(std::move(first.error()));
      if (first->kind == IoResult::Kind::kOk) continue;
      if (first->kind == IoResult::Kind::kEof || first->kind == IoResult::Kind::kBroken)
        co_return fail(
            std::move(closed_before_answer(first->kind == IoResult::Kind::kBroken).error()));
    }
    Status got = co_await receive_more();
    if (!got) co_return fail(std::move(got.error()));
  }
}

Result<Response> Exchange::make_response() {
  AnswerParser& parser = lease_->parser;
  Response response;
  response.status = parser.status();
  response.headers = parser.take_headers();
  const bool keep = sent_all_ && parser.keep_alive();
  response.body = make_answer_body(workshop_, std::move(lease_), std::move(buffer_), keep,
                                   request_.deadlines.idle, request_.origin);
  return response;
}

}  // namespace s3ferry::http
