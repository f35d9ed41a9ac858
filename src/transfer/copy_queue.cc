#include "transfer/copy_queue.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace s3ferry {
namespace {

constexpr std::size_t kLeastRoom = 16;  // of a lane
// Finer timers would only cost; a pace forgives as much.
constexpr Duration kGrain = std::chrono::milliseconds(1);
constexpr Duration kBeyondAnyPace = std::chrono::minutes(1);
// Where lanes have met limits, a new one begins at this part of what they do.
constexpr double kBeginsAt = 0.25;

}  // namespace

// A lane that nobody feeds and that holds nothing goes.
CopyLanePtr CopyQueue::open_lane() {
  std::erase_if(
      lanes_, [](const CopyLanePtr& lane) { return lane.use_count() == 1 && lane->items.empty(); });
  const TimePoint now = state_.runtime.now();
  double sum = 0, limited = 0;
  for (const CopyLanePtr& lane : lanes_) {
    const double rate = lane->pace.rate(now);
    if (!std::isfinite(rate)) continue;
    sum += rate;
    ++limited;
  }
  auto made = std::make_shared<CopyLane>();
  if (limited > 0) made->pace.begin_at(now, kBeginsAt * sum / limited);
  lanes_.push_back(made);
  return made;
}

std::size_t CopyQueue::room() const {
  return std::max(kLeastRoom, capacity_ / std::max<std::size_t>(1, lanes_.size()));
}

Task<Status> CopyQueue::send(CopyLane& lane, CopyItem item) {
  while (!offer(lane, item)) {
    if (closed_) co_return fail(ErrorKind::kCancelled, "the queue is closed");
    Status waited = co_await lane.senders.wait();
    if (!waited) co_return waited;
  }
  co_return Status();
}

bool CopyQueue::offer(CopyLane& lane, CopyItem& item) {
  if (!has_room(lane)) return false;
  lane.items.push_back(std::move(item));
  ++size_;
  receivers_.wake_one();
  return true;
}

// Round robin over the lanes that have something to send and may.
CopyLanePtr CopyQueue::pick(TimePoint now, TimePoint& earliest) {
  const bool stopped = state_.stopped().has_value();
  for (std::size_t seen = 0; seen < lanes_.size(); ++seen) {
    if (++turn_ >= lanes_.size()) turn_ = 0;
    const CopyLane& lane = *lanes_[turn_];
    if (lane.items.empty()) continue;
    if (stopped) return lanes_[turn_];
    if (lane.returning > 0) continue;  // the last of them wakes a receiver
    const TimePoint at = lane.pace.ready(now);
    if (at <= now) return lanes_[turn_];
    earliest = std::min(earliest, at);
  }
  return nullptr;
}

CopyQueue::Next CopyQueue::take(CopyLanePtr lane, TimePoint now) {
  CopyItem item = std::move(lane->items.front());
  lane->items.pop_front();
  --size_;
  lane->pace.take(now);
  lane->senders.wake_one();
  return {std::move(item), std::move(lane)};
}

// The next one that may go at `by`; else `earliest` tells when one may.
std::optional<CopyQueue::Next> CopyQueue::next_by(TimePoint by, TimePoint now,
                                                  TimePoint& earliest) {
  if (size_ == 0) return std::nullopt;
  CopyLanePtr lane = pick(by, earliest);
  if (!lane) return std::nullopt;
  std::optional<Next> next(take(std::move(lane), now));
  // A wake-up may have gone to a receiver that was cancelled, or to this one alone.
  if (size_ > 0)
    receivers_.wake_one();
  else if (closed_)
    receivers_.wake_all();
  return next;
}

std::optional<CopyQueue::Next> CopyQueue::receive_now() {
  const TimePoint now = state_.runtime.now();
  TimePoint earliest = TimePoint::max();
  return next_by(now, now, earliest);
}

Task<Result<std::optional<CopyQueue::Next>>> CopyQueue::receive() {
  bool cancelled = false;  // then all that is left is handed out, to be given up
  for (;;) {
    const TimePoint now = state_.runtime.now();
    TimePoint earliest = TimePoint::max();
    std::optional<Next> next = next_by(cancelled ? now + kBeyondAnyPace : now, now, earliest);
    if (next || (size_ == 0 && closed_)) co_return next;
    if (earliest >= alarm_) {
      Status waited = co_await receivers_.wait();
      if (!waited) co_return fail(std::move(waited.error()));
      continue;
    }
    alarm_ = earliest;
    Status paused = co_await state_.pause(std::max(earliest - now, kGrain));
    alarm_ = TimePoint::max();
    if (!paused && !state_.stopped() && !closed_) co_return fail(std::move(paused.error()));
    cancelled = !paused;
  }
}

Task<Status> CopyQueue::again(CopyLane& lane) {
  ++lane.returning;
  Status waited = co_await lane.turns.acquire();
  if (waited) {
    const Permit turn(lane.turns);
    while (waited) {
      const TimePoint now = state_.runtime.now(), at = lane.pace.ready(now);
      if (at <= now) {
        lane.pace.take(now);
        break;
      }
      waited = co_await state_.pause(std::max(at - now, kGrain));
    }
  }
  if (--lane.returning == 0) receivers_.wake_one();
  co_return waited;
}

void CopyQueue::close() {
  closed_ = true;
  for (const CopyLanePtr& lane : lanes_) lane->senders.wake_all();
  receivers_.wake_all();
}

}  // namespace s3ferry
