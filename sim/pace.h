#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/runtime.h"
#include "sim/spec.h"

namespace s3ferry::sim {

// How long operations take, and how many a partition serves per second.
class Pace {
 public:
  void add(LatencySpec latency) { latencies_.push_back(latency); }
  void add(RateSpec rate) { rates_.push_back(std::move(rate)); }
  void set(RateSpec rate);  // instead of the one for the same bucket and partitions
  bool has_latency() const { return !latencies_.empty(); }
  bool depends_on_size() const;  // some latency grows with what is copied
  bool has_rates() const { return !rates_.empty(); }

  Duration delay(Runtime& runtime, Operation operation, ByteCount copied_bytes) const;
  // Takes a token of the key's partition, in each limit that covers the bucket; false: slow down.
  bool admit(TimePoint now, std::string_view bucket, std::string_view key, bool write);

 private:
  struct Tokens {
    double left = 0;
    TimePoint at{};
  };
  std::vector<LatencySpec> latencies_;
  std::vector<RateSpec> rates_;
  std::unordered_map<std::string, Tokens> partitions_;
};

}  // namespace s3ferry::sim
