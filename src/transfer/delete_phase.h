#pragma once

#include <string>
#include <vector>

#include "s3/types.h"
#include "transfer/delete_spool.h"
#include "transfer/look_up.h"
#include "transfer/pace.h"
#include "transfer/run_state.h"

namespace s3ferry {

// Carries out the planned deletions, after both listings came to their end and all copies have
// their outcome (rule 2): first the caps, then batch by batch a fresh look at the source, and at
// the target where its conditional deletes are not known to hold, then DeleteObjects under each
// key's ETag. What is back at the source, or was written at the target since, is left and counted.
// A recorded run reads its plan from the journal, which forgets each batch together with counting
// it; any other from the spool. One run.
class DeletePhase {
 public:
  DeletePhase(RunState& state, DeleteSpool& spool)
      : state_(state), spool_(spool), pace_(state.runtime, 1) {}

  // The outcome; `message` says why where it was refused.
  Task<DeletionsOutcome> run(std::string& message);

 private:
  using Batch = std::vector<PlannedDelete>;

  Task<DeletionsOutcome> carry_out(std::string& message);
  Status announce();  // dry run
  Task<Status> read(Batch& batch);
  void refuse_all();
  Task<void> take_batch(Batch batch);
  void leave_new(Batch& batch);
  Task<void> look_again(Batch& batch);
  Task<std::vector<Looked>> look(s3::BucketReader& bucket, const LookUpRequest& request,
                                 const Batch& batch);
  Task<void> leave_what_is_back(Batch& batch);
  Task<void> leave_what_changed(Batch& batch);
  Task<void> send(Batch batch);
  Task<Status> send_once(Batch& batch);
  Task<Status> send_one_by_one(Batch& batch);
  void settle(Batch& batch, const std::vector<s3::DeleteOutcome>& outcomes);
  bool settle_one(const PlannedDelete& planned, const s3::DeleteOutcome& outcome);
  bool learn_from(const Error& error);
  void fail_all(const Batch& batch, const Error& error);
  s3::DeleteTarget target_of(const PlannedDelete& planned) const;
  bool is_new(const std::optional<WallTime>& modified) const;

  RunState& state_;
  DeleteSpool& spool_;
  Pace pace_;               // for its delays
  bool conditions_ = true;  // the target takes an ETag with a deletion, as far as seen
  bool in_batches_ = true;  // … and DeleteObjects at all
  Portion portion_;         // the batch under way
  std::optional<std::string> read_to_;
  bool settling_ = false;     // the last try met a 403 that --settle waits for
  TimePoint looked_{};        // when the batch under way was looked at
  bool look_waited_ = false;  // for the retry budget, in the midst of that
};

}  // namespace s3ferry
