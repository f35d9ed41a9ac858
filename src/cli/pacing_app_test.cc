// Budgets of whole runs: what the command line takes, and what the server then sees.

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

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

TEST(PacingApp, WhatIsNoBudgetIsRefusedWithAnExample) {
  TestWorld world;
  for (const char* value : {"0", "x", "08:00-20:00", "08:00-20:00 0", "1,2", "-5"}) {
    const Ran ran = world.pair("sync", {"--source-rps", value});
    EXPECT_EQ(ran.code, 252) << value;
    EXPECT_THAT(ran.err, HasSubstr("08:00-20:00 500")) << value;
  }
  EXPECT_THAT(world.pair("sync", {"--max-bandwidth", "08:00-20:00 1KiB"}).err,
              HasSubstr("08:00-20:00 20MiB"));
  EXPECT_EQ(world.simulator.counters().requests, 0u);
}

TEST(PacingApp, ATimeZoneIsForALogOrForWindows) {
  TestWorld world;
  fill(world, 1);
  EXPECT_EQ(world.pair("sync", {"--timezone", "UTC", "--source-rps", "10"}).code, 252);
  EXPECT_EQ(world.pair("sync", {"--timezone", "UTC", "--target-rps", "08:00-09:00 10"}).code, 0);
}

}  // namespace
}  // namespace s3ferry
