#include <gtest/gtest.h>

#include "runtime/scope.h"
#include "sim/digest.h"
#include "sim/fault_config.h"
#include "sim/testing.h"

namespace s3ferry::sim::testing {
namespace {

class Faults : public ::testing::Test {
 protected:
  Faults() {
    for (const char* key : {"a", "b", "c", "d"}) world.object("source-bucket", key);
    (void)world.sim.set_bucket_policy(
        "target-bucket", R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*",
                            "Resource":["arn:aws:s3:::target-bucket",
                                        "arn:aws:s3:::target-bucket/*"]}})");
  }
  std::size_t add(std::string_view json) {
    auto fault = parse_fault(json);
    EXPECT_TRUE(fault) << fault.error().message();
    return world.sim.add_fault(std::move(*fault));
  }
  World world;
};

TEST_F(Faults, APageFailsAsOftenAsAsked) {
  const std::size_t id = add(R"({"on": "source", "operation": "ListObjectsV2", "page": 2,
                                 "times": 2, "response": {"status": 500}})");
  const Got first = world.get("/source-bucket?list-type=2&max-keys=2");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(world.sim.fault_fired(id), 0);
  EXPECT_FALSE(world.sim.all_faults_fired());
  const std::string second = "/source-bucket?list-type=2&max-keys=2&continuation-token=" +
                             uri_encode(first.element("NextContinuationToken"));
  EXPECT_EQ(world.get(second).code(), "InternalError");
  EXPECT_EQ(world.get(second).status, 500);
  EXPECT_EQ(world.get(second).status, 200);
  EXPECT_EQ(world.sim.fault_fired(id), 2);
}

TEST_F(Faults, ACopyMatchesByTargetAndBySource) {
  add(R"({"on": "source", "operation": "CopyObject", "key": "a", "response": {"status": 404}})");
  add(R"({"on": "dest", "operation": "CopyObject", "key": "x",
          "response": {"status": 200, "code": "InternalError"}})");
  EXPECT_EQ(world.copy("/source-bucket/a", "/target-bucket/y").code(), "NoSuchKey");
  EXPECT_EQ(world.copy("/source-bucket/b", "/target-bucket/a").status, 200);
  const Got got = world.copy("/source-bucket/b", "/target-bucket/x");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.code(), "InternalError");
  EXPECT_FALSE(world.sim.find_object("target-bucket", "x"));
}

TEST_F(Faults, OneKeyOfADeletionIsRefusedAlone) {
  world.object("target-bucket", "a");
  world.object("target-bucket", "b");
  const std::size_t id = add(R"({"on": "dest", "operation": "DeleteObject|DeleteObjects",
                                 "key": "b", "response": {"status": 403, "code": "AccessDenied"}})");
  const std::string body =
      "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>";
  const Got got =
      world.post("/target-bucket?delete", body, {{"content-md5", to_base64(md5_of(body))}});
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.element("Code"), "AccessDenied");
  EXPECT_EQ(world.sim.keys("target-bucket"), (std::vector<std::string>{"b"}));
  EXPECT_EQ(world.remove("/target-bucket/b").status, 403);
  EXPECT_EQ(world.sim.fault_fired(id), 2);
}

TEST_F(Faults, ListingsThatLie) {
  add(R"({"on": "source", "behaviour": "same-token"})");
  Got page = world.get("/source-bucket?list-type=2&max-keys=2");
  const std::string token = page.element("NextContinuationToken");
  page = world.get("/source-bucket?list-type=2&max-keys=2&continuation-token=" + uri_encode(token));
  EXPECT_EQ(page.element("NextContinuationToken"), token);
  EXPECT_EQ(page.element("IsTruncated"), "true");
  world.sim.clear_faults();
  add(R"({"behaviour": "truncated-no-token"})");
  page = world.get("/source-bucket?list-type=2");
  EXPECT_EQ(page.element("IsTruncated"), "true");
  EXPECT_EQ(page.count("NextContinuationToken"), 0u);
  world.sim.clear_faults();
  add(R"({"behaviour": "order: b, a"})");
  page = world.get("/source-bucket?list-type=2");
  EXPECT_LT(page.body.find("<Key>b</Key>"), page.body.find("<Key>a</Key>"));
  EXPECT_EQ(page.element("KeyCount"), "2");
  EXPECT_EQ(page.element("IsTruncated"), "false");
  world.sim.clear_faults();
  add(R"({"behaviour": "pages: [a,b],[b]"})");
  page = world.get("/source-bucket?list-type=2");
  EXPECT_EQ(page.element("KeyCount"), "2");
  page = world.get("/source-bucket?list-type=2&continuation-token=" +
                   uri_encode(page.element("NextContinuationToken")));
  EXPECT_EQ(page.element("Key"), "b");
  EXPECT_EQ(page.element("IsTruncated"), "false");
}

