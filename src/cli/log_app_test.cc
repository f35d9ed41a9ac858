// The dated log of whole runs.

#include <filesystem>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <unistd.h>

#include "program/test_world.h"

namespace s3ferry {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::vector<std::string> log_lines(const TestFolder& folder, const std::string& name) {
  return Ran::split(folder.read(name));
}

void use_zone(TestWorld& world, const std::string& name) {
  const std::string path = "/usr/share/zoneinfo/" + name;
  std::ifstream in(path, std::ios::binary);
  world.host.files[path] = std::string(std::istreambuf_iterator<char>(in), {});
}

TEST(LogApp, SaysWhatWasAskedDoneCountedAndFound) {
  TestWorld world;
  TestFolder folder;
  use_zone(world, "Asia/Seoul");
  world.put("photos", "a.jpg", "AAAA");
  world.put("photos", "dir/", "");
  const Ran ran = world.pair("sync", {"--task", "night run", "--log-dir", folder.path() + "/logs",
                                      "--timezone", "Asia/Seoul"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  // 19:10 UTC is the next day in Seoul.
  const auto lines = log_lines(folder, "logs/20261123 night run.txt");
  EXPECT_THAT(lines, Contains("start: 2026-11-23 04:10:28 +09:00 (Asia/Seoul)"));
  EXPECT_THAT(lines, Contains("task: night run"));
  EXPECT_THAT(lines, Contains(StartsWith("asked: s3ferry sync s3://photos s3://copies")));
  EXPECT_THAT(lines, Contains("copy: s3://photos/a.jpg to s3://copies/a.jpg"));
  EXPECT_THAT(lines, Contains("check, source: 2 objects (4 B), 1 folder marker"));
  EXPECT_THAT(lines, Contains("check, target: 2 objects (4 B), 1 folder marker"));
  EXPECT_THAT(lines, Contains(StartsWith("requests: CopyObject ")));
  EXPECT_THAT(lines, Contains(StartsWith("runtime: ")));
  EXPECT_THAT(lines, Contains("data integrity check success"));
  EXPECT_THAT(lines, Contains("exit code: 0"));
  EXPECT_THAT(lines, Contains("job success"));
  EXPECT_THAT(ran.lines(), Contains("log: " + folder.path() + "/logs/20261123 night run.txt"));
}

TEST(LogApp, ARunAfterAKilledOneBeginsOnItsOwnLine) {
  TestWorld world;
  TestFolder folder;
  world.put("photos", "a.jpg", "AAAA");
  std::ofstream(folder.path() + "/20261122 t.txt") << "copy: s3://photos/b.j";
  EXPECT_EQ(world.pair("sync", {"--task", "t", "--log-dir", folder.path()}).code, 0);
  const auto lines = log_lines(folder, "20261122 t.txt");
  EXPECT_THAT(lines, Contains("copy: s3://photos/b.j"));
  EXPECT_THAT(lines, Contains("======== s3ferry ========"));
}

TEST(LogApp, ASecondRunOfTheDayAppends) {
  TestWorld world;
  TestFolder folder;
  world.put("photos", "a.jpg", "AAAA");
  const std::vector<std::string> flags = {"--task", "t", "--log-dir", folder.path()};
  EXPECT_EQ(world.pair("sync", flags).code, 0);
  const std::string first = folder.read("20261122 t.txt");
  sim::Fault fault;
  fault.operations = {sim::Operation::kListObjectsV2};
  fault.on = sim::Fault::On::kSource;
  fault.status = 403;
  fault.code = "AccessDenied";
  world.simulator.add_fault(fault);
  EXPECT_EQ(world.pair("sync", flags).code, 1);
  const std::string both = folder.read("20261122 t.txt");
  EXPECT_THAT(both, StartsWith(first));
  const auto second = Ran::split(both.substr(first.size()));
  EXPECT_THAT(second, Contains(HasSubstr("AccessDenied")));
  EXPECT_THAT(second, Contains("data integrity check fail"));
  EXPECT_THAT(second, Contains("job fail"));
  EXPECT_THAT(second, Not(Contains("job success")));
  EXPECT_EQ(folder.names(), std::vector<std::string>{"20261122 t.txt"});
}

// Its refusal would stand in the midst of the other's lines.
TEST(LogApp, ASecondStartLeavesTheLogOfARunAtWorkAlone) {
  TestWorld world;
  TestFolder folder;
  const std::string path = folder.path() + "/20261122 t.txt";
  std::ofstream(path) << "copy: s3://photos/b.j";
  const int other = ::open(path.c_str(), O_RDWR);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  const std::vector<std::string> flags = {"--task", "t", "--log-dir", folder.path()};
  const Ran ran = world.pair("sync", flags);
  EXPECT_EQ(ran.code, 253);
  EXPECT_EQ(ran.error_lines().size(), 1U);
  EXPECT_THAT(ran.err, HasSubstr("another run is at work"));
  EXPECT_EQ(folder.read("20261122 t.txt"), "copy: s3://photos/b.j");
  EXPECT_EQ(world.simulator.counters().requests, 0U);
  ::close(other);
  EXPECT_EQ(world.pair("sync", flags).code, 0) << "the lock ends with the process that held it";
}

TEST(LogApp, ListsBothSidesObjectsWhenAsked) {
  TestWorld world;
  TestFolder folder;
  world.put("photos", "a", "AAAA");
  world.put("photos", "b\nb", "BB");
  world.put("copies", "extra", "E");
  const Ran ran = world.pair("sync", {"--task", "t", "--log-dir", folder.path(), "--log-objects"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const std::string log = folder.read("20261122 t.txt");
  const auto source = log.find("---- objects of the source");
  const auto target = log.find("---- objects of the target");
  const auto result = log.find("---- result");
  ASSERT_LT(source, target);
  ASSERT_LT(target, result);
  const std::string first = log.substr(source, target - source);
  const std::string second = log.substr(target, result - target);
  EXPECT_THAT(first, HasSubstr("  2026-01-01T00:00:00Z              4 "));
  EXPECT_THAT(first, HasSubstr(" b\\nb\n"));
  EXPECT_THAT(first, Not(HasSubstr("extra")));
  EXPECT_THAT(second, HasSubstr(" extra\n"));
  EXPECT_EQ(folder.names().size(), 1U);
}

TEST(LogApp, AFullDiskFailsTheRun) {
  TestWorld world;
  TestFolder folder;
  std::filesystem::create_symlink("/dev/full", folder.path() + "/20261122 t.txt");
  const Ran ran = world.pair("sync", {"--task", "t", "--log-dir", folder.path()});
  EXPECT_EQ(ran.code, 1);
  ASSERT_EQ(ran.error_lines().size(), 1U) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("No space left on device"));
  EXPECT_EQ(world.simulator.counters().requests, 0U);
}

TEST(LogApp, MissingCredentialsAreAFailedJobInTheLog) {
  TestWorld world;
  TestFolder folder;
  world.host.files.clear();
  world.refused_hosts = {"169.254.169.254"};
  const Ran ran =
      world.run({"sync", "s3://photos", "s3://copies", "--task", "t", "--log-dir", folder.path()});
  EXPECT_EQ(ran.code, 253);
  const auto lines = log_lines(folder, "20261122 t.txt");
  EXPECT_THAT(lines, Contains(StartsWith("error: no credentials")));
  EXPECT_THAT(lines, Contains("data integrity check not made"));
  EXPECT_THAT(lines, Contains("job fail"));
}

TEST(LogApp, ASkippedArchivedObjectLeavesTheJobASuccessWithoutTheCheck) {
  TestWorld world;
  TestFolder folder;
  world.put("photos", "frozen", "F", "2026-01-01T00:00:00Z", "GLACIER");
  const Ran ran =
      world.pair("sync", {"--task", "t", "--log-dir", folder.path(), "--check", "none"});
  EXPECT_EQ(ran.code, 2);
  const auto lines = log_lines(folder, "20261122 t.txt");
  EXPECT_THAT(lines, Contains("data integrity check not made"));
  EXPECT_THAT(lines, Contains("job success"));
}

}  // namespace
}  // namespace s3ferry
