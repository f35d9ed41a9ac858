// What goes wrong with other tools: each test fails when its guard is taken away.

#include <memory>
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
using testing::sync;
using Names = std::vector<std::string>;

class TrapTest : public ::testing::Test {
 protected:
  TrapTest() { options_.delete_extras = true; }
  SyncResult run() { return sync(world_, options_, sink_); }
  static Fault fault(Fault::On on, Operation operation, int status, std::string code) {
    Fault out;
    out.on = on;
    out.operations = {operation};
    out.status = status;
    out.code = std::move(code);
    return out;
  }
  ByteCount size_at_target(std::string_view key) {
    return world_.sim().find_object(testing::kTargetBucket, key)->size;
  }
  SimPair world_;
  SyncOptions options_;
  RecordingSink sink_;
};

TEST_F(TrapTest, ADeniedTargetListingCopiesNothingBlindly) {
  for (int i = 0; i < 10; ++i) world_.put_source("k" + std::to_string(i), 1);
  world_.put_target("extra", 1);
  world_.sim().add_fault(fault(Fault::On::kTarget, Operation::kListObjectsV2, 403, "AccessDenied"));
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_EQ(result.stopped->kind(), ErrorKind::kAccessDenied);
  EXPECT_EQ(result.deletions, DeletionsOutcome::kRefusedListing);
  EXPECT_EQ(world_.count(Operation::kCopyObject), 0u);
  EXPECT_EQ(world_.count(Operation::kDeleteObjects), 0u);
}

TEST_F(TrapTest, AFailedSecondSourcePageDeletesNothing) {
  for (const char* key : {"a", "b", "c", "d"}) world_.put_source(key, 1);
  for (const char* key : {"a", "a2", "c", "d", "x", "y"}) world_.put_target(key, 1);
  options_.page_size = 2;
  Fault page2 = fault(Fault::On::kSource, Operation::kListObjectsV2, 500, "InternalError");
  page2.page = 2;
  world_.sim().add_fault(page2);
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_EQ(result.deletions, DeletionsOutcome::kRefusedListing);
  EXPECT_EQ(world_.count(Operation::kDeleteObjects), 0u);
  EXPECT_EQ(sink_.copied, Names{"b"});  // of the first page: known to be missing
  EXPECT_TRUE(sink_.warned_of(WarningKind::kListingFailed));
}

// More extras than are kept in memory, and the list of them breaks with the very last ones, when
// both sides are listed to their end.
TEST_F(TrapTest, ADeletionListThatCannotBeWrittenDeletesNothing) {
  for (int i = 0; i < 1900; ++i)
    world_.put_target("extra/" + std::string(100, 'x') + std::to_string(i), 1);
  world_.put_source("k", 1);
  options_.max_delete.percent = 100;
  options_.spool_dir = "/nonexistent/directory";
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 1);
  ASSERT_TRUE(result.stopped);
  EXPECT_EQ(result.stopped->kind(), ErrorKind::kIo);
  EXPECT_EQ(result.deletions, DeletionsOutcome::kRefusedListing);
  EXPECT_EQ(world_.count(Operation::kDeleteObjects), 0u);
}

TEST_F(TrapTest, ABrokenListingDeletesNothing) {
  for (const auto& pages :
       std::vector<std::vector<Names>>{{{"a", "b"}, {"b"}}, {{"b", "a"}}, {{"a", "c"}, {"b"}}}) {
    SimPair world;
    world.put_target("x", 1);
    Fault lie;
    lie.on = Fault::On::kSource;
    lie.operations = {Operation::kListObjectsV2};
    lie.pages = pages;
    world.sim().add_fault(lie);
    RecordingSink sink;
    const SyncResult result = sync(world, options_, sink);
    EXPECT_EQ(result.stopped->kind(), ErrorKind::kListing);
    EXPECT_EQ(world.target_keys().back(), "x");
  }
}

TEST_F(TrapTest, ErrorInsideA200IsAFailure) {
  world_.put_source("a", 1);
  Fault inside = fault(Fault::On::kTarget, Operation::kCopyObject, 200, "InternalError");
  world_.sim().add_fault(inside);
  EXPECT_EQ(run().exit_code(), 1);
  EXPECT_EQ(sink_.failed, Names{"a"});
  EXPECT_TRUE(sink_.copied.empty());
}

