// Whole listings played by formula, request by request and without any I/O: how many requests they
// take, how long, and that each key is listed in one range.

#include "listing/range_split.h"

#include <deque>
#include <memory>
#include <queue>
#include <random>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/synthetic.h"

namespace s3ferry {
namespace {

using sim::Layout;

constexpr std::uint32_t kPage = 1000;
constexpr double kListMs = 40;

// Two sides of one layout, listed in ranges as the splitter says.
class Play {
 public:
  struct Outcome {
    std::uint64_t requests = 0, listed[2] = {0, 0};
    double ideal = 0, wall_ms = 0;
    std::size_t most_ranges = 0;
    double over() const { return (static_cast<double>(requests) - ideal) / ideal; }
  };

  // `given`: keys of a page, of the thousand that are asked for.
  Play(Layout layout, std::uint64_t at_source, std::uint64_t at_target, std::size_t slots,
       std::uint64_t seed, std::uint64_t given = kPage)
      : slots_(slots), given_(given), random_(seed) {
    for (const std::uint64_t count : {at_source, at_target}) {
      sim::SyntheticSpec spec;
      spec.layout = layout;
      spec.count = count;
      keys_.push_back(*sim::SyntheticKeys::create(spec));
      out_.ideal += count == 0 ? 1 : static_cast<double>((count + given - 1) / given);
    }
  }

  Outcome run() {
    const auto id = split_.add(KeyRange(), {true, true});
    ranges_[id] = std::make_unique<Range>();
    ask(id, 0);
    ask(id, 1);
    send();
    while (!due_.empty()) {
      const Due due = due_.top();
      due_.pop();
      now_ = due.at;
      --in_flight_;
      arrive(due.range, due.side);
      while (const auto advice = split_.advise(slots_)) divide(*advice);
      send();
    }
    out_.wall_ms = now_;
    return out_;
  }

 private:
  struct SideState {
    std::uint64_t next = 0;  // the first key that was not listed
    bool in_flight = false;
    bool ended = false;
  };
  struct Range {
    KeyRange keys;
    SideState sides[2];
  };
  struct Due {
    double at;
    std::uint64_t number;
    RangeSplit::Id range;
    std::size_t side;
    bool operator<(const Due& b) const { return std::pair(at, number) > std::pair(b.at, b.number); }
  };

  std::string key(std::size_t side, std::uint64_t index) const {
    std::string out;
    keys_[side].key(index, out);
    return out;
  }
  std::uint64_t behind(std::size_t side, const std::string& key_before) const {
    const std::uint64_t at = keys_[side].lower_bound(key_before);
    return at < keys_[side].size() && key(side, at) == key_before ? at + 1 : at;
  }
  void ask(RangeSplit::Id range, std::size_t side) {
    ranges_.at(range)->sides[side].in_flight = true;
    waiting_.emplace_back(range, side);
  }
  void send() {
    for (; in_flight_ < slots_ && !waiting_.empty(); ++in_flight_, ++out_.requests) {
      const auto [range, side] = waiting_.front();
      waiting_.pop_front();
      const double jitter = static_cast<double>(random_() % 100) / 50;
      due_.push(Due{now_ + kListMs + jitter, out_.requests, range, side});
    }
  }

  void arrive(RangeSplit::Id id, std::size_t number) {
    Range& range = *ranges_.at(id);
    SideState& side = range.sides[number];
    side.in_flight = false;
    const std::uint64_t begin = side.next, all = keys_[number].size();
    const std::uint64_t page_end = std::min(begin + given_, all);
    std::uint64_t end = page_end;
    if (range.keys.up_to) end = std::min(end, behind(number, *range.keys.up_to));
    end = std::max(end, begin);
    RangeSplit::Page page;
    page.side = static_cast<Side>(number);
    std::string first, middle, last;
    if (page_end > begin) page.first = first = key(number, begin);
    if (end > begin) {
      page.middle = middle = key(number, (begin + end - 1) / 2);
      page.last = last = key(number, end - 1);
    }
    page.keys = end - begin;
    page.beyond = page_end - std::min(page_end, end);
    page.ended = side.ended = page_end == all || end < page_end;
    out_.listed[number] += page.keys;
    side.next = end;
    split_.fetched(id, page);
    go_on(id);
  }

  // A side is asked for its next page once the walk has used up what it gave.
  void go_on(RangeSplit::Id id) {
    Range& range = *ranges_.at(id);
    SideState &source = range.sides[0], &target = range.sides[1];
    if (source.in_flight || target.in_flight) return;
    if (source.ended && target.ended) {
      split_.finished(id);
      ranges_.erase(id);
      return;
    }
    const auto last = [&](std::size_t side) {
      return range.sides[side].next == 0 ? std::string() : key(side, range.sides[side].next - 1);
    };
    const bool both = !source.ended && !target.ended;
    const int order = both ? last(0).compare(last(1)) : 0;
    if (!source.ended && order <= 0) ask(id, 0);
    if (!target.ended && order >= 0) ask(id, 1);
  }

