#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/connections.h"
#include "cli/exit_code.h"
#include "cli/reporters.h"
#include "cli/run_settings.h"
#include "cli/state.h"
#include "proof/check.h"
#include "transfer/run_book.h"
#include "transfer/sync.h"

namespace s3ferry {
namespace {

// `sync` and `verify` on one pair of places. The order matters: what can be wrong on this machine
// (places, log, files, configuration, credentials) is found before S3 is asked for anything.
class PairCommand {
 public:
  PairCommand(AppContext& context, const Options& options)
      : context_(context), options_(options), begin_(context.runtime.now()) {
    report_.command = to_string(options.command);
    report_.dry_run = options.sync.dry_run;
    report_.check_wanted = options.check.level != CheckLevel::kNone && !options.sync.dry_run;
  }

  Task<int> run();

 private:
  Status open();
  Task<Status> open_state();
  Task<void> work();
  Task<void> sync();
  Task<void> check();
  int refuse(const Error& error);
  int finish(int exit_code);

  AppContext& context_;
  const Options& options_;
  TimePoint begin_;
  RunReport report_;
  RunCounters no_counters_;
  std::unique_ptr<Reporters> reporters_;
  std::unique_ptr<Connections> connections_;
  std::optional<Pair> pair_;
  std::unique_ptr<TaskState> state_;  // of a sync that changes something
  std::unique_ptr<RunBook> book_;     // in its store
};

// Said before anything began: one line, no summary.
int PairCommand::refuse(const Error& error) {
  context_.err.write(error_line(error) + "\n");
  context_.err.flush();
  return static_cast<int>(error.is(ErrorKind::kUsage) ? ExitCode::kUsage : ExitCode::kFailure);
}

int PairCommand::finish(int exit_code) {
  report_.exit_code = exit_code;
  report_.runtime = context_.runtime.now() - begin_;
  if (connections_) report_.requests = connections_->requests();
  return reporters_->finish(report_);
}

// Reads configuration; asks nobody.
Status PairCommand::open() {
  Result<Location> source = parse_location("SOURCE", options_.operands[0]);
  if (!source) return fail(std::move(source.error()));
  Result<Location> target = parse_location("TARGET", options_.operands[1]);
  if (!target) return fail(std::move(target.error()));
  Result<std::unique_ptr<Connections>> connections = Connections::open(context_, options_);
  if (!connections) return fail(std::move(connections.error()));
  connections_ = std::move(*connections);
  Result<Pair> pair = connections_->pair(options_, std::move(*source), std::move(*target));
  if (!pair) return fail(std::move(pair.error()));
  pair_.emplace(std::move(*pair));
  return {};
}

// The journal, last of what can be refused: from here on a try of the run has begun.
Task<Status> PairCommand::open_state() {
  const bool wanted =
      options_.command == Command::kSync && options_.journal && !options_.sync.dry_run;
  if (!wanted) co_return Status();
  std::string identity = connections_->identity(*pair_);
  std::string folder = task_folder(pair_->source_at, pair_->target_at, identity);
  auto opened =
      co_await TaskState::open(context_, options_, std::move(identity), std::move(folder));
  if (!opened) co_return fail(std::move(opened.error()));
  state_ = std::move(*opened);
  RunRecord record = state_->record();
  auto book = co_await RunBook::open(state_->store(), std::move(record));
  if (!book) co_return fail(std::move(book.error()));
  book_ = std::move(*book);
  co_return Status();
}

Task<int> PairCommand::run() {
  // A wrong place is the command line's fault: no log is written about it.
  for (const std::size_t i : {0U, 1U}) {
    const Result<Location> at = parse_location(i == 0 ? "SOURCE" : "TARGET", options_.operands[i]);
    if (!at) co_return refuse(at.error());
  }
  Result<std::unique_ptr<Reporters>> reporters = Reporters::open(context_, options_);
  if (!reporters) co_return refuse(reporters.error());
  reporters_ = std::move(*reporters);
  Status ready = open();
  if (ready) ready = co_await connections_->check_credentials();
  if (ready) ready = co_await open_state();
  if (!ready) {
    if (state_) (void)co_await state_->close();
    const Error& error = ready.error();
    const bool place = error.is(ErrorKind::kRefused) || error.is(ErrorKind::kUsage);
    report_.error = error;
    const ExitCode code = error.is(ErrorKind::kCancelled) ? ExitCode::kInterrupted
                          : place                         ? ExitCode::kUsage
                                                          : ExitCode::kConfiguration;
    co_return finish(static_cast<int>(code));
  }
  reporters_->start_ticking();
  co_await work();
  co_await reporters_->stop_ticking();
  if (state_) (void)co_await state_->close();  // its first error stopped the sync already
  const bool cancelled =
      (report_.sync && report_.sync->stopped && report_.sync->stopped->is(ErrorKind::kCancelled)) ||
      (report_.check_error && report_.check_error->is(ErrorKind::kCancelled));
  int code = report_.sync ? report_.sync->exit_code() : 0;
  if (report_.verdict() == CheckVerdict::kFail) code = static_cast<int>(ExitCode::kFailure);
  if (cancelled) code = static_cast<int>(ExitCode::kInterrupted);
  co_return finish(code);
}

Task<void> PairCommand::work() {
  const bool whole = options_.command == Command::kVerify;
  if (whole)
    reporters_->sink().on_begin(*pair_, no_counters_);
  else
    co_await sync();
  const bool stopped = report_.sync && report_.sync->stopped;
  if (report_.check_wanted && !stopped) co_await check();
  if (whole) reporters_->sink().on_end();
}

Task<void> PairCommand::sync() {
  SyncOptions options = options_.sync;
  const auto& configured = connections_->target_settings().max_concurrent_requests;
  if (!options_.concurrency_given && configured) options.concurrency = *configured;
  const auto& bandwidth = connections_->target_settings().max_bandwidth_per_second;
  if (options.relay.max_bandwidth == 0 && bandwidth) options.relay.max_bandwidth = *bandwidth;
  report_.sync.emplace(
      co_await run_sync(context_.runtime, *pair_, options, reporters_->sink(), book_.get()));
}

Task<void> PairCommand::check() {
  CheckOptions options = options_.check;
  options.filters = options_.sync.filters;
  options.folder_markers = options_.sync.folder_markers;
  options.extras_fail = options_.sync.delete_extras;
  options.list_concurrency = options_.sync.list_concurrency;
  options.page_size = options_.sync.page_size;
  options.as_of = report_.sync ? report_.sync->began : context_.runtime.wall_now();
  if (report_.sync) {
    const SyncResult& sync = *report_.sync;
    options.failed_objects = sync.counters.failed.objects;
    options.archived_excused = !options_.sync.force_glacier_transfer;
    options.deletions_done = sync.deletions == DeletionsOutcome::kDone ||
                             sync.deletions == DeletionsOutcome::kNothingToDelete;
    options.set_aside = &sync.set_aside;
  }
  Result<CheckResult> result =
      co_await run_check(context_.runtime, *pair_, options, reporters_->sink());
  if (result)
    report_.check.emplace(std::move(*result));
  else
    report_.check_error.emplace(std::move(result.error()));
}

}  // namespace

Task<int> run_pair_command(AppContext& context, const Options& options) {
  PairCommand command(context, options);
  co_return co_await command.run();
}

}  // namespace s3ferry
