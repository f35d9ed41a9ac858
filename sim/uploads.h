#pragma once

#include "sim/call.h"

namespace s3ferry::sim {

inline constexpr ByteCount kLeastPartBytes = 5 * kMiB;
inline constexpr ByteCount kMostPartBytes = 5 * kGiB;

// The open upload that uploadId and the key name; NoSuchUpload where there is none. A completed one
// is found only with `completed_too`.
Outcome<Upload*> find_upload(const Call& call, bool completed_too = false);
std::string upload_map_key(std::string_view key, std::string_view id);

}  // namespace s3ferry::sim
