#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace s3ferry::aws {

struct OperationCount {
  std::string_view operation;
  std::uint64_t requests = 0;  // sent, retries included
  std::uint64_t retries = 0;
};

// What the callers of one identity at one endpoint learn and count, on whatever loop they are:
// shared by them. Thread-safe.
class CallNotes {
 public:
  using Offset = std::chrono::milliseconds;

  void count(std::string_view operation, bool retry);  // a literal
  std::vector<OperationCount> counts() const;

  // Server's clock minus ours, as the last correction found it.
  Offset clock_offset() const { return Offset(corrected_.load(std::memory_order_relaxed)); }
  void correct_clock(Offset offset) { corrected_.store(offset.count(), std::memory_order_relaxed); }
  // The same by the Date of the first answer; nullopt before it.
  std::optional<Offset> seen_offset() const {
    const auto seen = seen_.load(std::memory_order_relaxed);
    return seen == kNotSeen ? std::nullopt : std::optional(Offset(seen));
  }
  void see_offset(Offset offset) { seen_.store(offset.count(), std::memory_order_relaxed); }

 private:
  static constexpr Offset::rep kNotSeen = std::numeric_limits<Offset::rep>::min();
  std::atomic<Offset::rep> corrected_{0}, seen_{kNotSeen};
  mutable std::mutex mutex_;
  std::vector<OperationCount> counts_;
};

}  // namespace s3ferry::aws
