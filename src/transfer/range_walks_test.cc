// Ranges that are split while they are walked, with a merge as the engine walks them, tile what was
// asked for, whatever is split when: each key comes out once, on the sides that have it, in worlds
// of odd keys, tiny pages, jitter and borders drawn at random.

#include "listing/range_walks.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>

#include "runtime/virtual_runtime.h"
#include "transfer/merged_walk.h"

namespace s3ferry {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;
using Found = std::map<std::string, std::string>;  // key: which sides have it
const std::vector<KeyRange> whole(1);

std::string odd_key(std::mt19937_64& random) {
  static const Names kPieces{
      "a",  "b",    "/",        "-", "0",   "1", "9", "%2F", "+", "가", "\xF0\x9F\x98\x80",
      "한", "\x01", "\xFF\xFE", " ", "aaaa"};
  std::string out;
  for (std::size_t n = 1 + random() % 6; n > 0; --n) out += kPieces[random() % kPieces.size()];
  return out;
}

// One side's keys in order, a page at a time, after a while; now and then short or empty pages.
class Shelf final : public PageSource {
 public:
  Shelf(Runtime& runtime, std::string prefix) : runtime_(runtime), prefix_(std::move(prefix)) {}

  Task<Status> fetch(s3::ListRequest request, s3::ListPage& page) override {
    const std::uint64_t number = ++requests;
    in_flight_most = std::max(in_flight_most, ++in_flight_);
    // Once it was sent, whoever no longer wants it waits for it all the same.
    Status wanted = co_await runtime_.yield();
    if (!wanted) --in_flight_;
    if (!wanted) co_return wanted;
    if (stubborn)
      co_await boost::asio::this_coro::reset_cancellation_state(
          boost::asio::disable_cancellation());
    if (turn_comes_after > 0ms && !co_await runtime_.sleep_for(turn_comes_after))
      co_return fail(ErrorKind::kCancelled, "cancelled");
    if (request.sent != nullptr) request.sent->set(runtime_.now());
    const bool slow = !slow_behind.empty() && from(request) == slow_behind;
    const auto delay = std::chrono::milliseconds(slow ? 120'000 : 1 + runtime_.random() % 50);
    Status slept = co_await runtime_.sleep_for(delay);
    --in_flight_;
    if (!slept) co_return slept;
    if (number == fails_at) {
      failed_at = runtime_.now();
      co_return fail(ErrorKind::kServer, "internal error");
    }
    if (number == throws_at) throw std::runtime_error("out of memory");
    fill(request, page);
    co_return Status();
  }

  std::set<std::string> keys;  // whole
  std::uint64_t requests = 0, fails_at = 0, throws_at = 0;
  std::size_t in_flight_most = 0, empty_truncated = 0;
  std::optional<TimePoint> failed_at;
  bool odd_pages = false, stubborn = false;
  std::string slow_behind;
  std::chrono::milliseconds turn_comes_after{0};

 private:
  // No token is given twice, not even where no key lies between.
  static std::string from(const s3::ListRequest& request) {
    const std::string& token = request.continuation_token;
    return token.empty() ? request.start_after : token.substr(token.find(':') + 1);
  }
  void fill(const s3::ListRequest& request, s3::ListPage& page) {
    page.clear();
    const std::string behind = from(request);
    std::size_t most = *request.max_keys;
    if (odd_pages && runtime_.random() % 4 == 0) most = runtime_.random() % (most + 1);
    auto at = behind.empty() ? keys.lower_bound(prefix_) : keys.upper_bound(behind);
    for (; at != keys.end() && page.entries.size() < most; ++at) {
      s3::ListEntry entry;
      entry.key = page.keep(*at);
      page.entries.push_back(entry);
    }
    page.truncated = at != keys.end();
    empty_truncated += page.truncated && page.entries.empty();
    const std::string last(page.entries.empty() ? behind : page.entries.back().key);
    if (page.truncated) page.next_token = std::to_string(requests) + ":" + last;
  }

  Runtime& runtime_;
  std::string prefix_;
  std::size_t in_flight_ = 0;
};

// Walks as the engine does, and remembers what it met where.
class Noting final : public RangeWalker {
 public:
  explicit Noting(Runtime& runtime) : runtime_(runtime) {}

