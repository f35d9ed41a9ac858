#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/call.h"
#include "runtime/virtual_runtime.h"
#include "s3/connection.h"
#include "s3/source_bucket.h"
#include "s3/target_bucket.h"
#include "sim/counters.h"
#include "sim/in_process.h"
#include "sim/simulator.h"
#include "transfer/pair.h"

namespace s3ferry::testing {

inline constexpr const char* kSourceAccount = "111111111111";
inline constexpr const char* kTargetAccount = "222222222222";
inline constexpr const char* kSourceBucket = "source-bucket";
inline constexpr const char* kTargetBucket = "target-bucket";

struct SimPairOptions {
  std::uint64_t seed = 1;
  std::string source_prefix, target_prefix;
  bool push = true;   // the target bucket's policy lets the source account write
  bool pull = false;  // the source bucket's policy lets the target account read
  bool same_bucket = false;
  bool apart = false;  // the target is another service: a simulator and an endpoint of its own
  std::uint64_t retry_tokens = 500;
  RateSchedule source_rps, target_rps;
  std::string target_encryption = "AES256";  // the target bucket's default
  std::optional<sim::SyntheticSpec> source_synthetic, target_synthetic;
};

// Two accounts, a bucket each, and all that leads there, under virtual time. The source bucket is
// marked as the source: every write to it is counted (rule 1).
class SimPair {
 public:
  explicit SimPair(SimPairOptions options = {});

  VirtualRuntime& runtime() { return runtime_; }
  sim::Simulator& sim() { return sim_; }
  // Where the target is; the same one, unless the two sides are apart.
  sim::Simulator& target_sim() { return target_sim_ ? *target_sim_ : sim_; }
  sim::InProcessTransport& transport() { return transport_; }
  // Everything to the target's endpoint passes here; for what a server does to a body under way.
  using Gate = std::function<Task<Result<http::Response>>(http::Request, http::Transport& server)>;
  void at_target(Gate gate) { switchboard_.gate = std::move(gate); }
  Pair& pair() { return *pair_; }
  const sim::Counters& counters() const { return sim_.counters(); }
  std::uint64_t count(sim::Operation operation) const { return counters().of(operation); }

  // `seconds` before now; contents differ by `seed`.
  void put_source(std::string key, ByteCount size, int seconds_ago = 1000, std::uint64_t seed = 1);
  void put_target(std::string key, ByteCount size, int seconds_ago = 900, std::uint64_t seed = 1);
  void put(std::string_view bucket, sim::ObjectSpec object);
  std::vector<std::string> target_keys() const {
    return (target_sim_ ? *target_sim_ : sim_).keys(kTargetBucket);
  }
  WallTime ago(int seconds) const;

 private:
  // Leads each request to the simulator of its origin.
  class Switchboard final : public http::Transport {
   public:
    explicit Switchboard(http::Transport& one) : source(one), target(&one) {}
    Task<Result<http::Response>> send(http::Request request) override;
    http::Transport& source;
    http::Transport* target;
    Gate gate;
  };
  void require(Status status);
  sim::Simulator& sim_of(std::string_view bucket) {
    return bucket == kTargetBucket ? target_sim() : sim_;
  }

  SimPairOptions options_;
  VirtualRuntime runtime_;
  sim::Simulator sim_;
  sim::InProcessTransport transport_;
  std::unique_ptr<sim::Simulator> target_sim_;
  std::unique_ptr<sim::InProcessTransport> target_transport_;
  Switchboard switchboard_;
  aws::RetryBudget source_budget_, target_budget_;
  aws::RequestRate source_rate_, target_rate_;
  std::unique_ptr<aws::CredentialsProvider> source_credentials_, target_credentials_;
  std::unique_ptr<aws::Caller> source_caller_, target_caller_, pusher_caller_;
  std::unique_ptr<s3::Connection> source_, target_, pusher_;
  std::unique_ptr<s3::SourceBucket> source_bucket_;
  std::unique_ptr<s3::TargetBucket> target_bucket_, as_source_, as_target_;
  std::unique_ptr<Pair> pair_;
};

}  // namespace s3ferry::testing
