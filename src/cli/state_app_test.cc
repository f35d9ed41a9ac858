// What `runs` and `failures` say of journals, and how the journal of a task is opened.

#include <fstream>

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "cli/command_line.h"
#include "cli/run_outcome.h"
#include "cli/run_settings.h"
#include "cli/state.h"
#include "program/test_world.h"
#include "transfer/counters_text.h"

namespace s3ferry {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr const char* kIdentity =
    "source=s3://photos/\nsource service=aws\ntarget=s3://copies/\ntarget service=aws\n";

std::string counters(std::uint64_t copied) {
  RunCounters out;
  out.copied = {copied, copied * 10};
  out.same = {1'200, 5};
  return counters_to_text(out);
}

struct TaskScript {
  std::string folder = "photos_to_copies-1", label = "photos", identity = kIdentity;
  bool finish = false;
  std::string stored_wrong;  // a key that failed because of what the target had stored
  bool old_version = false;  // … as version 1 of the journal put it
};

// A run that copied 1,000, planned a deletion and failed with two objects.
Task<Status> write_task(Runtime& runtime, std::string root, TaskScript script) {
  Result<StateDirectory> directory = StateDirectory::open(root + "/s3ferry/" + script.folder);
  if (!directory) co_return fail(std::move(directory.error()));
  SqliteStoreOptions options;
  auto store = SqliteStore::open(runtime, std::move(*directory), std::move(options));
  if (!store) co_return fail(std::move(store.error()));
  RunRequest request;
  request.identity = script.identity;
  request.label = script.label;
  (void)co_await (*store)->open_run(std::move(request));
  KeyRange everything;
  const Result<Claim> claim = co_await (*store)->claim(std::move(everything));
  FinishedSpan span;
  span.range.up_to = "m";
  span.counters = counters(1'000);
  const Error error = Error(ErrorKind::kAccessDenied, "not allowed")
                          .with_status(403)
                          .with_code("AccessDenied")
                          .with_operation("CopyObject");
  span.failures = {FailedObject(FailedWork::kCopy, "a\n", 7, error),
                   FailedObject(FailedWork::kDelete, "\xff", 8, error)};
  if (!script.stored_wrong.empty())
    span.failures = {
        FailedObject(FailedWork::kCopy, script.stored_wrong, 1,
                     Error(script.old_version ? ErrorKind::kRefused : ErrorKind::kStoredWrong,
                           "not what was sent")
                         .with_operation("PutObject"))};
  if (!script.stored_wrong.empty()) (void)(*store)->note_stored_wrong(script.stored_wrong);
  (void)(*store)->advance(*claim, std::move(span));
  (void)(*store)->set_phase("copying");
  if (script.finish) (void)co_await (*store)->finish_run(counters(2'000));
  co_return co_await (*store)->close();
}

void write(TestWorld& world, const TaskScript& script = {}) {
  TestWorld::must(world.runtime.run(write_task(world.runtime, world.state.path(), script)));
}

TEST(RunsApp, ListsEachTasksLastRun) {
  TestWorld world;
  EXPECT_THAT(world.run({"runs"}).out, StartsWith("no run is written down in /"));
  EXPECT_EQ(world.run({"runs", "--json"}).out, "");
  write(world);
  TaskScript other;
  other.folder = "x";
  other.label = "";
  other.identity = "source=s3://b/\nsource service=aws\ntarget=s3://c/\ntarget service=aws\n";
  other.finish = true;
  write(world, other);
  const Ran ran = world.run({"runs", "--timezone", "UTC"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  ASSERT_EQ(ran.lines().size(), 5U) << ran.out;
  EXPECT_THAT(ran.lines()[0], StartsWith("STATE"));
  EXPECT_THAT(ran.lines()[1],
              StartsWith("stopped   stopped  2026-11-22 19:10:28      1  copying   1,000  1,200"));
  EXPECT_THAT(ran.lines()[1], HasSubstr("photos: s3://photos/ to s3://copies/"));
  EXPECT_THAT(ran.lines()[2], StartsWith("finished  fail "));
  EXPECT_THAT(ran.lines()[2], HasSubstr("2,000"));
  EXPECT_EQ(ran.lines()[3],
            "photos: s3://photos/ to s3://copies/ stopped: without a word: killed, or the machine "
            "went down");
  EXPECT_THAT(ran.lines()[4], HasSubstr("the same command goes on with it"));
  const auto json = world.run({"runs", "--json"}).events();
  ASSERT_EQ(json.size(), 2U);
  EXPECT_THAT(json[0]["stopped_because"], HasSubstr("killed"));
  EXPECT_FALSE(json[1].contains("stopped_because"));
  EXPECT_EQ(json[0]["task"], "photos");
  EXPECT_EQ(json[0]["state"], "stopped");
  EXPECT_EQ(json[0]["copied"], 1000);
  EXPECT_EQ(json[0]["failed"], 2);
  EXPECT_EQ(json[0]["began"], "2026-11-22T19:10:28.000Z");
  EXPECT_EQ(json[1]["state"], "finished");
}

Task<Status> pass(Runtime& runtime, Duration time) {
  return runtime.sleep_for(time);
}

TEST(RunsApp, SaysHowRunsEndedTheNewestFirst) {
  TestWorld world;
  write(world);
  TestWorld::must(world.runtime.run(pass(world.runtime, std::chrono::hours(1))));
  world.put("photos", "a", "x");
  EXPECT_EQ(world.pair("sync").code, 0);
  auto runs = world.run({"runs", "--json"}).events();
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0]["result"], "success");
  EXPECT_EQ(runs[0]["check"], "success");
  EXPECT_EQ(runs[0]["exit_code"], 0);
  EXPECT_EQ(runs[1]["result"], "stopped");
  EXPECT_FALSE(runs[1].contains("check"));
  world.put("copies", "extra", "x");
  EXPECT_EQ(world.pair("sync", {"--delete", "--max-delete", "0"}).code, 1);
  runs = world.run({"runs", "--json"}).events();
  EXPECT_EQ(runs[0]["state"], "finished");
  EXPECT_EQ(runs[0]["result"], "deletions refused");
  EXPECT_EQ(runs[0]["check"], "fail");
  EXPECT_EQ(runs[0]["exit_code"], 1);
  EXPECT_THAT(world.run({"runs"}).lines()[1], StartsWith("finished  deletions refused  "));
  // The one before is still what it was.
  runs = world.run({"runs", "--all", "--json"}).events();
  ASSERT_EQ(runs.size(), 3U);
  EXPECT_EQ(runs[0]["result"], "deletions refused");
  EXPECT_EQ(runs[1]["result"], "success");
  EXPECT_EQ(runs[1]["exit_code"], 0);
  EXPECT_EQ(runs[2]["result"], "stopped");
}

TEST(RunsApp, KeepsTheOutcomesOfTheNewestRuns) {
  const TestFolder folder;
  auto full = nlohmann::json::array();
  for (std::uint64_t run = kMostOutcomes; run > 0; --run)
    full.push_back({{"run", run}, {"result", "success"}, {"check", "none"}, {"exit_code", 0}});
  std::ofstream(folder.path() + "/outcomes.json") << full.dump();
  ASSERT_TRUE(write_outcome(folder.path(), {kMostOutcomes + 1, "success", "none", 0}));
  ASSERT_TRUE(write_outcome(folder.path(), {kMostOutcomes + 1, "fail", "fail", 1}));
  auto all = read_outcomes(folder.path());
  ASSERT_EQ(all.size(), kMostOutcomes);
  EXPECT_EQ(all.front().run, kMostOutcomes + 1);
  EXPECT_EQ(all.front().result, "fail");
  EXPECT_EQ(all.back().run, 2U);
  ASSERT_TRUE(remove_outcome(folder.path(), kMostOutcomes + 1));
  EXPECT_EQ(read_outcomes(folder.path()).front().run, kMostOutcomes);
  std::ofstream(folder.path() + "/outcomes.json") << "[{\"run\": ";
  EXPECT_TRUE(read_outcomes(folder.path()).empty());
}

// It has the source's size and a newer time: by the rules of `aws s3 sync` it is the same.
TEST(RetryFailed, WhatTheTargetStoredWrongIsCopiedAnew) {
  for (const bool retry : {true, false}) {
    TestWorld world;
    TaskScript script;
    script.finish = true;
    script.stored_wrong = "bad";
    write(world, script);
    for (const char* key : {"bad", "good"}) {
      world.put("photos", key, "x");
      world.put("copies", key, "y", "2026-02-01T00:00:00Z");
    }
    std::vector<std::string> flags = {"--json", "--state",
                                      world.state.path() + "/s3ferry/photos_to_copies-1"};
    if (retry) flags.push_back("--retry-failed");
    const Ran ran = world.pair("sync", flags);
    std::vector<std::string> copied;
    for (const auto& event : ran.events())
      if (event.contains("reason") && event["event"] == "copied")
        copied.push_back(event["key"].get<std::string>() + " " +
                         event["reason"].get<std::string>());
    EXPECT_THAT(copied, ElementsAre("bad stored-wrong")) << ran.err;
    EXPECT_EQ(world.simulator.find_object("copies", "bad")->etag,
              world.simulator.find_object("photos", "bad")->etag);
    flags.resize(3);
    EXPECT_THAT(world.pair("sync", flags).out, Not(HasSubstr("stored-wrong"))) << "once is enough";
  }
}

void execute(const std::string& folder, const std::string& sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open((folder + "/journal.sqlite").c_str(), &handle), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(handle);
}

// What an unreadable journal knew to be stored wrong would be taken for the same.
TEST(SyncState, ThatCannotBeReadIsNoEmptyOne) {
  for (const char* damage : {"UPDATE stored_wrong SET key=x'00'", "DROP TABLE stored_wrong",
                             "UPDATE runs SET label='another' WHERE run=1"}) {
    TestWorld world;
    TaskScript script;
    script.finish = true;
    script.stored_wrong = "bad";
    write(world, script);
    write(world, script);
    world.put("photos", "bad", "x");
    world.put("copies", "bad", "y", "2026-02-01T00:00:00Z");
    const std::string folder = world.state.path() + "/s3ferry/photos_to_copies-1";
    execute(folder, damage);
    const Ran ran = world.pair("sync", {"--state", folder});
    EXPECT_EQ(ran.code, 253) << damage << ran.out;
    EXPECT_THAT(ran.err, HasSubstr("journal.sqlite")) << damage;
    EXPECT_EQ(ran.error_lines().size(), 1U) << ran.err;
  }
}

// Of an earlier version, which wrote it down as a failure only.
TEST(SyncState, OfAnEarlierVersionIsConvertedAndItsWrongObjectsAreCopiedAnew) {
  TestWorld world;
  TaskScript script;
  script.finish = true;
  script.old_version = true;
  script.stored_wrong = "bad";
  write(world, script);
  const std::string folder = world.state.path() + "/s3ferry/photos_to_copies-1";
  execute(folder, "DROP TABLE stored_wrong; PRAGMA user_version=1");
  world.put("photos", "bad", "x");
  world.put("copies", "bad", "y", "2026-02-01T00:00:00Z");
  EXPECT_EQ(world.run({"runs", "--state", folder}).code, 0);
  const Ran ran = world.pair("sync", {"--json", "--state", folder});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("stored-wrong"));
}

TEST(RunsApp, AJournalThatCannotBeReadIsSaidAndTheOthersAreShown) {
  TestWorld world;
  write(world);
  const std::string broken = world.state.path() + "/s3ferry/broken";
  std::filesystem::create_directory(broken);
  std::ofstream(broken + "/journal.sqlite") << "not a journal";
  const Ran ran = world.run({"runs"});
  EXPECT_EQ(ran.code, 253);
  EXPECT_EQ(ran.lines().size(), 4U);
  EXPECT_THAT(ran.error_lines(), ElementsAre(HasSubstr("broken/journal.sqlite is damaged")));
  // It may be the very task that is asked for.
  for (const std::vector<std::string>& asked :
       {std::vector<std::string>{"s3://c", "s3://d"}, {"nightly"}}) {
    std::vector<std::string> arguments = {"failures"};
    arguments.insert(arguments.end(), asked.begin(), asked.end());
    const Ran failures = world.run(arguments);
    EXPECT_EQ(failures.code, 253) << failures.err;
    EXPECT_THAT(failures.err, AllOf(HasSubstr("broken/journal.sqlite is damaged"),
                                    HasSubstr("it may be this one")));
  }
  EXPECT_EQ(world.run({"failures", "photos"}).code, 0);
}

TEST(RunsApp, AFolderThatCannotBeUsedIsSaidInOneLine) {
  TestWorld world;
  const std::string file = world.state.path() + "/file";
  std::ofstream(file) << "x";
  const std::string knot = world.state.path() + "/knot";
  std::filesystem::create_symlink(knot, knot);
  const std::string within = world.state.path() + "/within";
  std::filesystem::create_directory(within);
  std::filesystem::create_symlink(knot, within + "/task");
  for (const auto& [folder, says] : std::vector<std::pair<std::string, std::string>>{
           {world.state.path() + "/none", "is not there"}, {file, "is no folder"}})
    for (const char* command : {"runs", "failures"}) {
      const Ran ran = world.run({command, "--state", folder});
      EXPECT_EQ(ran.code, 252) << folder;
      EXPECT_EQ(ran.out, "");
      EXPECT_THAT(ran.error_lines(), ElementsAre(AllOf(HasSubstr(folder), HasSubstr(says))));
    }
  EXPECT_THAT(world.run({"runs", "--state", knot}).err, HasSubstr("cannot be looked at"));
  const Ran unreadable = world.run({"runs", "--state", within});
  EXPECT_EQ(unreadable.code, 253) << "a folder in it that cannot be looked into is not passed over";
  EXPECT_THAT(unreadable.err, HasSubstr("is not readable"));
}

TEST(RunsApp, AnEmptyJournalIsNoOtherProgramsDatabase) {
  TestWorld world;
  const std::string folder = world.state.path() + "/empty";
  std::filesystem::create_directory(folder);
  std::ofstream(folder + "/journal.sqlite").flush();
  for (const Ran& ran :
       {world.run({"runs", "--state", folder}), world.pair("sync", {"--state", folder})}) {
    EXPECT_EQ(ran.code, 253);
    EXPECT_THAT(ran.err, AllOf(HasSubstr("is damaged (it is empty)"), HasSubstr("begins anew")));
  }
}

// A run that stops because of failures: they are known, though its keys are not finished.
TEST(StoppedRun, SaysWhyItStoppedAndWhatFailed) {
  TestWorld world;
  for (const char* key : {"a", "b", "c", "d"}) world.put("photos", key, "x");
  sim::Fault fault;
  fault.operations = {sim::Operation::kCopyObject};
  fault.status = 400;
  fault.code = "InvalidRequest";
  world.simulator.add_fault(fault);
  const std::vector<std::string> flags = {"--max-failures", "2", "--concurrency", "1"};
  const Ran ran = world.pair("sync", flags);
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("2 objects in a row failed"));
  EXPECT_THAT(ran.err, HasSubstr("--exclude 'PATTERN' --restart"));
  const Ran failures = world.run({"failures", "s3://photos", "s3://copies"});
  EXPECT_EQ(failures.code, 0);
  ASSERT_EQ(failures.lines().size(), 3U) << failures.out;
  EXPECT_THAT(failures.lines()[0], StartsWith("copy failed: s3://photos/a "));
  EXPECT_THAT(failures.lines()[2], AllOf(HasSubstr("is unfinished: these are the failures so far"),
                                         HasSubstr("InvalidRequest")));
  const Ran runs = world.run({"runs"});
  ASSERT_EQ(runs.lines().size(), 4U) << runs.out;
  EXPECT_THAT(runs.lines()[1], StartsWith("stopped "));
  EXPECT_THAT(runs.lines()[2], HasSubstr("stopped: InvalidRequest (400): 2 objects in a row"));
  EXPECT_EQ(world.run({"runs", "--json"}).events()[0]["failed"], 2);
  // Filters cannot change in the middle; as the message said, --restart lets them.
  EXPECT_EQ(world.pair("sync", {"--exclude", "*"}).code, 252);
  world.simulator.clear_faults();
  EXPECT_EQ(world.pair("sync", flags).code, 0);
  EXPECT_THAT(world.run({"failures", "s3://photos", "s3://copies"}).out,
              StartsWith("no object failed in the last run"));
  EXPECT_EQ(world.run({"runs", "--json"}).events()[0]["failed"], 0);
}

TEST(StoppedRun, AnInterruptIsNamedAndWhatWasCopiedCounted) {
  TestWorld world;
  for (const char* key : {"a", "b", "c"}) world.put("photos", key, "x");
  world.simulator.before_request([&](const sim::RequestInfo& request) {
    if (request.operation == sim::Operation::kCopyObject && request.key == "b")
      world.interrupt.set();
  });
  EXPECT_EQ(world.pair("sync", {"--concurrency", "1"}).code, 130);
  const auto run = world.run({"runs", "--json"}).events().at(0);
  EXPECT_EQ(run["state"], "stopped");
  EXPECT_EQ(run["stopped_because"], "interrupted");
  EXPECT_EQ(run["copied"], world.simulator.keys("copies").size());
  const Ran failures = world.run({"failures", "s3://photos", "s3://copies"});
  EXPECT_THAT(failures.out,
              AllOf(HasSubstr("no failure is known so far"), HasSubstr("It stopped: interrupted")));
  const Ran json = world.run({"failures", "s3://photos", "s3://copies", "--json"});
  EXPECT_EQ(json.out, "");
  EXPECT_THAT(json.err, HasSubstr("is unfinished"));
}

TEST(StoppedRun, OneThatNeverBeganLeavesNoRow) {
  TestWorld world;
  EXPECT_EQ(world.run({"sync", "s3://fotos", "s3://copies", "--profile", "tobe"}).code, 1);
  EXPECT_EQ(world.run({"sync", "s3://photos", "s3://kopies", "--profile", "tobe"}).code, 1);
  EXPECT_EQ(world.run({"runs", "--json"}).out, "");
  EXPECT_THAT(world.run({"failures", "s3://fotos", "s3://copies"}).out,
              HasSubstr("no run of this task"));
}

TEST(RetryFailed, WantsARunThatCameToItsEnd) {
  TestWorld world;
  world.put("photos", "a", "x");
  const Ran none = world.pair("sync", {"--retry-failed"});
  EXPECT_EQ(none.code, 252);
  EXPECT_THAT(none.err, AllOf(HasSubstr("no earlier run"), HasSubstr("leave the flag out")));
  EXPECT_THAT(world.state.names(), IsEmpty()) << "nothing is made";
  EXPECT_EQ(world.simulator.keys("copies").size(), 0U);
  bool interrupts = true;
  world.simulator.before_request([&](const sim::RequestInfo& request) {
    if (interrupts && request.operation == sim::Operation::kCopyObject) world.interrupt.set();
  });
  world.put("photos", "b", "x");
  EXPECT_EQ(world.pair("sync", {"--concurrency", "1"}).code, 130);
  interrupts = false;
  world.interrupt.clear();
  const Ran open = world.pair("sync", {"--retry-failed"});
  EXPECT_EQ(open.code, 252);
  EXPECT_THAT(open.err, AllOf(HasSubstr("is unfinished"), HasSubstr("without --retry-failed")));
  EXPECT_EQ(world.pair("sync").code, 0);
  const Ran well = world.pair("sync", {"--retry-failed"});
  EXPECT_EQ(well.code, 252);
  EXPECT_THAT(well.err, HasSubstr("nothing to try again"));
}

TEST(FailuresApp, AreFoundByNameByPlacesAndByFolder) {
  TestWorld world;
  write(world);
  const std::string folder = world.state.path() + "/s3ferry/photos_to_copies-1";
  for (const std::vector<std::string>& asked : {std::vector<std::string>{"photos"},
                                                {"s3://photos", "s3://copies"},
                                                {folder},
                                                {"--state", folder}}) {
    std::vector<std::string> arguments = {"failures"};
    arguments.insert(arguments.end(), asked.begin(), asked.end());
    const Ran ran = world.run(arguments);
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(ran.lines(),
                ElementsAre("copy failed: s3://photos/a\\n to s3://copies/a\\n CopyObject: "
                            "AccessDenied (403): not allowed",
                            "delete failed: s3://copies/\\xff CopyObject: AccessDenied (403): not "
                            "allowed",
                            HasSubstr("is unfinished: these are the failures so far")));
  }
  const auto json = world.run({"failures", "photos", "--json"}).events();
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json[0]["operation"], "copy");
  EXPECT_EQ(json[0]["key"], "a\n");
  EXPECT_EQ(json[0]["size"], 7);
  EXPECT_EQ(json[0]["error"]["status"], 403);
  EXPECT_EQ(json[1]["key_base64"], "/w==");
}

TEST(FailuresApp, WhatIsNotThereOrNotClearIsSaid) {
  TestWorld world;
  write(world);
  const Ran unknown = world.run({"failures", "nothing"});
  EXPECT_EQ(unknown.code, 252);
  EXPECT_THAT(unknown.err, HasSubstr("s3ferry runs"));
  EXPECT_EQ(world.run({"failures"}).code, 252);
  EXPECT_EQ(world.run({"failures", "s3://photos", "not-a-place"}).code, 252);
  TaskScript twin;
  twin.folder = "twin";
  write(world, twin);
  const Ran two = world.run({"failures", "photos"});
  EXPECT_EQ(two.code, 252);
  EXPECT_THAT(two.err, HasSubstr("s3ferry/twin"));
  EXPECT_EQ(two.error_lines().size(), 1U);
  EXPECT_THAT(two.err, Not(HasSubstr("\\n")));
}

// TaskState::open as a command does it.
struct Opened {
  int code = 0;
  std::string error;
  RunRecord record;
};
Task<Opened> open_and_close(AppContext& context, const Options& options) {
  std::string identity = kIdentity, folder = "task";
  auto state = co_await TaskState::open(context, options, std::move(identity), std::move(folder));
  Opened out;
  if (!state) {
    out.error = state.error().message();
    co_return out;
  }
  out.record = (*state)->record();
  const Status closed = co_await (*state)->close();
  EXPECT_TRUE(closed);
  co_return out;
}
Opened open_as(TestWorld& world, std::vector<std::string> more) {
  std::vector<std::string> arguments = {"sync", "s3://photos", "s3://copies"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Result<Options> options = parse_command_line(arguments);
  EXPECT_TRUE(options) << options.error().message();
  MemoryOutput out, err;
  AppContext context{
      .runtime = world.runtime, .host = world.host, .make_transport = {}, .out = out, .err = err};
  return world.runtime.run(open_and_close(context, *options));
}

TEST(TaskState, TheSameCommandGoesOnAnotherIsRefusedWithAWayOut) {
  TestWorld world;
  const Opened first = open_as(world, {"--delete", "--task", "t"});
  EXPECT_FALSE(first.record.resumed);
  EXPECT_TRUE(std::filesystem::exists(world.state.path() + "/s3ferry/task/journal.sqlite"));
  const Opened again = open_as(world, {"--delete", "--concurrency", "7", "--check", "none"});
  EXPECT_TRUE(again.record.resumed) << again.error;
  EXPECT_EQ(again.record.label, "t");
  const Opened other = open_as(world, {"--exclude", "x"});
  EXPECT_THAT(other.error, HasSubstr("--delete (was yes, is not given)"));
  EXPECT_THAT(other.error, HasSubstr("--exclude/--include (was not given, is"));
  EXPECT_THAT(other.error, HasSubstr("--restart"));
  const Opened anew = open_as(world, {"--exclude", "x", "--restart"});
  EXPECT_FALSE(anew.record.resumed);
  EXPECT_EQ(anew.record.label, "t") << "its name stays";
  EXPECT_EQ(open_as(world, {"--exclude", "x", "--task", "u"}).record.label, "u");
  EXPECT_THAT(open_as(world, {"--exclude", "x", "--restart", "--retry-failed"}).error,
              HasSubstr("--retry-failed: no run of this task came to its end"));
}

TEST(TaskState, WhereItIsKept) {
  TestWorld world;
  world.host.environment["XDG_STATE_HOME"] = "relative is not allowed";
  world.host.environment["HOME"] = world.state.path();
  open_as(world, {});
  EXPECT_TRUE(
      std::filesystem::exists(world.state.path() + "/.local/state/s3ferry/task/journal.sqlite"));
  open_as(world, {"--state", "~/mine"});
  EXPECT_TRUE(std::filesystem::exists(world.state.path() + "/mine/journal.sqlite"));
  world.host.environment.clear();
  EXPECT_THAT(open_as(world, {}).error, HasSubstr("--state"));
}

TEST(StateFlags, MeanNothingToADryRun) {
  TestWorld world;
  EXPECT_EQ(world.pair("sync", {"--dryrun", "--restart"}).code, 252);
  EXPECT_EQ(world.pair("verify", {"--restart"}).code, 252);
  EXPECT_EQ(world.pair("sync", {"--no-journal", "--restart"}).code, 252);
}

}  // namespace
}  // namespace s3ferry
