#pragma once

#include <optional>
#include <string_view>

#include "base/types.h"
#include "sim/call.h"

namespace s3ferry::sim {

// "*", an ETag or a list of them, quoted or not, weak or not.
bool etag_matches(std::string_view header, std::string_view etag);

// If-Match, If-None-Match, If-(Un)Modified-Since as GET and HEAD know them. `prefix` is
// "x-amz-copy-source-" for copies, where everything that does not hold is 412.
Outcome<void> check_read_conditions(const Call& call, const Object& object,
                                    std::string_view prefix);

struct ByteRange {
  ByteCount first = 0, length = 0;
};
// A "bytes=a-b", "bytes=a-" or "bytes=-n" within `size`. nullopt where the text is not one range
// (then the whole object is meant); InvalidRange where it lies outside.
Outcome<std::optional<ByteRange>> parse_range(std::string_view text, ByteCount size);

}  // namespace s3ferry::sim
