#include "diff/merge.h"

#include <algorithm>

namespace s3ferry {

// The side's next object, or null where it takes no part.
const ObjectView* Merge::take(Cursor& side) {
  const ObjectView* object = side.at++;
  walked_to_ = object;
  if (markers_ == FolderMarkers::kIgnore && is_folder_marker(*object)) {
    ++side.left_out.markers;
    side.left_out.marker_bytes += object->size;
    return nullptr;
  }
  if (!filters_.empty() && !filters_.includes(object->key)) {
    ++side.left_out.excluded;
    side.left_out.excluded_bytes += object->size;
    return nullptr;
  }
  return object;
}

void Merge::cut(std::string_view up_to) {
  for (Cursor* side : {&source_, &target_})
    side->end = std::upper_bound(
        side->at, side->end, up_to,
        [](std::string_view key, const ObjectView& object) { return key < object.key; });
}

MergeNeeds Merge::advance(std::vector<MergedKey>& out) {
  out.clear();
  for (;;) {
    if (!source_.has() && !source_.ended) return MergeNeeds::kSource;
    if (!target_.has() && !target_.ended) return MergeNeeds::kTarget;
    if (!source_.has() && !target_.has()) return MergeNeeds::kNothing;
    const int order = !target_.has()   ? -1
                      : !source_.has() ? 1
                                       : source_.at->key.compare(target_.at->key);
    MergedKey merged{nullptr, nullptr};
    if (order <= 0) merged.source = take(source_);
    if (order >= 0) merged.target = take(target_);
    if (merged.source != nullptr || merged.target != nullptr) out.push_back(merged);
  }
}

}  // namespace s3ferry
