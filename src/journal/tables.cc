#include "journal/tables.h"

#include <algorithm>
#include <utility>

namespace s3ferry {
namespace {

std::int64_t ms(WallTime time) {
  return time.time_since_epoch().count();
}
WallTime from_ms(std::int64_t ms) {
  return WallTime(std::chrono::milliseconds(ms));
}

SqlValue bound(const std::optional<std::string>& key) {
  return key ? SqlValue(SqlValue::Blob{*key}) : SqlValue(std::nullopt);
}

RunRow run_row(const Statement& row) {
  RunRow out;
  out.run = row.count(0);
  out.settings = row.bytes(1);
  out.status = static_cast<RunStatus>(row.number(2));
  out.began = from_ms(row.number(3));
  out.last_write = from_ms(row.number(4));
  out.tries = static_cast<std::uint32_t>(row.number(5));
  out.phase = row.bytes(6);
  out.result = row.bytes(7);
  if (row.bytes_or_null(8)) out.retry_of = row.count(8);
  out.delete_counters = row.bytes(9);
  out.label = row.bytes(10);
  return out;
}

}  // namespace

Tables::Tables(std::unique_ptr<Database> database) : database_(std::move(database)) {}

Result<std::unique_ptr<Tables>> Tables::open(std::unique_ptr<Database> database) {
  std::unique_ptr<Tables> made(new Tables(std::move(database)));
  if (Status read = made->read_task(); !read) return fail(std::move(read.error()));
  return made;
}

Result<Statement*> Tables::use(std::string_view sql) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return &known->second;
  Result<Statement> made = database_->prepare(sql);
  if (!made) return fail(std::move(made.error()));
  return &statements_.emplace(sql, std::move(*made)).first->second;
}

Status Tables::write(std::string_view sql, std::initializer_list<SqlValue> values) {
  const Result<Statement*> statement = use(sql);
  if (!statement) return fail(statement.error());
  written_ = true;
  return (*statement)->run(values);
}

Status Tables::write_sealed(std::string_view sql, std::initializer_list<SqlValue> values) {
  const Result<Statement*> statement = use(sql);
  if (!statement) return fail(statement.error());
  written_ = true;
  return (*statement)->run_sealed(values);
}

// The identity and the newest epoch; neither where the store is new.
Status Tables::read_task() {
  const Result<Statement*> row = use("SELECT * FROM task");
  if (!row) return fail(row.error());
  if (Status started = (*row)->start({}); !started) return started;
  const Result<bool> found = (*row)->next_sealed();
  if (!found) return fail(found.error());
  if (!*found) return {};
  identity_ = (*row)->bytes(1);
  const std::uint64_t stored = (*row)->count(2);
  (*row)->reset();
  if (run_open_ && stored != epoch_)
    return fail(ErrorKind::kConflict,
                "another s3ferry took this run over: this one stops, what it had not written down "
                "yet is done again by the other");
  epoch_ = stored;
  return {};
}

Status Tables::write_task() {
  return write_sealed("INSERT OR REPLACE INTO task VALUES(?1,?2,?3,?4)",
                      {std::int64_t{1}, identity_, epoch_});
}

Status Tables::begin() {
  written_ = false;
  if (Status begun = database_->execute("BEGIN IMMEDIATE"); !begun) return begun;
  return read_task();
}

Status Tables::commit(WallTime now) {
  Status done;
  if (run_open_ && (written_ || run_changed_)) {
    const SpanSet::Changes changes = spans_.take_changes();
    for (const std::uint64_t id : changes.erased)
      if (done) done = write("DELETE FROM spans WHERE id=?1", {id});
    for (const SpanSet::Row& row : changes.written)
      if (done)
        done = write_sealed("INSERT OR REPLACE INTO spans VALUES(?1,?2,?3,?4)",
                            {row.id, bound(row.range.after), bound(row.range.up_to)});
    for (const std::uint64_t claim : counters_changed_)
      if (done)
        done = write_sealed("INSERT OR REPLACE INTO claims VALUES(?1,?2,?3)",
                            {claim, counters_[claim]});
    counters_changed_.clear();
    run_.last_write = now;
    if (done) done = write_run(run_);
    run_changed_ = false;
  }
  return done ? database_->execute("COMMIT") : done;
}

void Tables::roll_back() {
  for (auto& [sql, statement] : statements_) statement.reset();
  (void)database_->execute("ROLLBACK");
}

Status Tables::write_run(const RunRow& row) {
  const SqlValue retry_of = row.retry_of ? SqlValue(*row.retry_of) : SqlValue(std::nullopt);
  return write_sealed("INSERT OR REPLACE INTO runs VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)",
                      {row.run, row.settings, static_cast<std::int64_t>(row.status), ms(row.began),
                       ms(row.last_write), static_cast<std::int64_t>(row.tries), row.phase,
                       row.result, retry_of, row.delete_counters, row.label});
}

Result<std::vector<RunRow>> Tables::runs(std::size_t most) {
  const Result<Statement*> rows = use("SELECT * FROM runs ORDER BY run DESC LIMIT ?1");
  if (!rows) return fail(rows.error());
  if (Status started = (*rows)->start({std::uint64_t{most}}); !started)
    return fail(std::move(started.error()));
  std::vector<RunRow> out;
  for (;;) {
    const Result<bool> row = (*rows)->next_sealed();
    if (!row) return fail(row.error());
    if (!*row) return out;
    out.push_back(run_row(**rows));
  }
}

