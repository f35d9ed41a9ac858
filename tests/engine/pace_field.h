#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/sim_pair.h"
#include "transfer/sync.h"

namespace s3ferry::testing {

inline constexpr std::size_t kPartitions = 8;

// What the server saw of our copies in some time. A request is one try.
struct PaceWindow {
  double seconds = 0;
  std::array<std::uint64_t, kPartitions> taken{}, refused{};
  std::uint64_t other_taken = 0, other_refused = 0;  // of the second tool

  double taken_per_second() const;
  double taken_per_second(std::size_t partition) const;
  double refused_share() const;
};

// Whole syncs of more objects than they come to, against a target of eight partitions that each
// answer 503 to what is above a rate; copies take 30 to 34 ms. Virtual time, seeded.
class PaceField {
 public:
  PaceField(double partition_rate, std::uint64_t seed);

  // Syncs while the script plays, then asks the sync to end.
  SyncResult play(Task<void> script);

  // For scripts.
  Task<void> pass(std::string_view what, Duration lasts);  // and prints what was seen
  const PaceWindow& seen() const { return seen_; }         // by the last pass()
  void set_limit(double partition_rate);
  // A second tool that writes to one partition, so many a second, until it is called with 0.
  void set_other(double per_second) { other_rate_ = per_second; }
  static constexpr std::size_t kOthersPartition = 3;

  SimPair& world() { return world_; }
  SyncOptions options;

 private:
  void note(const sim::RequestInfo& request);
  Task<void> other_tool();
  Task<void> write_one();
  Task<SyncResult> sync_beside(Task<void> script);
  Task<void> follow(Task<void> script);

  SimPair world_;
  const std::size_t digit_;  // of the keys, that tells the partition
  PaceWindow sum_, seen_;
  double other_rate_ = 0;
  DrainSignal enough_;
};

}  // namespace s3ferry::testing
