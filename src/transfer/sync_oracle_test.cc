// Many random buckets against a naive oracle, and the bound on memory.

#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/run.h"

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#include <sanitizer/allocator_interface.h>
#else
#include <malloc.h>
#endif

namespace s3ferry {
namespace {

using testing::RecordingSink;
using testing::SimPair;
using testing::SimPairOptions;
using testing::sync;
using Names = std::vector<std::string>;

struct Model {
  ByteCount size = 0;
  int seconds_ago = 0;
};
using Bucket = std::map<std::string, Model>;

std::string random_key(std::mt19937_64& random) {
  static const std::vector<std::string> pieces{"a", "b",  "/", "-", " ", "%2F",
                                               "+", "한", ".", "0", "_"};
  std::string out;
  for (std::size_t n = 1 + random() % 5; n > 0; --n) out += pieces[random() % pieces.size()];
  return out;
}

// What `aws s3 sync` without filters would do, written the slow way.
struct Expected {
  Names copied, deleted;
  std::uint64_t same = 0;
};
Expected naive(const Bucket& source, const Bucket& target) {
  Expected out;
  for (const auto& [key, object] : source) {
    const auto there = target.find(key);
    const bool same = there != target.end() && there->second.size == object.size &&
                      object.seconds_ago >= there->second.seconds_ago;
    if (same)
      ++out.same;
    else
      out.copied.push_back(key);
  }
  for (const auto& entry : target)
    if (!source.contains(entry.first)) out.deleted.push_back(entry.first);
  return out;
}

TEST(SyncOracle, RandomBucketsComeOutAsTheNaiveWaySays) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 12; ++round) {
    SimPairOptions world_options;
    world_options.seed = random();
    world_options.source_prefix = round % 2 == 0 ? "" : "from/";
    world_options.target_prefix = round % 3 == 0 ? "" : "to/there/";
    SimPair world(world_options);
    world.sim().add_latency(
        {std::nullopt, std::chrono::milliseconds(3), std::chrono::milliseconds(20), 0});
    Bucket sides[2];
    const std::size_t keys = 20 + random() % 600;
    for (std::size_t i = 0; i < keys; ++i) {
      const std::string key = random_key(random);
      for (Bucket& side : sides)
        if (random() % 4 != 0) side[key] = {random() % 3, static_cast<int>(100 + random() % 3)};
    }
    sides[0]["always"] = {1, 100};
    for (const auto& [key, object] : sides[0])
      world.put_source(world_options.source_prefix + key, object.size, object.seconds_ago);
    for (const auto& [key, object] : sides[1])
      world.put_target(world_options.target_prefix + key, object.size, object.seconds_ago);
    SyncOptions options;
    options.delete_extras = true;
    options.max_delete.percent = 100;
    options.page_size = static_cast<std::uint32_t>(1 + random() % 200);
    options.concurrency = 1 + random() % 64;
    RecordingSink sink;
    const SyncResult result = sync(world, options, sink);
    const Expected expected = naive(sides[0], sides[1]);
    sink.sort();  // many ranges are walked at once
    EXPECT_EQ(result.exit_code(), 0);
    EXPECT_EQ(sink.copied, expected.copied);
    EXPECT_EQ(sink.deleted, expected.deleted);
    EXPECT_EQ(result.counters.same.objects, expected.same);
    RecordingSink again;
    const SyncResult second = sync(world, options, again);
    EXPECT_EQ(second.counters.same.objects, sides[0].size());
    EXPECT_EQ(second.counters.copied.objects + second.counters.deleted.objects, 0u);
  }
}

sim::SyntheticSpec synthetic(std::uint64_t count) {
  sim::SyntheticSpec out;
  out.count = count;
  return out;
}

std::size_t live_heap_bytes() {
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return __sanitizer_get_current_allocated_bytes();
#else
  return mallinfo2().uordblks;
#endif
}

// The most that a sync of two like buckets holds.
std::size_t heap_used(std::uint64_t count, std::size_t lists_in_flight) {
  SimPairOptions options;
  options.source_synthetic = synthetic(count);
  options.target_synthetic = synthetic(count);
  SimPair world(options);
  world.sim().check_signatures(false);
  // A LIST that takes no time at all never lets finished tasks go.
  world.sim().add_latency({std::nullopt, std::chrono::milliseconds(5), {}, 0});
  std::size_t most = 0;
  world.sim().before_request(
      [&](const sim::RequestInfo&) { most = std::max(most, live_heap_bytes()); });
  const std::size_t before = live_heap_bytes();
  EventSink silent;
  SyncOptions sync_options;
  sync_options.list_concurrency = lists_in_flight;
  const SyncResult result =
      world.runtime().run(run_sync(world.runtime(), world.pair(), sync_options, silent));
  EXPECT_EQ(result.counters.same.objects, count);
  return most - before;
}

TEST(SyncMemory, TwoPagesASideAreHeldWhateverTheBucketsHold) {
  const std::size_t small = heap_used(20'000, 2), large = heap_used(200'000, 2);
  EXPECT_GT(small, 100'000u);
  EXPECT_LT(large, small + small / 10) << small;
  EXPECT_LT(large, 4u * 1024 * 1024);
}

TEST(SyncMemory, ManyRangesHoldTheirPagesWhateverTheBucketsHold) {
  const std::size_t small = heap_used(100'000, 16), large = heap_used(400'000, 16);
  EXPECT_LT(large, small + small / 4) << small;
  EXPECT_LT(large, 16u * 1024 * 1024);
}

// 400 pages one after the other are 16 s a side.
TEST(SyncScale, ListsManyPagesAtOnce) {
  SimPairOptions options;
  options.source_synthetic = synthetic(40'000);
  options.target_synthetic = synthetic(40'000);
  SimPair world(options);
  world.sim().check_signatures(false);
  world.sim().add_latency({std::nullopt, std::chrono::milliseconds(40), {}, 0});
  EventSink silent;
  SyncOptions sync_options;
  sync_options.page_size = 100;
  const TimePoint begin = world.runtime().now();
  const SyncResult result =
      world.runtime().run(run_sync(world.runtime(), world.pair(), sync_options, silent));
  EXPECT_EQ(result.counters.same.objects, 40'000u);
  EXPECT_LT(world.runtime().now() - begin, Duration(std::chrono::milliseconds(1600)));
  EXPECT_LT(world.count(sim::Operation::kListObjectsV2), 920u);
  EXPECT_TRUE(result.counters.source_listed_whole && result.counters.target_listed_whole);
}

TEST(SyncScale, ManyThousandRandomDifferences) {
  SimPairOptions options;
  options.source_synthetic = synthetic(30'000);
  options.target_synthetic = synthetic(30'000);
  options.source_synthetic->missing_every = 11;
  options.target_synthetic->missing_every = 7;
  options.target_synthetic->changed_every = 13;
  SimPair world(options);
  world.sim().check_signatures(false);
  SyncOptions sync_options;
  sync_options.delete_extras = true;
  sync_options.max_delete.percent = 100;
  sync_options.concurrency = 256;
  RecordingSink sink;
  const SyncResult result = sync(world, sync_options, sink);
  EXPECT_EQ(result.exit_code(), 0);
  EXPECT_GT(result.counters.copied.objects, 4000u);
  EXPECT_GT(result.counters.deleted.objects, 2000u);
  EXPECT_EQ(world.target_keys(), world.sim().keys(testing::kSourceBucket));
}

}  // namespace
}  // namespace s3ferry
