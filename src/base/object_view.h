#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "base/types.h"

namespace s3ferry {

// One listed object as the rules see it. `key` is relative to the synced prefix. The views point
// into a page that somebody else owns; copying the struct copies no text.
struct ObjectView {
  std::string_view key;
  std::string_view etag;  // without quotes
  ByteCount size = 0;
  WallTime modified{};
  std::string_view storage_class;  // empty: STANDARD
};

}  // namespace s3ferry
