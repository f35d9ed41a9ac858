// Tables: which run is opened, and what is known of it.

#include <algorithm>

#include <fmt/format.h>

#include "journal/settings.h"
#include "journal/tables.h"

namespace s3ferry {

Result<RunRecord> Tables::open_run(const RunRequest& request, WallTime now) {
  if (run_open_) return fail(ErrorKind::kConflict, "a run is open in this store already");
  if (!identity_.empty() && identity_ != request.identity)
    return fail(ErrorKind::kRefused,
                fmt::format("the journal {} belongs to another pair of places ({}); name another "
                            "folder with --state",
                            database_->path(), differing_settings(identity_, request.identity)));
  Result<std::vector<RunRow>> last = runs(1);
  if (!last) return fail(std::move(last.error()));
  identity_ = request.identity;
  run_ = RunRow();  // not the one that ended, or was forgotten, in this store
  if (last->empty() || last->front().status != RunStatus::kOpen) return begin_run(request, now);
  run_ = std::move(last->front());
  return request.restart ? begin_run(request, now) : resume(request, now);
}

Result<RunRecord> Tables::resume(const RunRequest& request, WallTime now) {
  if (request.retry_failed && !run_.retry_of)
    return fail(
        ErrorKind::kRefused,
        fmt::format("--retry-failed takes up what failed in a run that came to its end, and "
                    "this task's last run (begun {}) is unfinished: give the same command "
                    "without --retry-failed to go on with it",
                    format_iso8601(run_.began)));
  std::string differing = differing_settings(run_.settings, request.settings);
  if (differing.empty() && !request.retry_failed && run_.retry_of)
    differing = "--retry-failed (was given)";
  if (!differing.empty())
    return fail(ErrorKind::kRefused,
                fmt::format("this task has an unfinished run (begun {}) with other options: {}. "
                            "Give the same ones to go on with it, or --restart to leave it and "
                            "begin anew: what was copied compares as the same",
                            format_iso8601(run_.began), differing));
  if (Status loaded = load_progress(); !loaded) return fail(std::move(loaded.error()));
  ++epoch_;
  ++run_.tries;
  run_.result.clear();  // what the try before left
  if (!request.label.empty()) run_.label = request.label;
  run_.last_write = now;
  Status done = write_task();
  if (done) done = write_run(run_);
  if (done) done = forget_failures_of_gaps();
  if (!done) return fail(std::move(done.error()));
  Result<RunRecord> record = record_of(run_);
  if (!record) return record;
  record->resumed = true;
  run_open_ = true;
  return record;
}

// The run whose failures --retry-failed takes up; nullopt: there is none.
Result<std::optional<std::uint64_t>> Tables::run_to_retry() {
  const Result<Statement*> row =
      use("SELECT max(run) FROM runs WHERE status=1 AND run IN (SELECT run FROM failures) "
          "AND run=(SELECT max(run) FROM runs WHERE status=1)");
  if (!row) return fail(row.error());
  if (Status started = (*row)->start({}); !started) return fail(std::move(started.error()));
  const Result<bool> found = (*row)->next();
  if (!found) return fail(found.error());
  std::optional<std::uint64_t> run;
  if (*found && (*row)->bytes_or_null(0)) run = (*row)->count(0);
  (*row)->reset();
  return run;
}

Result<RunRecord> Tables::begin_run(const RunRequest& request, WallTime now) {
  RunRow fresh;
  fresh.settings = request.settings;
  fresh.label = request.label;
  fresh.began = fresh.last_write = now;
  if (request.retry_failed) {
    const auto retried = run_to_retry();
    if (!retried) return fail(retried.error());
    if (!*retried)
      return fail(
          ErrorKind::kRefused,
          "--retry-failed: no run of this task came to its end with failed objects, so there "
          "is nothing to try again; leave the flag out");
    fresh.retry_of = **retried;
  }
  Status done;
  if (run_.run != 0) {  // the open one, left behind by --restart
    run_.status = RunStatus::kAbandoned;
    done = write_run(run_);
  }
  const Result<Statement*> last = use("SELECT coalesce(max(run),0) FROM runs");
  if (!last) return fail(last.error());
  if (done) done = (*last)->start({});
  const Result<bool> row = done ? (*last)->next() : Result<bool>(false);
  if (!row) return fail(row.error());
  fresh.run = *row ? (*last)->count(0) + 1 : 1;
  (*last)->reset();
  run_ = std::move(fresh);
  ++epoch_;
  if (done) done = write_task();
  if (done) done = clear_progress();
  if (done) done = write_run(run_);
  if (done) done = forget_failures(run_.run);
  if (!done) return fail(std::move(done.error()));
  Result<RunRecord> record = record_of(run_);
  run_open_ = record.has_value();
  return record;
}

// Kept are those of the new run, of the run before it, of the one it retries, and of the last one
// that came to its end.
Status Tables::forget_failures(std::uint64_t newest) {
  return write(
      "DELETE FROM failures WHERE run<?1-1 AND run<>coalesce(?2,0) AND "
      "run<>(SELECT coalesce(max(run),0) FROM runs WHERE status=1)",
      {newest, run_.retry_of ? SqlValue(*run_.retry_of) : SqlValue(std::nullopt)});
}

// Keys that are not finished are walked anew: what failed among them may come right.
Status Tables::forget_failures_of_gaps() {
  RunRecord walked;
  walked.finished = spans_.ranges();
  for (const KeyRange& gap : walked.gaps()) {
    const SqlValue after =
        gap.after ? SqlValue(SqlValue::Blob{*gap.after}) : SqlValue(std::nullopt);
    const SqlValue up_to =
        gap.up_to ? SqlValue(SqlValue::Blob{*gap.up_to}) : SqlValue(std::nullopt);
    Status done = write(
        "DELETE FROM failures WHERE run=?1 AND work=0 AND (?2 IS NULL OR key>?2) "
        "AND (?3 IS NULL OR key<=?3)",
        {run_.run, after, up_to});
    if (!done) return done;
  }
  return {};
}

Result<RunRecord> Tables::look_at(const RunRow& row, bool newest) {
  spans_.clear();
  counters_.clear();
  if (newest) {
    if (Status loaded = load_progress(); !loaded) return fail(std::move(loaded.error()));
  }
  Result<RunRecord> record = record_of(row);
  if (record && !newest) record->planned_deletes = record->set_aside = 0;
  return record;
}

Result<RunRecord> Tables::record_of(const RunRow& row) {
  RunRecord out;
  out.run = row.run;
  out.epoch = epoch_;
  out.status = row.status;
  out.identity = identity_;
  out.settings = row.settings;
  out.label = row.label;
  out.began = row.began;
  out.last_write = row.last_write;
  out.tries = row.tries;
  out.phase = row.phase;
  out.result = row.result;
  out.retry_of = row.retry_of;
  out.delete_counters = row.delete_counters;
  out.finished = spans_.ranges();
  for (const auto& [claim, text] : counters_) out.counters.push_back(text);
  const std::pair<std::string_view, std::uint64_t*> counts[] = {
      {"SELECT count(*) FROM planned_deletes WHERE ?1>0", &out.planned_deletes},
      {"SELECT count(*) FROM failures WHERE run=?1", &out.failures},
      {"SELECT count(*) FROM set_aside WHERE ?1>0", &out.set_aside},
      {"SELECT count(*) FROM uploads WHERE ?1>0", &out.open_uploads}};
  for (const auto& [sql, where] : counts) {
    const Result<Statement*> statement = use(sql);
    if (!statement) return fail(statement.error());
    if (Status started = (*statement)->start({row.run}); !started)
      return fail(std::move(started.error()));
    const Result<bool> found = (*statement)->next();
    if (!found) return fail(found.error());
    *where = (*statement)->count(0);
    (*statement)->reset();
  }
  return out;
}

}  // namespace s3ferry
