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

  Task<Result<Response>> run();
  // After a failure: a kept connection had been closed before any byte of this answer came.
  bool was_stale() const { return stale_; }

 private:
  enum class Sent { kAll, kAnsweredEarly };
  Task<Result<Sent>> send_request();
  Task<Result<Sent>> send(std::string_view data);
  Task<Result<Sent>> send_stream();
  Task<Result<Response>> receive_head();
  Task<Status> receive_more();
  Task<Result<IoResult>> receive_when_ready();
  Task<Status> wait(Stream::Ready what, Duration limit, std::string_view doing);
  Error timed_out(Duration limit, std::string_view doing) const;
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
