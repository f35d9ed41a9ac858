// Bytes through the program, between two simulated services.

#include <fstream>

#include "e2e/world.h"
#include "support/odd_keys.h"

namespace s3ferry::testing {
namespace {

class Relay : public EndToEnd {
 protected:
  void fill() {
    add_objects(200);
    for (const std::string& key : odd_keys()) add_object("source", {{"key", key}, {"size", 10}});
    add_object("source", {{"key", "empty"}, {"size", 0}});
    add_object("source", {{"key", "parts"},
                          {"size", 11 * 1024 * 1024},
                          {"parts", {5 * 1024 * 1024, 5 * 1024 * 1024, 1024 * 1024}},
                          {"metadata", {{"owner", "\xEC\x84\x9C\xEC\x9A\xB8"}}},
                          {"tags", {{"team", "data"}}}});
    objects_ = 202 + odd_keys().size();
  }
  // The source's service and another one for the target; both hold the same buckets.
  void start_both(bool tls) {
    start(tls);
    nlohmann::json empty = config;
    empty["buckets"][0]["objects"] = nlohmann::json::array();
    empty["buckets"][0].erase("synthetic");
    other_ = std::make_unique<SimulatedService>(other_scratch_, empty, tls);
  }
  ScratchFolder other_scratch_;
  std::unique_ptr<SimulatedService> other_;
  std::size_t objects_ = 0;
};

TEST_F(Relay, BetweenTwoServices) {
  fill();
  start_both(false);
  const ProcessEnd refused =
      program.run(sync({"--target-endpoint-url", other_->url(), "--dryrun"}));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE((refused.out + refused.err).find("would have to pass through this host"),
            std::string::npos)
      << refused.err;
  const ProcessEnd end =
      program.run(sync({"--target-endpoint-url", other_->url(), "--relay", "--json"}));
  ASSERT_EQ(end.exit_code, 0) << end.err << end.out.substr(0, 3000);
  EXPECT_EQ(summary_of(end)["relayed"], objects_);
  EXPECT_EQ(summary_of(end)["check"], "success");
  const auto at_source = service->counters(), at_target = other_->counters();
  EXPECT_EQ(at_source["source_writes"], 0);
  for (const auto& [operation, count] : at_source["sides"]["source"].items())
    EXPECT_TRUE(operation.starts_with("Get") || operation.starts_with("Head") ||
                operation.starts_with("List"))
        << operation;
  EXPECT_EQ(at_target["sides"]["target"]["PutObject"], objects_ - 1);
  EXPECT_EQ(at_target["sides"]["target"]["UploadPart"], 3);
  const ProcessEnd again =
      program.run(sync({"--target-endpoint-url", other_->url(), "--relay", "--json"}));
  EXPECT_EQ(summary_of(again)["same"], objects_);
}

TEST_F(Relay, OverTlsWithUnsignedPayloads) {
  fill();
  start_both(true);
  const std::string both = scratch.file("both.pem");
  std::ofstream(both) << read_file(service->ca_file()) << read_file(other_->ca_file());
  const ProcessEnd end = program.run(
      {"sync", "s3://source", "s3://target", "--source-profile", "asis", "--target-profile", "tobe",
       "--source-endpoint-url", service->tls_url(), "--target-endpoint-url", other_->tls_url(),
       "--ca-bundle", both, "--relay", "--max-bandwidth", "100MiB/s", "--json"});
  ASSERT_EQ(end.exit_code, 0) << end.err << end.out.substr(0, 3000);
  EXPECT_EQ(summary_of(end)["relayed"], objects_);
}

// Objects whose ETags are no MD5s, as those under a KMS key: nothing to compare the bytes with, and
// the check looks at a sample of them.
TEST_F(Relay, FromABucketByFormula) {
  constexpr std::size_t kObjects = 1500;
  config["buckets"][0]["synthetic"] = {
      {"layout", "korean"}, {"count", kObjects}, {"min_size", 0}, {"max_size", 3000}};
  start_both(false);
  const std::vector<std::string> command =
      sync({"--target-endpoint-url", other_->url(), "--relay", "--json"});
  const ProcessEnd end = program.run(command);
  ASSERT_EQ(end.exit_code, 0) << end.err << end.out.substr(0, 3000);
  EXPECT_EQ(summary_of(end)["relayed"], kObjects);
  EXPECT_EQ(summary_of(end)["check"], "success");
  EXPECT_LE(service->counters()["sides"]["source"]["HeadObject"], kObjects / 4);
  const ProcessEnd again = program.run(command);
  EXPECT_EQ(summary_of(again)["same"], kObjects);
}

}  // namespace
}  // namespace s3ferry::testing
