#include "transfer/part_layout.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "transfer/multipart_plan.h"

namespace s3ferry {
namespace {

TEST(PartLayout, EqualPartsAndTheRest) {
  const PartLayout layout = PartLayout::uniform(20 * kMiB + 1, 8 * kMiB);
  EXPECT_EQ(layout.parts(), 3u);
  EXPECT_EQ(layout.part(1), (PartRange{1, 0, 8 * kMiB}));
  EXPECT_EQ(layout.part(3), (PartRange{3, 16 * kMiB, 4 * kMiB + 1}));
  EXPECT_TRUE(layout.is_allowed());
  EXPECT_EQ(PartLayout::uniform(16 * kMiB, 8 * kMiB).parts(), 2u);
  EXPECT_EQ(PartLayout::uniform(0, 8 * kMiB).parts(), 1u);
  EXPECT_EQ(PartLayout::uniform(0, 8 * kMiB).part(1), (PartRange{1, 0, 0}));
}

TEST(PartLayout, UnevenParts) {
  const PartLayout layout = PartLayout::of({6 * kMiB, 5 * kMiB, 7 * kMiB, 1});
  EXPECT_EQ(layout.object_bytes(), 18 * kMiB + 1);
  EXPECT_EQ(layout.part(1), (PartRange{1, 0, 6 * kMiB}));
  EXPECT_EQ(layout.part(3), (PartRange{3, 11 * kMiB, 7 * kMiB}));
  EXPECT_EQ(layout.part(4), (PartRange{4, 18 * kMiB, 1}));
  EXPECT_TRUE(layout.is_allowed());
  EXPECT_NE(layout.text(), PartLayout::of({5 * kMiB, 6 * kMiB, 7 * kMiB, 1}).text());
}

TEST(PartLayout, TheSameCutsAreEqualHoweverTheyWereGiven) {
  EXPECT_EQ(PartLayout::of({8 * kMiB, 8 * kMiB, 3}), PartLayout::uniform(16 * kMiB + 3, 8 * kMiB));
  EXPECT_EQ(PartLayout::of({8 * kMiB, 8 * kMiB, 3}).text(),
            PartLayout::uniform(16 * kMiB + 3, 8 * kMiB).text());
  EXPECT_FALSE(PartLayout::of({6 * kMiB, 7 * kMiB}) == PartLayout::uniform(13 * kMiB, 6 * kMiB));
}

TEST(PartLayout, WhatS3DoesNotTake) {
  EXPECT_FALSE(PartLayout::of({5 * kMiB - 1, 5}).is_allowed());
  EXPECT_TRUE(PartLayout::of({5 * kMiB, 5}).is_allowed());
  EXPECT_FALSE(PartLayout::uniform(6 * kGiB, 6 * kGiB).is_allowed());
  EXPECT_TRUE(PartLayout::uniform(kMaxObjectBytes, kMaxPartBytes).is_allowed());
  EXPECT_FALSE(PartLayout::uniform(50'005 * kMiB, 5 * kMiB).is_allowed());
}

TEST(GuessLayouts, AreTheUsualSizesFirst) {
  const auto two = guess_layouts(16 * kMiB - 1, 2, 3);
  ASSERT_EQ(two.size(), 3u);
  EXPECT_EQ(two[0], PartLayout::uniform(16 * kMiB - 1, 8 * kMiB));
  // Many parts leave no choice of whole mebibytes.
  const auto many = guess_layouts(10 * kGiB, 1280, 10);
  ASSERT_FALSE(many.empty());
  EXPECT_EQ(many[0], PartLayout::uniform(10 * kGiB, 8 * kMiB));
  const auto decimal = guess_layouts(1'000'000'000, 10, 3);
  EXPECT_NE(
      std::find(decimal.begin(), decimal.end(), PartLayout::uniform(1'000'000'000, 100'000'000)),
      decimal.end());
  const auto odd = guess_layouts(30 * kMiB, 2, 50);
  EXPECT_NE(std::find(odd.begin(), odd.end(), PartLayout::uniform(30 * kMiB, 17 * kMiB)),
            odd.end());
}

TEST(GuessLayouts, FitSizeAndCountOrAreNone) {
  for (const auto& [size, parts] : std::vector<std::pair<ByteCount, std::uint32_t>>{
           {11 * kMiB, 2}, {64 * kMiB, 8}, {kMaxObjectBytes, 10'000}, {777'777'777, 33}})
    for (const PartLayout& layout : guess_layouts(size, parts, 20)) {
      EXPECT_EQ(layout.parts(), parts);
      EXPECT_EQ(layout.object_bytes(), size);
      EXPECT_TRUE(layout.is_allowed());
    }
  EXPECT_TRUE(guess_layouts(9 * kMiB, 3, 5).empty());  // parts would be too small
  EXPECT_EQ(guess_layouts(kMaxObjectBytes, 10'000, 20).front(),
            PartLayout::uniform(kMaxObjectBytes, kMaxPartBytes));
  EXPECT_EQ(guess_layouts(3, 1, 5).front(), PartLayout::uniform(3, 3));
}

}  // namespace
}  // namespace s3ferry