TEST_F(TrapTest, ErrorInsideA200OnceIsRepeated) {
  world_.put_source("a", 1);
  Fault inside = fault(Fault::On::kTarget, Operation::kCopyObject, 200, "InternalError");
  inside.times = 1;
  world_.sim().add_fault(inside);
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(sink_.copied, Names{"a"});
}

// Replaces the source's object just before the n-th copy of it takes effect.
void replace_before_copies(SimPair& world, std::string key, int times) {
  auto left = std::make_shared<int>(times);
  world.sim().before_request([&world, key, left](const sim::RequestInfo& request) {
    if (request.operation != Operation::kCopyObject || request.key != key || *left == 0) return;
    --*left;
    world.put_source(key, 100 + static_cast<ByteCount>(*left), 0,
                     77 + static_cast<std::uint64_t>(*left));
  });
}

TEST_F(TrapTest, AnObjectReplacedBetweenListingAndCopyIsNotCopiedStale) {
  world_.put_source("a", 1);
  replace_before_copies(world_, "a", 1);
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 0);
  EXPECT_EQ(sink_.late, Names{"a"});
  EXPECT_FALSE(result.source_condition_ignored);  // it was sent, and it held
  EXPECT_EQ(result.counters.late, 1u);
  EXPECT_EQ(result.counters.copied.bytes, 100u);
  EXPECT_EQ(size_at_target("a"), 100u);
}

TEST_F(TrapTest, AnObjectReplacedAgainAndAgainIsSkippedWithAWarning) {
  world_.put_source("a", 1);
  world_.put_source("b", 1);
  replace_before_copies(world_, "a", 100);
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 2);
  EXPECT_EQ(sink_.skipped, Names{"changed-meanwhile a"});
  EXPECT_EQ(sink_.copied, Names{"b"});
  EXPECT_EQ(world_.target_keys(), Names{"b"});
}

TEST_F(TrapTest, AnObjectThatVanishesIsSkippedAndItsCopyStays) {
  world_.put_source("a", 1);
  world_.put_source("b", 1);
  world_.put_target("a", 2);
  world_.sim().before_request([this](const sim::RequestInfo& request) {
    if (request.operation == Operation::kCopyObject && request.key == "a")
      (void)world_.sim().erase_object(testing::kSourceBucket, "a");
  });
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 2);
  EXPECT_EQ(sink_.skipped, Names{"vanished a"});
  EXPECT_EQ(world_.target_keys(), (Names{"a", "b"}));
}

TEST_F(TrapTest, AKeyThatCameBackBeforeTheDeletePhaseIsNotDeleted) {
  world_.put_source("a", 1);
  world_.put_source("z", 1);
  for (const char* key : {"a", "m", "n"}) world_.put_target(key, 1);
  world_.sim().after_request([this](const sim::RequestInfo& request) {
    if (request.operation == Operation::kCopyObject) world_.put_source("m", 1, 0);
  });
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 0);
  EXPECT_EQ(sink_.skipped, Names{"back-at-source m"});
  EXPECT_EQ(sink_.deleted, Names{"n"});
}

TEST_F(TrapTest, ManyKeysThatCameBackAreSeenByListing) {
  world_.put_source("zzz", 1);
  for (int i = 0; i < 900; ++i) world_.put_target("k" + std::to_string(1000 + i), 1);
  world_.sim().after_request([this](const sim::RequestInfo& request) {
    if (request.operation != Operation::kCopyObject) return;
    for (const int i : {0, 1, 450, 899}) world_.put_source("k" + std::to_string(1000 + i), 1, 0);
  });
  const SyncResult result = run();
  EXPECT_EQ(result.counters.skipped_for(SkipReason::kBackAtSource), 4u);
  EXPECT_EQ(result.counters.deleted.objects, 896u);
  EXPECT_LE(world_.count(Operation::kHeadObject), 3u);  // the rest by pages
}

