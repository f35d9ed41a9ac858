#pragma once

#include <cstddef>
#include <exception>
#include <list>

#include <boost/asio/cancellation_signal.hpp>

#include "runtime/event.h"
#include "runtime/runtime.h"
#include "runtime/task.h"

namespace s3ferry {

// Owns tasks: whoever spawns closes. Every scope is joined before it dies (checked), so no task
// outlives what it refers to. Same thread as its runtime.
//
//   Scope scope(runtime);
//   scope.spawn(work(a));
//   scope.spawn(work(b));
//   co_await scope.join();     // or scope.cancel() first
class Scope {
 public:
  explicit Scope(Runtime& runtime) : runtime_(runtime) {}
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  // Starts `task`: called on the loop, it runs at once, inside this call, to its first wait; called
  // from elsewhere, when the loop next turns. On a cancelled scope it still runs, and its first
  // wait returns kCancelled. An exception that leaves a task cancels the scope and is rethrown by
  // join().
  void spawn(Task<void> task);
  // Asks all tasks, present and future, to stop. Safe to repeat.
  void cancel();
  bool cancelled() const { return cancelled_; }
  std::size_t running() const { return signals_.size(); }

  // Waits for all tasks. Waits even when the caller itself is cancelled: the caller's cancellation
  // is passed on to this scope, and the tasks end by it.
  Task<void> join();

 private:
  Runtime& runtime_;
  bool cancelled_ = false;
  std::exception_ptr error_;
  std::list<boost::asio::cancellation_signal> signals_;  // one per running task
  WaitList joiners_;
};

// Runs `task`; when it has not ended after `limit` it is cancelled and kTimeout is returned. What it
// throws comes out here.
template <class T>
Task<Result<T>> with_deadline(Runtime& runtime, Duration limit, Task<Result<T>> task);

}  // namespace s3ferry

#include "runtime/scope_inl.h"