  void divide(const RangeSplit::Advice& advice) {
    Range& near = *ranges_.at(advice.id);
    EXPECT_FALSE(near.keys.after && advice.at <= *near.keys.after) << advice.at;
    EXPECT_FALSE(near.keys.up_to && advice.at >= *near.keys.up_to) << advice.at;
    auto far = std::make_unique<Range>();
    far->keys = KeyRange{advice.at, near.keys.up_to};
    std::array<bool, 2> listed{true, true};
    for (std::size_t number = 0; number < 2; ++number) {
      SideState &here = near.sides[number], &there = far->sides[number];
      there.next = behind(number, advice.at);
      if (here.next > there.next) {
        out_.listed[number] -= here.next - there.next;
        here.next = there.next;
        here.ended = here.ended || !here.in_flight;
      } else if (here.ended && !here.in_flight) {
        there.ended = true;
        listed[number] = false;
      }
    }
    near.keys.up_to = advice.at;
    const auto id = split_.split(advice.id, advice.at, listed);
    ranges_[id] = std::move(far);
    out_.most_ranges = std::max(out_.most_ranges, ranges_.size());
    for (std::size_t number = 0; number < 2; ++number)
      if (listed[number]) ask(id, number);
    if (!listed[0] && !listed[1]) go_on(id);
  }

