#pragma once

#include <thread>

#include "runtime/crossing.h"
#include "runtime/event.h"
#include "runtime/real_runtime.h"

namespace s3ferry {

// A second loop in real time, on a thread of its own. Tasks reach it through its mailbox
// (run_across). What lives on it (connections) is made before the first task, and dies after
// stop(). Beside virtual time there is none: a simulation stays on one thread.
class LoopThread {
 public:
  LoopThread();
  ~LoopThread() { stop(); }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  Runtime& runtime() { return runtime_; }
  Mailbox& mailbox() { return mailbox_; }
  // All tasks that were sent have ended. Returns when the thread has; may be repeated.
  void stop();

 private:
  struct End final : Mailbox::Letter {
    explicit End(Event& event) : ended(event) {}
    void arrive() override { ended.set(); }
    Event& ended;
  };

  RealRuntime runtime_;
  Mailbox mailbox_;
  Event ended_;
  End end_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace s3ferry
