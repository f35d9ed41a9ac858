// Runs that die at any moment and are gone on with, under virtual time.

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/mortal_run.h"
#include "s3/target_bucket.h"

namespace s3ferry {
namespace {

using sim::Operation;
using testing::Death;
using testing::kTargetBucket;
using testing::MortalRun;
using testing::SimPair;
using testing::SimPairOptions;

using Names = std::vector<std::string>;

constexpr std::size_t kForeignUploads = 2;

// Objects of every kind that a run treats differently, the same for the same seed.
void fill(SimPair& world, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (int i = 0; i < 150; ++i) {
    const std::string key = fmt::format("k{:03}", i);
    sim::ObjectSpec object;
    object.key = key;
    object.size = random() % 100;
    object.seed = random();
    object.metadata = {{"n", std::to_string(i)}};
    object.tags = {{"t", std::to_string(i % 7)}};
    object.mtime = world.ago(1000);
    // Few: the simulator hashes their bytes.
    if (i % 75 == 3) object.parts = {5 * kMiB, 1 + random() % 1000};
    if (i % 75 == 3) object.size = object.parts[0] + object.parts[1];
    if (i % 50 == 9) object.storage_class = "GLACIER";
    const auto kind = i == 9 ? 2 : random() % 5;  // one archived object is to be copied for certain
    if (kind != 0) world.put(testing::kSourceBucket, object);
    if (kind <= 1) {
      object.mtime = world.ago(900);
      if (random() % 2 == 0) ++object.size, object.parts.clear();
      world.put(kTargetBucket, object);
    }
  }
}

Task<void> begin_foreign(s3::TargetBucket& bucket, std::string key) {
  s3::CreateUploadRequest request{ObjectKey(std::move(key))};
  const auto created = co_await bucket.create_upload(std::move(request));
  EXPECT_TRUE(created);
}

struct World {
  explicit World(std::uint64_t seed) : pair(options(seed)) {
    fill(pair, seed);
    pair.sim().add_latency(
        {std::nullopt, std::chrono::milliseconds(5), std::chrono::milliseconds(60), 0});
    for (const char* key : {"k003", "of another tool"})
      pair.runtime().run(begin_foreign(pair.pair().target, key));
  }
  static SimPairOptions options(std::uint64_t seed) {
    SimPairOptions out;
    out.seed = seed;
    return out;
  }
  std::map<std::string, std::string> target() const {
    std::map<std::string, std::string> out;
    for (const std::string& key : pair.sim().keys(kTargetBucket)) {
      const auto object = *pair.sim().find_object(kTargetBucket, key);
      std::string text = fmt::format("{} {} {}", object.size, object.etag, object.storage_class);
      for (const auto& [name, value] : object.metadata) text += fmt::format(" {}={}", name, value);
      for (const auto& [name, value] : object.tags) text += fmt::format(" #{}={}", name, value);
      out[key] = text;
    }
    return out;
  }
  mutable SimPair pair;
};

SyncOptions options_of(std::mt19937_64& random) {
  SyncOptions options;
  options.delete_extras = true;
  options.max_delete.percent = 100;
  options.page_size = static_cast<std::uint32_t>(1 + random() % 40);
  options.concurrency = 1 + random() % 24;
  options.multipart.threshold = 5 * kMiB - 1;
  return options;
}

// Every listed object is in exactly one class, over all tries together (rule 13).
void expect_adds_up(const RunCounters& c) {
  const std::uint64_t of_source =
      c.skipped.objects - c.skipped_deletes.objects + c.failed.objects - c.failed_deletes.objects;
  EXPECT_EQ(c.listed_source.objects, c.copied.objects + c.same.objects + of_source);
  EXPECT_EQ(c.target_only.objects,
            c.deleted.objects + c.skipped_deletes.objects + c.failed_deletes.objects);
  EXPECT_EQ(c.listed_source.objects, c.source_only.objects + c.both.objects);
  EXPECT_EQ(c.listed_target.objects, c.target_only.objects + c.both.objects);
}

void expect_adds_up_with_kept(RunCounters counters) {
  counters.deleted.objects += counters.extras_kept.objects;
  expect_adds_up(counters);
}

// Finished keys are never listed again: all LISTs of a try begin within its gaps. (The fresh looks
// just before deletions are no part of it.)
struct Lists {
  Lists(SimPair& world, const MortalRun& run) {
    world.sim().before_request([this, &run](const sim::RequestInfo& info) {
      const bool planning = run.told().phases == Names{"copying"};
      if (planning && info.operation == Operation::kListObjectsV2) after.push_back(info.after);
    });
  }
  void expect_within(const std::vector<KeyRange>& gaps) const {
    for (const std::string& from : after)
      EXPECT_TRUE(std::any_of(gaps.begin(), gaps.end(),
                              [&](const KeyRange& gap) {
                                return from >= gap.after.value_or("") &&
                                       !(gap.up_to && from >= *gap.up_to);
                              }))
          << "a list after '" << from << "'";
  }
  std::vector<std::string> after;
};

TEST(Resume, KilledAnywhereItEndsAsIfUndisturbed) {
  const std::uint64_t first = std::random_device{}();
  for (int round = 0; round < 12; ++round) {
    const std::uint64_t seed = first + static_cast<std::uint64_t>(round);
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937_64 random(seed);
    const SyncOptions options = options_of(random);
    World calm(seed), harsh(seed);
    MortalRun undisturbed(calm.pair, options);
    const auto whole = undisturbed.go();
    ASSERT_TRUE(whole.result) << whole.error->describe();
    ASSERT_EQ(whole.result->exit_code(), 2) << "archived objects are warned of";
    expect_adds_up(whole.result->counters);

    MortalRun run(harsh.pair, options);
    Lists lists(harsh.pair, run);
    MortalRun::Try last;
    std::uint32_t tries = 0;
    do {
      lists.after.clear();
      std::optional<Death> death;
      if (++tries < 5) death = Death{1 + random() % whole.requests, random() % 2 == 0};
      last = run.go(death);
      ASSERT_TRUE(last.died || last.result) << last.error->describe();
      if (last.record.run == 1) lists.expect_within(last.record.gaps());
    } while (last.died);
    ASSERT_TRUE(last.result);
    EXPECT_EQ(harsh.target(), calm.target());
    EXPECT_EQ(harsh.pair.sim().open_uploads(kTargetBucket), kForeignUploads);
    EXPECT_EQ(harsh.pair.counters().source_writes, 0u);
    if (last.record.run > 1) continue;  // it died between its end and the word of it
    EXPECT_EQ(last.record.tries, tries);
    EXPECT_EQ(last.result->exit_code(), 2);
    const RunCounters &one = last.result->counters, &other = whole.result->counters;
    expect_adds_up(one);
    EXPECT_EQ(one.listed_source.objects, other.listed_source.objects);
    EXPECT_EQ(one.all_copied().objects, other.copied.objects);
    EXPECT_EQ(one.only_same(), other.same.objects);
    EXPECT_EQ(one.skipped_for(SkipReason::kArchived), other.skipped_for(SkipReason::kArchived));
    EXPECT_EQ(one.planned_deletes.objects, other.planned_deletes.objects);
    EXPECT_EQ(one.deleted.objects, other.deleted.objects);
  }
}

// A deletion cap is judged on what all tries planned, not on what is left of it.
TEST(Resume, CapsAreJudgedOnTheWholeRun) {
  SimPair world;
  for (int i = 0; i < 60; ++i) world.put_target(fmt::format("k{:02}", i), 1);
  world.put_source("k30", 1);
  // Longer than the journal takes to commit.
  world.sim().add_latency({std::nullopt, std::chrono::milliseconds(150), {}, 0});
  SyncOptions options;
  options.delete_extras = true;
  options.max_delete.count = 58;
  options.page_size = 10;
  options.concurrency = 1;
  for (const std::uint64_t count : {58u, 59u}) {
    MortalRun run(world, options);
    run.options.max_delete.count = count;
    EXPECT_TRUE(run.go(Death{6, true}).died);
    const auto last = run.go();
    ASSERT_TRUE(last.result);
    EXPECT_EQ(last.record.tries, 2u);
    EXPECT_FALSE(last.record.finished.empty()) << "the first try came somewhere";
    EXPECT_EQ(last.result->deletions,
              count == 58 ? DeletionsOutcome::kRefusedCap : DeletionsOutcome::kDone);
  }
  EXPECT_EQ(world.target_keys(), std::vector<std::string>{"k30"});
}

// What one try saw is not listed by the next, and a source listing that failed once may end in the
// next: only then is anything deleted.
TEST(Resume, DeletionsWaitForTheListingsOfAllTries) {
  SimPair world;
  for (int i = 0; i < 50; ++i) world.put_source(fmt::format("k{:02}", i), 1);
  for (int i = 0; i < 50; i += 2) world.put_target(fmt::format("x{:02}", i), 1);
  sim::Fault broken;
  broken.on = sim::Fault::On::kSource;
  broken.operations = {Operation::kListObjectsV2};
  broken.page = 3;
  broken.times = 1;
  broken.status = 403;
  broken.code = "AccessDenied";
  world.sim().add_fault(broken);
  SyncOptions options;
  options.delete_extras = true;
  options.page_size = 10;
  MortalRun run(world, options);
  const auto first = run.go();
  ASSERT_TRUE(first.result);
  EXPECT_EQ(first.result->deletions, DeletionsOutcome::kRefusedListing);
  EXPECT_EQ(world.target_keys().size(), 25u + first.result->counters.copied.objects);
  EXPECT_GE(first.result->counters.copied.objects, 20u);
  const auto second = run.go();
  EXPECT_TRUE(second.record.resumed);
  // Of other ranges what they had in hand was finished, and no more asked for.
  ASSERT_GE(second.record.gaps().size(), 1u);
  EXPECT_EQ(second.record.gaps()[0].after, "k19");
  EXPECT_EQ(second.result->deletions, DeletionsOutcome::kDone);
  EXPECT_EQ(second.result->counters.deleted.objects, 25u);
  EXPECT_EQ(second.result->counters.copied.objects, 50u);
  EXPECT_EQ(second.result->exit_code(), 0);
  EXPECT_EQ(second.result->began, first.result->began);
  const auto third = run.go();
  EXPECT_FALSE(third.record.resumed) << "a finished run begins anew";
  EXPECT_EQ(third.result->counters.same.objects, 50u);
}

// A try that is killed has copied objects of chunks that it did not finish. The next one finds them
// the same, and they are counted as what the run copied; what was there before the run is the same.
TEST(Resume, WhatAnEarlierTryCopiedIsNotTakenForWhatWasThere) {
  SimPair world;
  world.sim().add_latency(
      {std::nullopt, std::chrono::milliseconds(5), std::chrono::milliseconds(60), 0});
  for (int i = 0; i < 300; ++i) world.put_source(fmt::format("k{:03}", i), 1);
  for (int i = 0; i < 300; i += 3) world.put_target(fmt::format("k{:03}", i), 1);
  SyncOptions options;
  options.page_size = 100;
  options.concurrency = 8;
  MortalRun run(world, options);
  Death in_a_chunk{120, true, Operation::kCopyObject};
  ASSERT_TRUE(run.go(in_a_chunk).died);
  const auto second = run.go();
  ASSERT_TRUE(second.result);
  const RunCounters& c = second.result->counters;
  EXPECT_GT(c.copied_earlier.objects, 0u);
  EXPECT_EQ(c.all_copied().objects, 200u);
  EXPECT_EQ(c.only_same(), 100u);
  expect_adds_up(c);
}

sim::Fault refusal(Operation operation, std::string key) {
  sim::Fault out;
  out.on = sim::Fault::On::kTarget;
  out.operations = {operation};
  out.key = std::move(key);
  out.times = -1;
  out.status = 400;
  out.code = "InvalidArgument";
  return out;
}

// --retry-failed: the failed keys of the last run and no others.
TEST(Resume, OnlyWhatFailedIsTriedAgain) {
  SimPair world;
  for (int i = 0; i < 30; ++i) world.put_source(fmt::format("k{:02}", i), 5);
  for (int i = 0; i < 5; ++i) world.put_target(fmt::format("x{}", i), 1);
  for (const char* key : {"k07", "k21", "k22"})
    world.sim().add_fault(refusal(Operation::kCopyObject, key));
  world.sim().add_fault(refusal(Operation::kDeleteObjects, "x3"));
  SyncOptions options;
  options.delete_extras = true;
  options.page_size = 2;
  MortalRun run(world, options);
  const auto first = run.go();
  ASSERT_TRUE(first.result);
  EXPECT_EQ(first.result->exit_code(), 1);
  EXPECT_EQ(run.told().failed, (Names{"k07", "k21", "k22", "x3"}));

  world.sim().clear_faults();
  world.put_source("new", 1);  // not its business
  world.put_target("x9", 1);   // nor this
  ASSERT_TRUE(world.sim().erase_object(testing::kSourceBucket, "k22"));
  world.put_target("k22", 1, 1);  // gone at the source, and not a deletion that failed
  run.retry_failed = true;
  std::vector<std::string> listed;
  world.sim().before_request([&](const sim::RequestInfo& info) {
    if (info.operation == Operation::kListObjectsV2) listed.emplace_back(info.bucket);
  });
  const auto second = run.go();
  ASSERT_TRUE(second.result) << second.error->describe();
  EXPECT_EQ(second.result->exit_code(), 0) << second.result->deletions_message;
  EXPECT_EQ(run.told().copied, (Names{"k07", "k21"}));
  EXPECT_EQ(run.told().deleted, Names{"x3"});
  EXPECT_EQ(second.result->counters.extras_kept.objects, 1u);
  EXPECT_EQ(listed.size(), 8u) << "a look at each side for each of four keys";
  expect_adds_up_with_kept(second.result->counters);

  const auto third = run.go();
  EXPECT_FALSE(third.result) << "nothing failed any more";
}

}  // namespace
}  // namespace s3ferry