// Spans and counters as they are stored.
Status Tables::load_progress() {
  spans_.clear();
  counters_.clear();
  const Result<Statement*> spans = use("SELECT * FROM spans");
  if (!spans) return fail(spans.error());
  if (Status started = (*spans)->start({}); !started) return started;
  for (;;) {
    const Result<bool> row = (*spans)->next_sealed();
    if (!row) return fail(row.error());
    if (!*row) break;
    const KeyRange range{(*spans)->bytes_or_null(1), (*spans)->bytes_or_null(2)};
    if (!spans_.load((*spans)->count(0), range)) {
      (*spans)->reset();
      return fail(database_->damaged("finished spans overlap"));
    }
  }
  const Result<Statement*> claims = use("SELECT * FROM claims");
  if (!claims) return fail(claims.error());
  if (Status started = (*claims)->start({}); !started) return started;
  for (;;) {
    const Result<bool> row = (*claims)->next_sealed();
    if (!row) return fail(row.error());
    if (!*row) return {};
    counters_[(*claims)->count(0)] = (*claims)->bytes(1);
    next_claim_ = std::max(next_claim_, (*claims)->count(0) + 1);
  }
}

Status Tables::held(const Claim& claim) const {
  const auto live = live_.find(claim.id);
  if (run_open_ && claim.epoch == epoch_ && live != live_.end() && live->second == claim.range)
    return {};
  return fail(ErrorKind::kConflict, "a range that is not, or no longer, claimed here");
}

Result<Claim> Tables::claim(const KeyRange& range) {
  if (!run_open_) return fail(ErrorKind::kConflict, "no run is open in this store");
  if (is_empty(range)) return fail(ErrorKind::kConflict, "an empty range cannot be claimed");
  for (const auto& [id, taken] : live_)
    if (overlap(range, taken))
      return fail(ErrorKind::kConflict, "the range overlaps one that is claimed already");
  const std::uint64_t id = next_claim_++;
  live_.emplace(id, range);
  return Claim(id, epoch_, range);
}

Status Tables::advance(const Claim& claim, const FinishedSpan& span) {
  if (Status mine = held(claim); !mine) return mine;
  const bool inside = !(span.range.after < claim.range.after) &&
                      ends_at_or_before(span.range.up_to, claim.range.up_to);
  if (!inside) return fail(ErrorKind::kConflict, "a span outside of its claim is finished");
  if (Status added = spans_.add(span.range); !added) return added;
  counters_[claim.id] = span.counters;
  counters_changed_.insert(claim.id);
  run_changed_ = true;
  for (const PlannedDelete& planned : span.planned_deletes) {
    Status done =
        write_sealed("INSERT OR REPLACE INTO planned_deletes VALUES(?1,?2,?3,?4,?5,?6,?7)",
                     {SqlValue::Blob{planned.key}, planned.etag, planned.size, ms(planned.modified),
                      planned.source_rank, planned.target_rank});
    if (!done) return done;
  }
  if (Status done = add_failures(span.failures); !done) return done;
  return add_set_aside(span.set_aside);
}

Status Tables::complete(const Claim& claim) {
  if (Status mine = held(claim); !mine) return mine;
  if (!spans_.covers(claim.range))
    return fail(ErrorKind::kConflict, "a claim ends before its whole range is finished");
  live_.erase(claim.id);
  return {};
}

Status Tables::set_phase(std::string phase) {
  if (!run_open_) return fail(ErrorKind::kConflict, "no run is open in this store");
  run_.phase = std::move(phase);
  run_changed_ = true;
  return {};
}

Status Tables::leave_run(const std::string& left, const std::vector<FailedObject>& failures) {
  if (!run_open_) return fail(ErrorKind::kConflict, "no run is open in this store");
  run_.result = left;
  run_changed_ = true;
  return add_failures(failures);
}

Status Tables::forget_run() {
  if (!run_open_) return fail(ErrorKind::kConflict, "no run is open in this store");
  const Result<RunRecord> record = record_of(run_);
  if (!record) return fail(record.error());
  if (record->tries > 1 || record->failures > 0 || !record->finished.empty()) return {};
  Status done = write("DELETE FROM runs WHERE run=?1", {run_.run});
  if (done) done = clear_progress();
  run_open_ = run_changed_ = false;
  return done;
}

Status Tables::finish_run(std::string result, WallTime now) {
  if (!run_open_) return fail(ErrorKind::kConflict, "no run is open in this store");
  if (Status cleared = clear_progress(); !cleared) return cleared;
  run_.status = RunStatus::kFinished;
  run_.result = std::move(result);
  run_.phase.clear();
  run_.last_write = now;
  Status done = write_run(run_);
  run_open_ = false;
  return done;
}

Status Tables::clear_progress() {
  spans_.clear();
  counters_.clear();
  counters_changed_.clear();
  live_.clear();
  next_claim_ = 1;
  for (const char* sql : {"DELETE FROM spans", "DELETE FROM claims", "DELETE FROM planned_deletes",
                          "DELETE FROM set_aside"})
    if (Status done = write(sql, {}); !done) return done;
  return {};
}

}  // namespace s3ferry
