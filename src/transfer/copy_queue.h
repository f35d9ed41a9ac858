#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/semaphore.h"
#include "transfer/copy_item.h"
#include "transfer/lane_pace.h"
#include "transfer/run_state.h"

namespace s3ferry {

// The copies of one walk through a range of keys. S3 scales by partitions, which are ranges of keys
// too, whose borders it does not tell ("Best practices design patterns: optimizing Amazon S3
// performance": 3,500 writes a second a partitioned prefix). A walk goes in key order, so all that
// it has under way is in one partition but for the moment of a border, and what one partition
// refuses slows those walks alone that are in it. Whoever walks and whoever copies share it.
struct CopyLane {
  LanePace pace;

 private:
  friend class CopyQueue;
  std::deque<CopyItem> items;
  WaitList senders;
  Semaphore turns{1};         // of those that return
  std::size_t returning = 0;  // … and how many they are
};
using CopyLanePtr = std::shared_ptr<CopyLane>;

// What is to be copied, between the planner and the workers. Each lane has a bounded queue, and
// those whose pace lets them take turns: a lane that is throttled holds up nobody but its walk. As
// many lanes as walks, and those of which copies are still under way. One shard.
class CopyQueue {
 public:
  // An item whose turn it is. What it sends first is paid for.
  struct Next {
    Next(CopyItem what, CopyLanePtr of) : item(std::move(what)), lane(std::move(of)) {}
    CopyItem item;
    CopyLanePtr lane;
  };

  CopyQueue(RunState& state, std::size_t capacity) : state_(state), capacity_(capacity) {}

  CopyLanePtr open_lane();
  // Waits while the lane is full. kCancelled when the task's scope was cancelled or the queue is
  // closed; the item is dropped.
  Task<Status> send(CopyLane& lane, CopyItem item);
  // Without waiting: `item` is taken over where the lane has room for it, else left as it is.
  bool offer(CopyLane& lane, CopyItem& item);
  bool has_room(const CopyLane& lane) const { return !closed_ && lane.items.size() < room(); }
  // The next one; nullopt once the queue is closed and drained. A run that was stopped waits for no
  // pace any more.
  Task<Result<std::optional<Next>>> receive();
  // The next one where none has to be waited for.
  std::optional<Next> receive_now();
  // A copy that was refused waits in its lane again, ahead of all that is new; then it is paid for.
  // kCancelled where the run was stopped.
  Task<Status> again(CopyLane& lane);
  // No more sends. What is queued can still be received. Safe to repeat.
  void close();
  bool closed() const { return closed_; }
  std::size_t size() const { return size_; }

 private:
  std::optional<Next> next_by(TimePoint by, TimePoint now, TimePoint& earliest);
  CopyLanePtr pick(TimePoint now, TimePoint& earliest);
  Next take(CopyLanePtr lane, TimePoint now);
  std::size_t room() const;

  RunState& state_;
  const std::size_t capacity_;
  std::vector<CopyLanePtr> lanes_;
  std::size_t turn_ = 0;  // whose turn it was
  std::size_t size_ = 0;
  bool closed_ = false;
  TimePoint alarm_ = TimePoint::max();  // when somebody wakes up to look again
  WaitList receivers_;
};

}  // namespace s3ferry
