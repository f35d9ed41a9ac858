#include "runtime/event.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

namespace s3ferry {
namespace {

using boost::asio::cancellation_type;
using boost::asio::use_awaitable_t;

constexpr use_awaitable_t<Executor> kUseAwaitable{};

// Holds the suspended coroutine. Lives in memory from the handler's allocator (recycled by Asio).
template <class Handler>
class HandlerWaiter final : public WaitList::Waiter {
 public:
  HandlerWaiter(Handler handler, Executor executor)
      : handler_(std::move(handler)), executor_(std::move(executor)) {}

  void complete(bool cancelled) override {
    auto slot = boost::asio::get_associated_cancellation_slot(handler_);
    if (slot.is_connected()) slot.clear();
    Handler handler = std::move(handler_);
    const Executor executor = executor_;
    delete this;
    boost::asio::post(executor, [handler = std::move(handler), cancelled]() mutable {
      std::move(handler)(cancelled);
    });
  }

 private:
  Handler handler_;
  Executor executor_;
};

// Suspends the calling task on `list`; true when cancellation woke it.
Task<bool> suspend(WaitList& list, bool cancellable) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  co_return co_await boost::asio::async_initiate<const use_awaitable_t<Executor>, void(bool)>(
      [&list, &executor, cancellable](auto&& handler) {
        using Handler = std::decay_t<decltype(handler)>;
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        auto* waiter =
            new HandlerWaiter<Handler>(std::forward<decltype(handler)>(handler), executor);
        if (cancellable && slot.is_connected()) {
          slot.assign([waiter](cancellation_type) {
            if (waiter->list == nullptr) return;
            waiter->list->remove(waiter);
            waiter->complete(true);
          });
        }
        list.push(waiter);
      },
      kUseAwaitable);
}

}  // namespace

WaitList::~WaitList() {
  // Only reached with waiters when the loop itself is being torn down.
  while (head_ != nullptr) remove(head_);
}

void WaitList::push(Waiter* waiter) {
  waiter->list = this;
  waiter->previous = tail_;
  waiter->next = nullptr;
  (tail_ != nullptr ? tail_->next : head_) = waiter;
  tail_ = waiter;
}

void WaitList::remove(Waiter* waiter) {
  (waiter->previous != nullptr ? waiter->previous->next : head_) = waiter->next;
  (waiter->next != nullptr ? waiter->next->previous : tail_) = waiter->previous;
  waiter->previous = waiter->next = nullptr;
  waiter->list = nullptr;
}

bool WaitList::wake_one() {
  if (head_ == nullptr) return false;
  Waiter* waiter = head_;
  remove(waiter);
  waiter->complete(false);
  return true;
}

void WaitList::wake_all() {
  // Only those who wait now: a woken task may wait again.
  Waiter* last = tail_;
  while (head_ != nullptr) {
    const bool was_last = head_ == last;
    wake_one();
    if (was_last) break;
  }
}

Task<Status> WaitList::wait() {
  const auto state = co_await boost::asio::this_coro::cancellation_state;
  if (state.cancelled() != cancellation_type::none)
    co_return fail(ErrorKind::kCancelled, "cancelled");
  if (co_await suspend(*this, true)) co_return fail(ErrorKind::kCancelled, "cancelled");
  co_return Status();
}

Task<void> WaitList::wait_uncancelled() { (void)co_await suspend(*this, false); }

Task<Status> Event::wait() {
  while (!set_) {
    Status waited = co_await waiters_.wait();
    if (!waited) co_return waited;
  }
  co_return Status();
}

Task<bool> is_cancelled() {
  const auto state = co_await boost::asio::this_coro::cancellation_state;
  co_return state.cancelled() != cancellation_type::none;
}

}  // namespace s3ferry
