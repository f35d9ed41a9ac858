#include "runtime/runtime.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace s3ferry {

Task<Status> Runtime::yield() {
  co_await boost::asio::post(executor(), boost::asio::use_awaitable_t<Executor>{});
  const auto state = co_await boost::asio::this_coro::cancellation_state;
  if (state.cancelled() != boost::asio::cancellation_type::none)
    co_return fail(ErrorKind::kCancelled, "cancelled");
  co_return Status();
}

void Runtime::start(Runtime& runtime, Task<void> task, bool& done, std::exception_ptr& error) {
  boost::asio::co_spawn(runtime.executor(), std::move(task), [&](std::exception_ptr thrown) {
    error = thrown;
    done = true;
  });
}

}  // namespace s3ferry
