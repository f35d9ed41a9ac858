#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/simulator.h"

namespace CLI {
class App;
}

namespace s3ferry::sim {

// What s3sim was asked for.
struct CommandLine {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::optional<std::uint16_t> tls_port;
  std::string ca_file;
  std::vector<std::string> configs;  // JSON files
  std::vector<std::string> accounts;
  std::vector<std::string> buckets;
  std::vector<std::string> latencies;
  bool unsigned_requests = false;
  bool counters_at_end = false;
  std::uint64_t discard_from = 0;
};

// The account that is there when none was described, with its fake key.
inline constexpr const char* kDefaultAccount = "111111111111";
inline constexpr const char* kDefaultAccessKey = "S3SIMFAKEACCESSKEY";
inline constexpr const char* kDefaultSecret = "s3sim-fake-secret-access-key";

void declare(CLI::App& app, CommandLine& line);
// Reads the files and configures the simulator. kConfig, kIo with what to mend.
Status describe(Simulator& simulator, const CommandLine& line);

// "name=b,owner=111111111111,layout=padded,count=1000000,…": a bucket's description. kUsage.
Result<BucketSpec> parse_bucket(std::string_view text);
// "CopyObject=30", "ListObjectsV2=40+10" (milliseconds, jitter), "*=5". kUsage.
Result<LatencySpec> parse_latency(std::string_view text);

}  // namespace s3ferry::sim
