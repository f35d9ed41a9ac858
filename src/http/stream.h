#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "http/ready_socket.h"
#include "runtime/runtime.h"

namespace s3ferry::http {

// What a non-blocking read or write came to.
struct IoResult {
  enum class Kind { kOk, kWantRead, kWantWrite, kEof, kBroken };
  Kind kind = Kind::kOk;
  std::size_t bytes = 0;  // with kOk: at least 1
};

// A connected byte stream: TCP, or TLS over it. Reads and writes never wait; wait() does, without a
// buffer, so that a thousand streams which wait for an answer hold none. One shard's thread.
class Stream {
 public:
  enum class Ready { kRead, kWrite, kEither };

  virtual ~Stream() = default;  // closes
  // Fills as much of the buffer as is there. kEof is a proper end: a TLS stream that was cut
  // without a close_notify is kBroken.
  virtual IoResult read_some(char* data, std::size_t size) = 0;
  virtual IoResult write_some(const char* data, std::size_t size) = 0;
  // Until the socket can be read or written. kCancelled by the task's scope; kTimeout after
  // interrupt().
  virtual Task<Status> wait(Ready what) = 0;
  // wait(kRead), at the cost of a frame less: for who looks at the task's cancellation
  // before and makes the error itself.
  virtual Task<ReadySocket::Woken> wait_to_read() = 0;
  // Ends the present wait(), and every later one, with kTimeout.
  virtual void interrupt() = 0;
  // False when the peer closed, or sent something nobody asked for. Looks, does not wait.
  virtual bool is_quiet() = 0;
  // is_quiet() by what the kernel has told so far: costs nothing. False also where nobody listens.
  virtual bool seems_quiet() const = 0;
  // Why the last kBroken happened, for a message.
  virtual std::string broken_reason() const = 0;
};

}  // namespace s3ferry::http
