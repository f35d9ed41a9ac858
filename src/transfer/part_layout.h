#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/types.h"

namespace s3ferry {

// One part as it is cut out of an object.
struct PartRange {
  std::uint32_t number = 1;  // from 1
  ByteCount offset = 0, length = 0;
  friend bool operator==(const PartRange&, const PartRange&) = default;
};

// How an object is cut into parts. A value; uniform layouts cost no memory.
class PartLayout {
 public:
  PartLayout() = default;
  // Parts of `part` bytes (not 0), the last one smaller; an empty object is one empty part.
  static PartLayout uniform(ByteCount object, ByteCount part);
  static PartLayout of(const std::vector<ByteCount>& lengths);  // not empty

  ByteCount object_bytes() const { return object_bytes_; }
  std::uint32_t parts() const { return parts_; }
  PartRange part(std::uint32_t number) const;  // 1 to parts()
  // Whether S3 takes such an upload: part counts and sizes (s3-facts.md §2).
  bool is_allowed() const;
  // Equal texts are equal cuts: "104857600/8388608", "104857600:8388608,…" of uneven ones.
  std::string text() const;
  friend bool operator==(const PartLayout&, const PartLayout&) = default;

 private:
  ByteCount object_bytes_ = 0, part_bytes_ = 0;
  std::uint32_t parts_ = 1;
  std::vector<ByteCount> ends_;  // of uneven layouts: where each part ends; else empty
};

// The uniform layouts of exactly `parts` parts that S3 allows, likeliest first, at most `most`: the
// sizes that tools use, then whole mebibytes.
std::vector<PartLayout> guess_layouts(ByteCount object, std::uint32_t parts, std::size_t most);

}  // namespace s3ferry
