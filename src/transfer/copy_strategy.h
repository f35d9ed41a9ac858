#pragma once

#include <optional>

#include "base/error.h"
#include "s3/types.h"
#include "transfer/copy_item.h"
#include "transfer/pair.h"
#include "transfer/sync.h"

namespace s3ferry {

// What becomes of an object that is to be copied. Pure. Exactly one of: it goes as one CopyObject,
// it is skipped with a reason, or it fails with one (DESIGN: copy strategies).
struct CopyDecision {
  std::optional<SkipReason> skip;
  std::optional<Error> error;
  bool go() const { return !skip && !error; }
};
CopyDecision decide_copy(const Pair& pair, const SyncOptions& options, std::string_view key,
                         ByteCount size, std::string_view storage_class);

// What of `source` a copy with all attributes could not bring along, in words; empty: nothing.
std::string not_reproducible(const s3::ObjectInfo& source, WallTime now);

// The request for `item`, complete but for the guard against foreign writes. `full`: what a HEAD
// said of the source, where --attributes full asked for it; else null.
s3::CopyRequest make_copy_request(const Pair& pair, const AttributeOptions& attributes,
                                  const CopyItem& item, const s3::ObjectInfo* full, WallTime now);

}  // namespace s3ferry
