#include "journal/schema.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace s3ferry {
namespace {

// Rows are written and read whole; `seal` is a digest of the other columns, in their order. Keys
// are BLOBs: SQLite orders them as unsigned bytes. `spans`, `claims`, `planned_deletes` and
// `set_aside` are those of the last run; `uploads` and `stored_wrong` are the task's.
constexpr const char* kTables = R"(
CREATE TABLE task(
  one INTEGER PRIMARY KEY CHECK (one = 1), identity TEXT NOT NULL, epoch INTEGER NOT NULL,
  seal INTEGER NOT NULL);
CREATE TABLE runs(
  run INTEGER PRIMARY KEY, settings TEXT NOT NULL, status INTEGER NOT NULL,
  began_ms INTEGER NOT NULL, last_write_ms INTEGER NOT NULL, tries INTEGER NOT NULL,
  phase TEXT NOT NULL, result TEXT NOT NULL, retry_of INTEGER, delete_counters TEXT NOT NULL,
  label TEXT NOT NULL, seal INTEGER NOT NULL);
CREATE TABLE spans(
  id INTEGER PRIMARY KEY, after BLOB, up_to BLOB, seal INTEGER NOT NULL);
CREATE TABLE claims(
  claim INTEGER PRIMARY KEY, counters TEXT NOT NULL, seal INTEGER NOT NULL);
CREATE TABLE uploads(
  key BLOB PRIMARY KEY, upload_id TEXT NOT NULL, facts TEXT NOT NULL, intended_ms INTEGER NOT NULL,
  seal INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE planned_deletes(
  key BLOB PRIMARY KEY, etag TEXT NOT NULL, size INTEGER NOT NULL, modified_ms INTEGER NOT NULL,
  source_rank INTEGER NOT NULL, target_rank INTEGER NOT NULL, seal INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE failures(
  run INTEGER NOT NULL, work INTEGER NOT NULL, key BLOB NOT NULL, size INTEGER NOT NULL,
  kind TEXT NOT NULL, code TEXT NOT NULL, http_status INTEGER NOT NULL, message TEXT NOT NULL,
  seal INTEGER NOT NULL, PRIMARY KEY (run, work, key)) WITHOUT ROWID;
CREATE TABLE set_aside(
  kind INTEGER NOT NULL, key BLOB NOT NULL, seal INTEGER NOT NULL,
  PRIMARY KEY (kind, key)) WITHOUT ROWID;
)";
// Since version 2.
constexpr const char* kTablesOfTwo = R"(
CREATE TABLE stored_wrong(key BLOB PRIMARY KEY, seal INTEGER NOT NULL) WITHOUT ROWID;
)";

tl::unexpected<Error> unusable(const std::string& path, std::string_view why) {
  return fail(ErrorKind::kConfig,
              fmt::format("{} {}; name another folder with --state", path, why));
}

Result<bool> is_there(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) {
    if (S_ISREG(found.st_mode)) return true;
    return unusable(path, "is not a file, so it is no journal");
  }
  if (errno == ENOENT) return false;
  return unusable(path, fmt::format("is not readable ({})", std::strerror(errno)));
}

struct Marks {
  std::int64_t application = 0, version = 0, tables = 0;
};

Result<Marks> read_marks(Database& database) {
  Marks marks;
  for (const auto& [sql, where] :
       {std::pair{"PRAGMA application_id", &marks.application},
        std::pair{"PRAGMA user_version", &marks.version},
        std::pair{"SELECT count(*) FROM sqlite_schema", &marks.tables}}) {
    const Result<std::int64_t> value = database.number(sql);
    if (!value) return fail(value.error());
    *where = *value;
  }
  return marks;
}

Status check_marks(const Database& database, const Marks& marks) {
  if (marks.application == 0 && marks.version == 0 && marks.tables == 0)
    return fail(database.damaged("it is empty"));
  if (marks.application != kJournalApplicationId)
    return unusable(database.path(), "is a database of another program; it was left as it is");
  if (marks.version > kJournalVersion)
    return fail(ErrorKind::kConfig,
                fmt::format("the journal {} was written by a newer s3ferry (format {}, this one "
                            "knows {}); it was left as it is: use that version, or name another "
                            "folder with --state",
                            database.path(), marks.version, kJournalVersion));
  if (marks.version < kOldestJournalVersion || marks.tables == 0)
    return fail(database.damaged(fmt::format("format {}", marks.version)));
  return {};
}

Status check_whole(Database& database) {
  const Result<std::string> said = database.text("PRAGMA quick_check(1)");
  if (!said) return fail(said.error());
  if (*said == "ok") return {};
  // Of several lines the first is a heading.
  return fail(database.damaged(std::string_view(*said).substr(said->rfind('\n') + 1)));
}

