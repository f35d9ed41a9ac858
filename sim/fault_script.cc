#include "sim/fault_script.h"

#include <algorithm>

namespace s3ferry::sim {

std::size_t FaultScript::add(Fault fault) {
  entries_.push_back(Entry{std::make_shared<const Fault>(std::move(fault))});
  return entries_.size() - 1;
}

bool FaultScript::all_fired() const {
  return std::all_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.fired > 0; });
}

bool FaultScript::matches(const Fault& fault, const FaultTarget& target) {
  if (!fault.operations.empty() && std::find(fault.operations.begin(), fault.operations.end(),
                                             target.operation) == fault.operations.end())
    return false;
  if (fault.page > 0 && fault.page != target.page) return false;
  if (fault.part > 0 && fault.part != target.part) return false;
  const auto fits = [&](Side side, std::string_view bucket, std::string_view key) {
    // Without a bucket: ListBuckets, and what a fault names outright (AssumeRole).
    if (bucket.empty() && fault.operations.empty() && target.operation != Operation::kListBuckets)
      return false;
    if (fault.on == Fault::On::kSource && side != Side::kSource) return false;
    if (fault.on == Fault::On::kTarget && side != Side::kTarget) return false;
    if (!fault.bucket.empty() && fault.bucket != bucket) return false;
    return !fault.key || *fault.key == key;
  };
  if (fits(target.side, target.bucket, target.key)) return true;
  return !target.source_bucket.empty() && fault.on != Fault::On::kTarget &&
         fits(target.source_side, target.source_bucket, target.source_key);
}

bool FaultScript::use(Entry& entry) {
  if (entry.seen++ < entry.fault->after) return false;
  if (entry.fault->times >= 0 && entry.fired >= entry.fault->times) return false;
  ++entry.fired;
  return true;
}

std::shared_ptr<const Fault> FaultScript::take(const FaultTarget& target) {
  for (Entry& entry : entries_) {
    // A key inside a DeleteObjects is refused alone: take_for_deleted_key().
    if (target.operation == Operation::kDeleteObjects && entry.fault->key) continue;
    if (matches(*entry.fault, target) && use(entry)) return entry.fault;
  }
  return nullptr;
}

std::shared_ptr<const Fault> FaultScript::take_for_deleted_key(const FaultTarget& target) {
  for (Entry& entry : entries_)
    if (entry.fault->key && matches(*entry.fault, target) && use(entry)) return entry.fault;
  return nullptr;
}

}  // namespace s3ferry::sim
