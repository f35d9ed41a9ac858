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

TEST_F(ProgressTest, SaysWhatIsLeftAsFarAsItIsKnown) {
  progress_.watch(&counters_);
  progress_.set_phase(Phase::kCopying, begin_);
  counters_.planned_copies = {100, 100 * kMiB};
  EXPECT_THAT(line_at(1s), HasSubstr(", ? left"));
  counters_.copied = {20, 20 * kMiB};
  counters_.failed = {5, 5 * kMiB};
  EXPECT_THAT(line_at(20s), HasSubstr(", ≥ 1 min 15 s left"));
  EXPECT_THAT(line_at(20s), HasSubstr("average 1/s, 1.0 MiB/s"));
  counters_.source_listed_whole = counters_.target_listed_whole = true;
  EXPECT_THAT(line_at(20s), HasSubstr(", 1 min 15 s left"));
  EXPECT_THAT(line_at(20s), Not(HasSubstr("≥")));
  counters_.planned_deletes = {30, 0};
  progress_.set_phase(Phase::kDeleting, begin_ + 20s);
  counters_.deleted = {10, 0};
  EXPECT_THAT(line_at(25s), HasSubstr("10 deleted, 10.0 s left"));
}

// What an earlier try of the same run did counts, but not as this one's speed.
TEST_F(ProgressTest, AResumedRunHasItsOwnSpeed) {
  counters_.planned_copies = {1100, 1100};
  counters_.copied = {1000, 1000};
  progress_.watch(&counters_);
  progress_.set_phase(Phase::kCopying, begin_);
  EXPECT_THAT(line_at(1s), HasSubstr("(0/s, 0 B/s; average 0/s"));
  counters_.copied = {1050, 1050};
  EXPECT_THAT(line_at(50s), HasSubstr("≥ 50.0 s left"));
  EXPECT_THAT(line_at(50s), HasSubstr("average 1/s"));
}

TEST_F(ProgressTest, IsNeverCutWithinACharacter) {
  progress_.watch(&counters_);
  progress_.set_phase(Phase::kCopying, begin_);
  counters_.planned_copies = {2, 2};
  counters_.copied = {1, 1};
  const std::string whole = line_at(10s);
  const auto sign = whole.find("≥");
  ASSERT_NE(sign, std::string::npos);
  for (std::size_t columns : {sign + 2, sign + 3})
    EXPECT_EQ(progress_.line(begin_ + 10s, columns), whole.substr(0, sign));
}

}  // namespace
}  // namespace s3ferry
