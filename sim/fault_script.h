#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "sim/spec.h"

namespace s3ferry::sim {

// What faults are matched against: where a request goes and what it touches.
struct FaultTarget {
  Operation operation = Operation::kUnknown;
  std::string_view bucket, key;
  Side side = Side::kNone;
  std::string_view source_bucket, source_key;  // copies
  Side source_side = Side::kNone;
  int page = 0, part = 0;
};

// The faults of one simulator, in order; the first that matches is used up once.
class FaultScript {
 public:
  std::size_t add(Fault fault);
  void clear() { entries_.clear(); }
  bool empty() const { return entries_.empty(); }
  int fired(std::size_t id) const { return id < entries_.size() ? entries_[id].fired : 0; }
  bool all_fired() const;

  // The fault for a request as a whole, or null.
  std::shared_ptr<const Fault> take(const FaultTarget& target);
  // The fault for one key of a DeleteObjects, or null.
  std::shared_ptr<const Fault> take_for_deleted_key(const FaultTarget& target);

 private:
  struct Entry {
    std::shared_ptr<const Fault> fault;
    int seen = 0, fired = 0;
  };
  static bool matches(const Fault& fault, const FaultTarget& target);
  static bool use(Entry& entry);
  std::vector<Entry> entries_;
};

}  // namespace s3ferry::sim
