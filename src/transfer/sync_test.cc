// The engine against the simulated S3: one ordinary run of each kind.

#include "transfer/sync.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/run.h"

namespace s3ferry {
namespace {

using sim::Operation;
using testing::RecordingSink;
using testing::SimPair;
using testing::SimPairOptions;
using testing::sync;
using Names = std::vector<std::string>;

class SyncTest : public ::testing::Test {
 protected:
  SyncResult run() { return sync(world_, options_, sink_); }
  SimPair world_;
  SyncOptions options_;
  RecordingSink sink_;
};

TEST_F(SyncTest, CopiesWhatIsMissingOrChangedAndLeavesTheRest) {
  world_.put_source("changed", 10);
  world_.put_source("missing", 20);
  world_.put_source("newer", 30, 100);
  world_.put_source("same", 40);
  world_.put_target("changed", 11);
  world_.put_target("extra", 5);
  world_.put_target("newer", 30, 200);
  world_.put_target("same", 40);
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 0);
  EXPECT_EQ(sink_.copied, (Names{"changed", "missing", "newer"}));
  EXPECT_EQ(result.counters.copied.bytes, 60u);
  EXPECT_EQ(result.counters.same.objects, 1u);
  EXPECT_EQ(result.counters.extras_kept.objects, 1u);
  EXPECT_EQ(world_.target_keys(), (Names{"changed", "extra", "missing", "newer", "same"}));
  EXPECT_EQ(world_.sim().find_object("target-bucket", "changed")->size, 10u);
  EXPECT_EQ(result.copied_as, CopyAs::kSource);
  EXPECT_EQ(world_.count(Operation::kCopyObject), 3u);
  EXPECT_EQ(world_.count(Operation::kHeadObject), 0u);

  RecordingSink again;
  EXPECT_EQ(sync(world_, options_, again).counters.copied.objects, 0u);
}

TEST_F(SyncTest, DeletesExtrasAfterLookingAgain) {
  world_.put_source("a", 1);
  world_.put_target("a", 1);
  world_.put_target("b", 1);
  world_.put_target("c", 1);
  options_.delete_extras = true;
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 0);
  EXPECT_EQ(result.deletions, DeletionsOutcome::kDone);
  EXPECT_EQ(sink_.deleted, (Names{"b", "c"}));
  EXPECT_EQ(world_.target_keys(), Names{"a"});
  EXPECT_EQ(world_.count(Operation::kDeleteObjects), 1u);
  EXPECT_EQ(sink_.phases, (Names{"copying", "deleting"}));
}

TEST_F(SyncTest, DryRunChangesNothing) {
  world_.put_source("a", 1);
  world_.put_target("b", 1);
  options_.delete_extras = true;
  options_.dry_run = true;
  const SyncResult result = run();
  EXPECT_EQ(sink_.would_copy, Names{"a"});
  EXPECT_EQ(sink_.would_delete, Names{"b"});
  EXPECT_EQ(result.deletions, DeletionsOutcome::kDryRun);
  EXPECT_EQ(world_.target_keys(), Names{"b"});
  EXPECT_EQ(world_.count(Operation::kCopyObject), 0u);
}

TEST_F(SyncTest, ExcludedExtrasAreNeverDeleted) {
  world_.put_source("a", 1);
  world_.put_target("a", 1);
  world_.put_target("keep.log", 1);
  world_.put_target("x", 1);
  options_.delete_extras = true;
  options_.filters.exclude("*.log");
  run();
  EXPECT_EQ(world_.target_keys(), (Names{"a", "keep.log"}));
}

TEST_F(SyncTest, OddKeysArriveByteForByte) {
  const Names odd{"/",
                  "//a",
                  "./b",
                  "../c",
                  "a b",
                  "a+b",
                  "a%2Fb",
                  "a/",
                  "a//b",
                  "\x01x",
                  "line\nbreak",
                  "q?x=1",
                  "한글/키",
                  "\xF0\x9F\x98\x80",
                  std::string(1024, 'k')};
  for (const std::string& key : odd) world_.put_source(key, key.back() == '/' ? 0 : 3);
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(world_.target_keys(), world_.sim().keys("source-bucket"));
  EXPECT_EQ(world_.target_keys().size(), odd.size());
}

