// Whole runs of `sync` and `verify`: what is shown, logged and said by the exit code.

#include <gmock/gmock.h>

#include "program/test_world.h"

namespace s3ferry {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string copy_of(const std::string& key) {
  return "copy: s3://photos/" + key + " to s3://copies/" + key;
}

void fill(TestWorld& world) {
  world.put("photos", "a.jpg", "AAAA");
  world.put("photos", "dir/", "");
  world.put("photos", "dir/b c.jpg", "BB");
}

TEST(SyncApp, CopiesChecksAndSaysSo) {
  TestWorld world;
  fill(world);
  const Ran ran = world.pair("sync");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.lines(), Contains(copy_of("a.jpg")));
  EXPECT_THAT(ran.lines(), Contains(copy_of("dir/")));
  EXPECT_THAT(ran.lines(), Contains(copy_of("dir/b c.jpg")));
  EXPECT_THAT(ran.lines(), Contains(StartsWith("copied 3 objects (6 B), same 0, deleted 0")));
  EXPECT_THAT(ran.lines(), Contains("data integrity check success"));
  EXPECT_EQ(*world.simulator.read_object("copies", "a.jpg"), "AAAA");
  const Ran again = world.pair("sync");
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.lines(), Not(Contains(StartsWith("copy: "))));
  EXPECT_THAT(again.lines(), Contains(StartsWith("copied 0 objects (0 B), same 3")));
}

TEST(SyncApp, DryRunChangesNothing) {
  TestWorld world;
  fill(world);
  world.put("copies", "extra", "E");
  const Ran ran = world.pair("sync", {"--dryrun", "--delete"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.lines(), Contains("(dryrun) " + copy_of("a.jpg")));
  EXPECT_THAT(ran.lines(), Contains("(dryrun) delete: s3://copies/extra"));
  EXPECT_THAT(ran.out, Not(HasSubstr("data integrity check")));
  EXPECT_EQ(world.simulator.keys("copies"), std::vector<std::string>{"extra"});
}

TEST(SyncApp, DeletesExtrasOnlyWhenAsked) {
  TestWorld world;
  fill(world);
  world.put("copies", "extra", "E");
  EXPECT_EQ(world.pair("sync").code, 0);
  EXPECT_TRUE(world.simulator.find_object("copies", "extra"));
  const Ran ran = world.pair("sync", {"--delete"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.lines(), Contains("delete: s3://copies/extra"));
  EXPECT_FALSE(world.simulator.find_object("copies", "extra"));
}

TEST(SyncApp, RefusedDeletionsSayWhichFlagAllowsThem) {
  TestWorld world;
  world.put("copies", "extra", "E");
  const Ran ran = world.pair("sync", {"--delete"});
  EXPECT_EQ(ran.code, 1);
  ASSERT_EQ(ran.error_lines().size(), 1U) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("--allow-empty-source"));
  EXPECT_TRUE(world.simulator.find_object("copies", "extra"));
}

TEST(SyncApp, KeysCannotBreakALineOrATerminal) {
  TestWorld world;
  world.put("photos", "evil\n\x1b[31m\\k", "E");
  const Ran ran = world.pair("sync");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.lines(), Contains(copy_of("evil\\n\\x1b[31m\\\\k")));
}

// Written after the run began it is still archived, not late: the next run leaves it out as well.
TEST(SyncApp, AnArchivedObjectIsCountedOnceHoweverNew) {
  TestWorld world;
  world.put("photos", "a", "A");
  world.put("photos", "frozen", "F", "2026-11-22T19:10:29Z", "GLACIER");
  const Ran ran = world.pair("sync", {"--json"});
  EXPECT_EQ(ran.code, 2) << ran.err;
  const auto summary = ran.events().back();
  EXPECT_EQ(summary["late"], 0);
  EXPECT_EQ(summary["skipped"], 1);
  EXPECT_EQ(summary["check"], "success");
}

