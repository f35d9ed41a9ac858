#include "transfer/copy_workers.h"

#include <algorithm>

#include "transfer/copy_job.h"

namespace s3ferry {

CopyWorkers::CopyWorkers(RunState& state, std::size_t concurrency)
    : shared_(state, std::max<std::size_t>(1, concurrency)),
      most_(std::max<std::size_t>(1, concurrency)),
      queue_(state, most_),
      scope_(state.runtime) {
  state.counters.copies_in_flight_limit = shared_.pace.limit();
  shared_.queue = &queue_;
  shared_.when_waiting = [this] { hire(); };
}

// As many as may be in flight now, and one more for each job that waits for its next try, up to as
// many as may ever be.
void CopyWorkers::hire() {
  const std::size_t at_once = shared_.pace.limit();
  const std::size_t most = at_once + std::min(shared_.waiting, most_);
  if (idle_ <= queue_.size() && !queue_.closed() && scope_.running() < most) scope_.spawn(work());
}

Task<Status> CopyWorkers::send(CopyLane& lane, CopyItem item) {
  const std::string key = item.key;
  const ByteCount size = item.size;
  Chunk& chunk = *item.chunk;
  RunState& state = shared_.state;
  state.ledger.add_work(chunk);
  hire();
  Status sent = co_await queue_.send(lane, std::move(item));
  if (!sent) {
    state.not_tried(chunk, Side::kSource, key, size);
    state.ledger.end_work(chunk);
  }
  co_return sent;
}

bool CopyWorkers::offer(CopyLane& lane, CopyItem& item) {
  if (!queue_.has_room(lane)) return false;
  shared_.state.ledger.add_work(*item.chunk);
  hire();
  return queue_.offer(lane, item);
}

// There is something to do as a rule, which is then taken without a task.
Task<void> CopyWorkers::work() {
  for (;;) {
    std::optional<CopyQueue::Next> next = queue_.receive_now();
    if (!next) {
      ++idle_;
      auto received = co_await queue_.receive();
      --idle_;
      if (!received || !*received) break;
      next = std::move(*received);
    }
    if (queue_.size() > 0) hire();  // more may be in flight by now, and nothing more may be sent
    Chunk& chunk = *next->item.chunk;
    CopyJob job(shared_, std::move(*next));
    co_await job.run();
    shared_.state.ledger.end_work(chunk);
  }
}

Task<void> CopyWorkers::finish() {
  queue_.close();
  co_await scope_.join();
  // A cancelled run leaves items behind.
  while (queue_.size() > 0) {
    auto next = co_await queue_.receive();
    if (!next || !*next) break;
    const CopyItem& item = (**next).item;
    Chunk& chunk = *item.chunk;
    shared_.state.not_tried(chunk, Side::kSource, item.key, item.size);
    shared_.state.ledger.end_work(chunk);
  }
}

}  // namespace s3ferry
