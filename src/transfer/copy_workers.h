#pragma once

#include "runtime/channel.h"
#include "runtime/scope.h"
#include "transfer/copy_shared.h"

namespace s3ferry {

// The bounded queue between the planner and the copies, and the workers that empty it:
// `concurrency` at most, but for those whose job waits for its next try; started as they are
// needed. finish() before it dies. One run, one shard.
class CopyWorkers {
 public:
  CopyWorkers(RunState& state, std::size_t concurrency);

  // Waits while the queue is full. kCancelled once the run was cancelled; the item is then counted
  // as not tried.
  Task<Status> send(CopyItem item);
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
  Channel<CopyItem> queue_;
  Scope scope_;
};

}  // namespace s3ferry
