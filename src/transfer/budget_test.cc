// --source-rps and --target-rps against the server's own counters: in no second that begins at any
// time does a side see more than its owner granted, copies' reads and retries included.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/run.h"

namespace s3ferry {
namespace {

using namespace std::chrono_literals;
using sim::Fault;
using sim::Operation;
using testing::RecordingSink;
using testing::SimPair;
using testing::SimPairOptions;

SimPairOptions granted(std::uint64_t source_rps, std::uint64_t target_rps = 0) {
  SimPairOptions out;
  out.source_rps = RateSchedule(source_rps);
  out.target_rps = RateSchedule(target_rps);
  return out;
}

void fill(SimPair& world, int objects) {
  for (int i = 0; i < objects; ++i) world.put_source("k" + std::to_string(10'000 + i), 100);
  sim::LatencySpec latency;
  latency.fixed = 20ms;
  latency.jitter = 20ms;
  world.sim().add_latency(latency);
}

// One in ten of all requests, each in its own way.
void one_in_ten_fails(SimPair& world) {
  for (int i = 0; i < 300; ++i) {
    Fault fault;
    fault.operations = {i % 10 == 0 ? Operation::kListObjectsV2 : Operation::kCopyObject};
    fault.after = 7 + 10 * (i % 10 == 0 ? i / 10 : i);
    fault.times = 1;
    switch (i % 5) {
      case 0:
        fault.status = 503, fault.code = "SlowDown";
        break;
      case 1:
        fault.status = 500, fault.code = "InternalError";
        break;
      case 2:
        fault.drop = Fault::Drop::kBefore;
        break;
      case 3:
        fault.cut_body = true;
        break;
      default:
        fault.drop = Fault::Drop::kAfter;
    }
    world.sim().add_fault(fault);
  }
}

double seconds(SimPair& world) {
  return std::chrono::duration<double>(world.runtime().now() - TimePoint{}).count();
}

TEST(Budget, TheSourceSeesNoMoreThanItsOwnersGrantedInAnySecond) {
  SimPair world(granted(200));
  fill(world, 3000);
  SyncOptions options;
  options.page_size = 100;
  RecordingSink sink;
  const SyncResult result = testing::sync(world, options, sink);
  EXPECT_EQ(result.counters.copied.objects, 3000u);
  const sim::Counters& counters = world.counters();
  EXPECT_EQ(counters.source_reads_by_copy, 3000u);
  EXPECT_LE(counters.most_in_a_second(sim::Side::kSource), 200u);
  EXPECT_GE(counters.most_in_a_second(sim::Side::kSource), 185u);
  // The budget is used, too.
  const double requests =
      3000 + static_cast<double>(counters.of(sim::Side::kSource, Operation::kListObjectsV2));
  EXPECT_LE(seconds(world), requests / 200 * 1.08);
}

TEST(Budget, NorWithOneRequestInTenFailing) {
  SimPair world(granted(200));
  fill(world, 3000);
  one_in_ten_fails(world);
  SyncOptions options;
  options.page_size = 5;
  RecordingSink sink;
  const SyncResult result = testing::sync(world, options, sink);
  EXPECT_EQ(result.counters.failed.objects, 0u);
  EXPECT_EQ(result.counters.copied.objects, 3000u);
  EXPECT_GT(world.counters().source_reads_by_copy, 3040u);  // retries read once more
  EXPECT_LE(world.counters().most_in_a_second(sim::Side::kSource), 200u);
}

// A grant is for what is written at once; where connections take long, another is asked for.
TEST(Budget, NorWhereConnectionsTakeLong) {
  SimPair world(granted(200));
  fill(world, 2000);
  world.transport().slow_connections(400ms);
  SyncOptions options;
  options.page_size = 100;
  RecordingSink sink;
  EXPECT_EQ(testing::sync(world, options, sink).counters.copied.objects, 2000u);
  EXPECT_LE(world.counters().most_in_a_second(sim::Side::kSource), 200u);
}

TEST(Budget, LooksAreChargedToo) {
  SimPair world(granted(50));
  fill(world, 300);
  SyncOptions options;
  options.attributes.full = true;
  RecordingSink sink;
  EXPECT_EQ(testing::sync(world, options, sink).counters.copied.objects, 300u);
  EXPECT_GE(world.counters().of(sim::Side::kSource, Operation::kHeadObject), 300u);
  EXPECT_LE(world.counters().most_in_a_second(sim::Side::kSource), 50u);
  EXPECT_GE(seconds(world), 12);
}

TEST(Budget, TheTargetHasItsOwn) {
  SimPair world(granted(0, 100));
  fill(world, 500);
  for (int i = 0; i < 300; ++i) world.put_target("x" + std::to_string(i), 1);
  SyncOptions options;
  options.delete_extras = true;
  options.max_delete.count = 1000;
  RecordingSink sink;
  const SyncResult result = testing::sync(world, options, sink);
  EXPECT_EQ(result.counters.copied.objects, 500u);
  EXPECT_EQ(result.counters.deleted.objects, 300u);
  EXPECT_LE(world.counters().most_in_a_second(sim::Side::kTarget), 100u);
}

TEST(Budget, BothHoldAtOnce) {
  SimPair world(granted(60, 90));
  fill(world, 400);
  SyncOptions options;
  options.page_size = 20;
  RecordingSink sink;
  EXPECT_EQ(testing::sync(world, options, sink).counters.copied.objects, 400u);
  EXPECT_LE(world.counters().most_in_a_second(sim::Side::kSource), 60u);
  EXPECT_LE(world.counters().most_in_a_second(sim::Side::kTarget), 90u);
}

// A budget slows; it fails nothing, and an empty retry budget does not either.
TEST(Budget, AnEmptyRetryBudgetUnderAThinBudgetFailsNothing) {
  SimPairOptions thin = granted(20, 20);
  thin.retry_tokens = 20;
  SimPair world(thin);
  fill(world, 200);
  one_in_ten_fails(world);
  SyncOptions options;
  RecordingSink sink;
  const SyncResult result = testing::sync(world, options, sink);
  EXPECT_EQ(result.counters.failed.objects, 0u);
  EXPECT_EQ(result.counters.copied.objects, 200u);
  EXPECT_LE(world.counters().most_in_a_second(sim::Side::kSource), 20u);
  EXPECT_LE(world.counters().most_in_a_second(sim::Side::kTarget), 20u);
}

// For minutes 503 answers nearly everything, and no retry is left.
class StarvedTest : public ::testing::Test {
 protected:
  StarvedTest() {
    world_.sim().before_request([this](const sim::RequestInfo&) {
      if (until_ && world_.runtime().now() >= *until_) world_.sim().clear_faults();
    });
  }
  static SimPairOptions poor() {
    SimPairOptions out;
    out.retry_tokens = 0;
    return out;
  }
  // `refused` is answered by 503 for that long.
  void starve(Operation refused, Duration how_long) {
    sim::Fault slow;
    slow.operations = {refused};
    slow.status = 503;
    slow.code = "SlowDown";
    world_.sim().add_fault(slow);
    until_ = world_.runtime().now() + how_long;
  }
  // At the source, to be copied in so many parts.
  void put_large(ByteCount parts) {
    sim::ObjectSpec large;
    large.key = "k";
    large.part_size = 32 * kMiB;
    large.size = parts * large.part_size;
    large.mtime = world_.ago(1000);
    world_.put(testing::kSourceBucket, large);
    options_.multipart.threshold = options_.multipart.part_bytes = large.part_size;
  }
  SyncResult run() { return testing::sync(world_, options_, sink_); }

  SimPair world_{poor()};
  std::optional<TimePoint> until_;
  SyncOptions options_;
  RecordingSink sink_;
};

TEST_F(StarvedTest, NoPartFailsOfAnEmptyRetryBudget) {
  put_large(10);
  starve(Operation::kUploadPartCopy, std::chrono::minutes(8));
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(world_.count(Operation::kCreateMultipartUpload), 1u);
  EXPECT_GE(world_.runtime().now() - TimePoint{}, std::chrono::minutes(8));
}

TEST_F(StarvedTest, NoCompletionFailsOfIt) {
  put_large(2);
  starve(Operation::kCompleteMultipartUpload, std::chrono::minutes(8));
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(world_.count(Operation::kCreateMultipartUpload), 1u);
}

TEST_F(StarvedTest, NoObjectFailsOfALookThatHadToWait) {
  fill(world_, 20);
  options_.attributes.full = true;
  starve(Operation::kHeadObject, std::chrono::minutes(8));
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(sink_.copied.size(), 20u);
}

TEST_F(StarvedTest, NoDeletionFailsOfIt) {
  fill(world_, 3);
  for (int i = 0; i < 20; ++i) world_.put_target("x" + std::to_string(i), 5);
  options_.delete_extras = true;
  options_.max_delete.percent = 100;
  starve(Operation::kHeadObject, std::chrono::minutes(8));  // each is looked at before
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(sink_.deleted.size(), 20u);
  for (int i = 0; i < 20; ++i) world_.put_target("x" + std::to_string(i), 5);
  sink_ = RecordingSink();
  starve(Operation::kDeleteObjects, std::chrono::minutes(8));
  EXPECT_EQ(run().exit_code(), 0);
}

// The look at the target waits for minutes; meanwhile what was seen at the source changes.
TEST_F(StarvedTest, NothingIsDeletedByALookThatGrewOld) {
  fill(world_, 3);
  world_.put_target("x", 5);
  options_.delete_extras = true;
  options_.max_delete.percent = 100;
  sim::Fault slow;
  slow.operations = {Operation::kHeadObject};
  slow.on = Fault::On::kTarget;
  slow.status = 503;
  slow.code = "SlowDown";
  world_.sim().add_fault(slow);
  bool back = false;
  world_.sim().before_request([&](const sim::RequestInfo&) {
    const Duration passed = world_.runtime().now() - TimePoint{};
    if (passed >= std::chrono::minutes(5)) world_.sim().clear_faults();
    if (passed >= std::chrono::minutes(2) && !std::exchange(back, true)) world_.put_source("x", 5);
  });
  (void)run();
  EXPECT_TRUE(back);
  EXPECT_TRUE(sink_.deleted.empty());
  const std::vector<std::string> left = world_.target_keys();
  EXPECT_EQ(std::count(left.begin(), left.end(), "x"), 1);
}

// As long as anything comes through it may last for hours.
TEST_F(StarvedTest, NorOfHoursInWhichLittleComesThrough) {
  fill(world_, 20);
  options_.attributes.full = true;
  options_.concurrency = 4;
  sim::Fault slow;
  slow.operations = {Operation::kHeadObject};
  slow.status = 503;
  slow.code = "SlowDown";
  world_.sim().add_fault(slow);
  TimePoint next = world_.runtime().now() + std::chrono::minutes(9);
  world_.sim().before_request([&](const sim::RequestInfo& request) {
    if (request.operation != Operation::kHeadObject) return;
    world_.sim().clear_faults();
    if (world_.runtime().now() < next) {
      (void)world_.sim().add_fault(slow);
      return;
    }
    next = world_.runtime().now() + std::chrono::minutes(9);
  });
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(sink_.copied.size(), 20u);
  EXPECT_GE(world_.runtime().now() - TimePoint{}, std::chrono::minutes(150));
}

// But the run ends where nothing does.
TEST_F(StarvedTest, AServerThatRefusesForEverIsGivenUp) {
  fill(world_, 3);
  options_.attributes.full = true;
  starve(Operation::kHeadObject, std::chrono::hours(100));
  const SyncResult result = run();
  EXPECT_EQ(result.counters.failed.objects, 3u);
  EXPECT_GE(world_.runtime().now() - TimePoint{}, std::chrono::minutes(10));
  EXPECT_LE(world_.runtime().now() - TimePoint{}, std::chrono::minutes(20));
}

}  // namespace
}  // namespace s3ferry
