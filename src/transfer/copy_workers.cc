#include "transfer/copy_workers.h"

#include <algorithm>

#include "transfer/copy_job.h"

namespace s3ferry {

CopyWorkers::CopyWorkers(RunState& state, std::size_t concurrency)
    : shared_(state, std::max<std::size_t>(1, concurrency)),
      most_(std::max<std::size_t>(1, concurrency)),
      queue_(most_),
      scope_(state.runtime) {
  state.counters.copies_in_flight_limit = most_;
}

Task<Status> CopyWorkers::send(CopyItem item) {
  const std::string key = item.key;
  const ByteCount size = item.size;
  if (idle_ <= queue_.size() && scope_.running() < most_) scope_.spawn(work());
  Status sent = co_await queue_.send(std::move(item));
  if (!sent) shared_.state.not_tried(Side::kSource, key, size);
  co_return sent;
}

Task<void> CopyWorkers::work() {
  for (;;) {
    ++idle_;
    auto item = co_await queue_.receive();
    --idle_;
    if (!item || !*item) break;
    CopyJob job(shared_, std::move(**item));
    co_await job.run();
  }
}

Task<void> CopyWorkers::finish() {
  queue_.close();
  co_await scope_.join();
  // A cancelled run leaves items behind.
  while (queue_.size() > 0) {
    auto item = co_await queue_.receive();
    if (!item || !*item) break;
    shared_.state.not_tried(Side::kSource, (**item).key, (**item).size);
  }
}

}  // namespace s3ferry
