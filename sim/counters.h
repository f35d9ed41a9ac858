#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "base/time.h"
#include "sim/operation.h"
#include "sim/spec.h"

namespace s3ferry::sim {

using OperationCounts = std::array<std::uint64_t, kOperationCount>;

// The most events that any second held, whenever it began.
class SlidingSecond {
 public:
  void add(TimePoint now) {
    while (!within_.empty() && within_.front() <= now - std::chrono::seconds(1))
      within_.pop_front();
    within_.push_back(now);
    most_ = std::max<std::uint64_t>(most_, within_.size());
  }
  std::uint64_t most() const { return most_; }

 private:
  std::deque<TimePoint> within_;  // the second that ends now
  std::uint64_t most_ = 0;
};

// What reached the server. Everything that was parsed counts, refused requests too.
struct Counters {
  std::uint64_t requests = 0;
  std::uint64_t errors_4xx = 0, errors_5xx = 0, slow_downs = 0, dropped = 0;
  OperationCounts by_operation{};
  std::array<OperationCounts, 3> by_side{};                       // index: Side
  std::map<std::string, OperationCounts, std::less<>> by_bucket;  // where the request went
  std::uint64_t source_writes = 0;         // anything but GET and HEAD at a bucket marked as source
  std::uint64_t source_reads_by_copy = 0;  // copies and part copies that read such a bucket
  std::uint64_t source_bytes_by_copy = 0;
  std::uint64_t in_flight = 0, most_in_flight = 0;
  std::array<SlidingSecond, 3> seconds;  // index: Side; the source's with what copies read there

  std::uint64_t most_in_a_second(Side side) const {
    return seconds[static_cast<std::size_t>(side)].most();
  }
  std::uint64_t of(Operation operation) const {
    return by_operation[static_cast<std::size_t>(operation)];
  }
  std::uint64_t of(Side side, Operation operation) const {
    return by_side[static_cast<std::size_t>(side)][static_cast<std::size_t>(operation)];
  }
  std::string to_json() const;  // operations that were never asked for are left out
};

}  // namespace s3ferry::sim
