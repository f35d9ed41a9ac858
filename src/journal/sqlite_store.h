#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/schema.h"
#include "journal/state_directory.h"
#include "journal/tables.h"
#include "journal/work_store.h"
#include "runtime/event.h"
#include "runtime/runtime.h"
#include "runtime/scope.h"
#include "runtime/worker.h"

namespace s3ferry {

struct SqliteStoreOptions {
  JournalFileOptions file;
  Duration group_commit = std::chrono::milliseconds(100);  // enqueued writes wait so long at most
  std::size_t most_pending_bytes = 8 * kMiB;               // wait_for_room() waits above it
};

// WorkStore in a SQLite file in WAL mode, in a folder of its own. Calls become steps in a queue;
// one task takes the queue, and a Worker runs its steps as one transaction: at once when a caller
// waits, else 100 ms after the first. The loop never waits for the disk. One shard's thread.
class SqliteStore final : public WorkStore {
 public:
  // Opens or makes DIRECTORY/journal.sqlite; blocks for the time of local reads. kConfig where it
  // cannot be used or another process is at work in it, kIo for a disk that is full or broken; says
  // what to do, and changes nothing of a file that is not a whole journal.
  static Result<std::unique_ptr<SqliteStore>> open(Runtime& runtime, StateDirectory directory,
                                                   SqliteStoreOptions options);
  ~SqliteStore() override;

  Task<Result<RunRecord>> open_run(RunRequest request) override;
  Task<Result<Claim>> claim(KeyRange range) override;
  Status advance(const Claim& claim, FinishedSpan span) override;
  Task<Status> complete(Claim claim) override;
  Status set_phase(std::string phase) override;
  Task<Status> put_upload(std::string key, std::string facts) override;
  Task<Status> upload_created(std::string key, std::string upload_id) override;
  Status upload_ended(std::string key) override;
  Task<Result<std::optional<UploadIntent>>> find_upload(std::string key) override;
  Task<Result<std::vector<UploadIntent>>> uploads(std::optional<std::string> after,
                                                  std::size_t most) override;
  Status note_stored_wrong(std::string key) override;
  Status forget_stored_wrong(std::string key) override;
  Task<Result<std::vector<std::string>>> stored_wrong(std::optional<std::string> after,
                                                      std::size_t most) override;
  Task<Result<std::vector<PlannedDelete>>> planned_deletes(std::optional<std::string> after,
                                                           std::size_t most) override;
  Status settle_deletes(SettledDeletes settled) override;
  Task<Result<std::vector<FailedObject>>> failures(std::uint64_t run,
                                                   std::optional<FailedObject> after,
                                                   std::size_t most) override;
  Task<Result<std::vector<SetAsideKey>>> set_aside(std::optional<SetAsideKey> after,
                                                   std::size_t most) override;
  Task<Status> flush() override;
  Status leave_run(std::string left, std::vector<FailedObject> failures) override;
  Status forget_run() override;
  Task<Status> finish_run(std::string result) override;
  Task<Status> wait_for_room() override;
  const std::optional<Error>& sick() const override { return sick_; }
  void when_sick(std::function<void(const Error&)> then) override { when_sick_ = std::move(then); }
  Task<Status> close() override;

 private:
  // A call on its way into a transaction. A caller that waits keeps `outcome` in its frame.
  struct Outcome {
    Outcome() = default;
    bool ended = false;
    Status status;
    WaitList waiting;
  };
  struct Step {
    Step(std::function<Status(Tables&)> work, std::size_t cost, Outcome* waiter)
        : apply(std::move(work)), bytes(cost), outcome(waiter) {}
    std::function<Status(Tables&)> apply;  // on the worker's thread
    std::size_t bytes = 0;
    Outcome* outcome = nullptr;  // null: nobody waits
    Status status;
  };
  using Batch = std::deque<Step>;

  SqliteStore(Runtime& runtime, StateDirectory directory, std::unique_ptr<Tables> tables,
              SqliteStoreOptions options);
  Status enqueue(std::function<Status(Tables&)> apply, std::size_t bytes);
  Task<Status> do_and_wait(std::function<Status(Tables&)> apply);
  template <class T>
  Task<Result<T>> ask(std::function<Result<T>(Tables&)> question);
  Task<void> write_on();
  Task<void> commit_later();
  Task<void> commit_batch();
  static Status run_batch(Tables& tables, Batch& batch, WallTime now);
  void settle(Batch& batch, const Status& committed);
  void fall_sick(Error why);

  Runtime& runtime_;
  StateDirectory directory_;
  SqliteStoreOptions options_;
  std::unique_ptr<Tables> tables_;  // the worker's while a batch is under way
  std::unique_ptr<Worker> worker_;
  Batch pending_;
  std::size_t pending_bytes_ = 0;  // of `pending_` and of the batch under way
  bool due_ = false, timer_runs_ = false, closing_ = false, closed_ = false;
  WaitList wake_, room_;
  std::optional<Error> sick_;
  std::function<void(const Error&)> when_sick_;
  Scope writer_, timer_;
};

}  // namespace s3ferry