Status make_tables(const std::string& path, const std::string& vfs) {
  const Result<std::unique_ptr<Database>> database = Database::open(path, vfs);
  if (!database) return fail(database.error());
  Status done = (*database)->execute("PRAGMA synchronous=FULL; PRAGMA journal_mode=WAL");
  if (done)
    done = (*database)->execute(
        fmt::format("BEGIN IMMEDIATE;{}{}PRAGMA application_id={};"
                    "PRAGMA user_version={};COMMIT;",
                    kTables, kTablesOfTwo, kJournalApplicationId, kJournalVersion));
  return done ? (*database)->execute("PRAGMA wal_checkpoint(TRUNCATE)") : done;
}

void sync_folder_of(const std::string& path) {
  const int folder = ::open(path.substr(0, path.rfind('/') + 1).c_str(), O_RDONLY | O_CLOEXEC);
  if (folder < 0) return;
  ::fsync(folder);
  ::close(folder);
}

// A new journal gets its name once it is whole: a file of that name that is not is damaged, also
// where it is empty. For its owner alone (SQLite gives -wal and -shm the same mode).
Status make_journal(const std::string& path, const std::string& vfs) {
  const std::string draft = path + ".new";
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) ::unlink((draft + suffix).c_str());
  const int file = ::open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return unusable(path, fmt::format("cannot be made ({})", std::strerror(errno)));
  ::close(file);
  if (Status made = make_tables(draft, vfs); !made) return made;
  if (::rename(draft.c_str(), path.c_str()) != 0)
    return unusable(path, fmt::format("cannot be made ({})", std::strerror(errno)));
  sync_folder_of(path);
  return {};
}

// Version 1 knew of objects that were stored wrong only by the failures of the last run that came
// to its end, and of those after it; among these some had stored nothing, told apart by who
// refused.
Status add_stored_wrong(Database& database) {
  if (Status made = database.execute(kTablesOfTwo); !made) return made;
  Result<Statement> failed = database.prepare(
      "SELECT * FROM failures WHERE work=0 AND kind='refused' AND "
      "(message LIKE 'PutObject:%' OR message LIKE 'CompleteMultipartUpload:%') AND "
      "run>=(SELECT coalesce(max(run),0) FROM runs WHERE status=1)");
  if (!failed) return fail(std::move(failed.error()));
  Result<Statement> add = database.prepare("INSERT OR REPLACE INTO stored_wrong VALUES(?1,?2)");
  if (!add) return fail(std::move(add.error()));
  if (Status started = failed->start({}); !started) return started;
  for (;;) {
    const Result<bool> row = failed->next_sealed();
    if (!row) return fail(row.error());
    if (!*row) return {};
    const std::string key = failed->bytes(2);
    if (Status added = add->run_sealed({SqlValue::Blob{key}}); !added) return added;
  }
}

// In one transaction: of a conversion that is cut off nothing is seen.
Status convert(Database& database) {
  const Result<std::int64_t> version = database.number("PRAGMA user_version");
  if (!version) return fail(version.error());
  if (*version == kJournalVersion) return {};
  Status done = database.execute("BEGIN IMMEDIATE");
  if (!done) return done;
  done = add_stored_wrong(database);
  if (done) done = database.execute(fmt::format("PRAGMA user_version={};COMMIT", kJournalVersion));
  if (!done) (void)database.execute("ROLLBACK");
  return done;
}

// Open, and proven to be a whole journal of a version known here.
Result<std::unique_ptr<Database>> open_proven(const std::string& path, const std::string& vfs) {
  Result<std::unique_ptr<Database>> database = Database::open(path, vfs);
  if (!database) return database;
  const Result<Marks> marks = read_marks(**database);
  Status proven = marks ? check_marks(**database, *marks) : fail(marks.error());
  if (proven) proven = check_whole(**database);
  if (proven) proven = (*database)->execute("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON");
  if (!proven) return fail(std::move(proven.error()));
  return database;
}

}  // namespace

Result<std::unique_ptr<Database>> open_journal_file(const std::string& path,
                                                    const JournalFileOptions& options) {
  const Result<bool> there = is_there(path);
  if (!there) return fail(there.error());
  if (!*there) {
    if (Status made = make_journal(path, options.vfs); !made) return fail(std::move(made.error()));
  }
  Result<std::unique_ptr<Database>> database = open_proven(path, options.vfs);
  if (!database) return database;
  // FULL: a commit that was acknowledged survives a loss of power (docs/adr).
  Status done = (*database)->execute(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=16777216");
  if (done && options.checkpoint_pages > 0)
    done =
        (*database)->execute(fmt::format("PRAGMA wal_autocheckpoint={}", options.checkpoint_pages));
  if (done) done = convert(**database);
  if (!done) return fail(std::move(done.error()));
  return database;
}

Result<std::unique_ptr<Database>> look_at_journal_file(const std::string& path) {
  const Result<bool> there = is_there(path);
  if (!there) return fail(there.error());
  if (!*there)
    return fail(ErrorKind::kConfig,
                fmt::format("there is no journal {}; `s3ferry runs` lists what there is", path));
  Result<std::unique_ptr<Database>> database = open_proven(path, "");
  if (!database) return database;
  if (Status quiet = (*database)->execute("PRAGMA query_only=ON"); !quiet)
    return fail(std::move(quiet.error()));
  return database;
}

}  // namespace s3ferry