  Task<Status> walk(RangeWalk& range) override {
    MergedWalk walk(range, filters_, FolderMarkers::kCopy);
    std::vector<MergedKey> batch;
    for (;;) {
      const auto side = walk.advance(batch);
      for (const MergedKey& merged : batch) note(range, merged);
      // Whoever acts on the keys may be long about it.
      if (runtime_.random() % 3 == 0 && !co_await runtime_.sleep_for(20ms))
        co_return fail(ErrorKind::kCancelled, "cancelled");
      if (!side) break;
      Status fed = co_await walk.feed(*side);
      if (!fed) co_return fed;
    }
    walked.push_back(range.keys());
    co_return Status();
  }

  Found found;
  Names twice, outside;
  std::vector<KeyRange> walked;

 private:
  void note(const RangeWalk& range, const MergedKey& merged) {
    const std::string key(merged.key());
    const KeyRange& keys = range.keys();
    if ((keys.after && key <= *keys.after) || keys.ends_before(key)) outside.push_back(key);
    std::string sides = merged.source != nullptr ? "s" : "";
    if (merged.target != nullptr) sides += "t";
    if (!found.emplace(key, sides).second) twice.push_back(key);
  }
  Runtime& runtime_;
  Filters filters_;
};

// Borders that mean nothing: of any range, at any key, one that is there or not, sensible or not.
class AnyBorder final : public RangeSplit {
 public:
  AnyBorder(std::uint32_t page_size, std::mt19937_64& random, Names keys = {})
      : RangeSplit(page_size), random_(random), keys_(std::move(keys)) {}
  std::optional<Advice> advise(std::size_t) override {
    if (random_() % 3 == 0 || ranges() > 40) return std::nullopt;
    const bool real = !keys_.empty() && random_() % 2 == 0;
    return Advice{newest() - random_() % std::min<Id>(newest(), 12),
                  real ? keys_[random_() % keys_.size()] : odd_key(random_)};
  }

 private:
  std::mt19937_64& random_;
  Names keys_;
};

struct World {
  explicit World(std::uint64_t seed)
      : random(seed), runtime(seed), source(runtime, "s/"), target(runtime, "to/t/") {
    const std::size_t most = 1 + random() % 400;
    for (std::size_t i = 0; i < most; ++i) put(odd_key(random), static_cast<int>(random() % 4));
    source.odd_pages = target.odd_pages = true;
    source.stubborn = target.stubborn = seed % 2 == 0;
  }
  void clear() {
    source.keys.clear();
    target.keys.clear();
    source.odd_pages = target.odd_pages = false;
  }
  void put(const std::string& key, int sides) {
    if (sides != 1) source.keys.insert("s/" + key);
    if (sides != 2) target.keys.insert("to/t/" + key);
  }
  Found expected(const std::vector<KeyRange>& ranges) const {
    Found out;
    const auto add = [&](const std::string& whole, std::size_t prefix, char side) {
      const std::string key = whole.substr(prefix);
      for (const KeyRange& range : ranges)
        if ((!range.after || key > *range.after) && !range.ends_before(key)) out[key] += side;
    };
    for (const std::string& key : source.keys) add(key, 2, 's');
    for (const std::string& key : target.keys) add(key, 5, 't');
    return out;
  }
  Names names() const {
    Names out;
    for (const std::string& key : source.keys) out.push_back(key.substr(2));
    for (const std::string& key : target.keys) out.push_back(key.substr(5));
    return out;
  }
  std::vector<KeyRange> some_ranges() {
    std::set<std::string> ends;
    for (std::size_t n = random() % 7; n > 0; --n) ends.insert(odd_key(random));
    std::vector<KeyRange> out;
    std::optional<std::string> after;
    bool wanted = random() % 2 == 0;
    for (const std::string& end : ends) {
      if (wanted) out.push_back(KeyRange{after, end});
      wanted = random() % 3 != 0;
      after = end;
    }
    if (wanted || out.empty()) out.push_back(KeyRange{after, std::nullopt});
    return out;
  }
  RangeWalksOptions options(std::uint32_t page_size) const {
    RangeWalksOptions out;
    out.prefixes = {"s/", "to/t/"};
    out.page_size = page_size;
    return out;
  }

