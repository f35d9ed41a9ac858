#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace s3ferry {

// What is bound to a statement. Views live until the statement was run.
class SqlValue {
 public:
  struct Blob {
    std::string_view bytes;
  };
  SqlValue(std::nullopt_t) {}                        // NULL
  SqlValue(std::string_view text) : value_(text) {}  // TEXT
  SqlValue(const std::string& text) : value_(std::string_view(text)) {}
  SqlValue(Blob blob) : value_(blob) {}  // BLOB: ordered as unsigned bytes
  SqlValue(std::int64_t number) : value_(number) {}
  SqlValue(std::uint64_t number) : value_(static_cast<std::int64_t>(number)) {}
  using Held = std::variant<std::monostate, std::int64_t, std::string_view, Blob>;
  const Held& held() const { return value_; }

 private:
  Held value_;
};

class Database;

// A prepared statement of a database that outlives it. One thread at a time.
class Statement {
 public:
  // Binds and runs what gives no rows. kIo, kConfig as Database says.
  Status run(std::initializer_list<SqlValue> values);
  // The same with one value more, the row's seal: a digest of all the others. Rows are written
  // whole.
  Status run_sealed(std::initializer_list<SqlValue> values);
  // Binds; rows come by next().
  Status start(std::initializer_list<SqlValue> values);
  // To the next row; false at the end, and then the statement is free again.
  Result<bool> next();
  // The same for rows whose last column is their seal: kConfig where it does not fit the others.
  Result<bool> next_sealed();
  void reset();  // drops rows that were not read

  // Columns of the row, from 0.
  std::string bytes(int column) const;  // TEXT or BLOB; empty for NULL
  std::optional<std::string> bytes_or_null(int column) const;
  std::int64_t number(int column) const;
  std::uint64_t count(int column) const { return static_cast<std::uint64_t>(number(column)); }

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Statement(Database& database, sqlite3_stmt* statement)
      : database_(&database), statement_(statement) {}
  Status bind(std::initializer_list<SqlValue> values, const std::optional<std::int64_t>& seal);
  Status finish();
  std::int64_t seal_of_row(int columns) const;

  Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// One SQLite file. Its errors say what a person can do: kIo where the disk is full or broken,
// kConfig where the file is none of ours, damaged, or not to be opened, kConflict where another
// process kept it busy. One thread at a time; does not move.
class Database {
 public:
  // The file must exist (an empty one is a new database). `vfs`: SQLite's name of another file
  // layer, for tests; empty: the system's.
  static Result<std::unique_ptr<Database>> open(const std::string& path, const std::string& vfs);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Status execute(const std::string& sql);  // statements without rows, or whose rows do not matter
  Result<Statement> prepare(std::string_view sql);
  Result<std::int64_t> number(const std::string& sql);  // first column of the first row
  Result<std::string> text(const std::string& sql);
  const std::string& path() const { return path_; }
  // What the last call's error means.
  Error error() const;
  Error damaged(std::string_view how) const;

 private:
  explicit Database(std::string path) : path_(std::move(path)) {}
  std::string path_;
  sqlite3* handle_ = nullptr;
};

}  // namespace s3ferry
