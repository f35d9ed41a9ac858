// Tables: uploads, keys stored wrong, planned deletions, failures, keys that were set aside.

#include "journal/tables.h"

namespace s3ferry {
namespace {

std::int64_t ms(WallTime time) {
  return time.time_since_epoch().count();
}
WallTime from_ms(std::int64_t ms) {
  return WallTime(std::chrono::milliseconds(ms));
}

UploadIntent upload_of(const Statement& row) {
  UploadIntent out;
  out.key = row.bytes(0);
  out.upload_id = row.bytes(1);
  out.facts = row.bytes(2);
  out.intended = from_ms(row.number(3));
  return out;
}

PlannedDelete planned_of(const Statement& row) {
  PlannedDelete out;
  out.key = row.bytes(0);
  out.etag = row.bytes(1);
  out.size = row.count(2);
  out.modified = from_ms(row.number(3));
  out.source_rank = row.count(4);
  out.target_rank = row.count(5);
  return out;
}

FailedObject failure_of(const Statement& row) {
  FailedObject out;
  out.work = static_cast<FailedWork>(row.number(1));
  out.key = row.bytes(2);
  out.size = row.count(3);
  out.kind = row.bytes(4);
  out.code = row.bytes(5);
  out.http_status = static_cast<int>(row.number(6));
  out.message = row.bytes(7);
  return out;
}

SetAsideKey set_aside_of(const Statement& row) {
  return SetAsideKey(static_cast<SetAsideKind>(row.number(0)), row.bytes(1));
}

// All rows of a statement that was started.
template <class Row, class Make>
Result<std::vector<Row>> collect(Statement& rows, Make make) {
  std::vector<Row> out;
  for (;;) {
    const Result<bool> row = rows.next_sealed();
    if (!row) return fail(row.error());
    if (!*row) return out;
    out.push_back(make(rows));
  }
}

constexpr std::string_view kPutUpload = "INSERT OR REPLACE INTO uploads VALUES(?1,?2,?3,?4,?5)";

}  // namespace

Result<std::optional<UploadIntent>> Tables::find_upload(const std::string& key) {
  const Result<Statement*> row = use("SELECT * FROM uploads WHERE key=?1");
  if (!row) return fail(row.error());
  if (Status started = (*row)->start({SqlValue::Blob{key}}); !started)
    return fail(std::move(started.error()));
  const Result<bool> found = (*row)->next_sealed();
  if (!found) return fail(found.error());
  std::optional<UploadIntent> out;
  if (*found) out = upload_of(**row);
  (*row)->reset();
  return out;
}

Status Tables::put_upload(const std::string& key, const std::string& facts, WallTime now) {
  return write_sealed(kPutUpload, {SqlValue::Blob{key}, std::string_view(), facts, ms(now)});
}

Status Tables::upload_created(const std::string& key, const std::string& upload_id) {
  const auto known = find_upload(key);
  if (!known) return fail(known.error());
  if (!*known)
    return fail(Error(ErrorKind::kConflict, "an upload without its intent").with_key(key));
  return write_sealed(kPutUpload,
                      {SqlValue::Blob{key}, upload_id, (*known)->facts, ms((*known)->intended)});
}

Status Tables::upload_ended(const std::string& key) {
  return write("DELETE FROM uploads WHERE key=?1", {SqlValue::Blob{key}});
}

Result<std::vector<UploadIntent>> Tables::uploads(const std::optional<std::string>& after,
                                                  std::size_t most) {
  const Result<Statement*> rows =
      after ? use("SELECT * FROM uploads WHERE key>?1 ORDER BY key LIMIT ?2")
            : use("SELECT * FROM uploads WHERE ?1 IS NULL ORDER BY key LIMIT ?2");
  if (!rows) return fail(rows.error());
  const SqlValue from = after ? SqlValue(SqlValue::Blob{*after}) : SqlValue(std::nullopt);
  if (Status started = (*rows)->start({from, std::uint64_t{most}}); !started)
    return fail(std::move(started.error()));
  return collect<UploadIntent>(**rows, upload_of);
}

Status Tables::note_stored_wrong(const std::string& key) {
  return write_sealed("INSERT OR REPLACE INTO stored_wrong VALUES(?1,?2)", {SqlValue::Blob{key}});
}

Status Tables::forget_stored_wrong(const std::string& key) {
  return write("DELETE FROM stored_wrong WHERE key=?1", {SqlValue::Blob{key}});
}

Result<std::vector<std::string>> Tables::stored_wrong(const std::optional<std::string>& after,
                                                      std::size_t most) {
  const Result<Statement*> rows =
      after ? use("SELECT * FROM stored_wrong WHERE key>?1 ORDER BY key LIMIT ?2")
            : use("SELECT * FROM stored_wrong WHERE ?1 IS NULL ORDER BY key LIMIT ?2");
  if (!rows) return fail(rows.error());
  const SqlValue from = after ? SqlValue(SqlValue::Blob{*after}) : SqlValue(std::nullopt);
  if (Status started = (*rows)->start({from, std::uint64_t{most}}); !started)
    return fail(std::move(started.error()));
  return collect<std::string>(**rows, [](const Statement& row) { return row.bytes(0); });
}

Result<std::vector<PlannedDelete>> Tables::planned_deletes(const std::optional<std::string>& after,
                                                           std::size_t most) {
  const Result<Statement*> rows =
      after ? use("SELECT * FROM planned_deletes WHERE key>?1 ORDER BY key LIMIT ?2")
            : use("SELECT * FROM planned_deletes WHERE ?1 IS NULL ORDER BY key LIMIT ?2");
  if (!rows) return fail(rows.error());
  const SqlValue from = after ? SqlValue(SqlValue::Blob{*after}) : SqlValue(std::nullopt);
  if (Status started = (*rows)->start({from, std::uint64_t{most}}); !started)
    return fail(std::move(started.error()));
  return collect<PlannedDelete>(**rows, planned_of);
}

Status Tables::settle_deletes(const SettledDeletes& settled) {
  if (!run_open_) return fail(ErrorKind::kConflict, "no run is open in this store");
  for (const std::string& key : settled.keys) {
    Status done = write("DELETE FROM planned_deletes WHERE key=?1", {SqlValue::Blob{key}});
    if (!done) return done;
  }
  run_.delete_counters = settled.counters;
  run_changed_ = true;
  if (Status done = add_failures(settled.failures); !done) return done;
  return add_set_aside(settled.set_aside);
}

Status Tables::add_failures(const std::vector<FailedObject>& failures) {
  for (const FailedObject& failed : failures) {
    Status done = write_sealed(
        "INSERT OR REPLACE INTO failures VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)",
        {run_.run, static_cast<std::int64_t>(failed.work), SqlValue::Blob{failed.key}, failed.size,
         failed.kind, failed.code, static_cast<std::int64_t>(failed.http_status), failed.message});
    if (!done) return done;
  }
  return {};
}

Status Tables::add_set_aside(const std::vector<SetAsideKey>& keys) {
  for (const SetAsideKey& one : keys) {
    Status done = write_sealed("INSERT OR REPLACE INTO set_aside VALUES(?1,?2,?3)",
                               {static_cast<std::int64_t>(one.kind), SqlValue::Blob{one.key}});
    if (!done) return done;
  }
  return {};
}

Result<std::vector<FailedObject>> Tables::failures(std::uint64_t run,
                                                   const std::optional<FailedObject>& after,
                                                   std::size_t most) {
  const Result<Statement*> rows =
      use("SELECT * FROM failures WHERE run=?1 AND (work,key)>(?2,?3) ORDER BY work,key LIMIT ?4");
  if (!rows) return fail(rows.error());
  const std::int64_t work = after ? static_cast<std::int64_t>(after->work) : -1;
  const SqlValue::Blob key{after ? std::string_view(after->key) : std::string_view()};
  if (Status started = (*rows)->start({run, work, key, std::uint64_t{most}}); !started)
    return fail(std::move(started.error()));
  return collect<FailedObject>(**rows, failure_of);
}

Result<std::vector<SetAsideKey>> Tables::set_aside(const std::optional<SetAsideKey>& after,
                                                   std::size_t most) {
  const Result<Statement*> rows =
      use("SELECT * FROM set_aside WHERE (kind,key)>(?1,?2) ORDER BY kind,key LIMIT ?3");
  if (!rows) return fail(rows.error());
  const std::int64_t kind = after ? static_cast<std::int64_t>(after->kind) : -1;
  const SqlValue::Blob key{after ? std::string_view(after->key) : std::string_view()};
  if (Status started = (*rows)->start({kind, key, std::uint64_t{most}}); !started)
    return fail(std::move(started.error()));
  return collect<SetAsideKey>(**rows, set_aside_of);
}

}  // namespace s3ferry
