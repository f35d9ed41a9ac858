// Objects of which the target did not store what it was sent: they have the source's size and a
// newer time, so that only what is written down brings them back.

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "engine/mortal_run.h"

namespace s3ferry {
namespace {

using namespace std::chrono_literals;
using sim::Operation;
using ::testing::Contains;
using testing::Death;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kSourceBucket;
using testing::kTargetBucket;
using testing::MortalRun;
using testing::SimPair;
using Names = std::vector<std::string>;

// Three make an object so large that the simulator has its digests by formula.
constexpr ByteCount kPart = 32 * kMiB;

constexpr const char* kAnotherObject =
    "<CompleteMultipartUploadResult><ETag>\"0123456789abcdef0123456789abcdef-3\"</ETag>"
    "</CompleteMultipartUploadResult>";

class StoredWrongTest : public ::testing::Test {
 protected:
  StoredWrongTest() {
    options_.multipart.threshold = options_.multipart.part_bytes = kPart;
    options_.concurrency = 4;
    options_.max_failures_in_a_row = 0;
    world_.sim().add_latency({std::nullopt, 150ms, {}, 0});
    world_.sim().after_request([this](const sim::RequestInfo& request) {
      if (spoils_ && request.operation == Operation::kCompleteMultipartUpload)
        world_.put(kTargetBucket, object(std::string(request.key), 99, 0));
    });
  }
  sim::ObjectSpec object(std::string key, std::uint64_t seed, int seconds_ago) {
    sim::ObjectSpec out;
    out.key = std::move(key);
    out.size = 3 * kPart;
    out.part_size = kPart;
    out.seed = seed;
    out.mtime = world_.ago(seconds_ago);
    return out;
  }
  void put_source(const std::string& key) { world_.put(kSourceBucket, object(key, 1, 1000)); }
  // Whatever is completed becomes another object, and the answer says so.
  void spoil(bool on) {
    world_.sim().clear_faults();
    spoils_ = on;
    if (!on) return;
    sim::Fault fault;
    fault.operations = {Operation::kCompleteMultipartUpload};
    fault.status = 200;
    fault.take_effect = true;
    fault.body = kAnotherObject;
    world_.sim().add_fault(fault);
  }
  void refuse(Operation operation, int status, std::string code) {
    sim::Fault fault;
    fault.operations = {operation};
    fault.status = status;
    fault.code = std::move(code);
    world_.sim().add_fault(fault);
  }
  // A run that comes to its end; what it copied.
  Names copied_by(MortalRun& run) {
    const auto go = run.go();
    EXPECT_TRUE(go.result) << go.error->describe();
    if (go.result) EXPECT_FALSE(go.result->stopped) << go.result->stopped->describe();
    last_ = go.result ? *go.result : SyncResult();
    return run.told().copied;
  }
  std::uint64_t because_stored_wrong() const {
    return last_.counters.copied_because[static_cast<std::size_t>(CopyReason::kStoredWrong)];
  }
  bool is_right(const std::string& key) {
    return world_.sim().find_object(kTargetBucket, key)->etag ==
           world_.sim().find_object(kSourceBucket, key)->etag;
  }
  // One run that stores these wrong.
  void begin_with_wrong(MortalRun& run, const Names& keys) {
    for (const std::string& key : keys) put_source(key);
    spoil(true);
    EXPECT_THAT(copied_by(run), IsEmpty());
    EXPECT_EQ(last_.counters.failed.objects, keys.size());
    spoil(false);
    for (const std::string& key : keys) ASSERT_FALSE(is_right(key));
  }
  void find_many(std::uint32_t page_size) {
    options_.page_size = page_size;
    options_.concurrency = 16;
    MortalRun run(world_, options_);
    Names wrong;
    for (int i = 0; i < 90; ++i) wrong.push_back(fmt::format("k{:03}w", 2 * i));
    begin_with_wrong(run, wrong);
    for (int i = 0; i < 200; ++i) {
      world_.put_source(fmt::format("k{:03}", i), 10);
      world_.put_target(fmt::format("k{:03}", i), 10);
    }
    EXPECT_EQ(copied_by(run), wrong);
    EXPECT_EQ(because_stored_wrong(), 90U);
    EXPECT_EQ(last_.counters.same.objects, 200U);
    EXPECT_THAT(copied_by(run), IsEmpty());
  }