TEST_F(Faults, BodiesThatAreCutBrokenOrSlow) {
  const std::string whole = world.get("/source-bucket?list-type=2").body;
  add(R"({"operation": "ListObjectsV2", "times": 1, "response": {"status": 200, "body": "cut"}})");
  const Got cut = world.get("/source-bucket?list-type=2");
  EXPECT_EQ(cut.status, 200);
  EXPECT_EQ(cut.body, whole.substr(0, whole.size() / 2));
  EXPECT_EQ(cut.header("content-length"), std::to_string(cut.body.size()));
  world.sim.clear_faults();
  add(R"({"operation": "GetObject", "times": 1, "break_after_bytes": 3})");
  const Got broken = world.get("/source-bucket/a");
  EXPECT_EQ(broken.body, "con");
  EXPECT_EQ(broken.error, "truncated");
  EXPECT_EQ(broken.header("content-length"), "7");
  world.sim.clear_faults();
  add(R"({"operation": "GetObject", "slow_chunk_bytes": 1, "slow_every_ms": 1000})");
  const TimePoint start = world.runtime.now();
  EXPECT_EQ(world.get("/source-bucket/a").body, "content");
  EXPECT_EQ(world.runtime.now() - start, std::chrono::seconds(7));
  world.sim.clear_faults();
  add(R"({"operation": "GetObject", "slow_chunk_bytes": 1, "slow_every_ms": 70000})");
  EXPECT_EQ(world.get("/source-bucket/a").error, "timeout");
}

TEST_F(Faults, ConnectionsThatBreakBeforeAndAfterTheEffect) {
  add(R"({"operation": "CopyObject", "key": "x", "times": 1, "drop": "before"})");
  add(R"({"operation": "CopyObject", "key": "y", "times": 1, "drop": "after"})");
  EXPECT_EQ(world.copy("/source-bucket/a", "/target-bucket/x").status, 0);
  EXPECT_FALSE(world.sim.find_object("target-bucket", "x"));
  EXPECT_EQ(world.copy("/source-bucket/a", "/target-bucket/y").status, 0);
  EXPECT_TRUE(world.sim.find_object("target-bucket", "y"));
  EXPECT_EQ(world.sim.counters().dropped, 2u);
}

TEST_F(Faults, AnEffectBehindAnError) {
  add(R"({"operation": "CopyObject", "after": 1, "times": 1, "take_effect": true,
          "response": {"status": 500}})");
  EXPECT_EQ(world.copy("/source-bucket/a", "/target-bucket/x").status, 200);
  EXPECT_EQ(world.copy("/source-bucket/a", "/target-bucket/y").status, 500);
  EXPECT_TRUE(world.sim.find_object("target-bucket", "y"));
}

TEST_F(Faults, ARedirectNamesTheForeignHost) {
  add(R"({"on": "source", "operation": "ListObjectsV2",
          "response": {"status": 301, "code": "PermanentRedirect",
                       "headers": {"location": "http://attacker.example/"}}})");
  const Got got = world.get("/source-bucket?list-type=2");
  EXPECT_EQ(got.status, 301);
  EXPECT_EQ(got.header("location"), "http://attacker.example/");
  EXPECT_EQ(got.element("Endpoint"), "attacker.example");
}

