#pragma once

#include <string>

#include <fmt/format.h>

#include "transfer/pair.h"

namespace s3ferry {

// For a warning: the bucket is empty, or the prefix mistyped.
inline std::string nothing_at_source(const Location& source) {
  return fmt::format("there is nothing at the source below {}: check the {}", source.url(),
                     source.prefix.empty() ? "bucket's name" : "prefix");
}

}  // namespace s3ferry
