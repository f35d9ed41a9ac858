#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <unordered_set>

namespace s3ferry {

// A bounded set of keys by their digests (64 bit), for the few that a run treats out of the
// ordinary: memory stays under about 12 MiB whatever happens. What came after it was full is not
// in it.
class KeySet {
 public:
  static constexpr std::size_t kMost = 256 * 1024;

  void add(std::string_view key) {
    if (digests_.size() < kMost)
      digests_.insert(std::hash<std::string_view>()(key));
    else
      whole_ = false;
  }
  bool contains(std::string_view key) const {
    return !digests_.empty() && digests_.contains(std::hash<std::string_view>()(key));
  }
  // Something that belongs in it is not known.
  void note_missing() { whole_ = false; }
  // Everything that was added is in it.
  bool whole() const { return whole_; }

 private:
  std::unordered_set<std::size_t> digests_;
  bool whole_ = true;
};

// What a check after a sync has to know of single keys (relative).
struct SetAside {
  KeySet changed;   // at the source since it was listed: vanished, replaced
  KeySet archived;  // found archived by the answer to the copy, where the listing does not say it
  KeySet deleted;   // at the target, by the sync
};

}  // namespace s3ferry
