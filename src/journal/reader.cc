#include "journal/reader.h"

#include "journal/schema.h"
#include "journal/state_directory.h"

namespace s3ferry {

Result<JournalReader> JournalReader::open(const std::string& directory) {
  auto database = look_at_journal_file(StateDirectory::journal_path(directory));
  if (!database) return fail(std::move(database.error()));
  auto tables = Tables::open(std::move(*database));
  if (!tables) return fail(std::move(tables.error()));
  return JournalReader(std::move(*tables));
}

Result<std::vector<RunRecord>> JournalReader::runs(std::size_t most) {
  const Result<std::vector<RunRow>> rows = tables_->runs(most);
  if (!rows) return fail(rows.error());
  std::vector<RunRecord> out;
  for (const RunRow& row : *rows) {
    Result<RunRecord> record = tables_->look_at(row, out.empty());
    if (!record) return fail(std::move(record.error()));
    out.push_back(std::move(*record));
  }
  return out;
}

}  // namespace s3ferry
