#include "sim/command_line.h"

#include <cstdio>
#include <fstream>

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>

#include "runtime/virtual_runtime.h"
#include "sim/counters.h"

namespace s3ferry::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(SimCommandLine, ABucketIsReadMemberByMember) {
  const auto bucket = parse_bucket(
      "name=src,owner=222222222222,region=ap-northeast-2,side=source,layout=dates,count=1000,"
      "prefix=in/,seed=7,min-size=5,max-size=9,missing-every=10,changed-every=3");
  ASSERT_TRUE(bucket) << bucket.error().message();
  EXPECT_EQ(bucket->name, "src");
  EXPECT_EQ(bucket->owner, "222222222222");
  EXPECT_EQ(bucket->region, "ap-northeast-2");
  EXPECT_EQ(bucket->side, Side::kSource);
  ASSERT_TRUE(bucket->synthetic);
  EXPECT_EQ(bucket->synthetic->layout, Layout::kDates);
  EXPECT_EQ(bucket->synthetic->count, 1000u);
  EXPECT_EQ(bucket->synthetic->prefix, "in/");
  EXPECT_EQ(bucket->synthetic->seed, 7u);
  EXPECT_EQ(bucket->synthetic->min_size, 5u);
  EXPECT_EQ(bucket->synthetic->max_size, 9u);
  EXPECT_EQ(bucket->synthetic->missing_every, 10u);
  EXPECT_EQ(bucket->synthetic->changed_every, 3u);
  EXPECT_FALSE(parse_bucket("name=empty")->synthetic);
}

TEST(SimCommandLine, WhatIsNoBucketIsRefused) {
  for (const char* bad : {"", "count=5", "name", "name=b,layout=round", "name=b,side=left",
                          "name=b,count=many", "name=b,colour=red"}) {
    const auto bucket = parse_bucket(bad);
    ASSERT_FALSE(bucket) << bad;
    EXPECT_EQ(bucket.error().kind(), ErrorKind::kUsage);
  }
}

TEST(SimCommandLine, ALatencyHasAnOperationAndMilliseconds) {
  const auto copy = parse_latency("CopyObject=30+10");
  ASSERT_TRUE(copy);
  EXPECT_EQ(copy->operation, Operation::kCopyObject);
  EXPECT_EQ(copy->fixed, 30ms);
  EXPECT_EQ(copy->jitter, 10ms);
  EXPECT_FALSE(parse_latency("*=5")->operation);
  for (const char* bad : {"CopyObject", "CopyObjekt=5", "CopyObject=", "CopyObject=5+", "=5"})
    EXPECT_FALSE(parse_latency(bad)) << bad;
}

CommandLine parsed(std::vector<std::string> arguments) {
  CLI::App app;
  CommandLine line;
  declare(app, line);
  std::reverse(arguments.begin(), arguments.end());
  app.parse(std::move(arguments));
  return line;
}

TEST(SimCommandLine, RepeatedOptionsAddUp) {
  const CommandLine line =
      parsed({"--port", "9000", "--bucket", "name=a", "--bucket", "name=b", "--latency", "*=1",
              "--account", "222222222222:FAKEKEY:fake-secret", "--tls-port", "0"});
  EXPECT_EQ(line.port, 9000);
  EXPECT_EQ(line.tls_port, 0);
  EXPECT_EQ(line.buckets, (std::vector<std::string>{"name=a", "name=b"}));
  EXPECT_THROW(parsed({"--buckets", "x"}), CLI::ParseError);
}

TEST(SimCommandLine, TheSimulatorHoldsWhatWasDescribed) {
  VirtualRuntime runtime(1);
  Simulator simulator(runtime);
  Status described =
      describe(simulator, parsed({"--bucket", "name=src,count=3", "--bucket", "name=dst"}));
  ASSERT_TRUE(described) << described.error().message();
  EXPECT_EQ(simulator.keys("src").size(), 3u);
  EXPECT_TRUE(simulator.has_bucket("dst"));
  Simulator other(runtime);
  // A document of faults alone leaves the account as it is.
  const std::string faults = ::testing::TempDir() + "s3sim_faults_only.json";
  std::ofstream(faults)
      << R"({"faults": [{"operation": "CopyObject", "response": {"status": 503}}]})";
  Simulator third(runtime);
  described = describe(third, parsed({"--config", faults, "--bucket", "name=src"}));
  EXPECT_TRUE(described) << described.error().message();
  described = third.add_account_with_key("111111111111", "AKIAEXAMPLETWICE0000",
                                         Secret(std::string("hushed-twice-EXAMPLE")));
  EXPECT_FALSE(described) << "it is there already";
  std::remove(faults.c_str());
  described = describe(other, parsed({"--config", "/nonexistent/s3sim.json"}));
  ASSERT_FALSE(described);
  EXPECT_THAT(described.error().message(), HasSubstr("/nonexistent/s3sim.json"));
}

}  // namespace
}  // namespace s3ferry::sim