TEST_F(SyncTest, WhatAFullCopyCannotBringIsReported) {
  world_.put_source("plain", 1);
  sim::ObjectSpec odd;
  odd.key = "odd";
  odd.size = 1;
  odd.metadata = {{"bad", "\x01"}};  // no header text
  world_.put("source-bucket", odd);
  options_.attributes.full = true;
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 0);
  EXPECT_EQ(result.counters.copied.objects, 2u);
  EXPECT_EQ(result.counters.not_reproducible, 1u);
  EXPECT_TRUE(sink_.warned_of(WarningKind::kNotReproducible));
}

TEST_F(SyncTest, AnObjectUnderItsOwnersKeyFailsAndSaysSo) {
  world_.put_source("sse-c", 1);
  sim::Fault no_key;
  no_key.on = sim::Fault::On::kSource;
  no_key.operations = {Operation::kHeadObject};
  no_key.status = 400;
  no_key.code = "InvalidRequest";
  world_.sim().add_fault(no_key);
  options_.attributes.full = true;
  EXPECT_EQ(run().exit_code(), 1);
  ASSERT_EQ(sink_.errors.size(), 1u);
  EXPECT_NE(sink_.errors[0].message().find("SSE-C"), std::string::npos);
}

TEST_F(SyncTest, ArchivedObjectsAreSkippedWithAWarning) {
  sim::ObjectSpec cold;
  cold.key = "cold";
  cold.size = 3;
  cold.storage_class = "GLACIER";
  world_.put("source-bucket", cold);
  world_.put_source("warm", 1);
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 2);
  EXPECT_EQ(sink_.skipped, Names{"archived cold"});
  EXPECT_EQ(sink_.copied, Names{"warm"});
}

TEST_F(SyncTest, TheStorageClassIsKept) {
  sim::ObjectSpec rare;
  rare.key = "rare";
  rare.size = 3;
  rare.storage_class = "STANDARD_IA";
  world_.put("source-bucket", rare);
  rare.key = "reduced";
  rare.storage_class = "REDUCED_REDUNDANCY";
  world_.put("source-bucket", rare);
  run();
  EXPECT_EQ(world_.sim().find_object("target-bucket", "rare")->storage_class, "STANDARD_IA");
  EXPECT_EQ(world_.sim().find_object("target-bucket", "reduced")->storage_class, "STANDARD");
}

TEST_F(SyncTest, OverFiveGibibytesGoesInParts) {
  world_.put_source("big", 5'368'709'121);
  world_.put_source("small", 1);
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 0);
  EXPECT_EQ(sink_.copied, (Names{"big", "small"}));
  EXPECT_EQ(world_.count(Operation::kCompleteMultipartUpload), 1u);
}

TEST(SyncPrefixes, LogsNeverTouchesLogsOld) {
  SimPairOptions prefixes;
  prefixes.source_prefix = prefixes.target_prefix = "logs/";
  SimPair world(prefixes);
  world.put_source("logs/1", 1);
  world.put_source("logs-old/9", 1);
  for (const char* key : {"logs", "logs-old/1", "logs/1", "logs/2", "logs.txt"})
    world.put_target(key, 1);
  SyncOptions options;
  options.delete_extras = true;
  RecordingSink sink;
  sync(world, options, sink);
  EXPECT_EQ(sink.deleted, Names{"2"});
  EXPECT_EQ(world.target_keys(), (Names{"logs", "logs-old/1", "logs.txt", "logs/1"}));
}

TEST(SyncPrefixes, SiblingsInOneBucketAndNestedOnesRefused) {
  SimPairOptions options;
  options.same_bucket = true;
  options.source_prefix = "logs/";
  options.target_prefix = "logs-old/";
  SimPair world(options);
  world.put_source("logs-old/9", 1);
  world.put_source("logs/1", 1);
  SyncOptions with_delete;
  with_delete.delete_extras = true;
  RecordingSink sink;
  EXPECT_EQ(sync(world, with_delete, sink).exit_code(), 0);
  EXPECT_EQ(world.sim().keys("source-bucket"), (Names{"logs-old/1", "logs/1"}));

  options.source_prefix = "";
  options.target_prefix = "backup/";
  SimPair nested(options);
  nested.put_source("a", 1);
  RecordingSink refused;
  const SyncResult result = sync(nested, with_delete, refused);
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_EQ(result.stopped->kind(), ErrorKind::kRefused);
  EXPECT_EQ(nested.counters().requests, 0u);
}

