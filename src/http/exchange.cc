#include "http/exchange.h"

#include <fmt/format.h>

#include "http/answer_body.h"

namespace s3ferry::http {
namespace {
constexpr int kMaxInterimAnswers = 16;
}

bool Exchange::send_at_once() {
  lease_->parser.reset(request_.method == Method::kHead);
  while (body_in_head_ && !unsent_.empty()) {
    const IoResult written = lease_->stream->write_some(unsent_.data(), unsent_.size());
    if (written.kind != IoResult::Kind::kOk) break;
    unsent_.remove_prefix(written.bytes);
  }
  sending_over_ = sent_all_ = body_in_head_ && unsent_.empty();
  if (!sending_over_) unsent_kept_ = unsent_;
  return sent_all_;
}

Task<ReadySocket::Woken> Exchange::wake() {
  workshop_.watchdog.arm(lease_->watch, *lease_->stream, request_.deadlines.first_byte);
  return lease_->stream->wait_to_read();
}

bool Exchange::take_answer(ReadySocket::Woken woken, std::optional<Result<Response>>& answer) {
  lease_->watch.disarm();
  if (woken == ReadySocket::Woken::kCancelled) {
    answer.emplace(fail(ErrorKind::kCancelled, "cancelled"));
    return true;
  }
  if (woken == ReadySocket::Woken::kInterrupted) {
    answer.emplace(fail(no_more_in_time()));
    return true;
  }
  buffer_ = workshop_.buffers.lend();
  char* const room = buffer_.room();
  const IoResult got = lease_->stream->read_some(room, buffer_.room_size());
  if (got.kind == IoResult::Kind::kEof || got.kind == IoResult::Kind::kBroken) {
    answer.emplace(fail(closed_before_answer(got.kind == IoResult::Kind::kBroken)));
    return true;
  }
  if (got.kind != IoResult::Kind::kOk) {
    buffer_ = Buffers::Buffer();
    return false;
  }
  buffer_.filled(got.bytes);
  Result<bool> there = parse();
  if (!there) answer.emplace(fail(std::move(there.error())));
  if (there && *there) answer.emplace(make_response());
  return answer.has_value();
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

Error Exchange::no_more_in_time() const {
  return timed_out(read_limit(),
                   waits_for_first() ? "sent no answer" : "sent nothing more of its answer");
}

Task<Result<Exchange::Sent>> Exchange::send_request() {
  auto sent = co_await send(unsent_kept_);
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

Error Exchange::closed_before_answer(bool broken) {
  const bool untouched = waits_for_first();
  stale_ = lease_.reused() && untouched;
  return Error(ErrorKind::kNetwork,
               fmt::format("{} closed the connection {} ({})", where(),
                           untouched ? "without an answer" : "in the middle of an answer's head",
                           broken ? lease_->stream->broken_reason() : "end of the stream"));
}

// At least one byte more into buffer_, which is lent once there is something to put into it.
Task<Status> Exchange::receive_more() {
  Stream& stream = *lease_->stream;
  for (;;) {
    if (!buffer_) buffer_ = workshop_.buffers.lend();
    char* const room = buffer_.room();
    if (buffer_.room_size() == 0)
      co_return fail(ErrorKind::kProtocol, "the answer's head is too large");
    const IoResult got = stream.read_some(room, buffer_.room_size());
    Stream::Ready wanted = Stream::Ready::kRead;
    switch (got.kind) {
      case IoResult::Kind::kOk:
        buffer_.filled(got.bytes);
        co_return Status();
      case IoResult::Kind::kEof:
      case IoResult::Kind::kBroken:
        co_return fail(closed_before_answer(got.kind == IoResult::Kind::kBroken));
      case IoResult::Kind::kWantRead:
        break;
      case IoResult::Kind::kWantWrite:
        wanted = Stream::Ready::kWrite;
        break;
    }
    if (buffer_.empty()) buffer_ = Buffers::Buffer();
    Connection& connection = *lease_;
    workshop_.watchdog.arm(connection.watch, stream, read_limit());
    Status ready = co_await stream.wait(wanted);
    connection.watch.disarm();
    if (!ready && ready.error().is(ErrorKind::kTimeout)) co_return fail(no_more_in_time());
    if (!ready) co_return ready;
  }
}

// What was read; true once a final head is complete.
Result<bool> Exchange::parse() {
  AnswerParser& parser = lease_->parser;
  while (!buffer_.empty()) {
    auto used = parser.feed(buffer_.unread());
    if (!used)
      return fail(ErrorKind::kProtocol, fmt::format("{}: {}", where(), used.error().message()));
    buffer_.take(*used);
    if (!parser.head_done()) return false;
    const int status = parser.status();
    if (status >= 200 && status <= 999) return true;
    if (status < 100 || status == 101 || ++interim_ > kMaxInterimAnswers)
      return fail(ErrorKind::kProtocol,
                  fmt::format("{} sent the status {} out of turn", where(), status));
    parser.reset(request_.method == Method::kHead);
  }
  return false;
}

Task<Result<Response>> Exchange::run() {
  if (!sending_over_) {
    auto sent = co_await send_request();
    if (!sent) co_return fail(std::move(sent.error()));
    sending_over_ = true;
    sent_all_ = *sent == Sent::kAll;
  }
  for (;;) {
    Status got = co_await receive_more();
    if (!got) co_return fail(std::move(got.error()));
    auto there = parse();
    if (!there) co_return fail(std::move(there.error()));
    if (*there) co_return make_response();
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
