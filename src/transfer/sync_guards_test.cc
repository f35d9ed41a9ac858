// Guards behind guards: what holds where the first one cannot tell, or fails itself.

#include <algorithm>
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

class GuardTest : public ::testing::Test {
 protected:
  GuardTest() { options_.delete_extras = true; }
  SyncResult run() { return sync(world_, options_, sink_); }
  // Once, when the first copy is done: all is listed by then, and nothing deleted.
  template <class Change>
  void after_the_first_copy(Change change) {
    world_.sim().after_request([this, change](const sim::RequestInfo& request) {
      if (request.operation == Operation::kCopyObject && !changed_) {
        changed_ = true;
        change();
      }
    });
  }
  void at_the_source(Operation operation, int status, std::string code,
                     std::vector<Names> pages = {}) {
    Fault fault;
    fault.on = Fault::On::kSource;
    fault.operations = {operation};
    fault.status = status;
    fault.code = std::move(code);
    fault.pages = std::move(pages);
    world_.sim().add_fault(fault);
  }
  SimPair world_;
  SyncOptions options_;
  RecordingSink sink_;
  bool changed_ = false;
};

// A service that copies whatever is there, as if the condition had not been sent: between the
// copy's two hooks the source bears the listed ETag over other bytes.
class IgnoredConditionTest : public GuardTest {
 protected:
  void ignore_the_condition(std::string listed, bool encrypted, ByteCount now_there) {
    world_.sim().before_request([this, listed, encrypted](const sim::RequestInfo& request) {
      if (request.operation != Operation::kCopyObject || changed_) return;
      sim::ObjectSpec other;
      other.key = "a";
      other.size = 100;
      other.seed = 77;
      other.etag = listed;
      if (encrypted) {
        other.encryption = "aws:kms";
        other.kms_key = "arn:aws:kms:us-east-1:111111111111:key/k";
      }
      world_.put(testing::kSourceBucket, other);
    });
    after_the_first_copy([this, now_there] { world_.put_source("a", now_there, 0, 77); });
  }
  ByteCount size_at_target() { return world_.sim().find_object(testing::kTargetBucket, "a")->size; }
};

TEST_F(IgnoredConditionTest, IsFoundOutByTheCopysOwnEtag) {
  world_.put_source("a", 1);
  ignore_the_condition(world_.sim().find_object(testing::kSourceBucket, "a")->etag, true, 100);
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 0);
  EXPECT_TRUE(result.source_condition_ignored);
  EXPECT_TRUE(sink_.warned_of(WarningKind::kConditionIgnored));
  EXPECT_EQ(sink_.late, Names{"a"});
  EXPECT_TRUE(result.set_aside.changed.contains("a"));  // the check calls it late as well
  EXPECT_EQ(result.counters.copied.bytes, 100u);
  EXPECT_EQ(world_.count(Operation::kCopyObject), 1u);  // what arrived is what is there now
}

TEST_F(IgnoredConditionTest, IsCopiedAgainWhereTheSourceWentOn) {
  world_.put_source("a", 1);
  ignore_the_condition(world_.sim().find_object(testing::kSourceBucket, "a")->etag, true, 200);
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(sink_.late, Names{"a"});
  EXPECT_EQ(size_at_target(), 200u);
}

// The ETag of parts does not come out of CopyObject, so it cannot show what was copied.
TEST_F(IgnoredConditionTest, IsLookedForWhereTheEtagDoesNotTell) {
  sim::ObjectSpec in_parts;
  in_parts.key = "a";
  in_parts.size = 1;
  in_parts.etag = "0cc175b9c0f1b6a831c399e269772661-1";
  in_parts.mtime = world_.ago(1000);
  world_.put(testing::kSourceBucket, in_parts);
  options_.multipart.etag = EtagPolicy::kAny;
  ignore_the_condition(in_parts.etag, false, 200);
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(sink_.late, Names{"a"});
  EXPECT_EQ(size_at_target(), 200u);
}

TEST_F(GuardTest, AForeignWriteOfTheSameBytesIsStillForeign) {
  world_.put_source("a", 7);
  world_.sim().before_request([this](const sim::RequestInfo& request) {
    if (request.operation == Operation::kCopyObject) world_.put_target("a", 7, 0);
  });
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_EQ(result.counters.conflicts, 1u);
  EXPECT_TRUE(sink_.copied.empty());
}

TEST_F(GuardTest, AnEtagUnderAKeySaysNothing) {
  sim::ObjectSpec encrypted;
  encrypted.key = "a";
  encrypted.size = 7;
  encrypted.seed = 1;
  encrypted.mtime = world_.ago(1000);
  encrypted.encryption = "aws:kms";
  encrypted.kms_key = "arn:aws:kms:us-east-1:111111111111:key/k";
  world_.put(testing::kSourceBucket, encrypted);
  world_.put_target("a", 7);
  options_.compare.mode = CompareMode::kEtag;
  const SyncResult result = run();
  EXPECT_EQ(result.counters.same.objects, 1u);
  EXPECT_EQ(result.counters.etag_incomparable, 1u);
  EXPECT_EQ(world_.count(Operation::kCopyObject), 0u);
}

