#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "sim/operation.h"
#include "sim/spec.h"

namespace s3ferry::sim {

using OperationCounts = std::array<std::uint64_t, kOperationCount>;

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

  std::uint64_t of(Operation operation) const {
    return by_operation[static_cast<std::size_t>(operation)];
  }
  std::uint64_t of(Side side, Operation operation) const {
    return by_side[static_cast<std::size_t>(side)][static_cast<std::size_t>(operation)];
  }
  std::string to_json() const;  // operations that were never asked for are left out
};

}  // namespace s3ferry::sim
