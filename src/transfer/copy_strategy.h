#pragma once

#include <optional>

#include "base/error.h"
#include "s3/types.h"
#include "transfer/copy_item.h"
#include "transfer/pair.h"
#include "transfer/sync.h"

namespace s3ferry {

// What becomes of an object that is to be copied. Pure. Exactly one of: it goes by `route`, it is
// skipped with a reason, or it fails with one (DESIGN: copy strategies).
struct CopyDecision {
  std::optional<SkipReason> skip;
  std::optional<Error> error;
  CopyRoute route = CopyRoute::kCopyObject;
  bool needs_relay = false;  // `error`: it could go through this host, which was not allowed
  bool go() const { return !skip && !error; }
};
CopyDecision decide_copy(const Pair& pair, const SyncOptions& options, std::string_view key,
                         std::string_view etag, ByteCount size, std::string_view storage_class);

// Above the threshold always; below it where the ETag of parts is to be kept and, for `auto`, that
// costs no more than one request per 64 MiB.
bool goes_in_parts(const MultipartOptions& options, std::string_view etag, ByteCount size);

// The same for what passes through this host, where parts cost no more than a whole: on the
// source's boundaries whenever it has some.
bool relays_in_parts(const MultipartOptions& options, std::string_view etag, ByteCount size);
// Why the server cannot copy between the two sides, in words; empty: it can, as far as is known.
std::string why_relay(const Pair& pair);

// What of `source` a copy with all attributes could not bring along, in words; empty: nothing.
std::string not_reproducible(const s3::ObjectInfo& source, WallTime now);
// The part of it about metadata that the server withholds.
std::string missing_metadata(const s3::ObjectInfo& source);

// The attributes that every route sends: what was asked for, and what `full` adds.
s3::WriteAttributes asked_attributes(const AttributeOptions& attributes, const CopyItem& item,
                                     const s3::ObjectInfo* full, WallTime now);
// Metadata and headers are replaced by the ones that were given; tags are left behind.
bool replaces_metadata(const AttributeOptions& attributes);
bool replaces_tags(const AttributeOptions& attributes);

// The request for `item`, complete but for the guard against foreign writes. `full`: what a HEAD
// said of the source, where --attributes full asked for it; else null.
s3::CopyRequest make_copy_request(const Pair& pair, const AttributeOptions& attributes,
                                  const CopyItem& item, const s3::ObjectInfo* full, WallTime now);
// From such a request to the one for another item, where neither has a `full`: most of it is the
// same, and its memory is used again.
void refill_copy_request(s3::CopyRequest& request, const Pair& pair,
                         const AttributeOptions& attributes, const CopyItem& item);

}  // namespace s3ferry