TEST_F(GuardTest, AListingThatFailsEndsTheRunWithoutDeletionsToo) {
  for (const char* key : {"a", "b", "c"}) world_.put_source(key, 1);
  options_.delete_extras = false;
  options_.page_size = 2;
  Fault page2;
  page2.on = Fault::On::kSource;
  page2.operations = {Operation::kListObjectsV2};
  page2.page = 2;
  page2.status = 500;
  page2.code = "InternalError";
  world_.sim().add_fault(page2);
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_TRUE(result.stopped);
}

// With the ETag that was listed, where the service is known to look at it.
TEST_F(GuardTest, ATrustedDeletionNamesTheListedEtag) {
  world_.pair().conditions_trusted = true;
  world_.put_source("a", 1);
  for (const char* key : {"old", "replaced"}) world_.put_target(key, 1);
  after_the_first_copy([this] { world_.put_target("replaced", 9, 0, 5); });
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(sink_.deleted, Names{"old"});
  EXPECT_EQ(sink_.skipped, Names{"changed-at-target replaced"});
  EXPECT_EQ(world_.count(Operation::kHeadObject), 2u);  // the source's two: back or not
}

TEST_F(GuardTest, WithoutConditionalDeletionsTheTargetIsLookedAt) {
  world_.put_source("a", 1);
  for (const char* key : {"old", "replaced", "same-second"}) world_.put_target(key, 1);
  sim::ObjectSpec other;
  other.key = "same-second";
  other.content = "other bytes under the listed time";
  other.mtime = world_.sim().find_object(testing::kTargetBucket, "same-second")->mtime;
  after_the_first_copy([this, other] {
    world_.put_target("replaced", 9, 0, 5);
    world_.put(testing::kTargetBucket, other);
  });
  Fault unknown;
  unknown.operations = {Operation::kDeleteObjects};
  unknown.status = 501;
  unknown.code = "NotImplemented";
  unknown.times = 1;
  world_.sim().add_fault(unknown);
  world_.sim().add_latency({std::nullopt, 2s, {}, 0});
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(sink_.deleted, Names{"old"});
  EXPECT_EQ(sink_.skipped, (Names{"changed-at-target same-second", "written-meanwhile replaced"}));
}

// A target that is said to honour conditions, and turns out to take none: what was not looked at
// for their sake is looked at before the deletions are sent without them.
TEST_F(GuardTest, ConditionsThatAreDroppedUnderWayAreMadeUpForByALook) {
  world_.pair().conditions_trusted = true;
  world_.put_source("a", 1);
  for (const char* key : {"old", "replaced"}) world_.put_target(key, 1);
  after_the_first_copy([this] { world_.put_target("replaced", 9, 500, 5); });
  Fault unknown;
  unknown.operations = {Operation::kDeleteObjects};
  unknown.status = 501;
  unknown.code = "NotImplemented";
  unknown.times = 1;
  world_.sim().add_fault(unknown);
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(sink_.deleted, Names{"old"});
  EXPECT_EQ(sink_.skipped, Names{"changed-at-target replaced"});
}

// What was seen just before a deletion is not believed for long.
TEST_F(GuardTest, ADeletionThatHadToWaitIsLookedAtAgain) {
  world_.put_source("a", 1);
  for (const char* key : {"back", "old"}) world_.put_target(key, 1);
  Fault slow_down;
  slow_down.operations = {Operation::kDeleteObjects};
  slow_down.status = 503;
  slow_down.code = "SlowDown";
  slow_down.times = 10;
  world_.sim().add_fault(slow_down);
  world_.sim().before_request([this](const sim::RequestInfo& request) {
    if (request.operation != Operation::kDeleteObjects || changed_) return;
    changed_ = true;
    world_.put_source("back", 1, 0);
  });
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(sink_.deleted, Names{"old"});
  EXPECT_EQ(sink_.skipped, Names{"back-at-source back"});
}

TEST_F(GuardTest, WhatWasWrittenAnewIsLeftThoughItsBytesAreTheSame) {
  world_.put_source("a", 1);
  for (const char* key : {"alike", "old"}) world_.put_target(key, 1);
  after_the_first_copy([this] { world_.put_target("alike", 1, 0); });
  world_.sim().add_latency({std::nullopt, 2s, {}, 0});
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(sink_.deleted, Names{"old"});
  EXPECT_EQ(sink_.skipped, Names{"written-meanwhile alike"});
}

