#pragma once

#include <optional>
#include <utility>

#include "runtime/event.h"
#include "runtime/scope.h"

namespace s3ferry {
namespace detail {

template <class T>
Task<void> run_shielded(Runtime& runtime, Duration limit, Task<Result<T>> task,
                        std::optional<Result<T>>& out, WaitList& ended) {
  out.emplace(co_await with_deadline(runtime, limit, std::move(task)));
  ended.wake_all();
}

}  // namespace detail

// Runs `task` to its end although the caller is, or becomes, cancelled: for what must be tidied up.
// At most `limit`, then kTimeout.
template <class T>
Task<Result<T>> shielded(Runtime& runtime, Duration limit, Task<Result<T>> task) {
  std::optional<Result<T>> out;
  WaitList ended;
  Scope scope(runtime);
  scope.spawn(detail::run_shielded(runtime, limit, std::move(task), out, ended));
  while (!out) co_await ended.wait_uncancelled();
  co_await scope.join();
  co_return std::move(*out);
}

}  // namespace s3ferry
