#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diff/merge.h"
#include "listing/range_walks.h"

namespace s3ferry {

// One range on its way through a merge: feeds it the pages that it asks for, and lets go of the
// keys that become another range's. Lives within RangeWalker::walk(); the filters outlive it.
//
//   while (const auto side = walk.advance(batch)) { use batch; feed(*side) }
//   use batch
class MergedWalk {
 public:
  MergedWalk(RangeWalk& range, const Filters& filters, FolderMarkers markers);
  ~MergedWalk() { range_.when_cut(nullptr); }
  MergedWalk(const MergedWalk&) = delete;
  MergedWalk& operator=(const MergedWalk&) = delete;

  // As Merge::advance(): the side whose next page is wanted, nullopt once both are at their ends.
  std::optional<Side> advance(std::vector<MergedKey>& batch);
  // Fetches that page. An error is as RangeWalk::next() gives it.
  Task<Status> feed(Side side);

  // Both sides were walked up to it, and neither beyond; nullopt: nothing was walked yet.
  const std::optional<std::string>& walked_to() const { return walked_to_; }
  const RangeWalk& range() const { return range_; }
  const Merge& merge() const { return merge_; }

 private:
  bool let_go(std::string_view up_to);

  RangeWalk& range_;
  Merge merge_;
  std::optional<std::string> walked_to_;
};

}  // namespace s3ferry