struct CopyAsCase {
  bool push, pull;
  CopyAs asked;
  int exit_code;
  CopyAs settled;
  std::uint64_t copies;  // requests
};
class CopyAsTest : public ::testing::TestWithParam<CopyAsCase> {};
TEST_P(CopyAsTest, TheFirstThatIsAllowedCopies) {
  const CopyAsCase& c = GetParam();
  SimPairOptions world_options;
  world_options.push = c.push;
  world_options.pull = c.pull;
  SimPair world(world_options);
  for (const char* key : {"a", "b", "c"}) world.put_source(key, 1);
  SyncOptions options;
  options.copy_as = c.asked;
  RecordingSink sink;
  const SyncResult result = sync(world, options, sink);
  EXPECT_EQ(result.exit_code(), c.exit_code);
  EXPECT_EQ(result.copied_as, c.settled);
  EXPECT_EQ(world.count(Operation::kCopyObject), c.copies);
  if (c.exit_code != 0) {
    ASSERT_FALSE(sink.errors.empty());
    EXPECT_NE(sink.errors[0].message().find("s3:PutObject"), std::string::npos);
  }
}
INSTANTIATE_TEST_SUITE_P(
    All, CopyAsTest,
    ::testing::Values(CopyAsCase{true, false, CopyAs::kAuto, 0, CopyAs::kSource, 3},
                      CopyAsCase{true, true, CopyAs::kAuto, 0, CopyAs::kSource, 3},
                      CopyAsCase{false, true, CopyAs::kAuto, 0, CopyAs::kTarget, 4},
                      CopyAsCase{false, true, CopyAs::kTarget, 0, CopyAs::kTarget, 3},
                      CopyAsCase{false, true, CopyAs::kSource, 1, CopyAs::kSource, 3},
                      CopyAsCase{false, false, CopyAs::kAuto, 1, CopyAs::kAuto, 6}));

// Without s3:GetObject at the target If-Match is denied, as S3 does it: then it is left out.
TEST_F(SyncTest, APusherThatMayNotReadTheTargetOverwritesUnguarded) {
  ASSERT_TRUE(world_.sim().set_bucket_policy(
      "target-bucket", R"({"Statement":{"Effect":"Allow","Principal":{"AWS":"111111111111"},
                           "Action":["s3:PutObject","s3:PutObjectTagging"],
                           "Resource":"arn:aws:s3:::target-bucket/*"}})"));
  for (const char* key : {"changed-1", "changed-2", "missing"}) world_.put_source(key, 1);
  for (const char* key : {"changed-1", "changed-2"}) world_.put_target(key, 2);
  options_.concurrency = 1;
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 0);
  EXPECT_EQ(sink_.copied, (Names{"changed-1", "changed-2", "missing"}));
  EXPECT_EQ(result.copied_as, CopyAs::kSource);
  EXPECT_TRUE(sink_.warned_of(WarningKind::kNoConditionalWrites));
  EXPECT_EQ(world_.count(Operation::kCopyObject), 4u);  // the second changed one knows it
}

TEST_F(SyncTest, AnAclThatTheBucketDoesNotTakeStopsWithAdvice) {
  for (int i = 0; i < 50; ++i) world_.put_source("k" + std::to_string(i), 1);
  options_.attributes.acl = "public-read";
  options_.concurrency = 1;
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 1);
  ASSERT_TRUE(result.stopped);
  EXPECT_NE(result.stopped->message().find("--acl"), std::string::npos);
  EXPECT_LE(world_.count(Operation::kCopyObject), 2u);
  EXPECT_EQ(result.counters.copied.objects, 0u);
  EXPECT_EQ(result.counters.listed_source.objects, 50u);
  EXPECT_EQ(result.counters.failed.objects + result.counters.skipped_for(SkipReason::kNotTried),
            50u);
}

TEST_F(SyncTest, ManyDeniedFromTheStartEndTheRun) {
  SimPairOptions closed;
  closed.push = false;
  SimPair world(closed);
  for (int i = 0; i < 500; ++i) world.put_source("k" + std::to_string(i), 1);
  const SyncResult result = sync(world, options_, sink_);
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_TRUE(result.stopped);
  EXPECT_EQ(sink_.failed.size(), 20u);
}

}  // namespace
}  // namespace s3ferry
