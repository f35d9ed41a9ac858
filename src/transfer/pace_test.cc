#include "transfer/pace.h"

#include <gtest/gtest.h>

#include "runtime/virtual_runtime.h"

namespace s3ferry {
namespace {

using namespace std::chrono_literals;

Task<void> wait(Runtime& runtime, Duration delay) {
  (void)co_await runtime.sleep_for(delay);
}

TEST(Pace, HalvesOnceASecondAndNeverBelowOne) {
  VirtualRuntime runtime(1);
  Pace pace(runtime, 1024);
  for (int i = 0; i < 500; ++i) pace.slow_down();  // one overload, told by many
  EXPECT_EQ(pace.limit(), 512u);
  for (int i = 0; i < 20; ++i) {
    runtime.run(wait(runtime, 1s));
    pace.slow_down();
  }
  EXPECT_EQ(pace.limit(), 1u);
}

TEST(Pace, GivesBackBitByBitUpToWhatWasGranted) {
  VirtualRuntime runtime(1);
  Pace pace(runtime, 128);
  pace.slow_down();
  EXPECT_EQ(pace.limit(), 64u);
  for (int i = 0; i < 64; ++i) pace.succeeded();  // one round: 128/64
  EXPECT_GE(pace.limit(), 65u);
  EXPECT_LE(pace.limit(), 66u);
  for (int i = 0; i < 100'000; ++i) pace.succeeded();
  EXPECT_EQ(pace.limit(), 128u);
}

TEST(Pace, BeginsWithSomeAndGrowsWhileCopiesTakeNoLonger) {
  VirtualRuntime runtime(1);
  Pace pace(runtime, 1024, 256);
  EXPECT_EQ(pace.limit(), 256u);
  for (int i = 0; i < 256; ++i) pace.succeeded();  // one round: 1024/64
  EXPECT_GE(pace.limit(), 271u);
  EXPECT_LE(pace.limit(), 272u);
  for (int i = 0; i < 100'000; ++i) pace.succeeded();
  EXPECT_EQ(pace.limit(), 1024u);
  EXPECT_FALSE(pace.was_slowed());
  EXPECT_EQ(Pace(runtime, 8, 256).limit(), 8u);
}

TEST(Pace, FewerAreInFlightWhileCopiesTakeMuchLongerThanTheyDid) {
  VirtualRuntime runtime(1);
  Pace pace(runtime, 128);
  const auto answer = [&](Duration latency, int seconds) {
    for (int i = 0; i < seconds; ++i) {
      runtime.run(wait(runtime, 1s));
      for (int j = 0; j < 640; ++j) {
        pace.took(latency);
        pace.succeeded();
      }
    }
  };
  answer(30ms, 3);
  answer(100ms, 10);  // no more than a busy hour
  EXPECT_EQ(pace.limit(), 128u);
  answer(300ms, 3);
  EXPECT_LE(pace.limit(), 50u);
  answer(300ms, 20);
  EXPECT_EQ(pace.limit(), 8u);
  answer(35ms, 40);
  EXPECT_EQ(pace.limit(), 128u);
  // What lasts is how long copies take now.
  answer(300ms, 200);
  EXPECT_EQ(pace.limit(), 128u);
}

TEST(Pace, DelaysDoubleToTwentySecondsAndRespectTheServer) {
  VirtualRuntime runtime(1);
  const Pace pace(runtime, 8);
  EXPECT_GE(pace.delay_before_retry(0, -1), Duration(250ms));
  EXPECT_LE(pace.delay_before_retry(0, -1), Duration(500ms));
  EXPECT_GE(pace.delay_before_retry(50, -1), Duration(10s));
  EXPECT_LE(pace.delay_before_retry(50, -1), Duration(20s));
  EXPECT_GE(pace.delay_before_retry(0, 7000), Duration(7s));
}

}  // namespace
}  // namespace s3ferry
