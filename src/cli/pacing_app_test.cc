// Budgets of whole runs: what the command line takes, and what the server then sees.

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

#include "cli/option_table.h"
#include "program/test_world.h"

namespace s3ferry {
namespace {

using ::testing::HasSubstr;

constexpr const char* kSeoul = "/usr/share/zoneinfo/Asia/Seoul";

std::string zone_file() {
  std::ifstream in(kSeoul, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void fill(TestWorld& world, int objects) {
  for (int i = 0; i < objects; ++i) world.put("photos", "k" + std::to_string(i), "A");
}

TEST(PacingApp, TheSourceIsAskedNoMoreThanItsOwnersGranted) {
  TestWorld world;
  fill(world, 60);
  const Ran ran = world.pair("sync", {"--source-rps", "10", "--target-rps", "25"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const sim::Counters& counters = world.simulator.counters();
  EXPECT_GE(counters.source_reads_by_copy, 60u);
  EXPECT_LE(counters.most_in_a_second(sim::Side::kSource), 10u);
  EXPECT_LE(counters.most_in_a_second(sim::Side::kTarget), 25u);
}

// How long a run takes whose copies take 30 ms each, however many are in flight.
Duration copies_take(const std::vector<std::string>& flags, int objects) {
  TestWorld world;
  fill(world, objects);
  sim::LatencySpec latency;
  latency.operation = sim::Operation::kCopyObject;
  latency.fixed = std::chrono::milliseconds(30);
  world.simulator.add_latency(latency);
  const TimePoint began = world.runtime.now();
  const Ran ran = world.pair("sync", flags);
  EXPECT_EQ(ran.code, 0) << ran.err;
  return world.runtime.now() - began;
}

TEST(PacingApp, UnlessSaidMoreCopiesAreInFlightAsTheyComeThrough) {
  constexpr int kObjects = 8'000;
  const Duration held = copies_take({"--concurrency", "256", "--check", "none"}, kObjects);
  EXPECT_GE(held, kObjects / 256 * std::chrono::milliseconds(30));
  // 16 more with each round of 30 ms.
  EXPECT_LE(copies_take({"--check", "none"}, kObjects), held * 3 / 4);
  // As many at once as are granted.
  EXPECT_LE(copies_take({"--concurrency", "1024", "--check", "none"}, kObjects), held / 2);
}

// It is 19:10 UTC when the run begins, ten past four in Seoul.
TEST(PacingApp, WindowsGoByTheTimeZoneOfTheTask) {
  const std::string windows = "00:00-08:00 5, 08:00-24:00 1000";
  for (const bool in_seoul : {true, false}) {
    TestWorld world;
    fill(world, 60);
    std::vector<std::string> flags = {"--source-rps", windows, "--timezone", "UTC"};
    if (in_seoul) {
      world.host.files[kSeoul] = zone_file();
      flags.back() = "Asia/Seoul";
    }
    EXPECT_EQ(world.pair("sync", flags).code, 0);
    const auto most = world.simulator.counters().most_in_a_second(sim::Side::kSource);
    if (in_seoul)
      EXPECT_LE(most, 5u);
    else
      EXPECT_GT(most, 30u);
  }
}

TEST(PacingApp, WhatIsNoBudgetIsRefusedWithItsFaultAndAnExample) {
  TestWorld world;
  const std::pair<const char*, const char*> wrong[] = {
      {"0", "from 1 to 1000000"},
      {"1000001", "from 1 to 1000000"},
      {"x", "it is not a whole number"},
      {"1,2", "it is not a whole number"},
      {"-5", "it is not a whole number"},
      {"08:00-20:00", "'08:00-20:00' is not a window"},
      {"08:00-20:00 500, 8-20 5", "'8-20 5' is not a window"},
      {"08:00-20:00 500,", "a window is missing"},
      {"08:00-20:00 500, 20:00-21:00 0", "'0' in '20:00-21:00 0' is not a whole number"},
      {"08:00-20:00 500, 19:00-21:00 5", "19:00-21:00 overlaps 08:00-20:00"},
  };
  for (const auto& [value, fault] : wrong) {
    const Ran ran = world.pair("sync", {"--source-rps", value});
    EXPECT_EQ(ran.code, 252) << value;
    EXPECT_THAT(ran.err, HasSubstr(fault)) << value;
    EXPECT_THAT(ran.err, HasSubstr("08:00-20:00 500")) << value;
  }
  const Ran slow = world.pair("sync", {"--max-bandwidth", "08:00-20:00 1KiB"});
  EXPECT_THAT(slow.err, HasSubstr("'1KiB' in '08:00-20:00 1KiB' is not a number of bytes a second "
                                  "from 64KiB up"));
  EXPECT_THAT(slow.err, HasSubstr("08:00-20:00 20MiB"));
  EXPECT_EQ(world.simulator.counters().requests, 0u);
}

TEST(PacingApp, BytesMayHaveAPointAndSmallLetters) {
  EXPECT_EQ(parse_bytes("1.5MiB"), ByteCount(1'572'864));
  EXPECT_EQ(parse_bytes("50mb"), ByteCount(50'000'000));
  EXPECT_EQ(parse_bytes("0.125GiB"), ByteCount(134'217'728));
  for (const char* text :
       {"1.5", ".5MiB", "1.MiB", "1.0625MiB", "1.5.5MiB", "-1MiB", "1e3MiB", "MiB"})
    EXPECT_FALSE(parse_bytes(text)) << text;
}

TEST(PacingApp, ATimeZoneIsForALogOrForABudget) {
  TestWorld world;
  fill(world, 1);
  EXPECT_EQ(world.pair("sync", {"--timezone", "UTC"}).code, 252);
  EXPECT_EQ(world.pair("sync", {"--timezone", "UTC", "--source-rps", "10"}).code, 0);
  EXPECT_EQ(world.pair("sync", {"--timezone", "UTC", "--target-rps", "08:00-09:00 10"}).code, 0);
  const Ran unknown = world.pair("sync", {"--timezone", "Asia/Soul", "--source-rps", "10"});
  EXPECT_NE(unknown.code, 0);
  EXPECT_THAT(unknown.err, HasSubstr("Asia/Seoul"));
}

// In UTC the windows would hold nine hours too late.
TEST(PacingApp, AnUnknownTzIsRefusedWhereWindowsGoByIt) {
  TestWorld world;
  fill(world, 1);
  world.host.environment["TZ"] = "Mars/Phobos";
  const Ran refused = world.pair("sync", {"--source-rps", "08:00-20:00 5"});
  EXPECT_EQ(refused.code, 253);
  EXPECT_THAT(refused.err, HasSubstr("TZ='Mars/Phobos'"));
  EXPECT_THAT(refused.err, HasSubstr("--timezone Asia/Seoul"));
  EXPECT_EQ(world.simulator.counters().requests, 0u);
  EXPECT_EQ(world.pair("sync", {"--source-rps", "08:00-20:00 5", "--timezone", "UTC"}).code, 0);
  TestFolder logs;
  const Ran logged = world.pair("sync", {"--task", "t", "--log-dir", logs.path()});
  EXPECT_EQ(logged.code, 0);
  EXPECT_THAT(logged.err, HasSubstr("warning: the environment's TZ='Mars/Phobos'"));
}

TEST(PacingApp, TheZoneAndWhatHoldsNowAreSaidAtTheStart) {
  TestWorld world;
  TestFolder logs;
  fill(world, 1);
  world.host.environment["TZ"] = "KST-9";
  const Ran ran = world.pair(
      "sync", {"--source-rps", "00:00-08:00 5", "--target-rps", "1000", "--max-bandwidth",
               "08:00-20:00 20MiB", "--task", "t", "--log-dir", logs.path()});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const std::string said =
      "note: budgets go by the time of day in KST-9 (+09:00), where it is 04:10; now: --source-rps "
      "5/s, --target-rps 1,000/s, --max-bandwidth no limit\n";
  EXPECT_THAT(ran.out, HasSubstr(said));
  EXPECT_THAT(logs.read("20261123 t.txt"), HasSubstr(said));
}

}  // namespace
}  // namespace s3ferry