TEST_F(Faults, AHookChangesTheBucketBetweenListingAndCopy) {
  world.sim.before_request([this](const RequestInfo& info) {
    if (info.operation == Operation::kCopyObject && info.source_key == "a")
      world.object("source-bucket", "a", "replaced");
  });
  int status = 0;
  world.sim.after_request([&](const RequestInfo& info) { status = info.status; });
  const std::string etag = world.sim.find_object("source-bucket", "a")->etag;
  EXPECT_EQ(
      world.copy("/source-bucket/a", "/target-bucket/a", {{"x-amz-copy-source-if-match", etag}})
          .status,
      412);
  EXPECT_EQ(status, 412);
}

TEST_F(Faults, CountersKnowSides) {
  world.get("/source-bucket?list-type=2");
  world.copy("/source-bucket/a", "/target-bucket/a");
  EXPECT_EQ(world.sim.counters().source_writes, 0u);
  EXPECT_EQ(world.sim.counters().source_reads_by_copy, 1u);
  EXPECT_EQ(world.sim.counters().source_bytes_by_copy, 7u);
  EXPECT_EQ(world.sim.counters().of(Side::kSource, Operation::kListObjectsV2), 1u);
  EXPECT_EQ(world.sim.counters().of(Side::kTarget, Operation::kCopyObject), 1u);
  EXPECT_EQ(world.sim.counters().of(Operation::kCopyObject), 1u);
  world.put("/source-bucket/x", "x");
  EXPECT_EQ(world.sim.counters().source_writes, 1u);
  const std::string json = world.sim.counters_json();
  EXPECT_NE(json.find(R"("source_writes":1)"), std::string::npos);
  EXPECT_NE(json.find(R"("source-bucket":{"ListObjectsV2":1,"PutObject":1})"), std::string::npos)
      << json;
  world.sim.reset_counters();
  EXPECT_EQ(world.sim.counters().requests, 0u);
}

TEST_F(Faults, LatencyIsVirtualTime) {
  LatencySpec list;
  list.operation = Operation::kListObjectsV2;
  list.fixed = std::chrono::milliseconds(40);
  world.sim.add_latency(list);
  LatencySpec copy;
  copy.operation = Operation::kCopyObject;
  copy.copy_bytes_per_second = 7;
  world.sim.add_latency(copy);
  TimePoint start = world.runtime.now();
  world.get("/source-bucket?list-type=2");
  EXPECT_EQ(world.runtime.now() - start, std::chrono::milliseconds(40));
  start = world.runtime.now();
  world.copy("/source-bucket/a", "/target-bucket/a");
  EXPECT_EQ(world.runtime.now() - start, std::chrono::seconds(1));
  list.operation = Operation::kHeadObject;
  list.fixed = std::chrono::minutes(10);
  world.sim.add_latency(list);
  EXPECT_EQ(world.head("/source-bucket/a").error, "timeout");
}

TEST_F(Faults, APartitionSlowsDownAloneAndRecovers) {
  RateSpec rate;
  rate.bucket = "source-bucket";
  rate.prefix_bytes = 1;
  rate.reads_per_second = 2;
  world.sim.add_rate_limit(rate);
  EXPECT_EQ(world.head("/source-bucket/a").status, 200);
  EXPECT_EQ(world.head("/source-bucket/a").status, 200);
  EXPECT_EQ(world.get("/source-bucket/a").code(), "SlowDown");
  EXPECT_EQ(world.get("/source-bucket/a").status, 503);
  EXPECT_EQ(world.head("/source-bucket/b").status, 200);
  // A copy reads its source's partition too.
  EXPECT_EQ(world.copy("/source-bucket/a", "/target-bucket/a").status, 503);
  EXPECT_EQ(world.sim.counters().slow_downs, 3u);
  (void)world.runtime.run(world.runtime.sleep_for(std::chrono::seconds(1)));
  EXPECT_EQ(world.copy("/source-bucket/a", "/target-bucket/a").status, 200);
}

TEST_F(Faults, AHostThatRefuses) {
  world.transport.refuse_host("unreachable.example");
  Ask ask;
  ask.host = "unreachable.example";
  EXPECT_EQ(world.get("/source-bucket/a", {}, ask).status, 0);
  EXPECT_EQ(world.sim.counters().requests, 0u);
}

}  // namespace
}  // namespace s3ferry::sim::testing
