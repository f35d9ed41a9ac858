#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/connections.h"
#include "cli/ending.h"
#include "cli/exit_code.h"
#include "cli/reporters.h"
#include "cli/run_outcome.h"
#include "cli/run_settings.h"
#include "cli/state.h"
#include "proof/check.h"
#include "transfer/attribute_needs.h"
#include "transfer/empty_source.h"
#include "transfer/run_book.h"
#include "transfer/run_drained.h"
#include "transfer/sync.h"

namespace s3ferry {
namespace {

// So many in flight are spread over more pages than a processor knows by heart: large ones save a
// tenth of a copy's user time then, for some MiB of memory.
constexpr std::size_t kManyCopies = 512;
// Copies in flight where nobody said how many.
constexpr std::size_t kFirstUnasked = 256, kMostUnasked = 1024;

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
  // Set, the command ends in good order: copies in flight are finished, the check is not.
  DrainSignal& ending() { return ending_; }

 private:
  Status open();
  Task<Status> open_state();
  Task<void> prepare(Status& ready);
  Task<void> work();
  void grant_concurrency(SyncOptions& options) const;
  Task<void> sync();
  Task<void> settle_attributes(AttributeOptions& attributes);
  Task<void> check();
  int refuse(const Error& error);
  int refused_to_begin(const Error& error);
  int exit_code() const;
  int finish(int exit_code);