  std::mt19937_64 random;
  VirtualRuntime runtime;
  Shelf source, target;
};

// The walked ranges, put side by side, are the ones asked for.
std::vector<KeyRange> joined(std::vector<KeyRange> walked) {
  std::sort(walked.begin(), walked.end(),
            [](const KeyRange& a, const KeyRange& b) { return a.after < b.after; });
  std::vector<KeyRange> out;
  for (KeyRange& one : walked) {
    if (!out.empty() && out.back().up_to && out.back().up_to == one.after)
      out.back().up_to = one.up_to;
    else
      out.push_back(std::move(one));
  }
  return out;
}

class RangeWalksTest : public testing::Test {
 protected:
  // Returns how often something was split.
  std::uint64_t play(std::uint64_t seed, bool any_border) {
    World world(seed);
    const auto ranges = world.some_ranges();
    const auto page_size = static_cast<std::uint32_t>(1 + world.random() % 9);
    ListPace pace(world.runtime, 2 + world.random() % 64);
    RangeSplit sensible(page_size);
    AnyBorder senseless(page_size, world.random, world.names());
    RangeSplit& split = any_border ? senseless : sensible;
    Noting noting(world.runtime);
    RangeWalks walks(world.runtime, world.source, world.target, pace, split,
                     world.options(page_size), noting);
    const Status walked = world.runtime.run(walks.run(ranges));
    EXPECT_TRUE(walked);
    EXPECT_TRUE(walks.listed_whole(Side::kSource) && walks.listed_whole(Side::kTarget));
    EXPECT_EQ(noting.found, world.expected(ranges));
    EXPECT_EQ(noting.twice, Names());
    EXPECT_EQ(noting.outside, Names());
    EXPECT_EQ(joined(noting.walked), joined(ranges));
    EXPECT_EQ(split.ranges(), 0u);
    EXPECT_EQ(split.listed_sides(), 0u);
    EXPECT_EQ(pace.slots().in_use(), 0u);
    empty_truncated_ += world.source.empty_truncated + world.target.empty_truncated;
    return walks.splits();
  }
  std::uint64_t first_seed_ = std::random_device{}();
  std::size_t empty_truncated_ = 0;
};

TEST_F(RangeWalksTest, EachKeyIsInExactlyOneRangeWhateverTheBorders) {
  std::uint64_t splits = 0;
  for (std::uint64_t seed = first_seed_; seed < first_seed_ + 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    splits += play(seed, /*any_border=*/true);
    if (HasFailure()) break;
  }
  EXPECT_GT(splits, 1000u);
  EXPECT_GT(empty_truncated_, 100u);
}

TEST_F(RangeWalksTest, EachKeyIsInExactlyOneRangeAsTheSplitterAdvises) {
  std::uint64_t splits = 0;
  for (std::uint64_t seed = first_seed_; seed < first_seed_ + 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    splits += play(seed, /*any_border=*/false);
    if (HasFailure()) break;
  }
  EXPECT_GT(splits, 300u);
}

TEST_F(RangeWalksTest, AFailedPageFailsTheWhole) {
  for (std::uint64_t seed = first_seed_; seed < first_seed_ + 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    for (int i = 0; i < 2000; ++i) world.put(odd_key(world.random), 0);
    Shelf& side = seed % 2 == 0 ? world.source : world.target;
    side.fails_at = 1 + seed % 23;
    ListPace pace(world.runtime, 16);
    AnyBorder split(3, world.random);
    Noting noting(world.runtime);
    RangeWalks walks(world.runtime, world.source, world.target, pace, split, world.options(3),
                     noting);
    const Status walked = world.runtime.run(walks.run(whole));
    ASSERT_FALSE(walked);
    EXPECT_EQ(walked.error().kind(), ErrorKind::kServer);
    ASSERT_TRUE(side.failed_at);
    EXPECT_LT(world.runtime.now() - *side.failed_at, 300ms);  // of two seconds and more
    EXPECT_FALSE(walks.listed_whole(Side::kSource) && walks.listed_whole(Side::kTarget));
    EXPECT_EQ(noting.twice, Names());
    const Found expected = world.expected(whole);
    for (const auto& [key, sides] : noting.found) EXPECT_EQ(expected.at(key), sides) << key;
    EXPECT_EQ(pace.slots().in_use(), 0u);
  }
}

// Lets one of its walks die in the midst of the others.
class Throwing final : public RangeWalker {
 public:
  explicit Throwing(int at) : at_(at) {}
  Task<Status> walk(RangeWalk& range) override {
    MergedWalk walk(range, filters_, FolderMarkers::kCopy);
    std::vector<MergedKey> batch;
    while (const auto side = walk.advance(batch)) {
      Status fed = co_await walk.feed(*side);
      if (!fed) co_return fed;
      if (++fed_ == at_) throw std::runtime_error("out of memory");
    }
    co_return Status();
  }

