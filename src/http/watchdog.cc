#include "http/watchdog.h"

#include <algorithm>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>

namespace s3ferry::http {
namespace {
constexpr Duration kLongestTick = std::chrono::seconds(1);
}

struct Watchdog::Timer {
  explicit Timer(Executor executor) : timer(executor) {}
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>, Executor>
      timer;
  Watchdog* owner = nullptr;
};

void Watchdog::Entry::leave() {
  if (self_ == nullptr) return;
  *self_ = next_;
  if (next_ != nullptr) next_->self_ = self_;
  self_ = nullptr;
  next_ = nullptr;
}

Watchdog::Watchdog(Runtime& runtime)
    : runtime_(runtime), timer_(std::make_shared<Timer>(runtime.executor())) {
  timer_->owner = this;
}

Watchdog::~Watchdog() {
  while (first_ != nullptr) first_->leave();
  timer_->owner = nullptr;
  timer_->timer.cancel();
}

void Watchdog::arm(Entry& entry, Stream& stream, Duration limit) {
  const TimePoint now = runtime_.now();
  entry.stream_ = &stream;
  // A limit of "for ever" must not overflow.
  entry.deadline_ = now + std::min<Duration>(limit, std::chrono::hours(24 * 365));
  if (entry.self_ == nullptr) {
    entry.next_ = first_;
    entry.self_ = &first_;
    if (first_ != nullptr) first_->self_ = &entry.next_;
    first_ = &entry;
  }
  if (!ticking_ || entry.deadline_ < next_tick_)
    schedule(std::min(entry.deadline_, now + kLongestTick));
}

void Watchdog::schedule(TimePoint when) {
  ticking_ = true;
  next_tick_ = when;
  timer_->timer.expires_at(std::chrono::steady_clock::time_point(when.time_since_epoch()));
  timer_->timer.async_wait([weak = std::weak_ptr<Timer>(timer_)](boost::system::error_code ec) {
    const auto timer = weak.lock();
    if (!ec && timer && timer->owner != nullptr) timer->owner->tick();
  });
}

void Watchdog::tick() {
  const TimePoint now = runtime_.now();
  // A tick that was overtaken by an earlier deadline's schedule() may still arrive.
  if (now < next_tick_) return;
  ticking_ = false;
  TimePoint next = now + kLongestTick;
  bool any = false;
  for (Entry* entry = first_; entry != nullptr; entry = entry->next_) {
    if (entry->deadline_ <= now) {
      entry->disarm();
      entry->stream_->interrupt();  // who waits runs later
    } else if (entry->deadline_ != TimePoint::max()) {
      any = true;
      next = std::min(next, entry->deadline_);
    }
  }
  if (any) schedule(next);
}

}  // namespace s3ferry::http