TEST_F(TrapTest, ExtrasWrittenAfterTheRunBeganAreLeft) {
  world_.put_source("a", 1);
  world_.put_target("old", 1);
  sim::ObjectSpec fresh;
  fresh.key = "fresh";
  fresh.size = 1;
  fresh.mtime = world_.runtime().wall_now() + 1ms;
  world_.put(testing::kTargetBucket, fresh);
  // And one that is replaced between listing and deletion.
  world_.put_target("replaced", 1);
  world_.sim().after_request([this](const sim::RequestInfo& request) {
    if (request.operation == Operation::kCopyObject) world_.put_target("replaced", 9, 0, 5);
  });
  world_.sim().add_latency({std::nullopt, 20ms, {}, 0});
  const SyncResult result = run();
  EXPECT_EQ(sink_.deleted, Names{"old"});
  EXPECT_EQ(sink_.skipped, (Names{"changed-at-target replaced", "written-meanwhile fresh"}));
  EXPECT_EQ(world_.target_keys(), (Names{"a", "fresh", "replaced"}));
}

TEST_F(TrapTest, TheTargetsClockDecidesWhatIsNew) {
  // The target's clock is a minute behind ours: what it dates half a minute ago is new.
  world_.put_source("a", 1);
  world_.put_target("x", 1, 30);
  world_.pair().clock_offset = [](Side) { return std::chrono::milliseconds(-60'000); };
  run();
  EXPECT_EQ(sink_.skipped, Names{"written-meanwhile x"});
}

TEST_F(TrapTest, AnEmptySourceDeletesNothingUnlessAsked) {
  world_.put_target("a", 1);
  EXPECT_EQ(run().deletions, DeletionsOutcome::kRefusedEmptySource);
  EXPECT_EQ(world_.target_keys(), Names{"a"});
  options_.allow_empty_source = true;
  RecordingSink sink;
  EXPECT_EQ(sync(world_, options_, sink).exit_code(), 0);
  EXPECT_TRUE(world_.target_keys().empty());
}

TEST_F(TrapTest, CapsRefuseAndTheCopiesStay) {
  world_.put_source("a", 1);
  for (int i = 0; i < 5; ++i) world_.put_target("x" + std::to_string(i), 1);
  options_.max_delete.count = 4;
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_EQ(result.deletions, DeletionsOutcome::kRefusedCap);
  EXPECT_NE(result.deletions_message.find("--max-delete 5"), std::string::npos);
  EXPECT_EQ(world_.target_keys().size(), 6u);
  EXPECT_EQ(result.counters.skipped_for(SkipReason::kDeletionsRefused), 5u);
}

TEST_F(TrapTest, OneDeniedDeletionFailsAloneAndTheOthersHappen) {
  world_.put_source("s", 1);
  for (const char* key : {"a", "b", "c"}) world_.put_target(key, 1);
  Fault denied = fault(Fault::On::kTarget, Operation::kDeleteObjects, 403, "AccessDenied");
  denied.key = "b";
  world_.sim().add_fault(denied);
  EXPECT_EQ(run().exit_code(), 1);
  EXPECT_EQ(sink_.deleted, (Names{"a", "c"}));
  EXPECT_EQ(sink_.failed, Names{"b"});
}

TEST_F(TrapTest, OneDeniedCopyFailsAloneAndTheOthersHappen) {
  for (const char* key : {"a", "b", "c"}) world_.put_source(key, 1);
  Fault denied = fault(Fault::On::kTarget, Operation::kCopyObject, 403, "AccessDenied");
  denied.key = "a";  // the very one by which the principal is chosen
  world_.sim().add_fault(denied);
  EXPECT_EQ(run().exit_code(), 1);
  EXPECT_EQ(sink_.copied, (Names{"b", "c"}));
  EXPECT_EQ(sink_.failed, Names{"a"});
}

TEST_F(TrapTest, AForeignWriteAtTheTargetIsAConflictNeverOverwritten) {
  world_.put_source("changed", 1);
  world_.put_target("changed", 2);
  world_.put_source("missing", 1);
  world_.sim().before_request([this](const sim::RequestInfo& request) {
    if (request.operation == Operation::kCopyObject)
      world_.put_target(std::string(request.key), 50, 0, 99);
  });
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_EQ(result.counters.conflicts, 2u);
  EXPECT_EQ(sink_.failed, (Names{"changed", "missing"}));
  EXPECT_EQ(size_at_target("changed"), 50u);
  EXPECT_EQ(size_at_target("missing"), 50u);
}

TEST_F(TrapTest, AnAnswerThatWasLostIsNotTakenForAForeignWrite) {
  world_.put_source("a", 7);
  Fault lost;
  lost.operations = {Operation::kCopyObject};
  lost.drop = Fault::Drop::kAfter;
  lost.times = 1;
  world_.sim().add_fault(lost);
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(sink_.copied, Names{"a"});
}

TEST_F(TrapTest, ATargetWithoutConditionalCopiesIsRememberedAndGetsNone) {
  for (int i = 0; i < 20; ++i) world_.put_source("k" + std::to_string(i), 1);
  options_.concurrency = 1;
  Fault unknown = fault(Fault::On::kTarget, Operation::kCopyObject, 501, "NotImplemented");
  unknown.times = 1;
  world_.sim().add_fault(unknown);
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 0);
  EXPECT_FALSE(result.conditional_writes);
  EXPECT_EQ(result.counters.copied.objects, 20u);
  EXPECT_EQ(world_.count(Operation::kCopyObject), 21u);
}

TEST_F(TrapTest, AStormOf503At1024InFlightFailsNoObject) {
  SimPairOptions many;
  many.source_synthetic.emplace();
  many.source_synthetic->count = 5000;
  SimPair world(many);
  world.sim().add_latency({Operation::kCopyObject, 30ms, 10ms, 0});
  sim::RateSpec rate;
  rate.bucket = testing::kTargetBucket;
  rate.writes_per_second = 150;
  world.sim().add_rate_limit(rate);
  options_.concurrency = 1024;
  RecordingSink sink;
  std::uint64_t most_in_flight = 0;
  world.sim().before_request([&](const sim::RequestInfo&) {
    if (sink.live == nullptr) return;
    most_in_flight = std::max(most_in_flight, sink.live->copies_in_flight);
  });
  const SyncResult result = sync(world, options_, sink);
  // The first 1,024 meet the limit; what comes after them goes by their lanes' rates.
  EXPECT_GT(world.counters().slow_downs, 500u);
  EXPECT_LT(world.counters().slow_downs, 2000u);
  EXPECT_EQ(most_in_flight, 1024u);
  EXPECT_EQ(result.counters.failed.objects, 0u);
  EXPECT_EQ(result.counters.copied.objects, 5000u);
  EXPECT_EQ(result.exit_code(), 0);
  // Paced, it should not take much longer than the server's own rate allows.
  EXPECT_LT(world.runtime().now() - TimePoint{}, Duration(5000s / 150 * 4));
  EXPECT_TRUE(sink.warned_of(WarningKind::kSlowedDown));
}

TEST_F(TrapTest, AServerThatIsDownForTwentySecondsFailsNoObject) {
  for (int i = 0; i < 300; ++i) world_.put_source("k" + std::to_string(i), 1);
  Fault down = fault(Fault::On::kTarget, Operation::kCopyObject, 503, "SlowDown");
  world_.sim().add_fault(down);
  const TimePoint begin = world_.runtime().now();
  world_.sim().before_request([this, begin](const sim::RequestInfo&) {
    if (world_.runtime().now() - begin > 20s) world_.sim().clear_faults();
  });
  EXPECT_EQ(run().counters.copied.objects, 300u);
  EXPECT_TRUE(sink_.failed.empty());
}

TEST_F(TrapTest, AnEndpointThatIsGoneStopsTheRunWithinMinutes) {
  for (int i = 0; i < 300; ++i) world_.put_source("k" + std::to_string(i), 1);
  options_.concurrency = 8;
  int copies = 0;
  world_.sim().after_request([&](const sim::RequestInfo& request) {
    if (request.operation == Operation::kCopyObject && ++copies == 20)
      world_.transport().refuse_all();
  });
  const TimePoint begin = world_.runtime().now();
  const SyncResult result = run();
  ASSERT_TRUE(result.stopped);
  EXPECT_EQ(result.stopped->kind(), ErrorKind::kConnect);
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_TRUE(sink_.warned_of(WarningKind::kNetworkFailing));
  EXPECT_FALSE(sink_.warned_of(WarningKind::kSlowedDown)) << "no server asked for it";
  EXPECT_GE(result.counters.copied.objects, 20u);
  EXPECT_LT(world_.runtime().now() - begin, 180s);
}

}  // namespace
}  // namespace s3ferry
