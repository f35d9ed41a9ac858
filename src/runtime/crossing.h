#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "runtime/runtime.h"

namespace s3ferry {

// Where a loop takes in what other loops give to it. Letters that come while a delivery is on its
// way join it: one wake-up a batch. send() from any thread; its runtime outlives it, and the loop
// does not run dry while it lives. Unbounded by itself: each letter is one of a task that waits.
class Mailbox {
 public:
  // Lives with its sender, which waits for it to come back.
  class Letter {
   public:
    virtual void arrive() = 0;  // on the loop that it was sent to

   protected:
    ~Letter() = default;

   private:
    friend class Mailbox;
    Letter* next_ = nullptr;
  };

  explicit Mailbox(Runtime& runtime);
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  void send(Letter& letter);  // in the order of the calls
  Runtime& runtime() { return runtime_; }

 private:
  struct Box;
  Runtime& runtime_;
  std::shared_ptr<Box> box_;
  struct Guard;
  std::unique_ptr<Guard> guard_;
};

namespace detail {
Task<void> cross(Mailbox& there, Mailbox& home, Task<void> task);
}  // namespace detail

// Runs `task` on the loop of `there`, for a task of the loop of `home`, and returns its result.
// Cancelling the caller cancels `task`; this returns when it has ended, not before, so what it
// refers to need only outlive this call. Until then that belongs to the other loop: nobody here
// touches it. What `task` throws comes out here.
template <class T>
Task<T> run_across(Mailbox& there, Mailbox& home, Task<T> task) {
  std::optional<T> out;
  Task<void> storing = detail::store_result(std::move(task), out);
  co_await detail::cross(there, home, std::move(storing));
  co_return std::move(*out);
}

}  // namespace s3ferry
