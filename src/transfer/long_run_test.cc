// What ends a run before its time, or must not: asked to drain, expired credentials, one failure
// again and again, policies that take their time.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/run.h"
#include "runtime/scope.h"

namespace s3ferry {
namespace {

using namespace std::chrono_literals;
using sim::Fault;
using sim::Operation;
using ::testing::HasSubstr;
using testing::RecordingSink;
using testing::SimPair;

Fault answers(Operation operation, int status, std::string code) {
  Fault out;
  out.on = Fault::On::kTarget;
  out.operations = {operation};
  out.status = status;
  out.code = std::move(code);
  return out;
}

class LongRunTest : public ::testing::Test {
 protected:
  LongRunTest() {
    options_.concurrency = 4;
    options_.copy_as = CopyAs::kSource;
  }
  void fill(int objects) {
    for (int i = 0; i < objects; ++i) world_.put_source("k" + std::to_string(1000 + i), 1);
  }
  void copies_take(Duration time) {
    sim::LatencySpec slow;
    slow.operation = Operation::kCopyObject;
    slow.fixed = time;
    world_.sim().add_latency(slow);
  }
  SyncResult run() { return testing::sync(world_, options_, sink_); }
  double seconds() {
    return std::chrono::duration<double>(world_.runtime().now() - TimePoint{}).count();
  }

  SimPair world_;
  SyncOptions options_;
  RecordingSink sink_;
  DrainSignal drain_;
};

TEST_F(LongRunTest, AskedToEndItFinishesWhatIsInFlightAndBeginsNothing) {
  fill(100);
  copies_take(10s);
  options_.drain = &drain_;
  world_.sim().before_request([this](const sim::RequestInfo& request) {
    if (request.operation == Operation::kCopyObject && world_.count(Operation::kCopyObject) >= 9)
      drain_.request(Error(ErrorKind::kCancelled, "interrupted"));
  });
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 130);
  EXPECT_EQ(result.counters.failed.objects, 0u);
  // Each copy that was sent has its outcome.
  EXPECT_EQ(result.counters.copied.objects, world_.count(Operation::kCopyObject));
  EXPECT_GE(result.counters.copied.objects, 9u);
  EXPECT_LE(result.counters.copied.objects, 13u);
  EXPECT_TRUE(sink_.warned_of(WarningKind::kDraining));
  EXPECT_LT(seconds(), 60.0);
}

Task<void> ask_later(Runtime& runtime, DrainSignal& drain) {
  (void)co_await runtime.sleep_for(100s);
  drain.request(Error(ErrorKind::kTimeout, "--max-duration is over"));
}
Task<SyncResult> asked_later(SimPair& world, const SyncOptions& options, EventSink& sink) {
  Scope scope(world.runtime());
  scope.spawn(ask_later(world.runtime(), *options.drain));
  SyncResult result = co_await run_sync(world.runtime(), world.pair(), options, sink);
  co_await scope.join();
  co_return result;
}

TEST_F(LongRunTest, ADrainIsBounded) {
  // Large enough that the copy itself may take longer than the end is waited for.
  for (const char* key : {"a", "b"}) world_.put_source(key, 4 * kGiB);
  copies_take(1h);
  options_.drain = &drain_;
  const SyncResult result = world_.runtime().run(asked_later(world_, options_, sink_));
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_EQ(result.stopped->kind(), ErrorKind::kTimeout);
  EXPECT_EQ(result.counters.failed.objects, 0u);
  EXPECT_EQ(result.counters.copied.objects, 0u);
  EXPECT_NEAR(seconds(), 160, 1);
}

// What waits for its next try is not in flight: the end does not wait for it.
TEST_F(LongRunTest, ADrainDoesNotWaitForTriesToCome) {
  fill(10);
  Fault slow_down = answers(Operation::kCopyObject, 503, "SlowDown");
  slow_down.headers = {{"x-amz-retry-after", "600000"}};
  world_.sim().add_fault(slow_down);
  options_.drain = &drain_;
  const SyncResult result = world_.runtime().run(asked_later(world_, options_, sink_));
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_EQ(result.counters.failed.objects, 0u);
  EXPECT_LE(seconds(), 161);
}

TEST_F(LongRunTest, ExpiredCredentialsEndTheRunAndFailNoObject) {
  fill(50);
  copies_take(1s);
  Fault expired = answers(Operation::kCopyObject, 400, "ExpiredToken");
  expired.after = 20;
  world_.sim().add_fault(expired);
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 253);
  EXPECT_EQ(result.counters.failed.objects, 0u);
  EXPECT_EQ(result.counters.copied.objects, 20u);
  EXPECT_EQ(result.counters.skipped_for(SkipReason::kNotTried), 30u);
  // A refused signature is the service's word on the account, not a token that ran out.
  SyncResult refused;
  refused.stopped.emplace(Error(ErrorKind::kCredentials, "no").with_status(403));
  EXPECT_EQ(refused.exit_code(), 1);
}

