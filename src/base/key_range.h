#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace s3ferry {

// A run of keys, relative to a prefix: (after, up_to]. The unit of work covers both buckets, so the
// merge of its two listings needs nothing from outside it. An absent end is open.
struct KeyRange {
  std::optional<std::string> after;  // exclusive
  std::optional<std::string> up_to;  // inclusive

  bool ends_before(std::string_view key) const { return up_to && key > *up_to; }
  friend bool operator==(const KeyRange&, const KeyRange&) = default;
};

}  // namespace s3ferry
