// `s3ferry run FILE`: lists of tasks.

#include <gmock/gmock.h>

#include "program/test_world.h"

namespace s3ferry {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kProfiles = " --source-profile asis --target-profile tobe";

class RunApp : public testing::Test {
 protected:
  RunApp() {
    world.put("photos", "a/1", "1");
    world.put("photos", "b/2", "2");
  }
  Ran run(const std::string& list, std::vector<std::string> more = {}) {
    world.host.files["/home/t/list"] = list;
    std::vector<std::string> arguments = {"run", "/home/t/list", "--log-dir", folder.path()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return world.run(std::move(arguments));
  }
  TestWorld world;
  TestFolder folder;
};

TEST_F(RunApp, RunsItsTasksInTurnEachWithItsLog) {
  const Ran ran =
      run(std::string(
              "\xEF\xBB\xBF# two folders, as Windows saves it\nsync s3://photos/a s3://copies/a") +
          kProfiles + "\n\nsync s3://photos/b s3://copies/b" + kProfiles + "\n");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(world.simulator.keys("copies"), (std::vector<std::string>{"a/1", "b/2"}));
  EXPECT_THAT(folder.names(), ElementsAre("20261122 list 1.txt", "20261122 list 2.txt"));
  EXPECT_THAT(folder.read("20261122 list 2.txt"), HasSubstr("job success"));
  EXPECT_THAT(ran.lines(), Contains("==== task 1 of 2, line 2: sync s3://photos/a s3://copies/a"));
  EXPECT_THAT(ran.lines(), Contains("==== 2 of 2 tasks ended well"));
}

TEST_F(RunApp, AFailedTaskDoesNotKeepTheOthersAndTheWorstCodeStays) {
  world.put("photos", "c/frozen", "F", "2026-01-01T00:00:00Z", "GLACIER");
  const std::string list = std::string("sync s3://photos/c s3://copies/c") + kProfiles +
                           "\nsync s3://fotos s3://copies/x" + kProfiles +
                           "\nsync s3://photos/a s3://copies/a" + kProfiles;
  const Ran ran = run(list);
  EXPECT_EQ(ran.code, 1) << ran.err;
  EXPECT_EQ(world.simulator.keys("copies"), std::vector<std::string>{"a/1"});
  EXPECT_THAT(ran.lines(), Contains("==== 2 of 3 tasks ended well; task 2 (line 2): exit code 1"));
  EXPECT_THAT(folder.read("20261122 list 2.txt"), HasSubstr("job fail"));
  const Ran stopped = run(list, {"--stop-on-error", "--task", "second"});
  EXPECT_EQ(stopped.code, 1);
  EXPECT_THAT(stopped.lines().back(), HasSubstr("not begun: 1"));
  EXPECT_THAT(folder.names(), Contains("20261122 second 2.txt"));
  EXPECT_THAT(folder.names(), Not(Contains("20261122 second 3.txt")));
}

TEST_F(RunApp, AWrongLineStopsItBeforeTheFirstTask) {
  const std::string good = std::string("sync s3://photos/a s3://copies/a") + kProfiles + "\n";
  for (const auto& [line, code, says] : std::vector<std::tuple<std::string, int, std::string>>{
           {"sync s3://photos s3://copies --dlete", 252, "line 2: unknown flag --dlete"},
           {"sync s3://photos s3://copies --profile prdo", 253, "line 2: "},
           {"sync s3://copies s3://copies/a --profile tobe", 252, "line 2: "},
           {"run other", 252, "line 2: a task begins with sync or verify"}}) {
    const Ran ran = run(good + line);
    EXPECT_EQ(ran.code, code) << line << ran.err;
    ASSERT_EQ(ran.error_lines().size(), 1U) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(says));
  }
  EXPECT_EQ(world.simulator.counters().requests, 0U);
  EXPECT_THAT(folder.names(), ElementsAre());
  const Ran missing = world.run({"run", "/home/t/none"});
  EXPECT_EQ(missing.code, 252);
  EXPECT_THAT(missing.err, HasSubstr("there is no such file"));
  EXPECT_EQ(world.run({"run"}).code, 252);
}

TEST_F(RunApp, AnInterruptEndsTheTaskAndTheList) {
  world.simulator.before_request([&](const sim::RequestInfo& request) {
    if (request.operation == sim::Operation::kCopyObject) world.interrupt.set();
  });
  const Ran ran = run(std::string("sync s3://photos/a s3://copies/a") + kProfiles +
                      "\nsync s3://photos/b s3://copies/b" + kProfiles);
  EXPECT_EQ(ran.code, 130) << ran.err;
  EXPECT_THAT(folder.names(), ElementsAre("20261122 list 1.txt"));
  EXPECT_THAT(ran.lines().back(), HasSubstr("not begun: 1"));
  EXPECT_FALSE(world.simulator.find_object("copies", "b/2"));
}

TEST_F(RunApp, MaxDurationIsForTheWholeList) {
  sim::LatencySpec slow;
  slow.operation = sim::Operation::kCopyObject;
  slow.fixed = std::chrono::seconds(50);
  world.simulator.add_latency(slow);
  const Ran ran = run(std::string("sync s3://photos/a s3://copies/a --copy-as target") + kProfiles +
                          "\nsync s3://photos/b s3://copies/b --copy-as target" + kProfiles,
                      {"--max-duration", "20s"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_TRUE(world.simulator.find_object("copies", "a/1")) << "what is in flight is finished";
  EXPECT_FALSE(world.simulator.find_object("copies", "b/2"));
  EXPECT_THAT(ran.err, HasSubstr("--max-duration: 20.0 s are over"));
}

TEST_F(RunApp, JsonStaysNothingButEvents) {
  const Ran ran = run(std::string("sync s3://photos/a s3://copies/a --json") + kProfiles +
                      "\nverify s3://photos/a s3://copies/a --json" + kProfiles);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.events().back()["event"], "summary");
}

}  // namespace
}  // namespace s3ferry
