#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/side.h"
#include "base/types.h"

namespace s3ferry {

namespace s3 {
class SourceBucket;
class TargetBucket;
}  // namespace s3

// A bucket and the folder in it. `prefix` is empty or ends with '/'.
struct Location {
  BucketName bucket;
  std::string prefix;

  std::string full_key(std::string_view relative) const;  // prefix + relative
  std::string url() const;                                // "s3://bucket/prefix"
  std::string url_of(std::string_view relative) const;    // raw bytes, not escaped
};

// The two sides of one task, and who may copy between them. Refers to buckets that outlive the run.
// A server-side copy is one request to the target, signed by one principal: `as_source` has the
// source's credentials at the target's endpoint, `as_target` the target's own; either may be null.
struct Pair {
  Pair(s3::SourceBucket& from, s3::TargetBucket& to) : source(from), target(to) {}

  s3::SourceBucket& source;
  s3::TargetBucket& target;  // lists, looks and deletes
  s3::TargetBucket* as_source = nullptr;
  s3::TargetBucket* as_target = nullptr;
  Location source_at;
  Location target_at;
  // Both sides are served by one S3 (the same partition of AWS, or the same custom endpoint), so
  // that a server-side copy can exist at all.
  bool same_service = true;
  // The service is known to honour x-amz-copy-source-if-match and the ETag of DeleteObjects (AWS).
  // Of any other it is found out, at the price of a HEAD where a copy's own ETag does not tell.
  bool conditions_trusted = false;
  // A side's clock minus ours, as its answers showed it; asked once a phase. Empty: no difference.
  std::function<std::chrono::milliseconds(Side)> clock_offset;

  std::chrono::milliseconds offset_of(Side side) const {
    return clock_offset ? clock_offset(side) : std::chrono::milliseconds(0);
  }
};

// kRefused when one side lies in the other, or both are the same, within one bucket of one service.
// Sibling prefixes of one bucket are fine.
Status check_not_nested(const Pair& pair);

}  // namespace s3ferry
