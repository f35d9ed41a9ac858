#include "transfer/multipart_plan.h"

#include <algorithm>

#include <fmt/format.h>

namespace s3ferry {
namespace {

constexpr ByteCount parts_of(ByteCount object_bytes, ByteCount part_bytes) {
  return object_bytes / part_bytes + (object_bytes % part_bytes != 0 ? 1 : 0);
}

}  // namespace

Result<MultipartPlan> plan_multipart(ByteCount requested_part_bytes, ByteCount object_bytes) {
  if (parts_of(object_bytes, kMaxPartBytes) > kMaxParts)
    return fail(ErrorKind::kTooLarge,
                fmt::format("an object of {} bytes does not fit {} parts of {} bytes", object_bytes,
                            kMaxParts, kMaxPartBytes));
  ByteCount part_bytes = std::clamp<ByteCount>(requested_part_bytes, 1, kMaxPartBytes);
  while (part_bytes < kMaxPartBytes && parts_of(object_bytes, part_bytes) > kMaxParts)
    part_bytes *= 2;
  part_bytes = std::clamp(part_bytes, kMinPartBytes, kMaxPartBytes);
  const auto parts = static_cast<std::uint32_t>(parts_of(object_bytes, part_bytes));
  return MultipartPlan{object_bytes, part_bytes, std::max(parts, 1u)};
}

}  // namespace s3ferry
