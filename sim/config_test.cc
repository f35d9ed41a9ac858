#include <gtest/gtest.h>

#include "sim/fault_config.h"
#include "sim/testing.h"

namespace s3ferry::sim::testing {
namespace {

constexpr std::string_view kDocument = R"({
  "accounts": [
    {"id": "333333333333", "name": "third",
     "users": [{"name": "reader",
                "policies": [{"Statement": [{"Effect": "Allow", "Action": "s3:Get*",
                                             "Resource": "arn:aws:s3:::third-bucket/*"}]}],
                "keys": [{"access_key_id": "AKIATHIRDFAKE0000003", "secret": "third-fake-secret"}]}],
     "roles": [{"name": "mover", "trusted": ["111111111111"]}]}],
  "buckets": [
    {"name": "third-bucket", "owner": "333333333333", "region": "ap-northeast-2", "side": "source",
     "versioning": "Enabled", "ownership": "ObjectWriter", "encryption": "aws:kms",
     "policy": {"Statement": {"Effect": "Allow", "Principal": {"AWS": "111111111111"},
                              "Action": "s3:GetObject", "Resource": "arn:aws:s3:::third-bucket/*"}},
     "objects": [
       {"key": "a", "content": "text", "mtime": "2026-01-01T00:00:00Z", "tags": {"t": "1"},
        "metadata": {"Owner": "x"}, "headers": {"Content-Type": "text/plain"},
        "storage_class": "STANDARD_IA", "etag": "\"0123\""},
       {"key_hex": "00ff", "size": 5}]},
    {"name": "big-bucket", "owner": "333333333333",
     "synthetic": {"layout": "padded", "count": 100, "min_size": 10, "max_size": 20}}],
  "latency": [{"operation": "ListObjectsV2", "fixed_ms": 40}, {"fixed_ms": 1}],
  "rates": [{"bucket": "third-bucket", "reads_per_second": 5500}],
  "faults": [{"on": "source", "operation": "GetObject", "key": "a", "times": 1,
              "response": {"status": 500}}]
})";

TEST(Config, AWholeDocument) {
  World world;
  const Status configured = world.sim.configure(kDocument);
  ASSERT_TRUE(configured) << configured.error().message();
  const auto object = world.sim.find_object("third-bucket", "a");
  ASSERT_TRUE(object);
  EXPECT_EQ(object->etag, "0123");
  EXPECT_EQ(object->storage_class, "STANDARD_IA");
  EXPECT_EQ(object->metadata.at("owner"), "x");
  EXPECT_EQ(object->headers.at("content-type"), "text/plain");
  EXPECT_EQ(object->tags.at("t"), "1");
  EXPECT_EQ(object->encryption, "aws:kms");
  EXPECT_FALSE(object->version_id.empty());
  EXPECT_TRUE(world.sim.find_object("third-bucket", std::string("\0\xff", 2)));
  EXPECT_EQ(world.sim.keys("big-bucket").size(), 100u);
  world.secrets["AKIATHIRDFAKE0000003"] = "third-fake-secret";
  Ask ask;
  ask.key_id = "AKIATHIRDFAKE0000003";
  ask.region = "ap-northeast-2";
  EXPECT_EQ(world.get("/third-bucket/a", {}, ask).status, 500);
  EXPECT_TRUE(world.sim.all_faults_fired());
  EXPECT_EQ(world.get("/third-bucket/a", {}, ask).status, 200);
  EXPECT_EQ(world.get("/third-bucket?list-type=2", {}, ask).status, 403);
}

TEST(Config, UnknownMembersAreRefused) {
  World world;
  EXPECT_FALSE(world.sim.configure("{"));
  const Status unknown = world.sim.configure(R"({"bucket": []})");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message().find("'bucket'"), std::string::npos);
  const Status nested = world.sim.configure(
      R"({"buckets": [{"name": "some-bucket", "owner": "111111111111", "colour": "red"}]})");
  ASSERT_FALSE(nested);
  EXPECT_NE(nested.error().message().find("buckets[0]"), std::string::npos);
  EXPECT_FALSE(world.sim.configure(R"({"latency": [{"operation": "Nothing"}]})"));
  EXPECT_FALSE(world.sim.configure(R"({"buckets": [{"name": "other-bucket", "owner": "9"}]})"));
}

TEST(FaultConfig, TheMembersOfTheSyncCases) {
  const auto fault = parse_fault(
      R"({"on": "dest", "operation": "CopyObject|GetObject", "key": "b", "times": "always",
          "response": {"status": 403, "code": "AccessDenied"}})");
  ASSERT_TRUE(fault) << fault.error().message();
  EXPECT_EQ(fault->on, Fault::On::kTarget);
  EXPECT_EQ(fault->operations,
            (std::vector<Operation>{Operation::kCopyObject, Operation::kGetObject}));
  EXPECT_EQ(fault->times, -1);
  EXPECT_EQ(fault->status, 403);
  EXPECT_EQ(parse_fault(R"({"operation": "any", "times": 2})")->times, 2);
  EXPECT_TRUE(parse_fault(R"({"response": {"status": 200, "body": "cut"}})")->cut_body);
  EXPECT_EQ(parse_fault(R"({"response": {"status": 503}})")->code, "SlowDown");
  EXPECT_TRUE(parse_fault(R"({"behaviour": "same-token"})")->same_token);
  EXPECT_TRUE(parse_fault(R"({"behaviour": "truncated-no-token"})")->truncated_no_token);
  const std::vector<std::vector<std::string>> order{{"b", "a", "c"}};
  EXPECT_EQ(parse_fault(R"({"behaviour": "order: b, a, c"})")->pages, order);
  const std::vector<std::vector<std::string>> pages{{"a", "b"}, {"b"}};
  EXPECT_EQ(parse_fault(R"({"behaviour": "pages: [a,b],[b]"})")->pages, pages);
}

TEST(FaultConfig, WhatIsNotKnownIsRefused) {
  EXPECT_FALSE(parse_fault(R"({"on": "moon"})"));
  EXPECT_FALSE(parse_fault(R"({"operation": "CopyObjects"})"));
  EXPECT_FALSE(parse_fault(R"({"behaviour": "strange"})"));
  EXPECT_FALSE(parse_fault(R"({"colour": 1})"));
  EXPECT_FALSE(parse_fault(R"({"response": {"colour": 1}})"));
  EXPECT_FALSE(parse_fault(R"({"times": "sometimes"})"));
  EXPECT_FALSE(parse_fault("[]"));
}

}  // namespace
}  // namespace s3ferry::sim::testing
