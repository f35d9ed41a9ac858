#pragma once

#include <memory>
#include <string>
#include <utility>

#include "cli/app.h"
#include "cli/options.h"
#include "journal/sqlite_store.h"

namespace s3ferry {

// Where the state of all tasks is kept: $XDG_STATE_HOME/s3ferry or ~/.local/state/s3ferry. kConfig
// where neither is known.
Result<std::string> state_root(const Host& host);

// The journal of the task that a command line means, opened and locked, and what its last run left.
// Lives for one run; close() it, whatever happened, before it dies. One shard's thread.
class TaskState {
 public:
  // --state, or the task's own folder (run_settings.h); --restart and --retry-failed as asked.
  // kRefused and kConfig: nothing was begun, and the message says what to do.
  static Task<Result<std::unique_ptr<TaskState>>> open(AppContext& context, const Options& options,
                                                       std::string identity, std::string folder);

  WorkStore& store() { return *store_; }
  const RunRecord& record() const { return record_; }
  const std::string& directory() const { return directory_; }
  // What the last run that came to its end counted at the source; 0: not known.
  std::uint64_t last_listed() const { return last_listed_; }
  Task<Status> close() { return store_->close(); }

 private:
  TaskState(std::unique_ptr<SqliteStore> store, std::string directory)
      : store_(std::move(store)), directory_(std::move(directory)) {}
  std::unique_ptr<SqliteStore> store_;
  std::string directory_;
  RunRecord record_;
  std::uint64_t last_listed_ = 0;
};

}  // namespace s3ferry
