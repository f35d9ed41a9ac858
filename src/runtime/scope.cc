#include "runtime/scope.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/assert.hpp>
#include <cstdio>
#include <cstdlib>

namespace s3ferry {
namespace {

// Cancellation is an answer of each wait, never an exception (task.h).
Task<void> without_throwing(Task<void> task) {
  co_await boost::asio::this_coro::throw_if_cancelled(false);
  co_await boost::asio::this_coro::reset_cancellation_state(
      boost::asio::enable_total_cancellation());
  co_await std::move(task);
}

}  // namespace

Scope::~Scope() {
  if (signals_.empty()) return;
  std::fputs("s3ferry: a Scope died with tasks in it (a defect): join() it first\n", stderr);
  std::abort();
}

void Scope::spawn(Task<void> task) {
  const auto signal = signals_.emplace(signals_.end());
  boost::asio::co_spawn(
      runtime_.executor(), without_throwing(std::move(task)),
      boost::asio::bind_cancellation_slot(signal->slot(), [this, signal](std::exception_ptr error) {
        signals_.erase(signal);
        if (error) {
          if (!error_) error_ = error;
          cancel();
        }
        if (signals_.empty()) joiners_.wake_all();
      }));
  if (cancelled_) signal->emit(boost::asio::cancellation_type::terminal);
}

void Scope::cancel() {
  cancelled_ = true;
  for (auto& signal : signals_) signal.emit(boost::asio::cancellation_type::terminal);
}

Task<void> Scope::join() {
  while (!signals_.empty()) {
    const Status waited = co_await joiners_.wait();
    if (waited) continue;
    // The caller is cancelled: so are we. Our tasks end by it, so this wait ends.
    cancel();
    while (!signals_.empty()) co_await joiners_.wait_uncancelled();
  }
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

}  // namespace s3ferry
