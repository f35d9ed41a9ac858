#include "diff/merge.h"

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace s3ferry {
namespace {

using Names = std::vector<std::string>;

std::vector<ObjectView> views(const Names& names) {
  std::vector<ObjectView> out;
  for (const std::string& name : names) {
    ObjectView view;
    view.key = name;
    view.size = name.ends_with('/') || name.empty() ? 0 : 7;
    out.push_back(view);
  }
  return out;
}

// Feeds both sides in pages of the given size (0: random sizes, empty pages too) and writes each
// key as "=k", "+k" (source only), "-k" (target only).
Names walk(Merge& merge, const Names& source, const Names& target, std::size_t page_size,
           std::mt19937_64& random) {
  const std::vector<ObjectView> sides[2] = {views(source), views(target)};
  std::size_t fed[2] = {0, 0};
  Names out;
  std::vector<MergedKey> batch;
  for (;;) {
    const MergeNeeds needs = merge.advance(batch);
    for (const MergedKey& merged : batch) {
      const char letter = !merged.target ? '+' : !merged.source ? '-' : '=';
      out.push_back(letter + std::string(merged.key()));
    }
    if (needs == MergeNeeds::kNothing) return out;
    const std::size_t side = needs == MergeNeeds::kSource ? 0 : 1;
    const std::size_t left = sides[side].size() - fed[side];
    if (left == 0) {
      side == 0 ? merge.end_source() : merge.end_target();
      continue;
    }
    const std::size_t count = std::min(left, page_size != 0 ? page_size : random() % 4);
    const std::span<const ObjectView> page(sides[side].data() + fed[side], count);
    side == 0 ? merge.feed_source(page) : merge.feed_target(page);
    fed[side] += count;
  }
}
Names walk(const Names& source, const Names& target, const Filters& filters = {},
           FolderMarkers markers = FolderMarkers::kCopy) {
  std::mt19937_64 random(1);
  Merge merge(filters, markers);
  return walk(merge, source, target, 2, random);
}

TEST(Merge, WalksBothSidesInByteOrder) {
  EXPECT_EQ(walk({"a", "b", "d"}, {"b", "c", "d", "e"}), (Names{"+a", "=b", "-c", "=d", "-e"}));
  EXPECT_EQ(walk({}, {}), Names{});
  EXPECT_EQ(walk({"a"}, {}), Names{"+a"});
  EXPECT_EQ(walk({}, {"a"}), Names{"-a"});
}

TEST(Merge, BytesAboveAsciiAreGreaterNotNegative) {
  // U+E000 (EE 80 80) sorts before U+10000 (F0 90 80 80) in bytes, but not in UTF-16.
  EXPECT_EQ(walk({"z", "\xEE\x80\x80", "\xF0\x90\x80\x80"}, {"\xEE\x80\x80"}),
            (Names{"+z", "=\xEE\x80\x80", "+\xF0\x90\x80\x80"}));
}

TEST(Merge, TheNeighboursOfTheSlashDoNotMix) {
  EXPECT_EQ(walk({"logs-old", "logs.", "logs/1", "logs0"}, {"logs", "logs/1", "logs/2"}),
            (Names{"-logs", "+logs-old", "+logs.", "=logs/1", "-logs/2", "+logs0"}));
}

TEST(Merge, MarkersAreIgnoredOnBothSidesOrOnNone) {
  const Names source{"", "d/", "d/f"}, target{"e/"};
  EXPECT_EQ(walk(source, target), (Names{"+", "+d/", "+d/f", "-e/"}));
  EXPECT_EQ(walk(source, target, {}, FolderMarkers::kIgnore), Names{"+d/f"});
}

TEST(Merge, FiltersHideBothSidesAndAreCounted) {
  Filters filters;
  filters.exclude("*.log");
  std::mt19937_64 random(1);
  Merge merge(filters, FolderMarkers::kCopy);
  EXPECT_EQ(walk(merge, {"a.log", "b"}, {"b", "c.log", "d.log"}, 1, random), Names{"=b"});
  EXPECT_EQ(merge.left_out_of_source().excluded, 1u);
  EXPECT_EQ(merge.left_out_of_target().excluded, 2u);
  EXPECT_EQ(merge.left_out_of_target().excluded_bytes, 14u);
}

TEST(Merge, AgreesWithSetsOnRandomBucketsAndPages) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 300; ++round) {
    std::set<std::string> sides[2];
    for (auto& side : sides) {
      const std::size_t count = random() % 60;
      for (std::size_t i = 0; i < count; ++i) {
        std::string key;
        for (std::size_t n = random() % 4; n > 0; --n)
          key += std::string("/-a\xff").substr(random() % 4, 1);
        side.insert(key);
      }
    }
    std::map<std::string, int> expected;
    for (const auto& key : sides[0]) expected[key] |= 1;
    for (const auto& key : sides[1]) expected[key] |= 2;
    Names want;
    for (const auto& [key, bits] : expected) want.push_back("?+-="[bits] + key);
    const Filters none;
    Merge merge(none, FolderMarkers::kCopy);
    EXPECT_EQ(walk(merge, {sides[0].begin(), sides[0].end()}, {sides[1].begin(), sides[1].end()}, 0,
                   random),
              want);
  }
}

// A walk may be cut after any advance(): what was walked and counted are exactly the keys up to
// walked_to(), hidden ones too.
TEST(Merge, WalkedToPartsBothSidesExactly) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  Filters filters;
  filters.exclude("*x*");
  for (int round = 0; round < 300; ++round) {
    Names names[2];
    std::vector<ObjectView> sides[2];
    for (int side : {0, 1}) {
      for (char c = 'a'; c <= 'z'; ++c)
        if (random() % 3 != 0) names[side].push_back(std::string(1, c) + (random() % 3 ? "" : "x"));
      sides[side] = views(names[side]);
    }
    Merge merge(filters, FolderMarkers::kCopy);
    std::size_t fed[2] = {0, 0}, merged[2] = {0, 0};
    std::vector<MergedKey> batch;
    MergeNeeds needs = merge.advance(batch);
    for (; needs != MergeNeeds::kNothing; needs = merge.advance(batch)) {
      for (const MergedKey& key : batch) {
        merged[0] += key.source != nullptr;
        merged[1] += key.target != nullptr;
      }
      if (const ObjectView* last = merge.walked_to()) {
        const std::uint64_t counted[2] = {merged[0] + merge.left_out_of_source().excluded,
                                          merged[1] + merge.left_out_of_target().excluded};
        for (int side : {0, 1}) {
          std::size_t up_to = 0;
          for (const std::string& name : names[side]) up_to += name <= last->key;
          EXPECT_EQ(counted[side], up_to) << last->key;
        }
      }
      const int side = needs == MergeNeeds::kSource ? 0 : 1;
      const std::size_t count = std::min<std::size_t>(sides[side].size() - fed[side], random() % 5);
      const std::span<const ObjectView> page(sides[side].data() + fed[side], count);
      fed[side] += count;
      if (count == 0 && fed[side] == sides[side].size())
        side == 0 ? merge.end_source() : merge.end_target();
      else
        side == 0 ? merge.feed_source(page) : merge.feed_target(page);
    }
  }
}

}  // namespace
}  // namespace s3ferry
