#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "runtime/channel.h"
#include "runtime/real_runtime.h"
#include "runtime/scope.h"
#include "runtime/semaphore.h"
#include "runtime/virtual_runtime.h"

namespace s3ferry {
namespace {

using namespace std::chrono_literals;

// Every test runs on both runtimes: the engine must not see a difference.
class RuntimeTest : public testing::TestWithParam<bool> {
 protected:
  RuntimeTest() {
    if (GetParam()) runtime_ = std::make_unique<VirtualRuntime>(7);
    else runtime_ = std::make_unique<RealRuntime>();
  }
  Runtime& runtime() { return *runtime_; }

 private:
  std::unique_ptr<Runtime> runtime_;
};

Task<void> note_after(Runtime& runtime, Duration delay, std::string text, std::vector<std::string>& out) {
  const Status slept = co_await runtime.sleep_for(delay);
  out.push_back(slept ? text : text + " cancelled");
}

Task<std::vector<std::string>> two_sleepers(Runtime& runtime) {
  std::vector<std::string> out;
  Scope scope(runtime);
  scope.spawn(note_after(runtime, 20ms, "late", out));
  scope.spawn(note_after(runtime, 1ms, "early", out));
  co_await scope.join();
  co_return out;
}
TEST_P(RuntimeTest, SleepersWakeInOrderOfTime) {
  EXPECT_EQ(runtime().run(two_sleepers(runtime())), (std::vector<std::string>{"early", "late"}));
}

Task<std::vector<std::string>> cancelled_sleeper(Runtime& runtime) {
  std::vector<std::string> out;
  Scope scope(runtime);
  scope.spawn(note_after(runtime, 1h, "a", out));
  (void)co_await runtime.sleep_for(1ms);
  scope.cancel();
  scope.spawn(note_after(runtime, 1h, "b", out));  // a cancelled scope still runs its tasks
  co_await scope.join();
  co_return out;
}
TEST_P(RuntimeTest, CancelWakesSleepersAtOnce) {
  EXPECT_EQ(runtime().run(cancelled_sleeper(runtime())),
            (std::vector<std::string>{"a cancelled", "b cancelled"}));
}

Task<void> inner_scope(Runtime& runtime, std::vector<std::string>& out) {
  Scope scope(runtime);
  scope.spawn(note_after(runtime, 1h, "inner", out));
  co_await scope.join();
  out.push_back("joined");
}
Task<std::vector<std::string>> nested(Runtime& runtime) {
  std::vector<std::string> out;
  Scope scope(runtime);
  scope.spawn(inner_scope(runtime, out));
  (void)co_await runtime.sleep_for(1ms);
  scope.cancel();
  co_await scope.join();
  co_return out;
}
TEST_P(RuntimeTest, CancellationReachesNestedScopes) {
  EXPECT_EQ(runtime().run(nested(runtime())), (std::vector<std::string>{"inner cancelled", "joined"}));
}

Task<void> thrower() {
  throw std::runtime_error("boom");
  co_return;
}
Task<void> scope_with_thrower(Runtime& runtime, std::vector<std::string>& out) {
  Scope scope(runtime);
  scope.spawn(note_after(runtime, 1h, "other", out));
  scope.spawn(thrower());
  co_await scope.join();
}
TEST_P(RuntimeTest, AnExceptionCancelsTheScopeAndComesOutOfJoin) {
  std::vector<std::string> out;
  EXPECT_THROW(runtime().run(scope_with_thrower(runtime(), out)), std::runtime_error);
  EXPECT_EQ(out, std::vector<std::string>{"other cancelled"});
}

Task<void> produce(Channel<int>& channel, int count, int& sent) {
  for (int i = 0; i < count; ++i) {
    if (!co_await channel.send(i)) co_return;
    ++sent;
  }
  channel.close();
}
Task<std::vector<int>> consume_slowly(Runtime& runtime) {
  Channel<int> channel(2);
  int sent = 0;
  std::vector<int> got;
  Scope scope(runtime);
  scope.spawn(produce(channel, 6, sent));
  (void)co_await runtime.sleep_for(1ms);
  EXPECT_EQ(sent, 2);  // back pressure
  for (;;) {
    auto item = co_await channel.receive();
    if (!item || !*item) break;
    got.push_back(**item);
  }
  co_await scope.join();
  co_return got;
}
TEST_P(RuntimeTest, ChannelsAreBoundedAndOrdered) {
  EXPECT_EQ(runtime().run(consume_slowly(runtime())), (std::vector<int>{0, 1, 2, 3, 4, 5}));
}

struct Gauge {
  int now = 0, most = 0;
};
Task<void> hold(Runtime& runtime, Semaphore& semaphore, Gauge& gauge) {
  if (!co_await semaphore.acquire()) co_return;
  Permit permit(semaphore);
  gauge.most = std::max(gauge.most, ++gauge.now);
  (void)co_await runtime.sleep_for(1ms);
  --gauge.now;
}
Task<Gauge> many_holders(Runtime& runtime, std::size_t limit) {
  Semaphore semaphore(limit);
  Gauge gauge;
  Scope scope(runtime);
  for (int i = 0; i < 20; ++i) scope.spawn(hold(runtime, semaphore, gauge));
  co_await scope.join();
  EXPECT_EQ(semaphore.in_use(), 0u);
  co_return gauge;
}
TEST_P(RuntimeTest, SemaphoreHoldsItsLimit) {
  EXPECT_EQ(runtime().run(many_holders(runtime(), 3)).most, 3);
  EXPECT_EQ(runtime().run(many_holders(runtime(), 1)).most, 1);
}

Task<Status> too_slow(Runtime& runtime) { co_return co_await runtime.sleep_for(1h); }
TEST_P(RuntimeTest, DeadlineBecomesTimeout) {
  const Status s = runtime().run(with_deadline<void>(runtime(), 5ms, too_slow(runtime())));
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error().kind(), ErrorKind::kTimeout);
}

Task<Status> throws_at_once() {
  throw std::runtime_error("boom");
  co_return Status();
}
Task<Status> throws_later(Runtime& runtime) {
  (void)co_await runtime.sleep_for(1ms);
  throw std::runtime_error("boom");
}
TEST_P(RuntimeTest, WhatATaskUnderADeadlineThrowsReachesWhoWaits) {
  EXPECT_THROW((void)runtime().run(with_deadline<void>(runtime(), 1h, throws_at_once())),
               std::runtime_error);
  EXPECT_THROW((void)runtime().run(with_deadline<void>(runtime(), 1h, throws_later(runtime()))),
               std::runtime_error);
}

INSTANTIATE_TEST_SUITE_P(Both, RuntimeTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "Virtual" : "Real"; });

Task<void> week(Runtime& runtime) { (void)co_await runtime.sleep_for(168h); }
TEST(VirtualRuntime, AWeekPassesAtOnceAndIsReproducible) {
  VirtualRuntime a(42), b(42);
  a.run(week(a));
  EXPECT_EQ(a.now() - TimePoint{}, 168h);
  EXPECT_EQ(a.random(), b.random());
}

Task<void> wait_for_ever(WaitList& list) { (void)co_await list.wait(); }
TEST(VirtualRuntime, ADeadlockIsSaidNotHung) {
  auto runtime = std::make_unique<VirtualRuntime>(1);
  WaitList list;
  EXPECT_THROW(runtime->run(wait_for_ever(list)), std::logic_error);
  list.wake_all();
}

}  // namespace
}  // namespace s3ferry
