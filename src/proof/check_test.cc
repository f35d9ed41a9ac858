#include "proof/check.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/recording_sink.h"
#include "engine/sim_pair.h"
#include "proof/verdict.h"

namespace s3ferry {
namespace {

using sim::Operation;
using testing::RecordingSink;
using testing::SimPair;
using testing::SimPairOptions;
using Names = std::vector<std::string>;

class CheckTest : public ::testing::Test {
 protected:
  Result<CheckResult> try_check() {
    auto out = world_.runtime().run(run_check(world_.runtime(), world_.pair(), options_, sink_));
    EXPECT_EQ(world_.counters().source_writes, 0u);
    return out;
  }
  CheckResult check() {
    auto out = try_check();
    EXPECT_TRUE(out.has_value());
    return out ? std::move(*out) : CheckResult();
  }
  void put_encrypted(std::string key, ByteCount size) {
    sim::ObjectSpec object;
    object.key = std::move(key);
    object.size = size;
    object.mtime = world_.ago(500);
    object.encryption = "aws:kms";
    world_.put(testing::kTargetBucket, std::move(object));
  }
  SimPair world_;
  CheckOptions options_;
  RecordingSink sink_;
};

TEST_F(CheckTest, EqualSidesPass) {
  for (const char* key : {"a", "b", "d/"}) {
    const ByteCount size = std::string_view(key) == "d/" ? 0 : 3;
    world_.put_source(key, size);
    world_.put_target(key, size);
  }
  const CheckResult result = check();
  EXPECT_TRUE(result.passed);
  EXPECT_EQ(result.counters.matched, 3u);
  EXPECT_EQ(result.counters.by_etag, 3u);
  EXPECT_EQ(result.counters.source.objects, 3u);
  EXPECT_EQ(result.counters.target.bytes, 6u);
  EXPECT_EQ(result.counters.markers_source.objects, 1u);
  EXPECT_EQ(sink_.compared, (Names{"=a", "=b", "=d/"}));
  EXPECT_EQ(sink_.objects.size(), 6u);
  EXPECT_EQ(world_.count(Operation::kHeadObject), 0u);
}

TEST_F(CheckTest, EachKindOfDifferenceIsFoundAndMended) {
  world_.put_source("missing", 1);
  world_.put_source("size", 1);
  world_.put_target("size", 2);
  world_.put_source("etag", 5, 1000, 1);
  world_.put_target("etag", 5, 900, 2);
  world_.put_target("extra", 1);
  const CheckResult result = check();
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(sink_.differences,
            (Names{"etag etag", "extra extra excused", "missing missing", "size size"}));
  EXPECT_EQ(sink_.compared, (Names{"*etag", "-extra", "+missing", "*size"}));
  EXPECT_EQ(result.counters.missing, 1u);
  EXPECT_EQ(result.counters.size_differs, 1u);
  EXPECT_EQ(result.counters.etag_differs, 1u);
  EXPECT_EQ(result.counters.extras_allowed, 1u);
  EXPECT_NE(result.advice.find("--compare etag"), std::string::npos);
  EXPECT_EQ(result.differences.size(), 4u);
}

TEST_F(CheckTest, SizeLevelDoesNotLookAtEtags) {
  world_.put_source("etag", 5, 1000, 1);
  world_.put_target("etag", 5, 900, 2);
  options_.level = CheckLevel::kSize;
  EXPECT_TRUE(check().passed);
}

TEST_F(CheckTest, ExtrasFailOnlyWhenAskedAndFailuresAlways) {
  world_.put_source("a", 1);
  world_.put_target("a", 1);
  world_.put_target("x", 1);
  EXPECT_TRUE(check().passed);
  options_.extras_fail = true;
  EXPECT_FALSE(check().passed);
  options_.extras_fail = false;
  options_.failed_objects = 1;
  EXPECT_FALSE(check().passed);
}

TEST_F(CheckTest, EncryptionByAKeyMakesTheSizeDecide) {
  world_.put_source("k", 5);
  put_encrypted("k", 5);
  world_.put_source("wrong", 5);
  put_encrypted("wrong", 6);
  const CheckResult result = check();
  EXPECT_EQ(result.counters.by_size_encrypted, 1u);
  EXPECT_EQ(sink_.differences, Names{"size wrong"});
}

TEST_F(CheckTest, ManyEncryptedAreSampledAndACorruptOneEndsTheSampling) {
  for (int i = 0; i < 400; ++i) {
    const std::string key = "k" + std::to_string(1000 + i);
    world_.put_source(key, 5);
    if (i >= 290)
      world_.put_target(key, 5, 900, 9);  // plain, other content
    else
      put_encrypted(key, 5);
  }
  const CheckResult result = check();
  EXPECT_FALSE(result.passed);
  EXPECT_GT(result.counters.encrypted_assumed, 100u);
  EXPECT_GE(result.counters.etag_differs, 80u);
  EXPECT_LT(world_.count(Operation::kHeadObject), 700u);
}

TEST_F(CheckTest, AnotherPartLayoutMakesTheSizeDecide) {
  sim::ObjectSpec parts;
  parts.key = "big";
  parts.parts = {5'242'880, 100};
  parts.size = 5'242'980;
  parts.mtime = world_.ago(1000);
  world_.put(testing::kSourceBucket, parts);
  world_.put_target("big", 5'242'980);
  const CheckResult result = check();
  EXPECT_TRUE(result.passed);
  EXPECT_EQ(result.counters.by_size_layout, 1u);
}

TEST_F(CheckTest, WhatChangedAfterTheRunBeganIsLate) {
  options_.as_of = world_.ago(50);
  options_.extras_fail = true;
  world_.put_source("changed", 2, 10);
  world_.put_target("changed", 1, 20);
  world_.put_source("new", 1, 5);
  world_.put_target("gone-since", 1, 40);  // copied by the run, then deleted at the source
  world_.put_source("old", 1);
  world_.put_target("old", 1);
  const CheckResult result = check();
  EXPECT_TRUE(result.passed);
  EXPECT_EQ(result.counters.late, 3u);
  EXPECT_EQ(sink_.differences,
            (Names{"size changed late", "extra gone-since late", "missing new late"}));
  options_.as_of.reset();
  EXPECT_FALSE(check().passed);
}

TEST_F(CheckTest, TheThresholdIsTheFirstPartInKeyOrder) {
  for (int i = 0; i < 100; ++i) {
    const std::string key = "k" + std::to_string(1000 + i);
    world_.put_source(key, 1);
    if (i < 95) world_.put_target(key, 1);
  }
  EXPECT_FALSE(check().passed);
  options_.threshold = 0.95;
  CheckResult result = check();
  EXPECT_TRUE(result.passed);
  EXPECT_EQ(result.counters.excused, 5u);
  EXPECT_EQ(result.counters.within_threshold, 95u);
  options_.threshold = 0.96;
  EXPECT_FALSE(check().passed);
}

TEST_F(CheckTest, FiltersAndMarkersGoByTheSyncsRules) {
  world_.put_source("a.log", 1);
  world_.put_source("b", 1);
  world_.put_source("d/", 0);
  world_.put_target("b", 1);
  options_.filters.exclude("*.log");
  options_.folder_markers = FolderMarkers::kIgnore;
  const CheckResult result = check();
  EXPECT_TRUE(result.passed);
  EXPECT_EQ(result.counters.excluded_source.objects, 1u);
  EXPECT_EQ(result.counters.markers_source.objects, 1u);
  EXPECT_EQ(result.counters.source.objects, 1u);
}

TEST_F(CheckTest, AFailedListingIsNoVerdict) {
  world_.put_source("a", 1);
  sim::Fault denied;
  denied.on = sim::Fault::On::kTarget;
  denied.operations = {Operation::kListObjectsV2};
  denied.status = 403;
  denied.code = "AccessDenied";
  world_.sim().add_fault(denied);
  const auto result = try_check();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::kAccessDenied);
}

TEST_F(CheckTest, OnlySoManyDifferencesAreKept) {
  for (int i = 0; i < 30; ++i) world_.put_source("k" + std::to_string(10 + i), 1);
  options_.kept_differences = 10;
  const CheckResult result = check();
  EXPECT_EQ(result.differences.size(), 10u);
  EXPECT_TRUE(result.differences_cut);
  EXPECT_EQ(sink_.differences.size(), 30u);
}

// Takes differences as they come and asks for no order.
class UnorderedSink final : public EventSink {
 public:
  void on_difference(const DifferenceEvent& e) override { found.emplace_back(e.key); }
  Names found;
};

// Many ranges at once come to the same verdict, counters and kept differences as one after the
// other.
TEST(ParallelCheck, SaysTheSameAsInKeyOrder) {
  SimPairOptions world_options;
  world_options.source_synthetic.emplace();
  world_options.source_synthetic->layout = sim::Layout::kUuids;
  world_options.source_synthetic->count = 20'000;
  world_options.target_synthetic = world_options.source_synthetic;
  world_options.source_synthetic->missing_every = 11;
  world_options.target_synthetic->missing_every = 7;
  world_options.target_synthetic->changed_every = 13;
  SimPair world(world_options);
  world.sim().check_signatures(false);
  world.sim().add_latency({std::nullopt, std::chrono::milliseconds(40), {}, 0});
  CheckOptions options;
  options.page_size = 100;
  options.kept_differences = 50;
  options.level = CheckLevel::kSize;
  RecordingSink ordered;
  UnorderedSink unordered;
  const TimePoint begin = world.runtime().now();
  const auto one = world.runtime().run(run_check(world.runtime(), world.pair(), options, ordered));
  const TimePoint middle = world.runtime().now();
  const auto many =
      world.runtime().run(run_check(world.runtime(), world.pair(), options, unordered));
  const TimePoint end = world.runtime().now();
  ASSERT_TRUE(one && many);
  EXPECT_LT(end - middle, (middle - begin) / 6);
  const CheckCounters &a = one->counters, &b = many->counters;
  EXPECT_EQ(a.source.objects, b.source.objects);
  EXPECT_EQ(a.target.bytes, b.target.bytes);
  EXPECT_EQ(a.matched, b.matched);
  EXPECT_EQ(a.missing, b.missing);
  EXPECT_EQ(a.extras_allowed, b.extras_allowed);
  EXPECT_EQ(a.size_differs, b.size_differs);
  EXPECT_GE(b.list_pages_source, a.list_pages_source);
  EXPECT_EQ(unordered.found.size(), ordered.differences.size());
  ASSERT_EQ(one->differences.size(), many->differences.size());
  for (std::size_t i = 0; i < one->differences.size(); ++i)
    EXPECT_EQ(one->differences[i].key, many->differences[i].key);
  EXPECT_TRUE(many->differences_cut);
}

// Under a granted rate more ranges would only wait for their turn, and each costs requests.
TEST(ParallelCheck, UnderAThinBudgetTakesNoMoreListsThanOneRange) {
  struct Case {
    std::uint64_t rate, keys;
    double over, slower;
  };
  for (const Case& one : {Case{2, 30'000, 1.04, 1.10}, Case{5, 100'000, 1.02, 1.10},
                          Case{20, 100'000, 1.04, 1.15}, Case{100, 300'000, 1.05, 1.20}}) {
    SimPairOptions world_options;
    world_options.source_synthetic.emplace();
    world_options.source_synthetic->layout = sim::Layout::kUuids;
    world_options.source_synthetic->count = one.keys;
    world_options.target_synthetic = world_options.source_synthetic;
    world_options.source_rps = world_options.target_rps = RateSchedule(one.rate);
    SimPair world(world_options);
    world.sim().check_signatures(false);
    world.sim().add_latency({std::nullopt, std::chrono::milliseconds(40), {}, 0});
    UnorderedSink sink;
    const TimePoint begin = world.runtime().now();
    const auto out =
        world.runtime().run(run_check(world.runtime(), world.pair(), CheckOptions(), sink));
    ASSERT_TRUE(out && out->passed);
    const double seconds = std::chrono::duration<double>(world.runtime().now() - begin).count();
    const auto pages = static_cast<double>(one.keys) / 1000;
    const auto lists = static_cast<double>(world.count(Operation::kListObjectsV2));
    const double ideal_s = pages / static_cast<double>(one.rate) * 1.06;
    std::printf("%llu a second, %llu keys: %.0f LISTs of %.0f, %.2f s of %.2f\n",
                static_cast<unsigned long long>(one.rate),
                static_cast<unsigned long long>(one.keys), lists, 2 * pages, seconds, ideal_s);
    EXPECT_LE(lists, 2 * pages * one.over);
    EXPECT_LE(seconds, ideal_s * one.slower);
  }
}

// One folder is encrypted by a key, the other differs: however their ranges take turns, neither is
// taken for what was found in the other.
TEST(ParallelCheck, WhatIsAssumedIsOfTheSameRange) {
  SimPair world;
  world.sim().check_signatures(false);
  world.sim().add_latency({std::nullopt, std::chrono::milliseconds(40), {}, 0});
  constexpr std::uint64_t kEach = 4000;
  for (std::uint64_t i = 0; i < 2 * kEach; ++i) {
    const std::string key = (i < kEach ? "a/" : "b/") + std::to_string(10'000 + i);
    world.put_source(key, 5);
    sim::ObjectSpec object;
    object.key = key;
    object.size = 5;
    object.seed = i < kEach ? 1 : 9;
    object.mtime = world.ago(500);
    if (i < kEach) object.encryption = "aws:kms";
    world.put(testing::kTargetBucket, std::move(object));
  }
  CheckOptions options;
  options.page_size = 100;
  options.heads_per_cause = 20;
  options.head_concurrency = 4;
  UnorderedSink sink;
  const auto out = world.runtime().run(run_check(world.runtime(), world.pair(), options, sink));
  ASSERT_TRUE(out);
  // A sample is due each ten, and a group may be under way.
  EXPECT_NEAR(static_cast<double>(out->counters.etag_differs), kEach, 16);
  EXPECT_NEAR(static_cast<double>(out->counters.by_size_encrypted), kEach, 16);
  EXPECT_GT(out->counters.encrypted_assumed, kEach / 4);
  std::uint64_t wrong = 0;
  for (const std::string& key : sink.found) wrong += key.starts_with("a/");
  EXPECT_EQ(wrong, 0u);
}

TEST_F(CheckTest, ArchivedObjectsThatASyncLeftOutAreOutsideItsVerdict) {
  sim::ObjectSpec cold;
  cold.key = "cold";
  cold.size = 3;
  cold.storage_class = "DEEP_ARCHIVE";
  cold.mtime = world_.ago(1000);
  world_.put(testing::kSourceBucket, cold);
  world_.put_source("tiered", 1);
  SetAside known;
  known.archived.add("tiered");
  options_.set_aside = &known;
  options_.archived_excused = true;
  const CheckResult excused = check();
  EXPECT_TRUE(excused.passed);
  EXPECT_EQ(excused.counters.archived, 2u);
  EXPECT_EQ(excused.counters.missing, 0u);
  EXPECT_EQ(sink_.differences, (Names{"missing cold excused", "missing tiered excused"}));
  options_.archived_excused = false;
  const CheckResult alone = check();
  EXPECT_FALSE(alone.passed);
  EXPECT_EQ(alone.counters.archived, 0u);
  EXPECT_EQ(alone.counters.missing, 2u);
  EXPECT_EQ(alone.counters.archived_missing, 2u);
  EXPECT_NE(alone.advice.find("--force-glacier-transfer"), std::string::npos);
}

TEST_F(CheckTest, AnArchivedClassExcusesNoOtherContent) {
  sim::ObjectSpec cold;
  cold.key = "cold";
  cold.size = 3;
  cold.seed = 1;
  cold.storage_class = "GLACIER";
  cold.mtime = world_.ago(1000);
  world_.put(testing::kSourceBucket, cold);
  world_.put_target("cold", 3, 900, 2);
  options_.archived_excused = true;
  const CheckResult result = check();
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.counters.etag_differs, 1u);
}

TEST_F(CheckTest, WhatTheSyncSawChangeAtTheSourceIsLateWhateverItsTime) {
  world_.put_source("moved", 4);
  world_.put_target("moved", 3);
  world_.put_target("vanished", 1);
  options_.extras_fail = true;
  EXPECT_FALSE(check().passed);
  SetAside known;
  known.changed.add("moved");
  known.changed.add("vanished");
  options_.set_aside = &known;
  const CheckResult result = check();
  EXPECT_TRUE(result.passed);
  EXPECT_EQ(result.counters.late, 2u);
}

TEST_F(CheckTest, AfterCompleteDeletionsOnlyWhatWasDeletedMayNotBeThere) {
  world_.put_source("a", 1);
  world_.put_target("a", 1);
  world_.put_target("gone-since", 1);
  options_.extras_fail = true;
  SetAside known;
  options_.set_aside = &known;
  EXPECT_FALSE(check().passed);
  options_.deletions_done = true;
  const CheckResult late = check();
  EXPECT_TRUE(late.passed);
  EXPECT_EQ(late.counters.late, 1u);
  known.deleted.add("gone-since");
  EXPECT_FALSE(check().passed);
}

TEST(Verdict, ThresholdRanksRoundUp) {
  EXPECT_EQ(threshold_rank(1.0, 7), 7u);
  EXPECT_EQ(threshold_rank(0.95, 100), 95u);
  EXPECT_EQ(threshold_rank(0.95, 101), 96u);
  EXPECT_EQ(threshold_rank(0.95, 1), 1u);
  EXPECT_EQ(threshold_rank(0.95, 0), 0u);
}

}  // namespace
}  // namespace s3ferry