TEST_F(LongRunTest, AHundredFailuresOfOneKindInARowEndTheRun) {
  fill(400);
  options_.concurrency = 1;
  Fault broken = answers(Operation::kCopyObject, 400, "InvalidRequest");
  broken.after = 10;
  world_.sim().add_fault(broken);
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_EQ(result.counters.copied.objects, 10u);
  EXPECT_EQ(result.counters.failed.objects, 100u);
  EXPECT_EQ(result.counters.skipped_for(SkipReason::kNotTried), 290u);
  EXPECT_THAT(result.stopped->message(), HasSubstr("100 objects in a row"));
  EXPECT_THAT(result.stopped->message(), HasSubstr("InvalidRequest"));
  EXPECT_THAT(result.stopped->message(), HasSubstr("--max-failures"));
}

TEST_F(LongRunTest, FailuresThatAreNotInARowOrNotOfOneKindEndNothing) {
  fill(400);
  options_.concurrency = 1;
  Fault one = answers(Operation::kCopyObject, 400, "InvalidRequest");
  one.after = 10;
  one.times = 99;
  Fault other = answers(Operation::kCopyObject, 400, "InvalidArgument");
  other.after = 109;
  other.times = 99;
  world_.sim().add_fault(one);
  world_.sim().add_fault(other);
  SyncResult result = run();
  EXPECT_EQ(result.counters.failed.objects, 198u);
  EXPECT_EQ(result.counters.copied.objects, 202u);
  EXPECT_FALSE(result.stopped);

  world_.sim().clear_faults();
  world_.sim().add_fault(answers(Operation::kCopyObject, 400, "InvalidRequest"));
  options_.max_failures_in_a_row = 0;
  RecordingSink again;
  result = testing::sync(world_, options_, again);
  EXPECT_EQ(result.counters.failed.objects, 198u);
  EXPECT_FALSE(result.stopped);
}

Fault denied_until(SimPair& world, Operation operation, Duration after) {
  Fault out = answers(operation, 403, "AccessDenied");
  world.sim().before_request([&world, after](const sim::RequestInfo&) {
    if (world.runtime().now() - TimePoint{} >= after) world.sim().clear_faults();
  });
  return out;
}

TEST_F(LongRunTest, APolicyThatArrivesLateIsWaitedForWhenAsked) {
  fill(30);
  options_.settle = 10min;
  world_.sim().add_fault(denied_until(world_, Operation::kCopyObject, 5min));
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 0);
  EXPECT_EQ(result.counters.copied.objects, 30u);
  EXPECT_TRUE(sink_.warned_of(WarningKind::kSettling));
  EXPECT_GE(seconds(), 300);
  EXPECT_LE(seconds(), 330);
}

TEST_F(LongRunTest, SoIsOneForTheListings) {
  fill(3);
  options_.settle = 10min;
  world_.sim().add_fault(denied_until(world_, Operation::kListObjectsV2, 3min));
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_GE(seconds(), 180);
  EXPECT_LE(seconds(), 225);
}

TEST_F(LongRunTest, ButNotForEverAndNotUnasked) {
  fill(30);
  world_.sim().add_fault(answers(Operation::kCopyObject, 403, "AccessDenied"));
  EXPECT_EQ(run().exit_code(), 1);
  EXPECT_LT(seconds(), 60);
  options_.settle = 10min;
  RecordingSink again;
  const TimePoint begin = world_.runtime().now();
  const SyncResult result = testing::sync(world_, options_, again);
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_GT(result.counters.failed.objects, 0u);
  EXPECT_GE(world_.runtime().now() - begin, 10min);
  EXPECT_LE(world_.runtime().now() - begin, 12min);
}

// Objects that wait for their policy take nobody's place: the others go on.
TEST_F(LongRunTest, WaitingForAPolicyHoldsNobodyUp) {
  fill(40);
  options_.settle = 10min;
  for (int i = 0; i < 4; ++i) {
    Fault denied = answers(Operation::kCopyObject, 403, "AccessDenied");
    denied.key = "k" + std::to_string(1000 + i);
    world_.sim().add_fault(denied);
  }
  std::vector<double> copied_at;
  world_.sim().after_request([&](const sim::RequestInfo& request) {
    if (request.operation == Operation::kCopyObject && request.status == 200)
      copied_at.push_back(seconds());
  });
  const SyncResult result = run();
  EXPECT_EQ(result.counters.failed.objects, 4u);
  ASSERT_EQ(copied_at.size(), 36u);
  EXPECT_LT(copied_at.back(), 1.0);
}

}  // namespace
}  // namespace s3ferry
