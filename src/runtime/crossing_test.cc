#include "runtime/crossing.h"

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/loop_thread.h"
#include "runtime/scope.h"

namespace s3ferry {
namespace {

using std::this_thread::get_id;

class CrossingTest : public testing::Test {
 protected:
  template <class T>
  Task<T> there(Task<T> task) {
    return run_across(other.mailbox(), home, std::move(task));
  }
  template <class T>
  Task<T> back(Task<T> task) {
    return run_across(home, other.mailbox(), std::move(task));
  }

  RealRuntime runtime;
  Mailbox home{runtime};
  LoopThread other;
};

Task<std::thread::id> where() {
  co_return get_id();
}

Task<void> note_thread(Task<std::thread::id> there, std::thread::id& ran, std::thread::id& after) {
  ran = co_await std::move(there);
  after = get_id();
}

TEST_F(CrossingTest, RunsOnTheOtherThreadAndReturnsOnThisOne) {
  std::thread::id ran, after;
  runtime.run(note_thread(there(where()), ran, after));
  EXPECT_NE(ran, get_id());
  EXPECT_NE(ran, std::thread::id());
  EXPECT_EQ(after, get_id());
}

Task<int> throwing() {
  throw std::runtime_error("from the other side");
  co_return 0;
}

TEST_F(CrossingTest, WhatIsThrownThereComesOutHere) {
  EXPECT_THROW(runtime.run(there(throwing())), std::runtime_error);
  EXPECT_NE(runtime.run(there(where())), get_id());  // and nothing else is hurt
}

// Waits some turns of its loop, so that letters of many tasks mix.
Task<std::string> slowly(Runtime& on, int turns, std::string text) {
  for (int i = 0; i < turns; ++i) (void)co_await on.yield();
  co_return text;
}

Task<std::string> there_and_back(Task<std::string> inner, std::thread::id& seen) {
  std::string text = co_await std::move(inner);
  seen = get_id();
  co_return text;
}

Task<void> keep(Task<std::string> task, std::string& out) {
  out = co_await std::move(task);
}

Task<void> join(Scope& scope) {
  co_await scope.join();
}

TEST_F(CrossingTest, ManyAtOnceEachWithAWayBackInside) {
  constexpr int kMany = 2000;
  std::vector<std::string> out(kMany);
  std::vector<std::thread::id> seen(kMany);
  Scope scope(runtime);
  for (int i = 0; i < kMany; ++i) {
    Task<std::string> inner = back(slowly(runtime, i % 3, std::to_string(i)));
    scope.spawn(keep(there(there_and_back(std::move(inner), seen[i])), out[i]));
  }
  runtime.run(join(scope));
  for (int i = 0; i < kMany; ++i) {
    EXPECT_EQ(out[i], std::to_string(i));
    EXPECT_NE(seen[i], get_id());
  }
}

Task<Status> for_ever(Runtime& on, int& begun) {
  ++begun;
  co_return co_await on.sleep_for(std::chrono::hours(24 * 365));
}

Task<void> keep_status(Task<Status> task, Status& out) {
  out = co_await std::move(task);
}

Task<void> cancel_after(Runtime& on, int turns, Scope& scope) {
  for (int i = 0; i < turns; ++i) (void)co_await on.yield();
  scope.cancel();
  co_await scope.join();
}

TEST_F(CrossingTest, CancellingTheCallerEndsTheTaskThere) {
  for (const int turns : {0, 1, 2, 50}) {
    int begun = 0;
    Status ended;
    Scope scope(runtime);
    scope.spawn(keep_status(there(for_ever(other.runtime(), begun)), ended));
    runtime.run(cancel_after(runtime, turns, scope));
    EXPECT_EQ(begun, 1);
    ASSERT_FALSE(ended);
    EXPECT_TRUE(ended.error().is(ErrorKind::kCancelled));
  }
}

// Ends by itself about when it is cancelled: either is fine, both letters come home.
TEST_F(CrossingTest, CancellingRacesWithTheEnd) {
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> out(8);
    Scope scope(runtime);
    for (std::size_t i = 0; i < out.size(); ++i)
      scope.spawn(keep(there(slowly(other.runtime(), static_cast<int>(i) * 2, "done")), out[i]));
    runtime.run(cancel_after(runtime, round % 7, scope));
    for (const std::string& text : out) EXPECT_EQ(text, "done");
  }
}

Task<Status> cancelled_on_the_way_back(Task<Status> inner) {
  co_return co_await std::move(inner);
}

TEST_F(CrossingTest, CancellationGoesAlongAWayBack) {
  int begun = 0;
  Status ended;
  Scope scope(runtime);
  Task<Status> inner = back(for_ever(runtime, begun));
  scope.spawn(keep_status(there(cancelled_on_the_way_back(std::move(inner))), ended));
  // Only once it is under way there and back: until then the loop turns.
  struct Turns {
    static Task<void> until(Runtime& on, const int& begun, Scope& scope) {
      while (begun == 0) (void)co_await on.yield();
      scope.cancel();
      co_await scope.join();
    }
  };
  runtime.run(Turns::until(runtime, begun, scope));
  ASSERT_FALSE(ended);
  EXPECT_TRUE(ended.error().is(ErrorKind::kCancelled));
}

TEST(LoopThread, EndsWithoutEverHavingWorked) {
  LoopThread loop;
  loop.stop();
  loop.stop();
}

}  // namespace
}  // namespace s3ferry