  SimPair world_;
  SyncOptions options_;
  SyncResult last_;
  bool spoils_ = false;
};

TEST_F(StoredWrongTest, IsCopiedAnewByTheNextRunAndOnce) {
  MortalRun run(world_, options_);
  begin_with_wrong(run, {"k"});
  ASSERT_EQ(run.told().errors.size(), 1U);
  EXPECT_EQ(run.told().errors[0].kind(), ErrorKind::kStoredWrong);
  EXPECT_THAT(run.told().errors[0].message(), HasSubstr("the next run copies it anew"));
  EXPECT_THAT(copied_by(run), ElementsAre("k"));
  EXPECT_EQ(because_stored_wrong(), 1U);
  EXPECT_TRUE(is_right("k"));
  EXPECT_THAT(copied_by(run), IsEmpty());
  EXPECT_EQ(last_.counters.same.objects, 1U);
}

TEST_F(StoredWrongTest, IsSaidToNeedAHandWhereNothingIsWrittenDown) {
  put_source("k");
  spoil(true);
  testing::RecordingSink told;
  (void)world_.runtime().run(
      run_sync(world_.runtime(), world_.pair(), options_, told, /*book=*/nullptr));
  ASSERT_EQ(told.errors.size(), 1U);
  EXPECT_EQ(told.errors[0].kind(), ErrorKind::kStoredWrong);
  EXPECT_THAT(told.errors[0].message(), HasSubstr("delete it at the target"));
}

TEST_F(StoredWrongTest, IsRememberedWhereItsNextCopyFailsOrIsSkipped) {
  MortalRun run(world_, options_);
  begin_with_wrong(run, {"k"});
  refuse(Operation::kUploadPartCopy, 400, "InvalidRequest");
  EXPECT_THAT(copied_by(run), IsEmpty());
  EXPECT_EQ(last_.counters.failed.objects, 1U);
  world_.sim().clear_faults();
  sim::ObjectSpec archived = object("k", 1, 1000);
  archived.storage_class = "GLACIER";
  world_.put(kSourceBucket, archived);
  EXPECT_THAT(copied_by(run), IsEmpty());
  EXPECT_EQ(last_.counters.skipped_for(SkipReason::kArchived), 1U);
  put_source("k");
  run.options.compare.no_overwrite = true;
  EXPECT_THAT(copied_by(run), IsEmpty());
  run.options.compare.no_overwrite = false;
  run.options.filters.exclude("k");
  EXPECT_THAT(copied_by(run), IsEmpty());
  run.options.filters = Filters();
  EXPECT_THAT(copied_by(run), ElementsAre("k"));
  EXPECT_TRUE(is_right("k"));
  EXPECT_THAT(copied_by(run), IsEmpty());
}

// By the try that found it, before its chunk had come to its end.
TEST_F(StoredWrongTest, IsRememberedByARunThatIsKilled) {
  options_.concurrency = 1;
  MortalRun run(world_, options_);
  put_source("a");
  for (int i = 0; i < 20; ++i) world_.put_source(fmt::format("b{:02}", i), 10);
  spoil(true);
  Death death;
  death.of = Operation::kCopyObject;
  death.at_request = 15;
  ASSERT_TRUE(run.go(death).died);
  ASSERT_FALSE(is_right("a"));
  spoil(false);
  const auto second = run.go();
  ASSERT_TRUE(second.result);
  EXPECT_TRUE(second.record.resumed);
  EXPECT_THAT(run.told().copied, Contains("a"));
  EXPECT_TRUE(is_right("a"));
}

// Found by a run that came to its end; the next dies before its turn comes, twice.
TEST_F(StoredWrongTest, IsRememberedByTriesThatDieBeforeItsTurn) {
  options_.concurrency = 1;
  MortalRun run(world_, options_);
  begin_with_wrong(run, {"z"});
  for (int i = 0; i < 20; ++i) world_.put_source(fmt::format("b{:02}", i), 10);
  for (const std::uint64_t at : {5, 3}) {
    Death death;
    death.of = Operation::kCopyObject;
    death.at_request = at;
    ASSERT_TRUE(run.go(death).died);
    ASSERT_FALSE(is_right("z"));
  }
  EXPECT_THAT(copied_by(run), Contains("z"));
  EXPECT_TRUE(is_right("z"));
}

TEST_F(StoredWrongTest, IsForgottenOnceItIsNowhere) {
  MortalRun run(world_, options_);
  begin_with_wrong(run, {"gone", "gone from the source"});
  const sim::ObjectSpec wrong = object("gone", 99, 0);
  ASSERT_TRUE(world_.sim().erase_object(kSourceBucket, "gone"));
  ASSERT_TRUE(world_.sim().erase_object(kTargetBucket, "gone"));
  ASSERT_TRUE(world_.sim().erase_object(kSourceBucket, "gone from the source"));
  world_.put_source("another", 1);  // an empty source is something else
  EXPECT_THAT(copied_by(run), ElementsAre("another"));
  put_source("gone");
  world_.put(kTargetBucket, wrong);
  put_source("gone from the source");
  EXPECT_THAT(copied_by(run), ElementsAre("gone from the source")) << "it still lay at the target";
  EXPECT_FALSE(is_right("gone")) << "another object, of which nothing bad is known";
}

// Over many pages and walks, and, more than are held at once, by one walk.
TEST_F(StoredWrongTest, ManyAreFoundAmongOthers) {
  find_many(7);
}
TEST_F(StoredWrongTest, ManyAreFoundByOneWalk) {
  find_many(1000);
}

TEST_F(StoredWrongTest, IsCopiedAnewByRetryFailed) {
  MortalRun run(world_, options_);
  put_source("b");
  put_source("y");
  EXPECT_THAT(copied_by(run), ElementsAre("b", "y"));
  begin_with_wrong(run, {"a", "k", "z"});
  run.retry_failed = true;
  EXPECT_THAT(copied_by(run), ElementsAre("a", "k", "z"));
  EXPECT_EQ(because_stored_wrong(), 3U);
  run.retry_failed = false;
  EXPECT_THAT(copied_by(run), IsEmpty());
}

// Two ETags of which a closer look would say that they tell nothing.
TEST_F(StoredWrongTest, IsCopiedAnewWhereEtagsAreCompared) {
  MortalRun run(world_, options_);
  begin_with_wrong(run, {"k"});
  sim::ObjectSpec encrypted;
  encrypted.key = "k";
  encrypted.size = 10;
  encrypted.seed = 1;
  encrypted.mtime = world_.ago(1000);
  encrypted.encryption = "aws:kms";
  encrypted.kms_key = "arn:aws:kms:us-east-1:111111111111:key/k";
  world_.put(kSourceBucket, encrypted);
  world_.put_target("k", 10, 0, 99);
  run.options.compare.mode = CompareMode::kEtag;
  EXPECT_THAT(copied_by(run), ElementsAre("k"));
  EXPECT_EQ(because_stored_wrong(), 1U);
  EXPECT_THAT(copied_by(run), IsEmpty());
  EXPECT_EQ(last_.counters.etag_incomparable, 1U);
}

// A service that ignores the condition copied what was there for a moment; what followed is denied.
TEST_F(StoredWrongTest, IsWhatAnIgnoredConditionLeftBehind) {
  sim::Quirks quirks;
  quirks.ignores_copy_conditions = true;
  world_.sim().set_quirks(quirks);
  options_.compare.size_only = true;
  MortalRun run(world_, options_);
  world_.put_source("k", 100, 1000, 1);
  bool once = true;
  world_.sim().before_request([&](const sim::RequestInfo& request) {
    if (once && request.operation == Operation::kCopyObject) world_.put_source("k", 100, 10, 2);
  });
  world_.sim().after_request([&](const sim::RequestInfo& request) {
    if (!once || request.operation != Operation::kCopyObject) return;
    once = false;
    world_.put_source("k", 100, 10, 3);
    refuse(Operation::kCopyObject, 400, "InvalidRequest");
  });
  EXPECT_THAT(copied_by(run), IsEmpty());
  EXPECT_EQ(last_.counters.failed.objects, 1U);
  world_.sim().clear_faults();
  EXPECT_FALSE(is_right("k"));
  EXPECT_THAT(copied_by(run), ElementsAre("k"));
  EXPECT_TRUE(is_right("k"));
  EXPECT_THAT(copied_by(run), IsEmpty());
}

}  // namespace
}  // namespace s3ferry
