// Runs that are gone on with where something lies in wait: outages, writes of others, old plans.

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/mortal_run.h"
#include "journal/store_test_support.h"
#include "transfer/upload_book.h"

namespace s3ferry {
namespace {

using namespace std::chrono_literals;
using sim::Operation;
using testing::Death;
using testing::kSourceBucket;
using testing::kTargetBucket;
using testing::MortalRun;
using testing::SimPair;
using testing::SimPairOptions;
using Names = std::vector<std::string>;

constexpr ByteCount kPart = 32 * kMiB;

class ResumeTrapTest : public ::testing::Test {
 protected:
  explicit ResumeTrapTest(SimPairOptions options = {}) : world_(std::move(options)) {
    options_.concurrency = 4;
    options_.multipart.threshold = options_.multipart.part_bytes = kPart;
    world_.sim().add_latency({std::nullopt, 150ms, {}, 0});
  }
  void put_large(std::string key, std::uint32_t parts, std::uint64_t seed = 1) {
    sim::ObjectSpec spec;
    spec.key = std::move(key);
    spec.size = parts * kPart;
    spec.part_size = kPart;
    spec.seed = seed;
    spec.mtime = world_.ago(1000);
    world_.put(kSourceBucket, std::move(spec));
  }
  std::string etag_of(const char* bucket, std::string_view key) {
    auto& sim = bucket == kTargetBucket ? world_.target_sim() : world_.sim();
    const auto info = sim.find_object(bucket, key);
    return info ? info->etag : "";
  }
  std::size_t open_uploads() { return world_.target_sim().open_uploads(kTargetBucket); }
  // At the n-th such request nobody is met any more, once.
  void out_from(Operation operation, int n, TimePoint until) {
    world_.sim().before_request([this, operation, n, until](const sim::RequestInfo& request) {
      if (request.operation == operation && ++seen_ == n) world_.transport().refuse_all(until);
    });
  }
  void wait(Duration time) { (void)world_.runtime().run(world_.runtime().sleep_for(time)); }

