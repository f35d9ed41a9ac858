#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/key_range.h"

namespace s3ferry {

// Finished spans of keys, adjacent ones merged, and which rows of a table have to change so that it
// holds the same. In memory: one span a gap between unfinished work, so O(work in flight). Pure.
class SpanSet {
 public:
  struct Row {
    std::uint64_t id;
    KeyRange range;
  };
  struct Changes {
    std::vector<Row> written;           // put, or put in place of the row of that id
    std::vector<std::uint64_t> erased;  // row ids
  };

  // kConflict for a range that is empty, and one that overlaps what is in the set.
  Status add(const KeyRange& range);
  // A row as it is stored; adjacent ones stay apart until add() meets them.
  Status load(std::uint64_t id, const KeyRange& range);
  // Since the last call.
  Changes take_changes();
  bool covers(const KeyRange& range) const;
  std::vector<KeyRange> ranges() const;  // in key order, adjacent ones merged
  void clear();

 private:
  struct Span {
    std::optional<std::string> up_to;
    std::uint64_t id;
  };
  using Spans = std::map<std::optional<std::string>, Span>;  // by `after`; absent is the least
  bool overlaps(const KeyRange& range, Spans::const_iterator right) const;

  Spans spans_;
  std::uint64_t next_id_ = 1;
  std::set<std::uint64_t> changed_, stored_, erased_;
};

// a ≤ b and a < b for upper ends, where an absent one is the greatest.
bool ends_at_or_before(const std::optional<std::string>& a, const std::optional<std::string>& b);
// No key can be in it.
bool is_empty(const KeyRange& range);
bool overlap(const KeyRange& a, const KeyRange& b);

}  // namespace s3ferry
