#include "transfer/bandwidth.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "runtime/scope.h"
#include "runtime/virtual_runtime.h"

namespace s3ferry {
namespace {

using namespace std::chrono_literals;

Task<void> stream(Bandwidth& bandwidth, ByteCount chunk, int chunks) {
  for (int i = 0; i < chunks; ++i) (void)co_await bandwidth.take(chunk);
}

Task<void> streams(Runtime& runtime, Bandwidth& bandwidth, int how_many, ByteCount chunk,
                   int chunks) {
  Scope scope(runtime);
  for (int i = 0; i < how_many; ++i) scope.spawn(stream(bandwidth, chunk, chunks));
  co_await scope.join();
}

TEST(Bandwidth, TheRateHoldsWithinFivePercentHoweverManyShareIt) {
  for (const int how_many : {1, 32}) {
    VirtualRuntime runtime(1);
    Bandwidth bandwidth(runtime, 200 * kMiB);
    const TimePoint begin = runtime.now();
    runtime.run(streams(runtime, bandwidth, how_many, 128 * kKiB, 32'000 / how_many));
    const double seconds = std::chrono::duration<double>(runtime.now() - begin).count();
    const double rate = static_cast<double>(bandwidth.taken()) / seconds;
    EXPECT_NEAR(rate / (200.0 * kMiB), 1.0, 0.05) << how_many;
  }
}

Task<void> idle_then_burst(Runtime& runtime, Bandwidth& bandwidth, Duration& took) {
  (void)co_await runtime.sleep_for(60s);
  const TimePoint begin = runtime.now();
  co_await stream(bandwidth, 100 * kKiB, 11);
  took = runtime.now() - begin;
}

TEST(Bandwidth, AnIdleMinuteIsNotMadeUpFor) {
  VirtualRuntime runtime(1);
  Bandwidth bandwidth(runtime, 100 * kKiB);
  Duration took{};
  runtime.run(idle_then_burst(runtime, bandwidth, took));
  EXPECT_GE(took, Duration(9s));
  EXPECT_LE(took, Duration(10s));
}

TEST(Bandwidth, WithoutALimitNobodyWaits) {
  VirtualRuntime runtime(1);
  Bandwidth bandwidth(runtime, 0);
  const TimePoint begin = runtime.now();
  runtime.run(stream(bandwidth, kGiB, 100));
  EXPECT_EQ(runtime.now(), begin);
}

Task<void> note_turns(Bandwidth& bandwidth, char name, std::string& out) {
  for (int i = 0; i < 64; ++i) {
    (void)co_await bandwidth.take(128 * kKiB);
    out.push_back(name);
  }
}
Task<void> two_streams(Runtime& runtime, Bandwidth& bandwidth, std::string& out) {
  Scope scope(runtime);
  scope.spawn(note_turns(bandwidth, 'a', out));
  scope.spawn(note_turns(bandwidth, 'b', out));
  co_await scope.join();
}

TEST(Bandwidth, WithoutALimitNoStreamKeepsTheOthersWaiting) {
  VirtualRuntime runtime(1);
  Bandwidth bandwidth(runtime, 0);
  std::string order;
  runtime.run(two_streams(runtime, bandwidth, order));
  EXPECT_EQ(order.size(), 128u);
  EXPECT_LE(order.find('b'), 8u) << order;  // a MiB later, not when the first has ended
  EXPECT_EQ(order.find(std::string(17, 'a')), std::string::npos) << order;
}

TEST(Bandwidth, TheRateFollowsTheTimeOfDay) {
  VirtualRuntime runtime(1);
  // From a minute before noon, by the clock of a zone where that is now.
  auto schedule = RateSchedule::parse("11:00-12:00 1000,12:00-13:00 4000",
                                      [](std::string_view text) { return parse_u64(text); });
  ASSERT_TRUE(schedule);
  const auto now = runtime.wall_now().time_since_epoch();
  const auto second = std::chrono::floor<std::chrono::seconds>(now).count() % 86'400;
  const int east = static_cast<int>(11 * 3600 + 59 * 60 - second);
  schedule->in_zone([east](WallTime) { return east; });
  Bandwidth bandwidth(runtime, std::move(*schedule));
  const TimePoint begin = runtime.now();
  runtime.run(stream(bandwidth, 1000, 60 + 240));
  EXPECT_NEAR(std::chrono::duration<double>(runtime.now() - begin).count(), 120, 2);
}

Task<void> take_and_tell(Bandwidth& bandwidth, ByteCount bytes, Status& out) {
  out = co_await bandwidth.take(bytes);
}
Task<void> cancel_the_second(Runtime& runtime, Bandwidth& bandwidth, Status& out) {
  (void)co_await bandwidth.take(kMiB);
  Scope scope(runtime);
  scope.spawn(take_and_tell(bandwidth, kMiB, out));
  scope.cancel();
  co_await scope.join();
}

TEST(Bandwidth, AWaitIsCancelled) {
  VirtualRuntime runtime(1);
  Bandwidth bandwidth(runtime, 1);
  Status out;
  runtime.run(cancel_the_second(runtime, bandwidth, out));
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().kind(), ErrorKind::kCancelled);
}

}  // namespace
}  // namespace s3ferry