  SimPair world_;
  SyncOptions options_;
  int seen_ = 0;
};

// ---- outages ----

TEST_F(ResumeTrapTest, AnOutageFailsNoLargeObject) {
  for (int i = 0; i < 6; ++i) put_large("k" + std::to_string(i), 5);
  MortalRun run(world_, options_);
  out_from(Operation::kUploadPartCopy, 7, TimePoint::max());
  const auto first = run.go();
  ASSERT_TRUE(first.result);
  ASSERT_TRUE(first.result->stopped);
  EXPECT_EQ(first.result->stopped->kind(), ErrorKind::kConnect);
  EXPECT_EQ(first.result->counters.failed.objects, 0u);
  EXPECT_GE(first.result->counters.skipped_for(SkipReason::kNotTried), 5u);
  world_.transport().refuse_all(TimePoint{});
  const auto second = run.go();
  ASSERT_TRUE(second.result);
  EXPECT_TRUE(second.record.resumed);
  EXPECT_EQ(second.result->exit_code(), 0);
  for (const std::string& key : world_.sim().keys(kSourceBucket))
    EXPECT_EQ(etag_of(kTargetBucket, key), etag_of(kSourceBucket, key)) << key;
  EXPECT_EQ(open_uploads(), 0u);
  EXPECT_EQ(world_.count(Operation::kCreateMultipartUpload), 6u);
  EXPECT_LE(world_.count(Operation::kUploadPartCopy), 34u);  // in flight when it began
}

TEST_F(ResumeTrapTest, AShortOneCostsTimeAlone) {
  for (int i = 0; i < 6; ++i) put_large("k" + std::to_string(i), 5);
  MortalRun run(world_, options_);
  out_from(Operation::kUploadPartCopy, 7, world_.runtime().now() + 45s);
  const auto only = run.go();
  ASSERT_TRUE(only.result);
  EXPECT_GE(seen_, 7);
  EXPECT_GE(world_.runtime().now() - TimePoint{}, 45s);
  EXPECT_EQ(only.result->exit_code(), 0);
  EXPECT_EQ(only.result->counters.copied.objects, 6u);
  EXPECT_EQ(world_.count(Operation::kCreateMultipartUpload), 6u);
  EXPECT_EQ(world_.count(Operation::kAbortMultipartUpload), 0u);
}

// A part that arrives in between ends the first: two of 45 s are not one that ends a run.
TEST_F(ResumeTrapTest, TwoShortOnesInOneObjectDoNotAddUp) {
  put_large("k", 9);
  options_.concurrency = 1;
  MortalRun run(world_, options_);
  world_.sim().before_request([this](const sim::RequestInfo& request) {
    if (request.operation != Operation::kUploadPartCopy) return;
    ++seen_;
    if (seen_ == 3 || seen_ == 6) world_.transport().refuse_all(world_.runtime().now() + 45s);
  });
  const auto only = run.go();
  ASSERT_TRUE(only.result);
  EXPECT_GE(world_.runtime().now() - TimePoint{}, 90s);
  EXPECT_EQ(only.result->exit_code(), 0);
  EXPECT_EQ(only.result->counters.copied.objects, 1u);
  EXPECT_EQ(world_.count(Operation::kCreateMultipartUpload), 1u);
}

class RelayOutageTest : public ResumeTrapTest {
 protected:
  static SimPairOptions apart() {
    SimPairOptions out;
    out.apart = true;
    return out;
  }
  RelayOutageTest() : ResumeTrapTest(apart()) {}
};

TEST_F(RelayOutageTest, AnOutageOfTheSourceFailsNothingThatIsRelayed) {
  options_.relay.allowed = true;
  for (int i = 0; i < 3; ++i) {
    world_.put_source("w" + std::to_string(i), 1000);
    sim::ObjectSpec spec;
    spec.key = "p" + std::to_string(i);
    spec.parts = {5 * kMiB, 5 * kMiB, 100};
    spec.size = 10 * kMiB + 100;
    spec.mtime = world_.ago(1000);
    world_.put(kSourceBucket, std::move(spec));
  }
  MortalRun run(world_, options_);
  out_from(Operation::kGetObject, 4, TimePoint::max());
  const auto first = run.go();
  ASSERT_TRUE(first.result);
  ASSERT_TRUE(first.result->stopped);
  EXPECT_EQ(first.result->counters.failed.objects, 0u);
  EXPECT_GT(first.result->counters.skipped_for(SkipReason::kNotTried), 0u);
  world_.transport().refuse_all(TimePoint{});
  const auto second = run.go();
  ASSERT_TRUE(second.result);
  EXPECT_EQ(second.result->exit_code(), 0);
  for (const std::string& key : world_.sim().keys(kSourceBucket))
    EXPECT_EQ(etag_of(kTargetBucket, key), etag_of(kSourceBucket, key)) << key;
  EXPECT_EQ(open_uploads(), 0u);
}

// One alone comes to the end of its call's tries before the retry budget is empty.
TEST_F(RelayOutageTest, NorAnObjectThatIsAlone) {
  options_.relay.allowed = true;
  options_.concurrency = 1;
  for (const char* key : {"a", "b"}) world_.put_source(key, 1000);
  MortalRun run(world_, options_);
  out_from(Operation::kGetObject, 1, TimePoint::max());
  const auto first = run.go();
  ASSERT_TRUE(first.result);
  ASSERT_TRUE(first.result->stopped);
  EXPECT_EQ(first.result->counters.failed.objects, 0u);
  EXPECT_GE(first.result->counters.skipped_for(SkipReason::kNotTried), 1u);
}

// ---- uploads of other runs ----

TEST_F(ResumeTrapTest, AnUploadOfAnotherRunIsAborted) {
  put_large("k", 10);
  MortalRun run(world_, options_);
  ASSERT_TRUE(run.go(Death{4, false, Operation::kUploadPartCopy}).died);
  EXPECT_EQ(open_uploads(), 1u);
  run.restart = true;
  // It comes no further than the listing, and is gone on with: the upload stays another run's.
  ASSERT_TRUE(run.go(Death{1, false, Operation::kListObjectsV2}).died);
  run.restart = false;
  wait(1s);
  const auto last = run.go();
  ASSERT_TRUE(last.result);
  EXPECT_TRUE(last.record.resumed);
  EXPECT_EQ(last.record.run, 2u);
  EXPECT_EQ(last.result->exit_code(), 0);
  EXPECT_EQ(world_.count(Operation::kCreateMultipartUpload), 2u);
  EXPECT_EQ(etag_of(kTargetBucket, "k"), etag_of(kSourceBucket, "k"));
  EXPECT_EQ(open_uploads(), 0u);
}

Task<void> begin_twice(WorkStore& store) {
  RunRequest request;
  request.identity = "a task";
  auto record = co_await store.open_run(std::move(request));
  EXPECT_TRUE(record);
  auto book = co_await UploadBook::open(store, std::nullopt);
  EXPECT_TRUE(book);
  PlannedUpload first;
  first.key = ObjectKey("k");
  first.layout = "the first";
  Status begun = co_await (*book)->begin(first);
  EXPECT_TRUE(begun);
  first.layout = "another";
  Status again = co_await (*book)->begin(first);
  EXPECT_FALSE(again);
  if (!again) EXPECT_EQ(again.error().kind(), ErrorKind::kConflict);
  auto stored = co_await store.find_upload("k");
  EXPECT_TRUE(stored && *stored);
  if (stored && *stored) EXPECT_NE((*stored)->facts.find("the first"), std::string::npos);
  Status closed = co_await store.close();
  EXPECT_TRUE(closed);
}

TEST(ResumeTrapBook, ARecordThatWasNotEndedIsNotOverwritten) {
  VirtualRuntime runtime(1);
  const ScratchFolder folder;
  auto store = open_store(runtime, folder.path());
  ASSERT_TRUE(store);
  runtime.run(begin_twice(**store));
}

// ---- what others write ----

// A copy that was under way at the kill lands when the next try has listed the target.
struct Landing {
  std::uint64_t copied = 0, conflicts = 0;
};
Landing land(int seconds_ago, std::uint64_t seed, bool resumed) {
  SimPair world;
  world.put_source("k", 7, 1000, 1);
  MortalRun run(world, SyncOptions());
  if (resumed) {
    EXPECT_TRUE(run.go(Death{1, false, Operation::kCopyObject}).died);
    EXPECT_TRUE(world.sim().erase_object(kTargetBucket, "k"));
  }
  world.sim().before_request([&](const sim::RequestInfo& request) {
    if (request.operation == Operation::kCopyObject) world.put_target("k", 7, seconds_ago, seed);
  });
  const auto last = run.go();
  EXPECT_TRUE(last.result);
  if (!last.result) return {};
  EXPECT_EQ(last.record.resumed, resumed);
  return {last.result->counters.copied.objects, last.result->counters.conflicts};
}

TEST(ResumeLanding, ACopyInFlightAtAKillIsNoForeignWrite) {
  const Landing ours = land(0, 1, true);
  EXPECT_EQ(ours.copied, 1u);
  EXPECT_EQ(ours.conflicts, 0u);
}

TEST(ResumeLanding, WhatCannotBeItIsForeign) {
  EXPECT_EQ(land(0, 9, true).conflicts, 1u) << "other bytes";
  EXPECT_EQ(land(-3600, 1, true).conflicts, 1u) << "long after the kill";
  EXPECT_EQ(land(0, 1, false).conflicts, 1u) << "nothing was killed";
}

// If-Match says nothing of bytes that were written anew, and the plan is an earlier try's.
TEST_F(ResumeTrapTest, AnOldPlansDeletionsAreLookedUpAtTheTarget) {
  world_.pair().conditions_trusted = true;
  world_.put_source("a", 1);
  for (const char* key : {"alike", "old"}) world_.put_target(key, 1);
  options_.delete_extras = true;
  MortalRun run(world_, options_);
  ASSERT_TRUE(run.go(Death{1, false, Operation::kHeadObject}).died);
  wait(10s);
  world_.put_target("alike", 1, 0);
  const auto last = run.go();
  ASSERT_TRUE(last.result);
  EXPECT_EQ(last.record.planned_deletes, 2u);
  EXPECT_EQ(run.told().deleted, Names{"old"});
  EXPECT_EQ(run.told().skipped, Names{"written-meanwhile alike"});
}

// ---- a look that was cut off ----

// Whether the right object was copied is not known: nobody says that it was.
TEST_F(ResumeTrapTest, ALookThatWasCutOffIsNoCopy) {
  sim::ObjectSpec in_parts;
  in_parts.key = "a";
  in_parts.size = 1;
  in_parts.etag = "0cc175b9c0f1b6a831c399e269772661-1";
  in_parts.mtime = world_.ago(1000);
  world_.put(kSourceBucket, in_parts);
  options_.multipart.etag = EtagPolicy::kAny;
  MortalRun run(world_, options_);
  ASSERT_TRUE(run.go(Death{1, false, Operation::kHeadObject}).died);
  EXPECT_EQ(world_.count(Operation::kCopyObject), 1u);
  EXPECT_TRUE(run.told().copied.empty());
  EXPECT_EQ(run.told().skipped, Names{"not-tried a"});
  const auto last = run.go();
  ASSERT_TRUE(last.result);
  EXPECT_EQ(last.result->counters.same.objects, 1u);
}

}  // namespace
}  // namespace s3ferry
