#pragma once

#include <cstdint>
#include <string_view>

namespace s3ferry {

enum class Side : std::uint8_t { kSource, kTarget };
inline std::string_view to_string(Side side) {
  return side == Side::kSource ? "source" : "target";
}

}  // namespace s3ferry
