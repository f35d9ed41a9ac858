#pragma once

#include <vector>

#include "diff/merge.h"
#include "listing/page_stream.h"
#include "transfer/copy_workers.h"
#include "transfer/delete_spool.h"
#include "transfer/run_state.h"

namespace s3ferry {

// Lists both sides, merges them and decides about each key: same, a copy (sent to the workers) or a
// planned deletion (spooled). Ends when both listings have, or at the first failure of either,
// which stops the run: what lies behind a hole in a listing is unknown, so it is neither copied nor
// deleted.
class Planner {
 public:
  Planner(RunState& state, CopyWorkers& workers, DeleteSpool& spool);

  Task<void> run();

 private:
  Task<Status> walk(PageStream& source, PageStream& target);
  Task<Status> feed(Merge& merge, Side side, PageStream& stream);
  Task<Status> act_on(const std::vector<MergedKey>& batch);
  bool wants_copy(const MergedKey& merged, CopyReason& reason);
  bool goes(const ObjectView& source, CopyItem& item);
  Status plan_delete(const ObjectView& extra);
  void count_listing(const Merge& merge, const PageStream& source, const PageStream& target);
  void listing_failed(Side side, const Error& error);

  RunState& state_;
  CopyWorkers& workers_;
  DeleteSpool& spool_;
};

}  // namespace s3ferry
