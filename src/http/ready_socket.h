#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include <sys/types.h>

#include "runtime/runtime.h"

namespace s3ferry::http {

class ReadySet;

// A non-blocking socket and what is known of its readiness. The kernel tells of changes only (one
// epoll set a loop, edge-triggered), so nobody asks it for what is known, and a wait costs a
// coroutine's frame. Waits of one task at a time. One loop's thread; dies before its runtime.
class ReadySocket {
 public:
  enum class Woken : std::uint8_t { kReady, kCancelled, kInterrupted };
  enum : std::uint8_t { kRead = 1, kWrite = 2 };

  // Takes the descriptor over; it is connected, or connecting. Where setup_error() is the system's
  // error instead of 0, the kernel will tell nothing of it, and every wait ends as interrupted.
  ReadySocket(Runtime& runtime, int descriptor, bool connected);
  ~ReadySocket();  // closes
  ReadySocket(const ReadySocket&) = delete;
  ReadySocket& operator=(const ReadySocket&) = delete;

  int descriptor() const { return descriptor_; }
  int setup_error() const { return setup_error_; }
  // False: a read (a write) would surely not do anything.
  bool may_read() const { return (ready_ & kRead) != 0; }
  // The loop is listening for its sockets, and has heard of nothing to read here.
  bool heard_nothing() const;
  // What a read or a write of `asked` bytes has just come to. Less than asked for means that no
  // more is possible until the kernel says so.
  void was_read(ssize_t came_to, std::size_t asked) {
    if (stopped(came_to, asked) && !ended_) ready_ &= kWrite;
  }
  void was_written(ssize_t came_to, std::size_t asked) {
    if (stopped(came_to, asked)) ready_ &= kRead;
  }
  // The next read asks the kernel, whatever it has told: it may not have been listened to for a
  // while.
  void doubt() { ready_ |= kRead; }

  // Until one of `wanted` may be done; at once where it may. The task's own cancellation before the
  // wait is the caller's to look at.
  Task<Woken> wait(std::uint8_t wanted);
  // Ends the present wait, and every later one.
  void interrupt();
  bool interrupted() const { return interrupted_; }

 private:
  friend class ReadySet;
  static bool stopped(ssize_t came_to, std::size_t asked) {
    return came_to >= 0 ? static_cast<std::size_t>(came_to) < asked : errno == EAGAIN;
  }
  template <class Handler>
  void suspend(Handler handler, std::uint8_t wanted);
  template <class Handler>
  Handler take_handler();
  void on_events(std::uint32_t events);
  void wake(Woken how);
  void wake_later(Woken how);

  ReadySet& set_;
  int descriptor_;
  int setup_error_ = 0;
  std::uint8_t ready_;
  std::uint8_t wanted_ = 0;  // by who waits; 0: nobody does
  bool ended_ = false;       // the peer will send no more, or nothing works any more
  bool interrupted_ = false;
  alignas(void*) std::byte handler_[2 * sizeof(void*)];  // of who waits
};

}  // namespace s3ferry::http
