#include "cli/state.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/run_settings.h"
#include "cli/task_states.h"
#include "journal/reader.h"
#include "runtime/host.h"
#include "transfer/counters_text.h"

namespace s3ferry {

Result<std::string> state_root(const Host& host) {
  const std::string given = host.env("XDG_STATE_HOME").value_or("");
  if (given.starts_with('/')) return given + "/s3ferry";
  const auto home = host.home();
  if (home && home->starts_with('/')) return *home + "/.local/state/s3ferry";
  return fail(ErrorKind::kConfig,
              "there is no home folder to keep the run's state in; name a folder with --state, "
              "or write nothing down with --no-journal");
}

namespace {

constexpr std::size_t kMostRunsBack = 10;

struct Before {
  std::string label;
  std::uint64_t listed = 0;
};

// The last run's label, and what the last run that came to its end counted at the source.
Result<Before> read_before(const std::string& directory) {
  Before out;
  if (!holds_task_state(directory)) return out;
  Result<JournalReader> journal = JournalReader::open(directory);
  if (!journal) return fail(std::move(journal.error()));
  const Result<std::vector<RunRecord>> runs = journal->runs(kMostRunsBack);
  if (!runs) return fail(runs.error());
  if (!runs->empty()) out.label = runs->front().label;
  for (const RunRecord& run : *runs) {
    if (run.status != RunStatus::kFinished) continue;
    const Result<RunCounters> counted = counters_from_text(run.result);
    if (counted && !run.retry_of) out.listed = counted->listed_source.objects;  // an estimate
    break;
  }
  return out;
}

}  // namespace

Task<Result<std::unique_ptr<TaskState>>> TaskState::open(AppContext& context,
                                                         const Options& options,
                                                         std::string identity, std::string folder) {
  std::string directory = context.host.expand_home(options.state_dir);
  if (directory.empty()) {
    Result<std::string> root = state_root(context.host);
    if (!root) co_return fail(std::move(root.error()));
    directory = *root + "/" + folder;
  }
  if (options.retry_failed && !holds_task_state(directory))
    co_return fail(
        ErrorKind::kRefused,
        fmt::format("--retry-failed: this task has no earlier run ({} holds no journal); "
                    "leave the flag out, or name the run's folder with --state",
                    escape_for_display(directory)));
  Result<StateDirectory> locked = StateDirectory::open(directory);
  if (!locked) co_return fail(std::move(locked.error()));
  Result<Before> before = read_before(directory);
  if (!before) co_return fail(std::move(before.error()));
  SqliteStoreOptions settings;
  Result<std::unique_ptr<SqliteStore>> store =
      SqliteStore::open(context.runtime, std::move(*locked), std::move(settings));
  if (!store) co_return fail(std::move(store.error()));
  std::unique_ptr<TaskState> state(new TaskState(std::move(*store), std::move(directory)));
  state->last_listed_ = before->listed;
  RunRequest request;
  request.identity = std::move(identity);
  request.settings = run_settings(options);
  request.label = options.task_given ? options.task : std::move(before->label);
  request.restart = options.restart;
  request.retry_failed = options.retry_failed;
  Result<RunRecord> record = co_await state->store_->open_run(std::move(request));
  if (!record) {
    (void)co_await state->close();
    co_return fail(std::move(record.error()));
  }
  state->record_ = std::move(*record);
  co_return state;
}

}  // namespace s3ferry
