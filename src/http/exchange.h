#pragma once

#include <memory>
#include <string>

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

// One request and its answer on one connection.
class Exchange {
 public:
  // `head`: the request's head, complete, with a small body appended. All outlive the exchange.
  Exchange(Workshop& workshop, Lease lease, const Request& request, std::string_view head,
           bool body_in_head)
      : workshop_(workshop),
        lease_(std::move(lease)),
        request_(request),
        head_(head),
        body_in_head_(body_in_head) {}

  Task<Result<Response>> run() { return send_at_once() ? receive_head() : send_and_receive(); }
  // After a failure: a kept connection had been closed before any byte of this answer came.
  bool was_stale() const { return stale_; }

 private:
  enum class Sent { kAll, kAnsweredEarly };
  bool send_at_once();
  Task<Result<Response>> send_and_receive();
  Task<Result<Sent>> send_request();
  Task<Result<Sent>> send(std::string_view data);
  Task<Result<Sent>> send_stream();
  Task<Result<Response>> receive_head();
  Task<Status> receive_more();
  void arm_for_read();
  Result<IoResult> took(Result<IoResult> got);
  Task<Status> wait(Stream::Ready what, Duration limit, std::string_view doing);
  Error timed_out(Duration limit, std::string_view doing) const;
  Duration read_limit() const {
    return waits_for_first() ? request_.deadlines.first_byte : request_.deadlines.idle;
  }
  bool waits_for_first() const { return !buffer_ || buffer_.empty(); }
  Status closed_before_answer(bool broken);
  Result<Response> make_response();
  std::string where() const { return request_.origin.to_string(); }

  Workshop& workshop_;
  Lease lease_;
  const Request& request_;
  std::string_view head_;
  bool body_in_head_;
  Buffers::Buffer buffer_;
  char first_bytes_[1536];  // most answers to a write are shorter
  bool sent_all_ = false;
  bool stale_ = false;
};

}  // namespace s3ferry::http
