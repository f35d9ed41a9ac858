#pragma once

#include <cstdint>
#include <string>

#include "base/types.h"

namespace s3ferry {

// Figures as people read them.
std::string display_count(std::uint64_t n);  // "1,234,567"
std::string display_bytes(ByteCount bytes);  // "3.4 MiB", "17 B"

}  // namespace s3ferry
