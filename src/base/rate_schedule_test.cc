#include "base/rate_schedule.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace s3ferry {
namespace {

std::optional<RateSchedule> parse(std::string_view text) {
  return RateSchedule::parse(text, [](std::string_view number) { return parse_u64(number); });
}
WallTime at(std::string_view iso) {
  return *parse_iso8601(iso);
}

TEST(RateSchedule, OneFigureHoldsAlways) {
  EXPECT_FALSE(RateSchedule().limits());
  EXPECT_EQ(RateSchedule().at(at("2026-11-23T00:00:00Z")), 0u);
  const auto schedule = parse(" 500 ");
  ASSERT_TRUE(schedule);
  EXPECT_TRUE(schedule->limits());
  EXPECT_FALSE(schedule->has_windows());
  EXPECT_EQ(schedule->at(at("2026-11-23T03:00:00Z")), 500u);
}

TEST(RateSchedule, WindowsHoldFromTheirFirstSecondToBeforeTheirLast) {
  auto schedule = parse("08:00-20:00 500, 20:00-8:00 5000");
  ASSERT_TRUE(schedule);
  EXPECT_EQ(schedule->at(at("2026-11-23T07:59:59.999Z")), 5000u);
  EXPECT_EQ(schedule->at(at("2026-11-23T08:00:00Z")), 500u);
  EXPECT_EQ(schedule->at(at("2026-11-23T19:59:59Z")), 500u);
  EXPECT_EQ(schedule->at(at("2026-11-23T20:00:00Z")), 5000u);
  EXPECT_EQ(schedule->at(at("2026-11-24T00:00:00Z")), 5000u);
  // Half an hour east of eight in the morning.
  schedule->in_zone([](WallTime) { return 9 * 3600 + 1800; });
  EXPECT_EQ(schedule->at(at("2026-11-22T22:29:59Z")), 5000u);
  EXPECT_EQ(schedule->at(at("2026-11-22T22:30:00Z")), 500u);
  // Before 1970 and west of it a day still begins at midnight.
  schedule->in_zone([](WallTime) { return -9 * 3600; });
  EXPECT_EQ(schedule->at(at("1969-12-31T17:00:00Z")), 500u);
  EXPECT_EQ(schedule->at(at("1969-12-31T16:59:59Z")), 5000u);
}

TEST(RateSchedule, BetweenWindowsNothingIsLimited) {
  const auto schedule = parse("08:00-12:00 5,13:00-24:00 7");
  ASSERT_TRUE(schedule);
  EXPECT_EQ(schedule->at(at("2026-11-23T12:30:00Z")), 0u);
  EXPECT_EQ(schedule->at(at("2026-11-23T23:59:59Z")), 7u);
  EXPECT_EQ(schedule->at(at("2026-11-23T00:00:00Z")), 0u);
}

TEST(RateSchedule, WhatIsNoScheduleIsRefused) {
  for (const char* text :
       {"", "x", "08:00-20:00", "08:00 500", "8-20 500", "08:00-08:00 5", "24:00-08:00 5",
        "08:60-09:00 5", "25:00-03:00 5", "08:00-20:00 500,", "08:00-20:00 500, 19:00-21:00 5",
        "20:00-08:00 5, 07:00-09:00 6", "08:00-20:00 500 20:00-21:00 6", "08:00-20:00 -5",
        "008:00-20:00 5", "08:000-20:00 5"})
    EXPECT_FALSE(parse(text)) << text;
}

}  // namespace
}  // namespace s3ferry
