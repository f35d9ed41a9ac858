#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "diff/filters.h"
#include "diff/folder_markers.h"

namespace s3ferry {

// One key that takes part, on one side or both. A side's pointer is null where it has no such key.
struct MergedKey {
  const ObjectView* source;
  const ObjectView* target;
  std::string_view key() const { return source != nullptr ? source->key : target->key; }
};

// Objects of one side that a merge left out.
struct LeftOut {
  std::uint64_t excluded = 0, markers = 0;
  ByteCount excluded_bytes = 0, marker_bytes = 0;
};

enum class MergeNeeds : std::uint8_t {
  kSource,  // the next source page, or the word that there is none
  kTarget,
  kNothing,  // both sides are at their end
};

// The walk over two sorted listings in byte order of the relative key. Pure: pages go in, pairs
// come out. Filters and the rule for folder markers are applied here, to both sides alike, so that
// what they hide is neither source-only nor target-only. Hidden keys are walked in order with all
// others, so that walked_to() parts both sides exactly. Costs no allocation per key.
//
//   while ((needs = merge.advance(out)) != kNothing) { use out; feed the side that `needs` names }
//   use out
//
// The pages must be sorted and free of duplicates (PageStream sees to it).
class Merge {
 public:
  Merge(const Filters& filters, FolderMarkers markers) : filters_(filters), markers_(markers) {}

  // Replaces a side's page, which must have been walked to its end. An empty page is fine; what
  // `out` of the last advance() points to in the old page dies with it.
  void feed_source(std::span<const ObjectView> page) { feed(source_, page); }
  void feed_target(std::span<const ObjectView> page) { feed(target_, page); }
  void end_source() { end(source_); }
  void end_target() { end(target_); }

  // Walks until a page is used up. `out` is cleared first; at most one entry for each fed object.
  MergeNeeds advance(std::vector<MergedKey>& out);

  // Forgets what was fed behind `up_to`, which the walk has not passed: another walk takes it. The
  // sides go on as if their pages had ended there.
  void cut(std::string_view up_to);

  // The last key that the walk has passed since a page was fed or a side ended, hidden or not; null
  // if none. Both sides were walked up to it, and neither beyond.
  const ObjectView* walked_to() const { return walked_to_; }

  const LeftOut& left_out_of_source() const { return source_.left_out; }
  const LeftOut& left_out_of_target() const { return target_.left_out; }

 private:
  struct Cursor {
    const ObjectView* at = nullptr;
    const ObjectView* end = nullptr;
    bool ended = false;
    LeftOut left_out;
    bool has() const { return at != end; }
  };
  void feed(Cursor& side, std::span<const ObjectView> page) {
    side.at = page.data();
    side.end = side.at + page.size();
    walked_to_ = nullptr;
  }
  void end(Cursor& side) {
    side.ended = true;
    walked_to_ = nullptr;
  }
  const ObjectView* take(Cursor& side);

  const Filters& filters_;
  FolderMarkers markers_;
  Cursor source_, target_;
  const ObjectView* walked_to_ = nullptr;
};

}  // namespace s3ferry
