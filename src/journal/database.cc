#include "journal/database.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <sqlite3.h>

namespace s3ferry {
namespace {

// A reader (`s3ferry runs`) may hold a lock for a moment.
constexpr int kBusyTimeout_ms = 10'000;

// FNV-1a, 64 bit: against a disk's errors, not against people.
class Seal {
 public:
  void add(std::string_view bytes) {
    add_number(static_cast<std::int64_t>(bytes.size()));
    for (const char c : bytes) mix(static_cast<unsigned char>(c));
  }
  void add_number(std::int64_t number) {
    auto n = static_cast<std::uint64_t>(number);
    for (int i = 0; i < 8; ++i, n >>= 8U) mix(static_cast<unsigned char>(n & 0xFFU));
  }
  void add_null() { mix(0xFF); }
  std::int64_t value() const { return static_cast<std::int64_t>(hash_); }

 private:
  void mix(unsigned char byte) {
    hash_ ^= byte;
    hash_ *= 0x100000001B3U;
  }
  std::uint64_t hash_ = 0xCBF29CE484222325U;
};

std::int64_t seal_of(std::initializer_list<SqlValue> values) {
  Seal seal;
  for (const SqlValue& value : values) {
    if (const auto* number = std::get_if<std::int64_t>(&value.held()))
      seal.add_number(*number);
    else if (const auto* text = std::get_if<std::string_view>(&value.held()))
      seal.add(*text);
    else if (const auto* blob = std::get_if<SqlValue::Blob>(&value.held()))
      seal.add(blob->bytes);
    else
      seal.add_null();
  }
  return seal.value();
}

std::string_view view_of(sqlite3_stmt* row, int column) {
  // Bytes as they are stored, whatever the type says.
  const void* data = sqlite3_column_blob(row, column);
  const int size = sqlite3_column_bytes(row, column);
  return data == nullptr
             ? std::string_view()
             : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

int bind_one(sqlite3_stmt* statement, int at, const SqlValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value.held()))
    return sqlite3_bind_int64(statement, at, *number);
  if (const auto* text = std::get_if<std::string_view>(&value.held()))
    return sqlite3_bind_text64(statement, at, text->data() == nullptr ? "" : text->data(),
                               text->size(), SQLITE_STATIC, SQLITE_UTF8);
  if (const auto* blob = std::get_if<SqlValue::Blob>(&value.held()))
    return sqlite3_bind_blob64(statement, at,
                               blob->bytes.data() == nullptr ? "" : blob->bytes.data(),
                               blob->bytes.size(), SQLITE_STATIC);
  return sqlite3_bind_null(statement, at);
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Status Statement::bind(std::initializer_list<SqlValue> values,
                       const std::optional<std::int64_t>& seal) {
  sqlite3_reset(statement_.get());
  int at = 0;
  for (const SqlValue& value : values)
    if (bind_one(statement_.get(), ++at, value) != SQLITE_OK) return fail(database_->error());
  if (seal && sqlite3_bind_int64(statement_.get(), ++at, *seal) != SQLITE_OK)
    return fail(database_->error());
  return {};
}

Status Statement::finish() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_DONE || code == SQLITE_ROW) {
    sqlite3_reset(statement_.get());
    return {};
  }
  Error error = database_->error();
  sqlite3_reset(statement_.get());
  return fail(std::move(error));
}

Status Statement::run(std::initializer_list<SqlValue> values) {
  if (Status bound = bind(values, {}); !bound) return bound;
  return finish();
}

Status Statement::run_sealed(std::initializer_list<SqlValue> values) {
  if (Status bound = bind(values, seal_of(values)); !bound) return bound;
  return finish();
}

Status Statement::start(std::initializer_list<SqlValue> values) {
  return bind(values, {});
}

Result<bool> Statement::next() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) {
    Error error = database_->error();
    sqlite3_reset(statement_.get());
    return fail(std::move(error));
  }
  sqlite3_reset(statement_.get());
  return false;
}

