#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>

#include "base/error.h"
#include "base/time.h"
#include "runtime/task.h"

namespace s3ferry {

class Worker;

// The seam to time, tasks and randomness: one thread, one loop (a shard). Two implementations:
// RealRuntime (real clock, sockets) and VirtualRuntime (simulated clock, seeded). Not thread-safe;
// outlives every task that it runs.
class Runtime {
 public:
  virtual ~Runtime() = default;
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  virtual TimePoint now() const = 0;      // monotonic
  virtual WallTime wall_now() const = 0;  // UTC
  // Uniform over all 64-bit values. From the seed in virtual time, from the system otherwise.
  virtual std::uint64_t random() = 0;
  double random_unit() { return static_cast<double>(random() >> 11) * 0x1.0p-53; }  // [0, 1)

  // Both return kCancelled when the task's scope was cancelled, else success, never early.
  virtual Task<Status> sleep_until(TimePoint when) = 0;
  Task<Status> sleep_for(Duration delay) { return sleep_until(now() + delay); }
  // Lets every other task that is ready run once.
  Task<Status> yield();
  // For work that blocks (worker.h): a thread of its own; in virtual time, inline.
  virtual std::unique_ptr<Worker> make_worker() = 0;

  boost::asio::io_context& context() { return context_; }
  Executor executor() { return context_.get_executor(); }

  // Runs the loop until `task` has ended and returns its result; an exception of the task is
  // rethrown. Other tasks must belong to scopes that `task` has closed by then. Not reentrant.
  template <class T>
  T run(Task<T> task);

 protected:
  Runtime() : context_(1) {}
  // Drives the loop until *done. Throws std::logic_error if nothing is left that could set it.
  virtual void drive(const bool& done) = 0;

 private:
  static void start(Runtime& runtime, Task<void> task, bool& done, std::exception_ptr& error);
  boost::asio::io_context context_;
};

namespace detail {
template <class T>
Task<void> store_result(Task<T> task, std::optional<T>& out) {
  out.emplace(co_await std::move(task));
}
}  // namespace detail

template <class T>
T Runtime::run(Task<T> task) {
  bool done = false;
  std::exception_ptr error;
  if constexpr (std::is_void_v<T>) {
    start(*this, std::move(task), done, error);
    drive(done);
    if (error) std::rethrow_exception(error);
  } else {
    std::optional<T> out;
    start(*this, detail::store_result(std::move(task), out), done, error);
    drive(done);
    if (error) std::rethrow_exception(error);
    return std::move(*out);
  }
}

}  // namespace s3ferry