 private:
  Filters filters_;
  int at_, fed_ = 0;
};

TEST_F(RangeWalksTest, WhatIsThrownEndsAllAndComesOut) {
  for (std::uint64_t seed = first_seed_; seed < first_seed_ + 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    for (const bool by_source : {false, true}) {
      World world(seed);
      for (int i = 0; i < 2000; ++i) world.put(odd_key(world.random), 0);
      const int at = 1 + static_cast<int>(seed % 29);
      if (by_source) world.source.throws_at = static_cast<std::uint64_t>(at);
      ListPace pace(world.runtime, 16);
      AnyBorder split(3, world.random, world.names());
      Throwing throwing(by_source ? -1 : at);
      RangeWalks walks(world.runtime, world.source, world.target, pace, split, world.options(3),
                       throwing);
      EXPECT_THROW((void)world.runtime.run(walks.run(whole)), std::runtime_error);
      EXPECT_FALSE(walks.listed_whole(Side::kSource) && walks.listed_whole(Side::kTarget));
      EXPECT_EQ(split.ranges(), 0u);
      EXPECT_EQ(pace.slots().in_use(), 0u);
    }
  }
}

Task<void> run_into(RangeWalks& walks, const std::vector<KeyRange>& ranges, Status& out) {
  out = co_await walks.run(ranges);
}
Task<void> cancel_after(Runtime& runtime, Duration delay, RangeWalks& walks, Status& out) {
  Scope scope(runtime);
  scope.spawn(run_into(walks, whole, out));
  (void)co_await runtime.sleep_for(delay);
  scope.cancel();
  co_await scope.join();
}
TEST_F(RangeWalksTest, EndsWhenItIsCancelled) {
  World world(first_seed_);
  for (int i = 0; i < 500; ++i) world.put(odd_key(world.random), 0);
  ListPace pace(world.runtime, 16);
  AnyBorder split(2, world.random);
  Noting noting(world.runtime);
  RangeWalks walks(world.runtime, world.source, world.target, pace, split, world.options(2),
                   noting);
  Status walked;
  world.runtime.run(cancel_after(world.runtime, 120ms, walks, walked));
  ASSERT_FALSE(walked);
  EXPECT_EQ(walked.error().kind(), ErrorKind::kCancelled);
  EXPECT_FALSE(walks.listed_whole(Side::kSource));
  EXPECT_EQ(pace.slots().in_use(), 0u);
}

std::string numbered(int n) {
  std::string digits = std::to_string(n);
  return "key-" + std::string(6 - digits.size(), '0') + digits;
}

TEST_F(RangeWalksTest, ASideWhoseEndIsKnownIsNotAskedAgain) {
  World world(first_seed_);
  world.clear();
  for (int i = 0; i < 100'000; ++i) world.put(numbered(i), 2);
  ListPace pace(world.runtime, 16);
  RangeSplit split(100);
  Noting noting(world.runtime);
  RangeWalks walks(world.runtime, world.source, world.target, pace, split, world.options(100),
                   noting);
  ASSERT_TRUE(world.runtime.run(walks.run(whole)));
  EXPECT_EQ(noting.found.size(), 100'000u);
  EXPECT_GT(walks.splits(), 15u);
  EXPECT_LT(world.target.requests, 12u);
  EXPECT_LT(world.source.requests, 1100u);
  EXPECT_GT(world.source.in_flight_most, 12u);
}

// Walks as asked, and never says that it could let go of anything.
class Keeping final : public RangeWalker {
 public:
  Task<Status> walk(RangeWalk& range) override {
    for (const Side side : {Side::kSource, Side::kTarget}) {
      for (;;) {
        auto page = co_await range.next(side);
        if (!page) co_return fail(std::move(page.error()));
        if (!*page) break;
        keys += (*page)->size();
        if (leaves_early) co_return Status();
      }
    }
    co_return Status();
  }
  std::size_t keys = 0;
  bool leaves_early = false;
};

TEST_F(RangeWalksTest, WhoeverLetsGoOfNothingIsNotSplit) {
  World world(first_seed_);
  for (int i = 0; i < 300; ++i) world.put(odd_key(world.random), 0);
  ListPace pace(world.runtime, 16);
  AnyBorder split(3, world.random);
  Keeping keeping;
  RangeWalks walks(world.runtime, world.source, world.target, pace, split, world.options(3),
                   keeping);
  ASSERT_TRUE(world.runtime.run(walks.run(whole)));
  EXPECT_EQ(walks.splits(), 0u);
  EXPECT_EQ(keeping.keys, world.source.keys.size() + world.target.keys.size());
}

TEST_F(RangeWalksTest, ARangeThatWasLeftBeforeItsEndIsNoSuccess) {
  World world(first_seed_);
  for (int i = 0; i < 300; ++i) world.put(odd_key(world.random), 0);
  ListPace pace(world.runtime, 16);
  RangeSplit split(3);
  Keeping keeping;
  keeping.leaves_early = true;
  RangeWalks walks(world.runtime, world.source, world.target, pace, split, world.options(3),
                   keeping);
  const Status walked = world.runtime.run(walks.run(whole));
  ASSERT_FALSE(walked);
  EXPECT_EQ(walked.error().kind(), ErrorKind::kInternal);
  EXPECT_FALSE(walks.listed_whole(Side::kSource));
}

// Once a side's first page is there: a border in the midst of it.
class BorderInHand final : public RangeSplit {
 public:
  BorderInHand(std::uint32_t page_size, std::string border)
      : RangeSplit(page_size), border_(std::move(border)) {}
  std::optional<Advice> advise(std::size_t) override {
    if (ranges() == 2 && !listed_behind) listed_behind = listed_sides();
    if (++asked_ != 2) return std::nullopt;
    return Advice{1, border_};
  }
  std::optional<std::size_t> listed_behind;

 private:
  std::string border_;
  int asked_ = 0;
};

// A side that has all of its keys in hand takes no LIST from others.
TEST_F(RangeWalksTest, ABorderWithinWhatIsInHandEndsThatSide) {
  for (const int border : {49, 99}) {  // of the keys 0 to 99
    World world(1);                    // one page before the other
    world.clear();
    for (int i = 0; i < 200; ++i) world.put(numbered(i), 0);
    ListPace pace(world.runtime, 16);
    BorderInHand split(100, numbered(border));
    Noting noting(world.runtime);
    RangeWalks walks(world.runtime, world.source, world.target, pace, split, world.options(100),
                     noting);
    ASSERT_TRUE(world.runtime.run(walks.run(whole)));
    EXPECT_GE(walks.splits(), 1u);
    // The other one, and those of the far range.
    EXPECT_EQ(split.listed_behind, std::optional<std::size_t>(3));
    EXPECT_EQ(noting.found.size(), 200u);
  }
}

// The ranges that are walked at once, at the most.
class Counting final : public RangeWalker {
 public:
  Counting(Runtime& runtime, Duration busy) : runtime_(runtime), busy_(busy) {}
  Task<Status> walk(RangeWalk& range) override {
    most = std::max(most, ++now_);
    MergedWalk walk(range, filters_, FolderMarkers::kCopy);
    std::vector<MergedKey> batch;
    Status going;
    while (going) {
      const auto side = walk.advance(batch);
      if (!side) break;
      going = co_await walk.feed(*side);
      if (going) going = co_await runtime_.sleep_for(busy_);
    }
    --now_;
    co_return going;
  }
  std::size_t most = 0;

 private:
  Runtime& runtime_;
  const Duration busy_;
  Filters filters_;
  std::size_t now_ = 0;
};

TEST_F(RangeWalksTest, NoMoreRangesAreUnderWayThanListsMayBe) {
  World world(first_seed_);
  std::vector<KeyRange> gaps;
  for (int i = 0; i < 2000; ++i) world.put(numbered(i), 0);
  for (int i = 0; i < 1990; i += 10) gaps.push_back({numbered(i), numbered(i + 5)});
  ListPace pace(world.runtime, 8);
  RangeSplit split(3);
  Counting counting(world.runtime, 1ms);
  RangeWalks walks(world.runtime, world.source, world.target, pace, split, world.options(3),
                   counting);
  ASSERT_TRUE(world.runtime.run(walks.run(gaps)));
  EXPECT_LE(counting.most, 8u);
  EXPECT_GE(counting.most, 4u);
}

// Copies that take their time, say: more ranges would list no sooner what nobody takes, but some
// are split off all the same, so that copies go to all of the bucket.
TEST_F(RangeWalksTest, WhileTheWalkersAreBehindTheRangesAreSpreadAndFew) {
  for (const Duration busy : {Duration(0), Duration(10min)}) {
    World world(1);
    for (int i = 0; i < 3000; ++i) world.put(odd_key(world.random), 0);
    ListPace pace(world.runtime, 128);
    AnyBorder split(3, world.random);
    Counting counting(world.runtime, busy);
    RangeWalks walks(world.runtime, world.source, world.target, pace, split, world.options(3),
                     counting);
    ASSERT_TRUE(world.runtime.run(walks.run(whole)));
    if (busy == Duration(0))
      EXPECT_GT(counting.most, 25u);
    else
      EXPECT_LE(counting.most, 49u);
  }
}

TEST_F(RangeWalksTest, WithoutSplittingKeysComeInOrder) {
  World world(first_seed_);
  ListPace pace(world.runtime, 16);
  RangeSplit split(3);
  Noting noting(world.runtime);
  RangeWalksOptions options = world.options(3);
  options.split = false;
  RangeWalks walks(world.runtime, world.source, world.target, pace, split, options, noting);
  const std::vector<KeyRange> ranges{{std::nullopt, "b"}, {"b", std::nullopt}};
  ASSERT_TRUE(world.runtime.run(walks.run(ranges)));
  EXPECT_EQ(noting.walked, ranges);
  EXPECT_EQ(noting.found, world.expected(ranges));
}

// A rate of our own, a connection, a delay between tries: no page is slow by them.
TEST_F(RangeWalksTest, WaitingForItsTurnIsNoStall) {
  World world(first_seed_);
  world.clear();
  world.source.turn_comes_after = world.target.turn_comes_after = 20s;
  for (int i = 0; i < 350; ++i) world.put(numbered(i), 0);
  ListPace pace(world.runtime, 8);
  RangeSplit split(100);
  Noting noting(world.runtime);
  RangeWalks walks(world.runtime, world.source, world.target, pace, split, world.options(100),
                   noting);
  const std::vector<KeyRange> ranges{{std::nullopt, numbered(349)}};
  ASSERT_TRUE(world.runtime.run(walks.run(ranges)));
  EXPECT_EQ(noting.found.size(), 350u);
  EXPECT_EQ(walks.splits(), 0u);
  EXPECT_EQ(world.source.requests, 4u);
}

// A page of two minutes (delete markers): what lies behind is listed meanwhile, however little.
TEST_F(RangeWalksTest, BehindASlowPageTheListingGoesOn) {
  World world(first_seed_);
  world.clear();
  for (int i = 0; i < 350; ++i) world.put(numbered(i), 0);
  for (const bool slow : {false, true}) {
    if (slow) world.source.slow_behind = "s/" + numbered(99);
    ListPace pace(world.runtime, 8);
    RangeSplit split(100);
    Noting noting(world.runtime);
    RangeWalks walks(world.runtime, world.source, world.target, pace, split, world.options(100),
                     noting);
    const std::vector<KeyRange> ranges{{std::nullopt, numbered(349)}};
    ASSERT_TRUE(world.runtime.run(walks.run(ranges)));
    EXPECT_EQ(noting.found.size(), 350u);
    EXPECT_EQ(walks.splits(), slow ? 1u : 0u);
  }
}

}  // namespace
}  // namespace s3ferry
