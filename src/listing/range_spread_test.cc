// Where copies are what takes long: the ranges under way, played by formula over time, and in how
// many eighths of the bucket work is done. A server's partitions are ranges of keys, too, and serve
// only who asks them.

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "listing/range_split.h"
#include "sim/synthetic.h"

namespace s3ferry {
namespace {

using sim::Layout;

constexpr std::uint32_t kPage = 1000;
constexpr std::uint64_t kParts = 8;
constexpr double kListSeconds = 0.04;

// One side of one layout, an empty target, and walkers that take long with each page.
class SlowPlay {
 public:
  // `keys_a_second`: of all walkers together.
  SlowPlay(Layout layout, std::uint64_t count, double keys_a_second, std::uint64_t seed)
      : keys_a_second_(keys_a_second), random_(seed) {
    sim::SyntheticSpec spec;
    spec.layout = layout;
    spec.count = count;
    keys_ = std::make_unique<sim::SyntheticKeys>(*sim::SyntheticKeys::create(spec));
    begin(KeyRange(), 0, split_.add(KeyRange(), {true, false}));
  }

  void run(double until) {
    for (; now_ < until && !due_.empty(); step()) {
    }
  }
  // Walkers in each part of the keys.
  std::array<int, kParts> walkers() const {
    std::array<int, kParts> out{};
    for (const auto& [id, range] : ranges_) {
      const std::uint64_t at = std::min(range.next, keys_->size() - 1);
      ++out[at * kParts / keys_->size()];
    }
    return out;
  }
  std::uint64_t requests = 0;

 private:
  struct Range {
    KeyRange keys;
    std::uint64_t next = 0, first_on_page = 0;  // by number
    bool walks = false, ended = false;
  };
  struct Due {
    double at;
    RangeSplit::Id id;
    bool operator<(const Due& b) const { return at > b.at; }
  };

  std::string key(std::uint64_t number) const {
    std::string out;
    keys_->key(number, out);
    return out;
  }
  std::uint64_t behind(const std::string& border) const {
    const std::uint64_t at = keys_->lower_bound(border);
    return at < keys_->size() && key(at) == border ? at + 1 : at;
  }
  void begin(KeyRange keys, std::uint64_t next, RangeSplit::Id id) {
    Range& made = ranges_[id];
    made.keys = std::move(keys);
    made.next = next;
    ask(id);
  }
  void ask(RangeSplit::Id id) {
    ++requests;
    due_.push({now_ + kListSeconds * (1 + 0.1 * unit()), id});
  }
  double unit() { return static_cast<double>(random_() % 1000) / 1000; }

  void step() {
    const Due due = due_.top();
    due_.pop();
    while (next_look_ < due.at) {
      now_ = next_look_;
      next_look_ += 1;
      most_ = std::min(most_ + 1, kMostRanges);
      split_.spread_anew();
      spread();
    }
    now_ = due.at;
    Range& range = ranges_.at(due.id);
    if (!std::exchange(range.walks, !range.walks)) {
      arrive(due.id, range);
    } else if (range.ended) {
      split_.finished(due.id);
      ranges_.erase(due.id);
    } else {
      ask(due.id);
    }
    spread();
  }

  void arrive(RangeSplit::Id id, Range& range) {
    const std::uint64_t begin = range.next, page_end = std::min(begin + kPage, keys_->size());
    std::uint64_t end = range.keys.up_to ? std::min(page_end, behind(*range.keys.up_to)) : page_end;
    end = std::max(end, begin);
    RangeSplit::Page page;
    std::string first, middle, last;
    if (page_end > begin) page.first = first = key(begin);
    if (end > begin) {
      page.middle = middle = key((begin + end - 1) / 2);
      page.last = last = key(end - 1);
    }
    page.keys = end - begin;
    page.beyond = page_end - end;
    page.ended = range.ended = page_end == keys_->size() || end < page_end;
    range.first_on_page = begin;
    range.next = end;
    split_.fetched(id, page);
    const double share = keys_a_second_ / static_cast<double>(ranges_.size());
    due_.push({now_ + static_cast<double>(page.keys) / share * (0.9 + 0.2 * unit()), id});
  }

  // A border that lies on a page that is being walked is refused: some of it was walked.
  void spread() {
    while (const auto advice = split_.spread(most_)) {
      Range& near = ranges_.at(advice->id);
      ASSERT_TRUE(!near.keys.after || advice->at > *near.keys.after) << advice->at;
      ASSERT_TRUE(!near.keys.up_to || advice->at < *near.keys.up_to) << advice->at;
      const std::uint64_t at = behind(advice->at);
      if (at < near.next || near.ended) {
        if (getenv("DUMP")) fmt::print("refused\n");
        split_.refused(advice->id);
        continue;
      }
      KeyRange far{advice->at, near.keys.up_to};
      near.keys.up_to = advice->at;
      begin(std::move(far), at, split_.split(advice->id, advice->at, {true, false}));
    }
  }

  static constexpr std::size_t kMostRanges = 48;
  std::unique_ptr<sim::SyntheticKeys> keys_;
  double keys_a_second_;
  std::mt19937_64 random_;
  RangeSplit split_{kPage};
  std::map<RangeSplit::Id, Range> ranges_;
  std::priority_queue<Due> due_;
  double now_ = 0, next_look_ = 1;
  std::size_t most_ = 32;
};

// Of 32 eighths, those in which nobody walks.
int left_out(Layout layout, double after_seconds) {
  int out = 0;
  for (const std::uint64_t count : {2'800'000, 8'000'000}) {
    for (const std::uint64_t seed : {1, 2}) {
      SlowPlay play(layout, count, static_cast<double>(count) / 285, seed);
      play.run(after_seconds);
      const auto walkers = play.walkers();
      out += static_cast<int>(std::count(walkers.begin(), walkers.end(), 0));
      std::puts(fmt::format("{} keys, seed {}, after {} s: {} walkers", count, seed, after_seconds,
                            fmt::join(walkers, " "))
                    .c_str());
    }
  }
  return out;
}

TEST(RangeSpread, CountersAreWalkedAllOverSoon) {
  EXPECT_EQ(left_out(Layout::kPadded, 10), 0);
  EXPECT_LE(left_out(Layout::kFlat, 10), 1);
}

TEST(RangeSpread, NamesByHashAreWalkedAllOverAtOnce) {
  EXPECT_EQ(left_out(Layout::kHashPrefixes, 1), 0);
  EXPECT_EQ(left_out(Layout::kUuids, 1), 0);
}

TEST(RangeSpread, FoldersAreWalkedAllOver) {
  EXPECT_LE(left_out(Layout::kDates, 20), 2);
  EXPECT_LE(left_out(Layout::kOneDirectory, 20), 1);
  EXPECT_LE(left_out(Layout::kLongPrefixes, 20), 1);
  EXPECT_LE(left_out(Layout::kKorean, 20), 1);
}

}  // namespace
}  // namespace s3ferry
