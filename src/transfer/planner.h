#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "listing/list_pace.h"
#include "listing/patient_pages.h"
#include "transfer/copy_workers.h"
#include "transfer/delete_spool.h"
#include "transfer/merged_walk.h"
#include "transfer/run_state.h"
#include "transfer/wrong_keys.h"

namespace s3ferry {

// Lists both sides, merges them and decides about each key: same, a copy (sent to the workers) or a
// planned deletion. Walks what earlier tries left, many ranges of keys at once (RangeWalks), each
// cut into chunks (ledger.h) of about a page. Ends when all listings have, or at the first failure
// of any, which stops the run: what lies behind a hole in a listing is unknown, so it is neither
// copied nor deleted.
class Planner final : public RangeWalker {
 public:
  // `spool` takes the planned deletions of a run that is not recorded.
  Planner(RunState& state, CopyWorkers& workers, DeleteSpool& spool);

  Task<void> run();

 private:
  // Objects of each side that one walk has passed. Those of two walks tell nothing of each other.
  struct Ranks {
    std::uint64_t source = 0, target = 0;
  };
  // One range on its way.
  struct Walk {
    Walk(RunState& state, RangeWalk& range, Ranks first, CopyLanePtr copies);
    MergedWalk keys;
    Ranks ranks;
    CopyLanePtr lane;
    WrongKeys wrong;
    Chunk* chunk = nullptr;  // what it holds ends where `keys` walked to
    std::uint64_t keys_in_chunk = 0;
    LeftOut left_out_source, left_out_target;  // counted already
    std::uint64_t pages_source = 0, pages_target = 0;
  };

  Task<Status> walk(RangeWalk& range) override;
  Task<Status> list_all(const std::vector<KeyRange>& gaps);
  Task<Status> retry_all(const std::vector<KeyRange>& gaps);
  Ranks next_ranks();
  Task<Status> act_on(Chunk& chunk, Ranks& ranks, CopyLane& lane,
                      const std::vector<MergedKey>& batch, const WrongKeys& wrong);
  Task<Status> open_chunk(Walk& walk);
  Status close_chunk(Walk& walk, std::optional<std::string> up_to);
  Status close_chunk(Chunk& chunk, std::optional<std::string> up_to);
  void count_walked(Walk& walk, const std::vector<MergedKey>& batch);
  void count_left_out(Chunk& chunk, const Merge& merge, LeftOut& of_source, LeftOut& of_target);
  void count_batch(Chunk& chunk, const std::vector<MergedKey>& batch);
  bool wants_copy(Chunk& chunk, const MergedKey& merged, bool known_wrong, CopyReason& reason);
  bool is_of_earlier_try(const ObjectView& target);
  bool goes(const ObjectView& source, CopyItem& item);
  bool stops_for_relay(bool listed_whole);
  void plan_delete(Chunk& chunk, const Ranks& ranks, const ObjectView& extra);
  void listing_failed(Side side, const Error& error);

  // planner_retry.cc: only the keys that failed in an earlier run.
  struct Failed;
  Task<Status> walk_failed(const KeyRange& gap);
  Task<Status> retry(Chunk& chunk, Ranks& ranks, CopyLane& lane, std::vector<Failed>& keys,
                     WrongKeys& wrong);
  Task<void> look_in_turn(std::vector<Failed>& keys, std::size_t& next);
  Task<void> look(Failed& one, Side side);

  RunState& state_;
  CopyWorkers& workers_;
  DeleteSpool& spool_;
  BucketPages source_pages_, target_pages_;
  PatientPages patient_source_, patient_target_;
  ListPace list_pace_;
  PacedPages paced_source_, paced_target_;
  std::uint64_t walks_ = 0;
  std::optional<WallTime> earlier_from_;  // what the target got since is an earlier try's
  const std::set<std::string, std::less<>>* deletable_ = nullptr;  // null: every extra
};

}  // namespace s3ferry
