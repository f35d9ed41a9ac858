#include "report/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace s3ferry {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(EstimateLeft, GoesByWhatTakesLonger) {
  EXPECT_FALSE(estimate_left({}, 10s, {5, 5}));
  EXPECT_EQ(estimate_left({10, 1000}, 10s, {5, 500}), Duration(5s));
  EXPECT_EQ(estimate_left({10, 1000}, 10s, {5, 5000}), Duration(50s));
  EXPECT_EQ(estimate_left({10, 0}, 10s, {20, 0}), Duration(20s));
}

class ProgressTest : public testing::Test {
 protected:
  std::string line_at(Duration time) { return progress_.line(begin_ + time, 400); }
  TimePoint begin_{};
  RunCounters counters_;
  Progress progress_{begin_};
};

TEST_F(ProgressTest, SaysWhatIsLeftOnceAllIsListed) {
  progress_.watch(&counters_);
  progress_.set_phase(Phase::kCopying, begin_);
  counters_.planned_copies = {100, 100 * kMiB};
  counters_.copied = {20, 20 * kMiB};
  counters_.failed = {5, 5 * kMiB};
  EXPECT_THAT(line_at(10s), Not(HasSubstr("left"))) << "nobody knows how many more turn up";
  counters_.source_listed_whole = counters_.target_listed_whole = true;
  EXPECT_THAT(line_at(20s), HasSubstr(", 1 min 15 s left"));
  EXPECT_THAT(line_at(20s), HasSubstr("average 1/s, 1.0 MiB/s"));
  counters_.planned_deletes = {30, 0};
  progress_.set_phase(Phase::kDeleting, begin_ + 20s);
  counters_.deleted = {10, 0};
  EXPECT_THAT(line_at(25s), HasSubstr("10 deleted, 5 failed, 10.0 s left"));
}

TEST_F(ProgressTest, ARunBeforeTellsHowMuchThereIs) {
  counters_.listed_source = {1'000, 0};  // by an earlier try
  progress_.watch(&counters_);
  progress_.expect(5'000);
  progress_.set_phase(Phase::kCopying, begin_);
  counters_.listed_source = {2'000, 0};
  EXPECT_THAT(line_at(10s), HasSubstr(", about 30.0 s left"));
  counters_.listed_source = {5'000, 0};
  EXPECT_THAT(line_at(40s), Not(HasSubstr("left"))) << "there are more than there were";
}

// What an earlier try of the same run did counts, but not as this one's speed.
TEST_F(ProgressTest, AResumedRunHasItsOwnSpeed) {
  counters_.planned_copies = {1100, 1100};
  counters_.copied = {1000, 1000};
  counters_.source_listed_whole = counters_.target_listed_whole = true;
  progress_.watch(&counters_);
  progress_.set_phase(Phase::kCopying, begin_);
  EXPECT_THAT(line_at(1s), HasSubstr("(0/s, 0 B/s; average 0/s"));
  counters_.copied = {1050, 1050};
  EXPECT_THAT(line_at(50s), HasSubstr(", 50.0 s left"));
  EXPECT_THAT(line_at(50s), HasSubstr("average 1/s"));
}

// The rate of late begins with what the first sample shows, and as the phase does.
TEST_F(ProgressTest, TheRateDoesNotBeginAtNothing) {
  progress_.watch(&counters_);
  progress_.set_phase(Phase::kCopying, begin_ + 10s);
  EXPECT_THAT(line_at(10s), Not(HasSubstr("/s")));
  counters_.copied = {500, 50 * kMiB};
  EXPECT_THAT(line_at(10s + 500ms), HasSubstr("(1,000/s, 100.0 MiB/s; average 1,000/s"));
  counters_.copied = {600, 60 * kMiB};
  EXPECT_THAT(line_at(10s + 600ms), HasSubstr("(1,000/s,"));
  counters_.copied = {700, 70 * kMiB};  // 10/s from now on
  EXPECT_THAT(line_at(20s + 600ms), HasSubstr("(27/s,"));
}

TEST_F(ProgressTest, WhatDoesNotFitIsLeftOutInWholeParts) {
  progress_.watch(&counters_);
  progress_.set_phase(Phase::kCopying, begin_);
  counters_.planned_copies = {12'345'678, 15'000 * kGiB};
  counters_.copied = {6'345'678, 10'000 * kGiB};
  counters_.same = {5'000'000, 0};
  counters_.failed = {3, 3};
  counters_.listed_source = counters_.listed_target = {23'456'789, 0};
  counters_.source_listed_whole = counters_.target_listed_whole = true;
  const std::string whole = line_at(10'000s);
  for (const char* part :
       {" 9.8 TiB", ", 3 failed", " left", " (635/s, 1.0 GiB/s", "; average 635/s",
        ", 5,000,000 same", ", listed 23,456,789 + 23,456,789", ", 2 h 46 min"})
    EXPECT_THAT(whole, HasSubstr(part));
  EXPECT_EQ(progress_.line(begin_ + 10'000s, 80),
            "copying: 6,345,678 copied, 9.8 TiB, 3 failed, 2 h 37 min left, 2 h 46 min");
  EXPECT_EQ(progress_.line(begin_ + 10'000s, 100),
            "copying: 6,345,678 copied, 9.8 TiB, 3 failed, 2 h 37 min left (635/s, 1.0 GiB/s), 2 h "
            "46 min");
  EXPECT_EQ(progress_.line(begin_ + 10'000s, 30), "copying: 6,345,678 copied");
  EXPECT_EQ(progress_.line(begin_ + 10'000s, 20), "copying");
}

}  // namespace
}  // namespace s3ferry
