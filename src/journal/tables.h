#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "journal/database.h"
#include "journal/records.h"
#include "journal/span_set.h"
#include "journal/work_store.h"

namespace s3ferry {

// A run's row of the table `runs`.
struct RunRow {
  std::uint64_t run = 0;
  std::string settings, label;
  RunStatus status = RunStatus::kOpen;
  WallTime began{}, last_write{};
  std::uint32_t tries = 1;
  std::string phase, result;
  std::optional<std::uint64_t> retry_of;
  std::string delete_counters;
};

// What a WorkStore does to the tables, a step of a transaction each. Owns the database, and keeps
// in memory what is small: the run's row, finished spans, claims. One thread at a time. Errors of
// the database (kIo, kConfig) spoil the transaction; kConflict and kRefused are found before
// anything was written.
class Tables {
 public:
  static Result<std::unique_ptr<Tables>> open(std::unique_ptr<Database> database);

  // begin() takes SQLite's write lock and checks the fence: kConflict where another process opened
  // the run since. commit() writes what was kept in memory, too.
  Status begin();
  Status commit(WallTime now);
  void roll_back();
  // Whether anything changed since begin().
  bool written() const { return written_; }

  Result<RunRecord> open_run(const RunRequest& request, WallTime now);
  Result<Claim> claim(const KeyRange& range);
  Status advance(const Claim& claim, const FinishedSpan& span);
  Status complete(const Claim& claim);
  Status set_phase(std::string phase);
  Status leave_run(const std::string& left, const std::vector<FailedObject>& failures);
  Status forget_run();
  Status finish_run(std::string result, WallTime now);

  Status put_upload(const std::string& key, const std::string& facts, WallTime now);
  Status upload_created(const std::string& key, const std::string& upload_id);
  Status upload_ended(const std::string& key);
  Result<std::optional<UploadIntent>> find_upload(const std::string& key);
  Result<std::vector<UploadIntent>> uploads(const std::optional<std::string>& after,
                                            std::size_t most);

  Status note_stored_wrong(const std::string& key);
  Status forget_stored_wrong(const std::string& key);
  Result<std::vector<std::string>> stored_wrong(const std::optional<std::string>& after,
                                                std::size_t most);

  Result<std::vector<PlannedDelete>> planned_deletes(const std::optional<std::string>& after,
                                                     std::size_t most);
  Status settle_deletes(const SettledDeletes& settled);
  Result<std::vector<FailedObject>> failures(std::uint64_t run,
                                             const std::optional<FailedObject>& after,
                                             std::size_t most);
  Result<std::vector<SetAsideKey>> set_aside(const std::optional<SetAsideKey>& after,
                                             std::size_t most);

  // For those who only look. The newest runs first.
  Result<std::vector<RunRow>> runs(std::size_t most);
  Result<RunRecord> look_at(const RunRow& row, bool newest);
  const std::string& identity() const { return identity_; }

 private:
  Result<RunRecord> record_of(const RunRow& row);
  explicit Tables(std::unique_ptr<Database> database);
  Result<Statement*> use(std::string_view sql);
  Status write(std::string_view sql, std::initializer_list<SqlValue> values);
  Status write_sealed(std::string_view sql, std::initializer_list<SqlValue> values);
  Status write_run(const RunRow& row);
  Status write_task();
  Status read_task();
  Status add_failures(const std::vector<FailedObject>& failures);
  Status add_set_aside(const std::vector<SetAsideKey>& keys);
  Status load_progress();
  Status clear_progress();
  Status forget_failures(std::uint64_t last);
  Status forget_failures_of_gaps();
  Result<RunRecord> resume(const RunRequest& request, WallTime now);
  Result<RunRecord> begin_run(const RunRequest& request, WallTime now);
  Result<std::optional<std::uint64_t>> run_to_retry();
  Status held(const Claim& claim) const;

  std::unique_ptr<Database> database_;
  std::map<std::string_view, Statement> statements_;  // by their text, a literal
  std::string identity_;
  std::uint64_t epoch_ = 0;  // ours, once a run was opened
  bool run_open_ = false, written_ = false, run_changed_ = false;
  RunRow run_;  // the one that was opened
  SpanSet spans_;
  std::map<std::uint64_t, KeyRange> live_;         // claims of this epoch
  std::map<std::uint64_t, std::string> counters_;  // of all claims
  std::set<std::uint64_t> counters_changed_;
  std::uint64_t next_claim_ = 1;
};

}  // namespace s3ferry
