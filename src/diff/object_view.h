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

// A zero-byte key that ends in '/' (or is the prefix itself, which does): what consoles make to
// show a folder.
enum class FolderMarkers : std::uint8_t { kCopy, kIgnore };

inline bool is_folder_marker(const ObjectView& object) {
  return object.size == 0 && (object.key.empty() || object.key.back() == '/');
}

}  // namespace s3ferry
