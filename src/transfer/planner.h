#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "diff/merge.h"
#include "listing/page_stream.h"
#include "listing/patient_pages.h"
#include "transfer/copy_workers.h"
#include "transfer/delete_spool.h"
#include "transfer/run_state.h"

namespace s3ferry {

// Lists both sides, merges them and decides about each key: same, a copy (sent to the workers) or a
// planned deletion. Walks what earlier tries left, gap by gap, cut into chunks (ledger.h) of about
// a page. Ends when the last gap's listings have, or at the first failure of either, which stops
// the run: what lies behind a hole in a listing is unknown, so it is neither copied nor deleted.
class Planner {
 public:
  // `spool` takes the planned deletions of a run that is not recorded.
  Planner(RunState& state, CopyWorkers& workers, DeleteSpool& spool);

  Task<void> run();

 private:
  // One gap on its way.
  struct Walk {
    Walk(RunState& state, const KeyRange& gap, bool last, PageStream& from, PageStream& to);
    const KeyRange& gap;
    bool is_last;
    PageStream& source;
    PageStream& target;
    Merge merge;
    Chunk* chunk = nullptr;
    std::string walked_to;  // of both sides; what the chunk holds ends here
    bool has_walked = false;
    std::uint64_t keys_in_chunk = 0;
    LeftOut left_out_source, left_out_target;  // counted already
    std::uint64_t pages_source = 0, pages_target = 0;
  };

  Task<Status> walk_gap(const KeyRange& gap, bool last);
  Task<Status> walk(Walk& walk);
  Task<Status> feed(Walk& walk, Side side);
  Task<Status> act_on(Chunk& chunk, const std::vector<MergedKey>& batch);
  Task<Status> open_chunk(Walk& walk);
  void close_chunk(Walk& walk, std::optional<std::string> up_to);
  void count_walked(Walk& walk, const std::vector<MergedKey>& batch);
  void count_left_out(Chunk& chunk, const Merge& merge, LeftOut& of_source, LeftOut& of_target);
  void count_batch(Chunk& chunk, const std::vector<MergedKey>& batch);
  bool wants_copy(Chunk& chunk, const MergedKey& merged, CopyReason& reason);
  bool goes(const ObjectView& source, CopyItem& item);
  bool stops_for_relay(bool listed_whole);
  Status plan_delete(Chunk& chunk, const ObjectView& extra);
  void listing_failed(Side side, const Error& error);

  // planner_retry.cc: only the keys that failed in an earlier run.
  struct Failed;
  Task<Status> walk_failed(const KeyRange& gap);
  Task<Status> retry(Chunk& chunk, std::vector<Failed>& keys);
  Task<void> look_in_turn(std::vector<Failed>& keys, std::size_t& next);
  Task<void> look(Failed& one, Side side);

  RunState& state_;
  CopyWorkers& workers_;
  DeleteSpool& spool_;
  BucketPages source_pages_, target_pages_;
  PatientPages patient_source_, patient_target_;
  Semaphore list_slots_;
  // Objects of each side that were walked; a later try's lie above an earlier one's.
  std::uint64_t source_rank_, target_rank_;
  const std::set<std::string, std::less<>>* deletable_ = nullptr;  // null: every extra
};

}  // namespace s3ferry