  std::vector<sim::SyntheticKeys> keys_;
  std::size_t slots_;
  std::uint64_t given_;
  std::mt19937_64 random_;
  RangeSplit split_{kPage};
  std::map<RangeSplit::Id, std::unique_ptr<Range>> ranges_;
  std::priority_queue<Due> due_;
  std::deque<std::pair<RangeSplit::Id, std::size_t>> waiting_;
  std::size_t in_flight_ = 0;
  double now_ = 0;
  Outcome out_;
};

constexpr std::pair<Layout, const char*> kLayouts[] = {
    {Layout::kFlat, "flat"},
    {Layout::kPadded, "padded"},
    {Layout::kDates, "dates"},
    {Layout::kHashPrefixes, "hash-prefixes"},
    {Layout::kUuids, "uuids"},
    {Layout::kOneDirectory, "one-directory"},
    {Layout::kLongPrefixes, "long-prefixes"},
    {Layout::kKorean, "korean"},
};

struct Bars {
  double over = 0.10;   // of requests above the ideal
  double slower = 3.5;  // times the wall time of the ideal
};

void play(Layout layout, const char* name, std::uint64_t at_source, std::uint64_t at_target,
          std::size_t slots, Bars bars, std::uint64_t given = kPage) {
  const std::uint64_t seed = at_source + at_target + slots;
  const auto out = Play(layout, at_source, at_target, slots, seed, given).run();
  const double ideal_ms = out.ideal * kListMs / static_cast<double>(slots);
  const std::string text = fmt::format(
      "{:<14} {:>8}/{:<8} {:>3} in flight: {} requests, {:.2f} % above ideal; {:.0f} ms, {:.2f} "
      "times the ideal",
      name, at_source, at_target, slots, out.requests, 100 * out.over(), out.wall_ms,
      out.wall_ms / ideal_ms);
  std::puts(text.c_str());
  EXPECT_EQ(out.listed[0], at_source) << text;
  EXPECT_EQ(out.listed[1], at_target) << text;
  EXPECT_LE(out.over(), bars.over) << text;
  EXPECT_LE(out.wall_ms, bars.slower * ideal_ms) << text;
  EXPECT_LE(out.most_ranges, slots);
}
void play_all(std::uint64_t at_source, std::uint64_t at_target, std::size_t slots, Bars bars) {
  for (const auto& [layout, name] : kLayouts) play(layout, name, at_source, at_target, slots, bars);
}

TEST(RangeSplitPlay, OneMillion) {
  play_all(1'000'000, 1'000'000, 64, {0.15, 2.5});
}
TEST(RangeSplitPlay, TwoMillion) {
  play_all(2'000'000, 2'000'000, 64, {});
}
TEST(RangeSplitPlay, AnEmptyTarget) {
  play_all(2'000'000, 0, 64, {});
}
TEST(RangeSplitPlay, HalfATarget) {
  play_all(2'000'000, 1'000'000, 64, {});
}
TEST(RangeSplitPlay, ALargerTarget) {
  play_all(2'000'000, 3'000'000, 64, {});
}
TEST(RangeSplitPlay, TenMillion) {
  play(Layout::kDates, "dates", 10'000'000, 10'000'000, 64, {0.05, 1.2});
  play(Layout::kLongPrefixes, "long-prefixes", 10'000'000, 10'000'000, 128, {0.10, 1.3});
}

// Servers give fewer than they are asked for: their own limit, or keys that were deleted meanwhile.
TEST(RangeSplitPlay, ShortPages) {
  for (const auto& [layout, name] : kLayouts) {
    play(layout, name, 1'000'000, 1'000'000, 64, {0.10, 2.0}, 500);
    play(layout, name, 400'000, 400'000, 64, {0.10, 2.0}, 100);
  }
}

RangeSplit::Page page(std::string_view first, std::string_view middle, std::string_view last,
                      std::uint64_t keys = kPage) {
  RangeSplit::Page out;
  out.first = first;
  out.middle = middle;
  out.last = last;
  out.keys = keys;
  return out;
}

TEST(RangeSplit, NothingIsSplitBeforeAPageCame) {
  RangeSplit split(kPage);
  split.add(KeyRange(), {true, true});
  EXPECT_FALSE(split.advise(64));
}

TEST(RangeSplit, NothingIsSplitWhileAllSlotsAreInUse) {
  RangeSplit split(kPage);
  const auto id = split.add(KeyRange(), {true, true});
  split.fetched(id, page("k000", "k001", "k009"));
  EXPECT_FALSE(split.advise(0));
  EXPECT_FALSE(split.advise(2));
  EXPECT_TRUE(split.advise(3));
}

// Those whose sides have ended hold their pages until their walkers are through with them.
TEST(RangeSplit, NothingIsSplitWhileAsManyRangesAreUnderWay) {
  RangeSplit split(kPage);
  for (int i = 0; i < 4; ++i) split.add(KeyRange{"a", "b"}, {false, false});
  const auto id = split.add(KeyRange{"k", std::nullopt}, {true, false});
  split.fetched(id, page("k000", "k001", "k009"));
  EXPECT_EQ(split.listed_sides(), 1u);
  EXPECT_FALSE(split.advise(5));
  EXPECT_TRUE(split.advise(6));
}

TEST(RangeSplit, ABorderLiesBetweenTheNewestKeyAndTheEnd) {
  RangeSplit split(kPage);
  const auto id = split.add(KeyRange{"a", "k5"}, {true, true});
  split.fetched(id, page("k000", "k005", "k009"));
  split.fetched(id, page("k010", "k015", "k019"));
  const auto advice = split.advise(64);
  ASSERT_TRUE(advice);
  EXPECT_GT(advice->at, "k019");
  EXPECT_LT(advice->at, "k5");
}

TEST(RangeSplit, ARangeNearItsEndIsLeftAlone) {
  RangeSplit split(kPage);
  const auto id = split.add(KeyRange{std::nullopt, "k2"}, {true, true});
  split.fetched(id, page("k0000", "k0500", "k0999"));
  // One page remains, two at most.
  EXPECT_FALSE(split.advise(64));
}

TEST(RangeSplit, AStalledRangeIsSplitOnceWhateverIsGuessed) {
  RangeSplit split(kPage);
  const auto id = split.add(KeyRange{std::nullopt, "k2"}, {true, true});
  split.fetched(id, page("k0000", "k0500", "k0999"));
  split.stalled(id);
  const auto advice = split.advise(64);
  ASSERT_TRUE(advice);
  EXPECT_GT(advice->at, "k0999");
  EXPECT_LT(advice->at, "k2");
  split.split(id, advice->at, {true, true});
  split.stalled(id);
  EXPECT_FALSE(split.advise(64));
}

// Delete markers, most likely: a page of them is no less slow the next time.
TEST(RangeSplit, AnEmptyPageThatIsNotTheLastIsAStall) {
  RangeSplit split(kPage);
  const auto id = split.add(KeyRange{std::nullopt, "k2"}, {true, true});
  split.fetched(id, page("k0000", "k0500", "k0999"));
  EXPECT_FALSE(split.advise(64));
  split.fetched(id, RangeSplit::Page());
  EXPECT_TRUE(split.advise(64));
}

TEST(RangeSplit, WhatWasRefusedIsNotAdvisedAgainBeforeTheNextPage) {
  RangeSplit split(kPage);
  const auto id = split.add(KeyRange(), {true, true});
  split.fetched(id, page("k000", "k001", "k009"));
  ASSERT_TRUE(split.advise(64));
  split.refused(id);
  EXPECT_FALSE(split.advise(64));
  split.fetched(id, page("k010", "k012", "k019"));
  EXPECT_TRUE(split.advise(64));
}

TEST(RangeSplit, SidesThatEndedNoLongerCount) {
  RangeSplit split(kPage);
  const auto id = split.add(KeyRange(), {true, true});
  EXPECT_EQ(split.listed_sides(), 2u);
  auto end = page("k0", "k1", "k2", 3);
  end.ended = true;
  split.fetched(id, end);
  EXPECT_EQ(split.listed_sides(), 1u);
  split.finished(id);
  EXPECT_EQ(split.listed_sides(), 0u);
  EXPECT_EQ(split.ranges(), 0u);
}

}  // namespace
}  // namespace s3ferry
