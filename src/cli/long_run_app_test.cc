// Whole runs that take long or end early: tokens that live an hour, a clock that is wrong, time
// windows, policies that arrive late; each is gone on with by the same command.

#include <gmock/gmock.h>

#include "program/test_world.h"
#include "runtime/worker.h"

namespace s3ferry {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// The server's clock, beside that of this machine.
class OtherClock final : public Runtime {
 public:
  OtherClock(Runtime& base, std::chrono::milliseconds ahead) : base_(base), ahead_(ahead) {}
  TimePoint now() const override { return base_.now(); }
  WallTime wall_now() const override { return base_.wall_now() + ahead_; }
  std::uint64_t random() override { return base_.random(); }
  Task<Status> sleep_until(TimePoint when) override { return base_.sleep_until(when); }
  std::unique_ptr<Worker> make_worker() override { return base_.make_worker(); }

 protected:
  void drive(const bool&) override { throw std::logic_error("the other runtime drives"); }

 private:
  Runtime& base_;
  std::chrono::milliseconds ahead_;
};

// A server whose clock is `ahead` of ours, and a profile that assumes a role for an hour at a time.
class LongRunApp {
 public:
  explicit LongRunApp(std::chrono::milliseconds ahead)
      : clock(world.runtime, ahead), server(clock), wire(world.runtime, server) {
    world.transport = shared_transport(wire);
    world.host.files["/home/t/.aws/config"] =
        "[profile mover]\nregion = us-east-1\nsource_profile = base\n"
        "role_arn = arn:aws:iam::222222222222:role/mover\n";
    world.host.files["/home/t/.aws/credentials"] =
        "[base]\naws_access_key_id = AKIAEXAMPLEBASE00000\n"
        "aws_secret_access_key = hushed-base-secret-EXAMPLE\n";
    must(server.add_account_with_key("222222222222", "AKIAEXAMPLEBASE00000",
                                     Secret(std::string("hushed-base-secret-EXAMPLE"))));
    sim::RoleSpec role;
    role.account = "222222222222";
    role.name = "mover";
    must(server.add_role(std::move(role)));
    add_bucket("photos", sim::Side::kSource);
    add_bucket("copies", sim::Side::kTarget);
    sim::LatencySpec slow;
    slow.operation = sim::Operation::kCopyObject;
    slow.fixed = 30s;
    server.add_latency(slow);
  }
  static void must(const Status& status) { ASSERT_TRUE(status) << status.error().describe(); }
  void add_bucket(const char* name, sim::Side side) {
    sim::BucketSpec bucket;
    bucket.name = name;
    bucket.owner = "222222222222";
    bucket.side = side;
    must(server.add_bucket(std::move(bucket)));
  }
  void fill(int objects) {
    for (int i = 0; i < objects; ++i) {
      sim::ObjectSpec object;
      object.key = "k" + std::to_string(10'000 + i);
      object.size = 1;
      object.mtime = parse_iso8601("2026-01-01T00:00:00Z");
      must(server.put_object("photos", std::move(object)));
    }
  }
  // Two copies at a time, half a minute each: 240 objects an hour.
  Ran sync(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"sync",  "s3://photos",   "s3://copies", "--profile",
                                          "mover", "--concurrency", "2",           "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ran ran = world.run(std::move(arguments));
    EXPECT_EQ(server.counters().source_writes, 0U);
    EXPECT_THAT(ran.err, Not(HasSubstr("hushed")));
    return ran;
  }

  TestWorld world;
  OtherClock clock;
  sim::Simulator server;
  sim::InProcessTransport wire;
};

TEST(LongRunApp, TwelveHoursWithTokensOfAnHourAndAWrongClockFailNoObject) {
  for (const auto ahead : {20min, -20min}) {
    LongRunApp app(ahead);
    app.fill(2900);
    const TimePoint begin = app.world.runtime.now();
    const Ran ran = app.sync();
    EXPECT_EQ(ran.code, 0) << ran.err;
    const auto summary = ran.events().back();
    EXPECT_EQ(summary["copied"], 2900);
    EXPECT_EQ(summary["failed"], 0);
    EXPECT_EQ(summary["check"], "success");
    EXPECT_GE(app.world.runtime.now() - begin, 12h);
    EXPECT_GE(app.server.counters().of(sim::Operation::kAssumeRole), 12U);
    EXPECT_LE(app.server.counters().of(sim::Operation::kAssumeRole), 80U);
  }
}

TEST(LongRunApp, ExpiryBeyondRepairStopsItWith253AndTheSameCommandGoesOn) {
  for (const auto ahead : {0min, 20min, -20min}) {
    LongRunApp app(ahead);
    app.fill(600);
    bool refused = false;
    app.server.before_request([&](const sim::RequestInfo& request) {
      if (refused || request.operation != sim::Operation::kCopyObject ||
          app.server.counters().of(sim::Operation::kCopyObject) < 200)
        return;
      refused = true;
      sim::Fault fault;
      fault.operations = {sim::Operation::kAssumeRole};
      fault.status = 403;
      fault.code = "AccessDenied";
      app.server.add_fault(fault);
    });
    const Ran first = app.sync();
    EXPECT_EQ(first.code, 253) << first.err;
    EXPECT_THAT(first.err, HasSubstr("could not be renewed"));
    EXPECT_THAT(first.err, HasSubstr("the same command goes on from here"));
    const auto summary = first.events().back();
    EXPECT_EQ(summary["failed"], 0);
    EXPECT_EQ(summary["job"], "fail");
    EXPECT_GE(summary["copied"], 200);
    EXPECT_LT(summary["copied"], 600);
    app.server.clear_faults();
    const Ran second = app.sync();
    EXPECT_EQ(second.code, 0) << second.err;
    EXPECT_EQ(app.server.keys("copies").size(), 600U);
    EXPECT_EQ(second.events().back()["check"], "success");
    // Nothing that had arrived was sent again.
    EXPECT_LE(app.server.counters().of(sim::Operation::kCopyObject), 620U);
  }
}

TEST(LongRunApp, AfterMaxDurationItEndsInGoodOrderAndTheSameCommandGoesOn) {
  LongRunApp app(0min);
  app.fill(300);
  const TimePoint begin = app.world.runtime.now();
  const std::vector<std::string> flags = {"--max-duration", "1h",  "--page-size", "50",
                                          "--check",        "none"};
  const Ran first = app.sync(flags);
  EXPECT_EQ(first.code, 1);
  EXPECT_LE(app.world.runtime.now() - begin, 61min);
  EXPECT_THAT(first.err, HasSubstr("--max-duration: 1 h 00 min are over"));
  const auto summary = first.events().back();
  EXPECT_EQ(summary["failed"], 0);
  EXPECT_EQ(summary["job"], "fail") << "the work is not done";
  EXPECT_NEAR(summary["copied"].get<double>(), 240, 4);
  EXPECT_EQ(app.server.keys("copies").size(), summary["copied"].get<std::size_t>());
  const auto listed = app.server.counters().of(sim::Operation::kListObjectsV2);
  const Ran second = app.sync(flags);
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_EQ(app.server.keys("copies").size(), 300U);
  // Of all tries; what was copied in a part that had not come to its end compares as the same.
  const auto total = second.events().back();
  EXPECT_EQ(total["copied"].get<int>() + total["same"].get<int>(), 300);
  // Six pages a side are the whole: what was finished is not listed again.
  EXPECT_LE(app.server.counters().of(sim::Operation::kListObjectsV2) - listed, 5U);
  EXPECT_LE(app.server.counters().of(sim::Operation::kCopyObject), 300U);
}

TEST(LongRunApp, ACheckThatRunsOutOfTimeIsNotMade) {
  LongRunApp app(0min);
  app.fill(2);
  sim::LatencySpec slow;
  slow.operation = sim::Operation::kListObjectsV2;
  slow.fixed = 4min;
  app.server.add_latency(slow);
  const Ran ran = app.sync({"--max-duration", "6m"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.events().back()["copied"], 2);
  EXPECT_EQ(ran.events().back()["check"], "fail");
  EXPECT_THAT(ran.err, HasSubstr("--max-duration"));
}

// The policy of the bucket arrives three minutes late.
TEST(SettleApp, WaitsForAPolicyOnlyWhenAsked) {
  for (const bool asked : {false, true}) {
    TestWorld world;
    world.put("photos", "a", "A");
    TestWorld::must(world.simulator.set_bucket_policy("photos", ""));
    const TimePoint begin = world.runtime.now();
    world.simulator.before_request([&](const sim::RequestInfo&) {
      if (world.runtime.now() - begin < 3min) return;
      TestWorld::must(world.simulator.set_bucket_policy(
          "photos", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":)"
                    R"({"AWS":"222222222222"},"Action":"s3:*","Resource":)"
                    R"(["arn:aws:s3:::photos","arn:aws:s3:::photos/*"]}]})"));
    });
    std::vector<std::string> arguments = {"sync", "s3://photos", "s3://copies", "--profile",
                                          "tobe"};
    if (asked) arguments.emplace_back("--settle");
    const Ran ran = world.run(arguments);
    EXPECT_EQ(ran.code, asked ? 0 : 1) << ran.err;
    EXPECT_EQ(world.runtime.now() - begin >= 3min, asked);
    if (asked) EXPECT_THAT(ran.err, HasSubstr("tried again until 600 s after the start"));
  }
}

TEST(AttributesApp, TheSourceBucketsConfigurationDecides) {
  for (const bool website : {false, true}) {
    TestWorld world;
    sim::BucketSpec bucket;
    bucket.name = "pages";
    bucket.owner = "222222222222";
    bucket.website = website;
    TestWorld::must(world.simulator.add_bucket(std::move(bucket)));
    sim::ObjectSpec object;
    object.key = "old.html";
    object.content = "O";
    object.headers["x-amz-website-redirect-location"] = "/new.html";
    TestWorld::must(world.simulator.put_object("pages", std::move(object)));
    const Ran ran = world.run({"sync", "s3://pages", "s3://copies", "--profile", "tobe"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    const auto copy = world.simulator.find_object("copies", "old.html");
    ASSERT_TRUE(copy);
    EXPECT_EQ(copy->headers.contains("x-amz-website-redirect-location"), website);
    EXPECT_EQ(world.simulator.counters().of(sim::Operation::kGetBucketConfiguration), 2U);
    EXPECT_EQ(ran.out.find("note: the source bucket is a website") != std::string::npos, website);
    const Ran plain = world.run({"sync", "s3://pages/", "s3://copies/plain", "--profile", "tobe",
                                 "--attributes", "default"});
    EXPECT_EQ(plain.code, 0);
    EXPECT_EQ(world.simulator.counters().of(sim::Operation::kGetBucketConfiguration), 2U);
  }
}

TEST(AttributesApp, LocksAreNotSentWhereTheTargetTakesNone) {
  TestWorld world;
  sim::BucketSpec bucket;
  bucket.name = "records";
  bucket.owner = "222222222222";
  bucket.object_lock = true;
  TestWorld::must(world.simulator.add_bucket(std::move(bucket)));
  world.put("records", "a", "A");
  const Ran ran = world.run({"sync", "s3://records", "s3://copies", "--profile", "tobe"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(world.simulator.counters().of(sim::Operation::kGetBucketConfiguration), 3U);
  EXPECT_THAT(ran.lines(), Contains(HasSubstr("the target bucket has no object lock")));
}

// A server that does not know the questions, or denies them, stops nothing.
TEST(AttributesApp, UnknownStopsNothing) {
  for (const int status : {403, 405, 501}) {
    TestWorld world;
    world.put("photos", "a", "A");
    sim::Fault fault;
    fault.operations = {sim::Operation::kGetBucketConfiguration};
    fault.status = status;
    fault.code = status == 403 ? "AccessDenied" : "NotImplemented";
    world.simulator.add_fault(fault);
    const Ran ran = world.pair("sync");
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.err, "");
    EXPECT_EQ(world.simulator.counters().of(sim::Operation::kHeadObject), 0U);
  }
}

}  // namespace
}  // namespace s3ferry
