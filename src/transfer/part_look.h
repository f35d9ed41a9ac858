#pragma once

#include <optional>
#include <vector>

#include "transfer/copy_route.h"
#include "transfer/part_layout.h"

namespace s3ferry {

// How the source was cut into the parts of its ETag.
struct FoundLayouts {
  FoundLayouts() = default;
  std::vector<PartLayout> candidates;  // to be tried in this order; may be empty
  bool guessed = false;   // the server does not tell of parts: they fit size and count, no more
  bool complete = false;  // each part was looked at
};

// HEADs of parts 1, 2 and N settle a layout of equal parts; where they show another, each part is
// looked at. Where the server ignores partNumber: the uniform layouts that fit, at most `guesses`.
// Either way the ETag proves it in the end. Errors: as head_object under the listed ETag.
Task<Result<FoundLayouts>> find_layouts(const RouteTry& attempt, std::size_t guesses);

// The layout as each part's HEAD says it. Nothing: the server does not tell, or its parts do not
// make the object.
Task<Result<std::optional<PartLayout>>> look_at_each_part(const RouteTry& attempt);

}  // namespace s3ferry
