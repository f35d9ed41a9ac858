#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/buffers.h"
#include "http/pool.h"

namespace s3ferry::http {

// What the requests of a client share beside the pool.
struct Workshop {
  explicit Workshop(Runtime& r) : runtime(r), watchdog(r) {}
  Runtime& runtime;
  Watchdog watchdog;
  Buffers buffers;
};

// One request and its answer on one connection. The usual way, a small request that fits into the
// socket's buffer and an answer that comes in one piece, is walked by its owner without a task of
// its own: send_at_once(), wake(), take_answer(). run() does the rest from wherever that ended.
class Exchange {
 public:
  // `head`: the request's head, complete, with a small body appended; it may change once
  // send_at_once() was called. The others outlive the exchange.
  Exchange(Workshop& workshop, Lease lease, const Request& request, std::string_view head,
           bool body_in_head)
      : workshop_(workshop),
        lease_(std::move(lease)),
        request_(request),
        unsent_(head),
        body_in_head_(body_in_head) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // First of all. False: run() is to go on.
  bool send_at_once();
  // For the answer's first bytes; then take_answer(), with what it came to.
  Task<ReadySocket::Woken> wake();
  // True: `answer` is there. False: run() is to go on.
  bool take_answer(ReadySocket::Woken woken, std::optional<Result<Response>>& answer);
  Task<Result<Response>> run();

  // After a failure: a kept connection had been closed before any byte of this answer came.
  bool was_stale() const { return stale_; }

 private:
  enum class Sent { kAll, kAnsweredEarly };
  Task<Result<Sent>> send_request();
  Task<Result<Sent>> send(std::string_view data);
  Task<Result<Sent>> send_stream();
  Task<Status> receive_more();
  Result<bool> parse();
  Task<Status> wait(Stream::Ready what, Duration limit, std::string_view doing);
  Error timed_out(Duration limit, std::string_view doing) const;
  Error no_more_in_time() const;
  Duration read_limit() const {
    return waits_for_first() ? request_.deadlines.first_byte : request_.deadlines.idle;
  }
  bool waits_for_first() const { return !buffer_ || buffer_.empty(); }
  Error closed_before_answer(bool broken);
  Result<Response> make_response();
  std::string where() const { return request_.origin.to_string(); }

  Workshop& workshop_;
  Lease lease_;
  const Request& request_;
  std::string_view unsent_;  // of the head
  std::string unsent_kept_;  // where sending waits
  Buffers::Buffer buffer_;
  int interim_ = 0;
  bool body_in_head_;
  bool sending_over_ = false, sent_all_ = false;
  bool stale_ = false;
};

}  // namespace s3ferry::http
