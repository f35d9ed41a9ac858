// Whole copies against a server whose partitions refuse what is above their rate, and beside a
// second tool. Always played small; larger where it is asked for, minutes of CPU:
// S3FERRY_PACE_RATE=350 transfer_test --gtest_filter='CopyPace.*'. At full size the release build
// plays the same: copy_pace (bench/README.md). The lanes by themselves: lane_pace_test.cc.

#include <cstdlib>

#include <gtest/gtest.h>

#include "engine/pace_scripts.h"

namespace s3ferry {
namespace {

using testing::PaceScript;

const char* asked(const char* variable) {
  return std::getenv(variable);
}

void play(PaceScript script, double rate) {
  const char* seed = asked("S3FERRY_PACE_SEED");
  const auto found = testing::play_pace(
      script, rate, seed != nullptr ? std::strtoull(seed, nullptr, 10) : 20261123);
  EXPECT_FALSE(found.empty());
  for (const testing::PaceFinding& finding : found) EXPECT_TRUE(finding.met()) << finding.text();
}

TEST(CopyPace, FillsEightPartitionsWithinHalfAMinute) {
  const char* rate = asked("S3FERRY_PACE_RATE");
  play(PaceScript::kFill, rate != nullptr ? std::atof(rate) : 100);
}

TEST(CopyPace, FollowsALimitThatIsHalvedAndRestored) {
  const char* rate = asked("S3FERRY_PACE_RATE");
  if (rate == nullptr) GTEST_SKIP() << "S3FERRY_PACE_RATE is not set";
  play(PaceScript::kHalve, std::atof(rate));
}

TEST(CopyPace, YieldsAPartitionThatAnotherHalfUses) {
  const char* rate = asked("S3FERRY_PACE_RATE");
  if (rate == nullptr) GTEST_SKIP() << "S3FERRY_PACE_RATE is not set";
  play(PaceScript::kShare, std::atof(rate));
}

}  // namespace
}  // namespace s3ferry
