#include "runtime/worker.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "runtime/event.h"
#include "runtime/real_runtime.h"
#include "runtime/virtual_runtime.h"

namespace s3ferry {
namespace {

// One job on its way: lives in the frame of run(), which ends only after done().
struct Job {
  explicit Job(std::function<void()> work) : run(std::move(work)) {}
  std::function<void()> run;
  bool ended = false;
  WaitList waiting;
  void done() {
    ended = true;
    waiting.wake_all();
  }
};

class ThreadWorker final : public Worker {
 public:
  explicit ThreadWorker(Executor executor)
      : executor_(std::move(executor)), thread_([this] { work(); }) {}
  ~ThreadWorker() override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  Task<void> run(std::function<void()> job) override {
    const auto keeps_loop = boost::asio::make_work_guard(executor_);
    Job item(std::move(job));
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(&item);
    }
    changed_.notify_one();
    while (!item.ended) co_await item.waiting.wait_uncancelled();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      Job* job = jobs_.front();
      jobs_.pop_front();
      lock.unlock();
      job->run();
      boost::asio::post(executor_, [job] { job->done(); });
      lock.lock();
    }
  }

  Executor executor_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job*> jobs_;
  bool ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

class InlineWorker final : public Worker {
 public:
  Task<void> run(std::function<void()> job) override {
    job();
    co_return;
  }
};

}  // namespace

std::unique_ptr<Worker> RealRuntime::make_worker() {
  return std::make_unique<ThreadWorker>(executor());
}

std::unique_ptr<Worker> VirtualRuntime::make_worker() {
  return std::make_unique<InlineWorker>();
}

}  // namespace s3ferry
