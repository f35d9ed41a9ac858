#include "runtime/real_runtime.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <stdexcept>

namespace s3ferry {

RealRuntime::RealRuntime() : random_([] {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device()};
  return std::mt19937_64(seed);
}()) {}
RealRuntime::~RealRuntime() = default;

TimePoint RealRuntime::now() const {
  return TimePoint(std::chrono::duration_cast<Duration>(
      std::chrono::steady_clock::now().time_since_epoch()));
}

WallTime RealRuntime::wall_now() const {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Task<Status> RealRuntime::sleep_until(TimePoint when) {
  const auto before = co_await boost::asio::this_coro::cancellation_state;
  if (before.cancelled() != boost::asio::cancellation_type::none)
    co_return fail(ErrorKind::kCancelled, "cancelled");
  using Timer = boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;
  Timer timer(executor(), std::chrono::steady_clock::time_point(when.time_since_epoch()));
  boost::system::error_code ec;
  co_await timer.async_wait(
      boost::asio::redirect_error(boost::asio::use_awaitable_t<Executor>{}, ec));
  if (ec) co_return fail(ErrorKind::kCancelled, "cancelled");
  co_return Status();
}

void RealRuntime::drive(const bool& done) {
  context().restart();
  while (!done) {
    if (context().run_one() == 0 && !done)
      throw std::logic_error("the loop ran dry while a task still waits");
  }
}

}  // namespace s3ferry