TEST(SyncApp, AnArchivedObjectWarnsAndTheCheckStaysASuccess) {
  TestWorld world;
  fill(world);
  world.put("photos", "frozen", "F", "2026-01-01T00:00:00Z", "GLACIER");
  const Ran ran = world.pair("sync");
  EXPECT_EQ(ran.code, 2) << ran.err;
  EXPECT_THAT(ran.lines(), Contains("data integrity check success"));
  EXPECT_THAT(ran.lines(), Contains(StartsWith("check: 1 archived at the source")));
  EXPECT_THAT(ran.lines(), Contains(StartsWith("archived: missing: s3://photos/frozen")));
  const Ran verify = world.pair("verify");
  EXPECT_EQ(verify.code, 1);
  EXPECT_THAT(verify.lines(), Contains("data integrity check fail"));
  EXPECT_THAT(verify.lines(), Contains(HasSubstr("archived: restore it first")));
  EXPECT_THAT(verify.lines(), Contains(HasSubstr("--force-glacier-transfer")));
  EXPECT_EQ(world.pair("sync", {"--force-glacier-transfer"}).code, 1);
}

TEST(SyncApp, ARefusedDeletionSaysItOnce) {
  TestWorld world;
  world.put("copies", "extra", "E");
  const Ran ran = world.pair("sync", {"--delete"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_TRUE(world.simulator.find_object("copies", "extra"));
  EXPECT_THAT(ran.error_lines(),
              Contains(StartsWith("s3ferry: nothing was deleted: the source is empty")));
}

TEST(SyncApp, QuietAndOnlyShowErrors) {
  TestWorld world;
  fill(world);
  world.put("photos", "frozen", "F", "2026-01-01T00:00:00Z", "GLACIER");
  const Ran quiet = world.pair("sync", {"--quiet", "--check", "none"});
  EXPECT_EQ(quiet.code, 2);
  EXPECT_EQ(quiet.out, "");
  EXPECT_EQ(quiet.err, "");
  const Ran errors = world.pair("sync", {"--only-show-errors", "--check", "none"});
  EXPECT_EQ(errors.code, 2);
  EXPECT_EQ(errors.out, "");
  EXPECT_THAT(errors.error_lines(), Contains(StartsWith("warning: skipped: s3://photos/frozen")));
}

TEST(SyncApp, AFailedCopyFailsTheRunAndTheCheck) {
  TestWorld world;
  fill(world);
  sim::Fault fault;
  fault.operations = {sim::Operation::kCopyObject};
  fault.key = "a.jpg";
  fault.status = 403;
  fault.code = "AccessDenied";
  world.simulator.add_fault(fault);
  const Ran ran = world.pair("sync");
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.error_lines(),
              Contains(StartsWith("copy failed: s3://photos/a.jpg to s3://copies/a.jpg CopyObject: "
                                  "AccessDenied (403)")));
  EXPECT_THAT(ran.lines(), Contains(StartsWith("difference: missing: s3://photos/a.jpg")));
  EXPECT_THAT(ran.lines(), Contains("data integrity check fail"));
}

TEST(SyncApp, JsonIsNothingButEventsAndEndsWithTheSummary) {
  TestWorld world;
  fill(world);
  world.put("copies", "extra", "E");
  const Ran ran = world.pair("sync", {"--json", "--delete"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const auto events = ran.events();
  EXPECT_EQ(events.front()["event"], "begin");
  EXPECT_EQ(events.front()["source"], "s3://photos/");
  const auto& summary = events.back();
  EXPECT_EQ(summary["event"], "summary");
  EXPECT_EQ(summary["copied"], 3);
  EXPECT_EQ(summary["deleted"], 1);
  for (const char* name : {"same", "skipped", "failed", "late"})
    EXPECT_EQ(summary[name], 0) << name;
  EXPECT_EQ(summary["requests"]["DeleteObjects"], 1);
  EXPECT_GE(summary["requests"]["CopyObject"], 3);
  EXPECT_EQ(summary["requests"]["ListObjectsV2"], 4);
  EXPECT_EQ(summary["check"], "success");
  EXPECT_EQ(summary["exit_code"], 0);
  std::size_t begins = 0, copied = 0;
  for (const auto& event : events) {
    begins += event["event"] == "begin" ? 1 : 0;
    copied += event["event"] == "copied" ? 1 : 0;
  }
  EXPECT_EQ(begins, 1U);
  EXPECT_EQ(copied, 3U);
}

TEST(SyncApp, JsonAlsoEndsWithTheSummaryWhenNothingCouldBegin) {
  TestWorld world;
  world.host.files.clear();
  world.refused_hosts = {"169.254.169.254"};
  const Ran ran = world.run({"sync", "s3://photos", "s3://copies", "--json"});
  EXPECT_EQ(ran.code, 253);
  EXPECT_EQ(ran.events().back()["event"], "summary");
  EXPECT_EQ(ran.events().back()["exit_code"], 253);
}

TEST(SyncApp, InterruptStopsWithItsOwnCode) {
  TestWorld world;
  fill(world);
  world.simulator.before_request([&](const sim::RequestInfo& request) {
    if (request.operation == sim::Operation::kCopyObject) world.interrupt.set();
  });
  sim::LatencySpec slow;
  slow.operation = sim::Operation::kCopyObject;
  slow.fixed = std::chrono::seconds(1);
  world.simulator.add_latency(slow);
  const Ran ran = world.pair("sync", {"--concurrency", "1"});
  EXPECT_EQ(ran.code, 130);
  ASSERT_EQ(ran.error_lines().size(), 2U) << ran.err;
  EXPECT_THAT(ran.error_lines()[0],
              HasSubstr("1 copy in flight is finished first, for 60 s at most"));
  EXPECT_THAT(ran.error_lines()[1], HasSubstr("the same command goes on from here"));
  EXPECT_EQ(world.simulator.keys("copies").size(), 1U) << "what was in flight arrived";
}

TEST(SyncApp, AProgressLineOnATerminalAlone) {
  TestWorld world;
  fill(world);
  sim::LatencySpec slow;
  slow.operation = sim::Operation::kCopyObject;
  slow.fixed = std::chrono::seconds(3);
  world.simulator.add_latency(slow);
  EXPECT_EQ(world.pair("sync", {"--dryrun"}).err, "");
  world.terminal = true;
  const TimePoint begin = world.runtime.now();
  const Ran ran = world.pair("sync");
  const double took_s = std::chrono::duration<double>(world.runtime.now() - begin).count();
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.err, HasSubstr("\r\x1b[Kcopying: 0 copied"));
  EXPECT_THAT(ran.err, testing::EndsWith("\r\x1b[K"));
  // Redrawn at most five times a second, and taken away for each of the few lines.
  const auto draws = std::count(ran.err.begin(), ran.err.end(), '\r');
  EXPECT_GE(draws, 10);
  EXPECT_LE(static_cast<double>(draws), took_s * 5 + 10);
  world.put("photos", "new", "N");
  EXPECT_EQ(world.pair("sync", {"--no-progress"}).err, "");
}

TEST(SyncApp, NoSecretReachesAnyOutput) {
  TestWorld world;
  TestFolder folder;
  fill(world);
  sim::Fault fault;
  fault.key = "a.jpg";
  fault.operations = {sim::Operation::kCopyObject};
  fault.status = 403;
  fault.code = "SignatureDoesNotMatch";
  fault.message = "calculated";
  fault.times = 1;
  world.simulator.add_fault(fault);
  world.host.environment["HTTPS_PROXY"] = "http://user:hushed-proxy-EXAMPLE@proxy:3128";
  testing::internal::CaptureStderr();
  const Ran ran = world.pair("sync", {"--debug", "--task", "t", "--log-dir", folder.path()});
  const std::string diagnostics = testing::internal::GetCapturedStderr();
  const Ran json = world.pair("sync", {"--json"});
  const std::string log = folder.read("20261122 t.txt");
  EXPECT_FALSE(log.empty());
  for (const std::string* text : {&ran.out, &ran.err, &diagnostics, &log, &json.out, &json.err}) {
    EXPECT_THAT(*text, Not(HasSubstr("hushed")));
    EXPECT_THAT(*text, Not(HasSubstr("Signature=")));
  }
}

TEST(VerifyApp, ComparesAndWritesRclonesLetters) {
  TestWorld world;
  TestFolder folder;
  fill(world);
  world.put("copies", "a.jpg", "AAAA");
  world.put("copies", "dir/b c.jpg", "other");
  world.put("copies", "extra", "E");
  const std::string file = folder.path() + "/diff.txt";
  const Ran ran = world.pair("verify", {"--combined", file});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.lines(), Contains("data integrity check fail"));
  EXPECT_EQ(folder.read("diff.txt"), "= a.jpg\n+ dir/\n* dir/b c.jpg\n- extra\n");
  EXPECT_EQ(world.simulator.keys("copies").size(), 3U);
  EXPECT_EQ(world.pair("sync", {"--check", "none"}).code, 0);
  const Ran good = world.pair("verify");
  EXPECT_EQ(good.code, 0) << good.out;
  EXPECT_THAT(good.lines(), Contains("data integrity check success"));
  EXPECT_EQ(world.pair("verify", {"--delete"}).code, 1);
}

}  // namespace
}  // namespace s3ferry
