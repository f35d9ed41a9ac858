#pragma once

// Part of scope.h.

#include <exception>
#include <optional>
#include <utility>

namespace s3ferry {
namespace detail {

// What is thrown waits until the timer has ended: its scope may not die before.
template <class T>
Task<void> run_then_stop(Task<Result<T>> task, std::optional<Result<T>>& out,
                         std::exception_ptr& thrown, Scope& timer) {
  try {
    out.emplace(co_await std::move(task));
  } catch (...) {
    thrown = std::current_exception();
  }
  timer.cancel();
}

inline Task<void> stop_after(Runtime& runtime, Duration limit, Scope& work, bool& expired) {
  if (!co_await runtime.sleep_for(limit)) co_return;
  expired = true;
  work.cancel();
}

}  // namespace detail

template <class T>
Task<Result<T>> with_deadline(Runtime& runtime, Duration limit, Task<Result<T>> task) {
  std::optional<Result<T>> out;
  std::exception_ptr thrown;
  bool expired = false;
  Scope work(runtime), timer(runtime);
  work.spawn(detail::run_then_stop(std::move(task), out, thrown, timer));
  timer.spawn(detail::stop_after(runtime, limit, work, expired));
  co_await work.join();
  co_await timer.join();
  if (thrown) std::rethrow_exception(thrown);
  if (!out->has_value() && out->error().is(ErrorKind::kCancelled) && expired)
    co_return fail(ErrorKind::kTimeout, "the deadline passed");
  co_return std::move(*out);
}

}  // namespace s3ferry
