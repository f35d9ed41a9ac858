#include "diff/merge.h"

namespace s3ferry {

// Moves past what takes no part.
void Merge::skip_hidden(Cursor& side) const {
  for (; side.at != side.end; ++side.at) {
    if (markers_ == FolderMarkers::kIgnore && is_folder_marker(*side.at)) {
      ++side.left_out.markers;
      side.left_out.marker_bytes += side.at->size;
    } else if (!filters_.empty() && !filters_.includes(side.at->key)) {
      ++side.left_out.excluded;
      side.left_out.excluded_bytes += side.at->size;
    } else {
      return;
    }
  }
}

MergeNeeds Merge::advance(std::vector<MergedKey>& out) {
  out.clear();
  for (;;) {
    skip_hidden(source_);
    skip_hidden(target_);
    if (!source_.has() && !source_.ended) return MergeNeeds::kSource;
    if (!target_.has() && !target_.ended) return MergeNeeds::kTarget;
    if (!source_.has() && !target_.has()) return MergeNeeds::kNothing;
    if (!target_.has()) {
      out.push_back({source_.at++, nullptr});
    } else if (!source_.has()) {
      out.push_back({nullptr, target_.at++});
    } else if (const int order = source_.at->key.compare(target_.at->key); order == 0) {
      out.push_back({source_.at++, target_.at++});
    } else if (order < 0) {
      out.push_back({source_.at++, nullptr});
    } else {
      out.push_back({nullptr, target_.at++});
    }
  }
}

}  // namespace s3ferry
