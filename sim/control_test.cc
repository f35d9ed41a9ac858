#include "sim/control.h"

#include <gmock/gmock.h>

#include "runtime/virtual_runtime.h"
#include "sim/counters.h"

namespace s3ferry::sim {
namespace {

using testing::HasSubstr;

struct Got {
  int status = 0;
  std::string body;
};

Task<Got> ask(ControlledSimulator& service, http::Method method, std::string target,
              std::string body) {
  http::Request request;
  request.method = method;
  request.target = std::move(target);
  request.body = std::move(body);
  Got got;
  auto answer = co_await service.send(std::move(request));
  if (!answer) co_return got;
  got.status = answer->status;
  (void)co_await read_all(*answer->body, got.body, kMiB);
  co_return got;
}

class ControlTest : public testing::Test {
 protected:
  Got ask_for(http::Method method, std::string target, std::string body = "") {
    return runtime.run(ask(service, method, std::move(target), std::move(body)));
  }
  VirtualRuntime runtime{1};
  Simulator simulator{runtime};
  ControlledSimulator service{simulator};
};

TEST_F(ControlTest, CountersAreReadAndReset) {
  (void)ask_for(http::Method::kGet, "/some-bucket?list-type=2");
  EXPECT_THAT(ask_for(http::Method::kGet, "/_s3sim/counters").body,
              HasSubstr("\"ListObjectsV2\":1"));
  EXPECT_EQ(ask_for(http::Method::kPost, "/_s3sim/reset").status, 200);
  EXPECT_EQ(simulator.counters().requests, 0u);
}

TEST_F(ControlTest, ADocumentAddsBucketsAndFaultsAndDeleteEndsTheFaults) {
  const Got added =
      ask_for(http::Method::kPost, "/_s3sim/config",
              R"({"accounts": [{"id": "111111111111", "users": [{"name": "admin", "keys": []}]}],
          "buckets": [{"name": "bucket", "owner": "111111111111"}],
          "faults": [{"on": "both", "operation": "ListObjectsV2", "times": "always",
                      "response": {"status": 503, "code": "SlowDown"}}]})");
  EXPECT_EQ(added.status, 200) << added.body;
  EXPECT_TRUE(simulator.has_bucket("bucket"));
  EXPECT_EQ(ask_for(http::Method::kGet, "/bucket?list-type=2").status, 503);
  EXPECT_EQ(ask_for(http::Method::kDelete, "/_s3sim/faults").status, 200);
  EXPECT_EQ(ask_for(http::Method::kGet, "/bucket?list-type=2").status, 403);  // unsigned
}

TEST_F(ControlTest, WhatIsNotThereIsSaid) {
  EXPECT_EQ(ask_for(http::Method::kPost, "/_s3sim/config", "{").status, 400);
  const Got unknown = ask_for(http::Method::kGet, "/_s3sim/unknown");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body, HasSubstr("/_s3sim/counters"));
  EXPECT_THAT(ask_for(http::Method::kGet, "/_s3sim/").body, HasSubstr("/_s3sim/config"));
}

}  // namespace
}  // namespace s3ferry::sim
