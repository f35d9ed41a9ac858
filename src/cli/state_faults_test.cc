// The disk with the journal fills up or breaks at each of its writes in turn, during a whole sync:
// the run stops and says why, and the same command goes on and ends as an undisturbed one.

#include <gmock/gmock.h>

#include "journal/fault_vfs_test_support.h"
#include "program/test_world.h"

namespace s3ferry {
namespace {

using testing::HasSubstr;

constexpr int kObjects = 12;

std::string name_of(int i) {
  return "key-" + std::to_string(100 + i);
}

void fill(TestWorld& world) {
  for (int i = 0; i < kObjects; ++i) {
    world.put("photos", name_of(i), "content of " + name_of(i));
    world.put("copies", "extra-" + name_of(i), "x");
  }
}

Ran sync(TestWorld& world) {
  return world.pair("sync", {"--delete", "--page-size", "3", "--concurrency", "2"});
}

std::vector<std::string> wanted() {
  std::vector<std::string> all;
  for (int i = 0; i < kObjects; ++i) all.push_back(name_of(i));
  return all;
}

// True where the fault struck.
bool break_one_write(long n, bool disk_full) {
  SCOPED_TRACE(testing::Message() << "write " << n);
  TestWorld world;
  fill(world);
  FaultPlan plan;
  plan.at = n;
  plan.disk_full = disk_full;
  Ran ran;
  {
    const FaultVfs layer(plan, true);
    ran = sync(world);
  }
  if (ran.code == 0) {
    // Nothing was left to write down: the fault struck while the journal was put away.
    EXPECT_EQ(world.simulator.keys("copies"), wanted());
  } else {
    EXPECT_TRUE(plan.struck);
    EXPECT_TRUE(ran.code == 1 || ran.code == 253) << ran.code << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("the same command again")) << ran.out;
    EXPECT_THAT(ran.out, testing::Not(HasSubstr("data integrity check success")));
  }
  FaultPlan none;
  const FaultVfs quick(none, true);
  const Ran again = sync(world);
  EXPECT_EQ(again.code, 0) << again.err << again.out;
  EXPECT_EQ(world.simulator.keys("copies"), wanted());
  return plan.struck;
}

void break_each_write(bool disk_full) {
  long n = 0;
  while (break_one_write(n, disk_full) && !testing::Test::HasFailure()) ++n;
  EXPECT_GT(n, 30);
}

TEST(StateFaults, AFullDiskStopsTheRunAndTheNextOneEndsIt) {
  break_each_write(true);
}
TEST(StateFaults, ABrokenDiskStopsTheRunAndTheNextOneEndsIt) {
  break_each_write(false);
}

}  // namespace
}  // namespace s3ferry
