#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "journal/records.h"
#include "runtime/task.h"

namespace s3ferry {

// A piece of a run that one worker has taken up. Its lease lasts until complete() or until a later
// open_run() of the same task, whose higher epoch fences it: nothing is written under it any more.
struct Claim {
  Claim() = default;
  Claim(std::uint64_t number, std::uint64_t under, KeyRange keys)
      : id(number), epoch(under), range(std::move(keys)) {}
  std::uint64_t id = 0;
  std::uint64_t epoch = 0;
  KeyRange range;
};

// The durable state of one task's runs: what is finished is never done twice, what might have been
// begun is never forgotten (an intent is durable before its effect). One store serves one task;
// used from the loop's thread; close() before it dies.
//
// Order: calls take effect in the order in which they were made, reads included.
// Durability: a call that returns a Task is durable (power loss included) when it returns success.
//   The others (advance(), settle_deletes(), set_phase(), upload_ended(), note_stored_wrong(),
//   forget_stored_wrong(), leave_run(), forget_run()) only enqueue: durable at the next group
//   commit, 100 ms later at most, each whole or not at all; flush() waits for it.
// Bounds: pending writes are bounded by wait_for_room(), which whoever plans more work awaits
// first. Errors: the first write that fails makes the store sick: it writes no more, every later
// call
//   fails with that error, when_sick() is told. kIo: disk (full, broken); kConflict: fenced by a
//   later epoch, or a call that does not fit what is stored. A Task that finds its call not to fit
//   says so to its caller alone; of the calls that only enqueue it makes the store sick.
// Cancellation: every Task but wait_for_room()'s is deaf to it and says what became of its call.
class WorkStore {
 public:
  virtual ~WorkStore() = default;

  // Opens the run that `request` means: the open one is resumed, else a new one begins (epoch
  // raised and durable on return). Once a store, before everything below. kRefused: an open run has
  // other settings (the message names them and --restart), another task's identity, or retry_failed
  // without a finished run that has failures.
  virtual Task<Result<RunRecord>> open_run(RunRequest request) = 0;

  // Takes up a range. kConflict where a live claim of this epoch overlaps it.
  virtual Task<Result<Claim>> claim(KeyRange range) = 0;
  // A span of the claim is finished, with all that belongs to it. Never waits.
  virtual Status advance(const Claim& claim, FinishedSpan span) = 0;
  // The whole range is finished: ends the claim. kConflict where spans are missing.
  virtual Task<Status> complete(Claim claim) = 0;

  virtual Status set_phase(std::string phase) = 0;

  // Uploads; of the task, not of a run: they outlive --restart until they are ended. One a key: a
  // later put_upload() takes the place of an earlier one. The first two cost a commit of their own;
  // the end is only enqueued: where it is lost, the server no longer knows the upload.
  virtual Task<Status> put_upload(std::string key, std::string facts) = 0;  // before the create
  virtual Task<Status> upload_created(std::string key, std::string upload_id) = 0;
  virtual Status upload_ended(std::string key) = 0;  // completed, aborted, or never was
  virtual Task<Result<std::optional<UploadIntent>>> find_upload(std::string key) = 0;
  // In key order, those after `after` (absent: from the first); at most `most`.
  virtual Task<Result<std::vector<UploadIntent>>> uploads(std::optional<std::string> after,
                                                          std::size_t most) = 0;

  // Keys under which the target stored something else than it was sent, so that it may look the
  // same as the source. Of the task, as uploads are: they outlive runs and --restart until they are
  // forgotten. In key order, those behind `after` (absent: from the first); at most `most`.
  virtual Status note_stored_wrong(std::string key) = 0;    // safe to repeat
  virtual Status forget_stored_wrong(std::string key) = 0;  // copied, or nowhere any more
  virtual Task<Result<std::vector<std::string>>> stored_wrong(std::optional<std::string> after,
                                                              std::size_t most) = 0;

  // Planned and not yet settled deletions of the run; order and bounds as above.
  virtual Task<Result<std::vector<PlannedDelete>>> planned_deletes(std::optional<std::string> after,
                                                                   std::size_t most) = 0;
  virtual Status settle_deletes(SettledDeletes settled) = 0;

  // Failures of the run `run`, copies first, each kind in key order: those behind `after` (absent:
  // from the first). Kept of the last two runs.
  virtual Task<Result<std::vector<FailedObject>>> failures(std::uint64_t run,
                                                           std::optional<FailedObject> after,
                                                           std::size_t most) = 0;
  // Keys that were set aside in this run, by kind and key, behind `after`.
  virtual Task<Result<std::vector<SetAsideKey>>> set_aside(std::optional<SetAsideKey> after,
                                                           std::size_t most) = 0;

  // Everything that was enqueued is durable on success.
  virtual Task<Status> flush() = 0;
  // This try ends and leaves its run open. `left` (opaque) and what failed among keys that are not
  // finished are for who looks at the run until a later try takes it up, which walks those keys
  // anew.
  virtual Status leave_run(std::string left, std::vector<FailedObject> failures) = 0;
  // The run never began: it leaves no trace, and nothing follows. One of which anything was written
  // down, or that had earlier tries, stays open instead.
  virtual Status forget_run() = 0;
  // The run ended: the next open_run() begins a new one. Failures stay.
  virtual Task<Status> finish_run(std::string result) = 0;

  // Waits while too much is pending. An error once the store is sick.
  virtual Task<Status> wait_for_room() = 0;
  // The first write error; nullopt while the store is well.
  virtual const std::optional<Error>& sick() const = 0;
  // Called once, on the loop, when the store falls sick. nullptr takes it back.
  virtual void when_sick(std::function<void(const Error&)> then) = 0;

  // Flushes and ends the writer, also on a cancelled scope. Afterwards every call fails. Safe to
  // repeat.
  virtual Task<Status> close() = 0;
};

}  // namespace s3ferry
