#pragma once

#include "runtime/scope.h"
#include "transfer/copy_queue.h"
#include "transfer/copy_shared.h"

namespace s3ferry {

// The queue between the planner and the copies (copy_queue.h), and the workers that empty it:
// `concurrency` at most, but for those whose job waits for its next try; started as they are
// needed. finish() before it dies. One run, one shard.
class CopyWorkers {
 public:
  CopyWorkers(RunState& state, std::size_t concurrency);

  // One for each walk whose copies are to be paced as one.
  CopyLanePtr open_lane() { return queue_.open_lane(); }
  // Waits while the lane has no room. kCancelled once the run was cancelled; the item
  // is then counted as not tried.
  Task<Status> send(CopyLane& lane, CopyItem item);
  // Without waiting: `item` is taken over where the lane has room for it, else left as it is.
  bool offer(CopyLane& lane, CopyItem& item);
  // No more items: waits until each has its outcome.
  Task<void> finish();

  const CopyShared& shared() const { return shared_; }
  // Where uploads are written down; before the first send().
  void log_uploads(UploadLog& log) { shared_.uploads = &log; }

 private:
  Task<void> work();
  void hire();

  CopyShared shared_;
  std::size_t most_;
  std::size_t idle_ = 0;
  CopyQueue queue_;
  Scope scope_;
};

}  // namespace s3ferry