std::int64_t Statement::seal_of_row(int columns) const {
  Seal seal;
  for (int i = 0; i < columns; ++i) {
    const int type = sqlite3_column_type(statement_.get(), i);
    if (type == SQLITE_NULL)
      seal.add_null();
    else if (type == SQLITE_INTEGER)
      seal.add_number(sqlite3_column_int64(statement_.get(), i));
    else
      seal.add(view_of(statement_.get(), i));
  }
  return seal.value();
}

Result<bool> Statement::next_sealed() {
  Result<bool> row = next();
  if (!row || !*row) return row;
  const int last = sqlite3_column_count(statement_.get()) - 1;
  if (seal_of_row(last) == sqlite3_column_int64(statement_.get(), last)) return true;
  reset();
  return fail(database_->damaged("a row does not fit its checksum"));
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
}

std::string Statement::bytes(int column) const {
  return std::string(view_of(statement_.get(), column));
}

std::optional<std::string> Statement::bytes_or_null(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::nullopt;
  return bytes(column);
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, const std::string& vfs) {
  std::unique_ptr<Database> made(new Database(path));
  const int code = sqlite3_open_v2(
      path.c_str(), &made->handle_,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE,
      vfs.empty() ? nullptr : vfs.c_str());
  if (code != SQLITE_OK) return fail(made->error());
  sqlite3_busy_timeout(made->handle_, kBusyTimeout_ms);
  return made;
}

Database::~Database() {
  sqlite3_close_v2(handle_);
}

Status Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return fail(error());
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return fail(error());
  return Statement(*this, statement);
}

Result<std::int64_t> Database::number(const std::string& sql) {
  Result<Statement> statement = prepare(sql);
  if (!statement) return fail(std::move(statement.error()));
  const Result<bool> row = statement->next();
  if (!row) return fail(row.error());
  return *row ? statement->number(0) : 0;
}

Result<std::string> Database::text(const std::string& sql) {
  Result<Statement> statement = prepare(sql);
  if (!statement) return fail(std::move(statement.error()));
  const Result<bool> row = statement->next();
  if (!row) return fail(row.error());
  return *row ? statement->bytes(0) : std::string();
}

Error Database::damaged(std::string_view how) const {
  return Error(
      ErrorKind::kConfig,
      fmt::format("the journal {} is damaged ({}); it was left as it is. Move its folder "
                  "away, or name another with --state, and the run begins anew: what was "
                  "copied compares as the same. Multipart uploads that it knew stay at the "
                  "target until they are aborted, and objects that it knew to be stored wrong may "
                  "look the same: a run with --compare etag finds them",
                  path_, how));
}

Error Database::error() const {
  const int code = handle_ == nullptr ? SQLITE_NOMEM : sqlite3_extended_errcode(handle_);
  const int system = handle_ == nullptr ? 0 : sqlite3_system_errno(handle_);
  const std::string why = system != 0          ? std::strerror(system)
                          : handle_ == nullptr ? ""
                                               : sqlite3_errmsg(handle_);
  const bool io = (code & 0xFF) == SQLITE_IOERR || (code & 0xFF) == SQLITE_CANTOPEN;
  if ((code & 0xFF) == SQLITE_FULL || (io && (system == ENOSPC || system == EDQUOT)))
    return Error(ErrorKind::kIo,
                 fmt::format("the disk with the journal {} is full: make room there and run the "
                             "same command again, it goes on where it stopped",
                             path_));
  switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return damaged(sqlite3_errmsg(handle_));
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return Error(ErrorKind::kConfig,
                   fmt::format("the journal {} cannot be opened for writing ({}): see who owns it "
                               "and its folder, or name another folder with --state",
                               path_, why));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error(ErrorKind::kConflict,
                   fmt::format("the journal {} is kept busy by another program: end that one, then "
                               "run the same command again",
                               path_));
    default:
      return Error(ErrorKind::kIo,
                   fmt::format("the journal {} cannot be written or read ({}): see to its disk and "
                               "run the same command again, it goes on where it stopped",
                               path_, why));
  }
}

}  // namespace s3ferry