TEST_F(GuardTest, AnotherTimeStampIsAnotherObject) {
  world_.put_source("a", 1);
  for (const char* key : {"alike", "old"}) world_.put_target(key, 1);
  // Older than the run, yet not the one that was listed: a clock that was set back, say.
  after_the_first_copy([this] { world_.put_target("alike", 1, 500); });
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(sink_.deleted, Names{"old"});
  EXPECT_EQ(sink_.skipped, Names{"changed-at-target alike"});
}

TEST_F(GuardTest, ALookThatFailsDeletesNothing) {
  world_.put_source("a", 1);
  for (const char* key : {"m", "n"}) world_.put_target(key, 1);
  after_the_first_copy([this] { at_the_source(Operation::kHeadObject, 500, "InternalError"); });
  EXPECT_EQ(run().exit_code(), 1);
  EXPECT_EQ(sink_.failed, (Names{"m", "n"}));
  EXPECT_EQ(world_.target_keys(), (Names{"a", "m", "n"}));
  EXPECT_EQ(world_.count(Operation::kDeleteObjects), 0u);
}

TEST_F(GuardTest, ALookAtTheTargetThatFailsDeletesNothing) {
  world_.put_source("a", 1);
  for (const char* key : {"m", "n"}) world_.put_target(key, 1);
  Fault broken;
  broken.on = Fault::On::kTarget;
  broken.operations = {Operation::kHeadObject};
  broken.status = 500;
  broken.code = "InternalError";
  world_.sim().add_fault(broken);
  EXPECT_EQ(run().exit_code(), 1);
  EXPECT_EQ(sink_.failed, (Names{"m", "n"}));
  EXPECT_EQ(world_.target_keys(), (Names{"a", "m", "n"}));
}

// 403 on HEAD may hide a key that is there: the listing knows.
TEST_F(GuardTest, ADeniedLookIsNotAGoneKey) {
  world_.put_source("a", 1);
  for (const char* key : {"m", "n"}) world_.put_target(key, 1);
  after_the_first_copy([this] {
    world_.put_source("m", 1, 0);
    world_.put_source("n-and-more", 1, 0);  // begins like the one that is gone
    at_the_source(Operation::kHeadObject, 403, "AccessDenied");
  });
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(sink_.skipped, Names{"back-at-source m"});
  EXPECT_EQ(sink_.deleted, Names{"n"});
}

TEST_F(GuardTest, AnEmptyPageThatGoesOnIsNotAGoneKey) {
  world_.put_source("a", 1);
  world_.put_target("m", 1);
  after_the_first_copy([this] {
    world_.put_source("m", 1, 0);
    at_the_source(Operation::kHeadObject, 403, "AccessDenied");
    at_the_source(Operation::kListObjectsV2, 0, "", {{}, {"m"}});
  });
  EXPECT_EQ(run().exit_code(), 1);
  EXPECT_TRUE(sink_.deleted.empty());
  EXPECT_EQ(world_.target_keys(), (Names{"a", "m"}));
}

TEST_F(GuardTest, APageOfLooksThatFailsDeletesNothing) {
  world_.put_source("a", 1);
  for (int i = 0; i < 900; ++i) world_.put_target("k" + std::to_string(1000 + i), 1);
  after_the_first_copy([this] { at_the_source(Operation::kListObjectsV2, 500, "InternalError"); });
  options_.max_failures_in_a_row = 0;  // the one that was looked at is to be deleted
  EXPECT_EQ(run().exit_code(), 1);
  EXPECT_EQ(sink_.failed.size(), 899u);  // the first of a page is looked at alone
  EXPECT_EQ(world_.target_keys().size(), 900u);
}

// Rule 7: the listing waits for the copies, it does not queue the bucket.
TEST(GuardMemory, TheListingDoesNotRunAhead) {
  SimPairOptions many;
  many.source_synthetic.emplace();
  many.source_synthetic->count = 20'000;
  SimPair world(many);
  world.sim().add_latency({Operation::kCopyObject, 10ms, {}, 0});
  SyncOptions options;
  options.concurrency = 8;
  options.list_concurrency = 1;  // one range
  std::uint64_t furthest = 0;
  world.sim().before_request([&](const sim::RequestInfo& request) {
    if (request.operation != Operation::kCopyObject) return;
    // Keys listed beyond those that are being copied.
    const std::uint64_t listed = world.count(Operation::kListObjectsV2) * 1000;
    furthest = std::max(furthest, listed - std::min(listed, world.count(Operation::kCopyObject)));
  });
  RecordingSink sink;
  EXPECT_EQ(sync(world, options, sink).counters.copied.objects, 20'000u);
  EXPECT_LE(furthest, 5'000u);  // a page at work and one ahead, on each side
}

}  // namespace
}  // namespace s3ferry
