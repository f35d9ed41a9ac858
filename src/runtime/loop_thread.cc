#include "runtime/loop_thread.h"

namespace s3ferry {
namespace {

Task<void> until(Event& ended) {
  (void)co_await ended.wait();
}

}  // namespace

LoopThread::LoopThread()
    : mailbox_(runtime_), end_(ended_), thread_([this] { runtime_.run(until(ended_)); }) {}

void LoopThread::stop() {
  if (!thread_.joinable()) return;
  mailbox_.send(end_);
  thread_.join();
}

}  // namespace s3ferry