  AppContext& context_;
  const Options& options_;
  TimePoint begin_;
  DrainSignal ending_;
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
  if (error.is(ErrorKind::kUsage)) return static_cast<int>(ExitCode::kUsage);
  return static_cast<int>(error.is(ErrorKind::kConfig) ? ExitCode::kConfiguration
                                                       : ExitCode::kFailure);
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
  (void)remove_outcome(state_->directory(), record.run);
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
  if (ready)
    co_await run_drained(context_.runtime, &ending_, Duration::zero(), nullptr, prepare(ready));
  if (!ready) {
    if (state_) (void)co_await state_->close();
    co_return refused_to_begin(ready.error());
  }
  reporters_->start_ticking();
  co_await work();
  co_await reporters_->stop_ticking();
  report_.exit_code = exit_code();
  if (state_) {
    // Only `runs` reads it: what it says is in the log and the exit code, too.
    (void)write_outcome(state_->directory(), outcome_of(report_, state_->record().run));
    (void)co_await state_->close();  // its first error stopped the sync already
  }
  co_return finish(report_.exit_code);
}

Task<void> PairCommand::prepare(Status& ready) {
  ready = co_await connections_->check_credentials();
  if (ready) ready = co_await open_state();
}

int PairCommand::refused_to_begin(const Error& error) {
  const bool place = error.is(ErrorKind::kRefused) || error.is(ErrorKind::kUsage);
  const bool asked = error.is(ErrorKind::kCancelled) && ending_.requested();
  report_.error = asked ? *ending_.why() : error;
  ExitCode code = place ? ExitCode::kUsage : ExitCode::kConfiguration;
  if (error.is(ErrorKind::kCancelled))
    code = report_.error->is(ErrorKind::kCancelled) ? ExitCode::kInterrupted : ExitCode::kFailure;
  return finish(static_cast<int>(code));
}

int PairCommand::exit_code() const {
  const Error* stopped = report_.sync && report_.sync->stopped ? &*report_.sync->stopped : nullptr;
  if (stopped == nullptr && report_.check_error) stopped = &*report_.check_error;
  if (stopped != nullptr && stopped->is(ErrorKind::kCancelled))
    return static_cast<int>(ExitCode::kInterrupted);
  if (stopped != nullptr && credentials_ran_out(*stopped))
    return static_cast<int>(ExitCode::kConfiguration);
  if (report_.verdict() == CheckVerdict::kFail) return static_cast<int>(ExitCode::kFailure);
  return report_.sync ? report_.sync->exit_code() : 0;
}

Task<void> PairCommand::work() {
  const bool whole = options_.command == Command::kVerify;
  if (const std::string& budgets = connections_->budgets_now(); !budgets.empty())
    reporters_->sink().on_warning({WarningKind::kBudgets, budgets});
  if (whole)
    reporters_->sink().on_begin(*pair_, no_counters_);
  else
    co_await sync();
  const bool stopped = report_.sync && report_.sync->stopped;
  if (report_.check_wanted && !stopped)
    co_await run_drained(context_.runtime, &ending_, Duration::zero(), nullptr, check());
  if (whole) reporters_->sink().on_end();
}

// What was asked for holds from the first copy on. What was not is as much as comes through.
void PairCommand::grant_concurrency(SyncOptions& options) const {
  const auto& configured = connections_->target_settings().max_concurrent_requests;
  if (options_.concurrency_given) {
    options.first_concurrency = options.concurrency;
  } else if (configured) {
    options.concurrency = options.first_concurrency = *configured;
  } else {
    // A copy and the parts beside it have a socket each; listings and files are few.
    const std::size_t most = std::max<std::size_t>(8, context_.descriptors / 4);
    options.concurrency = std::min(kMostUnasked, most);
    options.first_concurrency = kFirstUnasked;
  }
}

Task<void> PairCommand::sync() {
  SyncOptions options = options_.sync;
  options.spool_dir = context_.host.env("TMPDIR").value_or("");
  grant_concurrency(options);
  if (std::min(options.concurrency, options.first_concurrency) >= kManyCopies &&
      context_.take_large_pages)
    context_.take_large_pages();
  const auto& bandwidth = connections_->target_settings().max_bandwidth_per_second;
  if (!options.relay.max_bandwidth.limits() && bandwidth)
    options.relay.max_bandwidth = RateSchedule(*bandwidth);
  options.relay.max_bandwidth.in_zone(connections_->zone());
  options.drain = &ending_;
  if (state_ && !options_.retry_failed) reporters_->console().expect(state_->last_listed());
  if (!options_.attributes_given && !options.dry_run)
    co_await run_drained(context_.runtime, &ending_, Duration::zero(), nullptr,
                         settle_attributes(options.attributes));
  report_.sync.emplace(
      co_await run_sync(context_.runtime, *pair_, options, reporters_->sink(), book_.get()));
}

// Rule 11: what a plain copy leaves behind is looked for where the buckets' configuration lets it
// be.
Task<void> PairCommand::settle_attributes(AttributeOptions& attributes) {
  const AttributeNeeds needs = co_await read_attribute_needs(*pair_);
  if (!needs.any()) co_return;
  attributes.full = true;
  attributes.without_locks = needs.target_cannot_lock;
  const std::string what = needs.redirects && needs.locks ? "is a website and has object lock"
                           : needs.redirects              ? "is a website"
                                                          : "has object lock";
  reporters_->sink().on_warning(
      {WarningKind::kAllAttributes,
       fmt::format("the source bucket {}: each object is looked at, as with --attributes full, so "
                   "that redirects and retention arrive{}; --attributes default leaves that out",
                   what,
                   needs.target_cannot_lock ? " (not retention: the target bucket has no object "
                                              "lock; it can be created with it)"
                                            : "")});
}

Task<void> PairCommand::check() {
  CheckOptions options = options_.check;
  options.filters = options_.sync.filters;
  options.folder_markers = options_.sync.folder_markers;
  options.extras_fail = options_.sync.delete_extras;
  options.list_concurrency = options_.sync.list_concurrency;
  options.page_size = options_.sync.page_size;
  options.settles_until = begin_ + options_.sync.settle;
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
  const bool alone = !report_.sync && options.filters.describe().empty();
  if (result && alone && result->counters.source.objects == 0)
    reporters_->sink().on_warning(
        {WarningKind::kNothingAtSource, nothing_at_source(pair_->source_at)});
  if (result)
    report_.check.emplace(std::move(*result));
  else if (result.error().is(ErrorKind::kCancelled) && ending_.requested())
    report_.check_error = ending_.why();
  else
    report_.check_error.emplace(std::move(result.error()));
}

}  // namespace

Task<int> run_pair_command(AppContext& context, const Options& options, DrainSignal& ending) {
  return run_with_ending<PairCommand>(context, options, ending);
}

}  // namespace s3ferry
