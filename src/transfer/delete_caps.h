#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "transfer/sync.h"

namespace s3ferry {

// What the rules look at before anything is deleted (rule 2).
struct DeleteFacts {
  std::uint64_t planned = 0;
  std::uint64_t target_listed = 0;   // all objects of the target's listing
  std::uint64_t source_objects = 0;  // that take part (after filters)
  bool source_listed_whole = false, target_listed_whole = false;
  bool planned_whole = false;  // whatever was listed was planned, nothing failed on the way
};

struct DeleteRefusal {
  DeletionsOutcome outcome;
  std::string message;  // why, and the flag that would allow it
};

// Pure. nullopt: the planned deletions may be carried out.
std::optional<DeleteRefusal> refuse_deletions(const DeleteFacts& facts, const MaxDelete& cap,
                                              bool allow_empty_source);

}  // namespace s3ferry
