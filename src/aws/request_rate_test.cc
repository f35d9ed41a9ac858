#include "aws/request_rate.h"

#include <algorithm>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/text.h"

namespace s3ferry::aws {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kWall{};

// The most of `times` that lie within one second, half open.
std::size_t most_in_a_second(std::vector<TimePoint> times, Duration second = 1s) {
  std::sort(times.begin(), times.end());
  std::size_t most = 0;
  for (std::size_t first = 0, i = 0; i < times.size(); ++i) {
    while (times[first] <= times[i] - second) ++first;
    most = std::max(most, i - first + 1);
  }
  return most;
}

// Who asks again when told to, `late` later.
std::vector<TimePoint> grants(RequestRate& rate, TimePoint from, Duration lasts, Duration late) {
  std::vector<TimePoint> out;
  for (TimePoint now = from; now < from + lasts;) {
    const auto later = RequestRate::take(&rate, nullptr, now, kWall);
    if (!later) out.push_back(now);
    if (later) now = *later + late;
  }
  return out;
}

TEST(RequestRate, StandsAtEvenDistances) {
  RequestRate rate(RateSchedule(200));
  const auto times = grants(rate, TimePoint(1h), 10s, 0ns);
  EXPECT_GE(times.size(), 1885u);  // 94 % of the rate
  EXPECT_LE(times.size(), 1890u);
  EXPECT_LE(most_in_a_second(times, 1030ms), 200u);
  for (std::size_t i = 4; i < times.size(); ++i) EXPECT_GE(times[i] - times[i - 1], 5ms);
}

TEST(RequestRate, CoarseTimersCostNothingAndWinNothing) {
  for (const Duration late : {Duration(100us), Duration(1ms), Duration(9ms)}) {
    RequestRate rate(RateSchedule(5000));
    const auto times = grants(rate, TimePoint(1h), 5s, late);
    EXPECT_GE(times.size(), 23'500u) << late.count();
    EXPECT_LE(most_in_a_second(times, 1050ms), 5000u) << late.count();
  }
}

TEST(RequestRate, NothingIsSavedUpWhileNobodyAsks) {
  RequestRate rate(RateSchedule(200));
  std::vector<TimePoint> all;
  // Idle for an hour; then bursts with pauses such as a stalled machine makes.
  for (const TimePoint from : {TimePoint(1h), TimePoint(2h), TimePoint(2h + 1200ms),
                               TimePoint(2h + 3s), TimePoint(2h + 3500ms)}) {
    const auto some = grants(rate, from, 400ms, 0ns);
    EXPECT_LE(some.size(), 80u);
    all.insert(all.end(), some.begin(), some.end());
  }
  EXPECT_LE(most_in_a_second(all, 1050ms), 200u);
}

TEST(RequestRate, HoweverLateTheyComeNoSecondHoldsMore) {
  RequestRate rate(RateSchedule(50));
  std::vector<TimePoint> times;
  std::uint64_t random = 7;
  for (TimePoint now(1h); now < TimePoint(1h + 300s);) {
    const auto later = RequestRate::take(&rate, nullptr, now, kWall);
    if (!later) times.push_back(now);
    random = random * 6364136223846793005U + 1442695040888963407U;
    const Duration late = (random >> 33) % 20 == 0 ? Duration((random >> 33) % 1'500'000'000)
                                                   : Duration((random >> 33) % 15'000'000);
    if (later) now = *later + late;
  }
  EXPECT_GT(times.size(), 5000u);
  EXPECT_LE(most_in_a_second(times, 1050ms), 50u);
}

TEST(RequestRate, TwoAreTakenTogetherOrNeither) {
  RequestRate target(RateSchedule(10)), source(RateSchedule(1));
  const TimePoint now(1h);
  EXPECT_FALSE(RequestRate::take(&target, &source, now, kWall));
  // The source's is used up: nothing is taken of the target's either.
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(RequestRate::take(&target, &source, now + 200ms, kWall));
  EXPECT_FALSE(RequestRate::take(&target, nullptr, now + 200ms, kWall));
  EXPECT_EQ(RequestRate::take(&target, &source, now + 210ms, kWall), now - 10ms + 1060ms);
  EXPECT_FALSE(RequestRate::take(&source, &target, now + 1100ms, kWall));
  // One that stands for both sides is charged once.
  RequestRate one(RateSchedule(1));
  EXPECT_FALSE(RequestRate::take(&one, &one, now, kWall));
  EXPECT_TRUE(RequestRate::take(&one, &one, now + 900ms, kWall));
}

TEST(RequestRate, WithoutALimitNobodyWaits) {
  RequestRate none;
  EXPECT_FALSE(none.limits());
  for (int i = 0; i < 1000; ++i)
    EXPECT_FALSE(RequestRate::take(&none, nullptr, TimePoint(1h), kWall));
  EXPECT_FALSE(RequestRate::take(nullptr, nullptr, TimePoint(1h), kWall));
}

TEST(RequestRate, FollowsTheTimeOfDay) {
  auto schedule =
      RateSchedule::parse("08:00-20:00 10", [](std::string_view text) { return parse_u64(text); });
  RequestRate rate(std::move(*schedule));
  const WallTime before = *parse_iso8601("2026-11-23T07:59:59Z");
  const WallTime within = *parse_iso8601("2026-11-23T08:00:00Z");
  for (int i = 0; i < 1000; ++i)
    EXPECT_FALSE(RequestRate::take(&rate, nullptr, TimePoint(1h), before));
  EXPECT_FALSE(RequestRate::take(&rate, nullptr, TimePoint(1h), within));
  EXPECT_TRUE(RequestRate::take(&rate, nullptr, TimePoint(1h), within));
  EXPECT_FALSE(RequestRate::take(&rate, nullptr, TimePoint(1h), before));
}

// A grant is good for a moment, and its request is a while on its way: those of the last moment
// before a stricter hour arrive in it.
TEST(RequestRate, AGrantKeepsToTheHourInWhichItArrives) {
  auto schedule = RateSchedule::parse("08:00-20:00 10, 20:00-08:00 1000",
                                      [](std::string_view text) { return parse_u64(text); });
  RequestRate rate(std::move(*schedule));
  const auto granted_at = [&](const char* wall, TimePoint now) {
    int out = 0;
    while (!RequestRate::take(&rate, nullptr, now, *parse_iso8601(wall))) ++out;
    return out;
  };
  EXPECT_GT(granted_at("2026-11-23T07:59:59.940Z", TimePoint(1h)), 5);
  EXPECT_EQ(granted_at("2026-11-23T07:59:59.960Z", TimePoint(2h)), 1);
  EXPECT_EQ(granted_at("2026-11-23T08:00:00Z", TimePoint(3h)), 1);
  EXPECT_EQ(granted_at("2026-11-23T19:59:59.999Z", TimePoint(4h)), 1);
  EXPECT_GT(granted_at("2026-11-23T20:00:00Z", TimePoint(5h)), 5);
}

// Several threads, one clock, two budgets in both orders.
TEST(RequestRate, ThreadsShareIt) {
  RequestRate source(RateSchedule(2000)), target(RateSchedule(3000));
  const auto clock = [] { return TimePoint(std::chrono::steady_clock::now().time_since_epoch()); };
  const TimePoint end = clock() + 300ms;
  std::vector<std::vector<TimePoint>> times(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < times.size(); ++i)
    threads.emplace_back([&, i] {
      RequestRate* one = i % 2 == 0 ? &source : &target;
      RequestRate* other = i % 2 == 0 ? &target : &source;
      for (TimePoint now = clock(); now < end; now = clock())
        if (!RequestRate::take(one, other, now, kWall)) times[i].push_back(now);
    });
  std::vector<TimePoint> all;
  for (std::size_t i = 0; i < times.size(); ++i) {
    threads[i].join();
    all.insert(all.end(), times[i].begin(), times[i].end());
  }
  // 300 ms and the slack of 10: a granted time may lie a little before another thread's.
  EXPECT_LE(all.size(), 2000u * 311 / 1060 + 2);
  EXPECT_GE(all.size(), 5u);  // on however busy a machine
}

}  // namespace
}  // namespace s3ferry::aws
