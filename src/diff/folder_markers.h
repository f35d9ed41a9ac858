#pragma once

#include <cstdint>

#include "base/object_view.h"

namespace s3ferry {

// A zero-byte key that ends in '/' (or is the prefix itself, which does): what consoles make to
// show a folder.
enum class FolderMarkers : std::uint8_t { kCopy, kIgnore };

inline bool is_folder_marker(const ObjectView& object) {
  return object.size == 0 && (object.key.empty() || object.key.back() == '/');
}

}  // namespace s3ferry
