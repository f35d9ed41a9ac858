#pragma once

#include <cstddef>
#include <string>

#include "base/error.h"
#include "runtime/runtime.h"
#include "runtime/scope.h"

namespace s3ferry::testing {

// Runs work(context, 0 … count-1), `width` at a time; the first error, if any. `work` is a
// coroutine function; `context` outlives the call.
template <class Context>
using IndexedWork = Task<Status> (*)(Context& context, std::size_t index);

namespace detail {
template <class Context>
Task<void> worker(IndexedWork<Context> work, Context& context, std::size_t count, std::size_t& next,
                  Status& outcome) {
  while (next < count && outcome) {
    const std::size_t index = next++;
    Status done = co_await work(context, index);
    if (!done && outcome) outcome = std::move(done);
  }
}
}  // namespace detail

template <class Context>
Task<Status> in_parallel(Runtime& runtime, std::size_t width, std::size_t count, Context& context,
                         IndexedWork<Context> work) {
  std::size_t next = 0;
  Status outcome;
  Scope scope(runtime);
  for (std::size_t i = 0; i < width; ++i)
    scope.spawn(detail::worker<Context>(work, context, count, next, outcome));
  co_await scope.join();
  co_return outcome;
}

}  // namespace s3ferry::testing
