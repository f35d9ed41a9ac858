#pragma once

#include <cstdint>

#include "base/error.h"
#include "base/types.h"

namespace s3ferry {

// S3's limits of a multipart upload (s3-facts.md §2); the last part may be smaller.
inline constexpr ByteCount kMinPartBytes = 5 * kMiB;
inline constexpr ByteCount kMaxPartBytes = 5 * kGiB;
inline constexpr std::uint32_t kMaxParts = 10'000;
inline constexpr ByteCount kMaxObjectBytes = kMaxParts * kMaxPartBytes;  // 48.8 TiB

// How an object is cut into equal parts. Pure; does not look at the source's own layout.
struct MultipartPlan {
  ByteCount object_bytes = 0;
  ByteCount part_bytes = 0;
  std::uint32_t parts = 1;

  // Of part `number` (1 to parts): where it starts, and its length.
  ByteCount offset(std::uint32_t number) const { return (number - 1) * part_bytes; }
  ByteCount length(std::uint32_t number) const {
    return number < parts ? part_bytes : object_bytes - offset(number);
  }
};

// As the aws CLI cuts: the requested size, doubled until the parts are few enough, then brought
// within the limits. An empty object is one empty part. kTooLarge above 10,000 parts of 5 GiB.
Result<MultipartPlan> plan_multipart(ByteCount requested_part_bytes, ByteCount object_bytes);

}  // namespace s3ferry
