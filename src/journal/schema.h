#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "journal/database.h"

namespace s3ferry {

// Version of the tables below; docs/formats/journal.md is their description.
inline constexpr std::int64_t kJournalVersion = 2;
inline constexpr std::int64_t kOldestJournalVersion = 1;  // that is converted, or looked at
inline constexpr std::int64_t kJournalApplicationId = 0x53334652;  // "S3FR"

struct JournalFileOptions {
  std::string vfs;           // SQLite's name of another file layer, for tests
  int checkpoint_pages = 0;  // 0: SQLite's own choice
};

// Opens the journal's file for writing and makes its tables where it is new. One of an older
// version is converted, in one transaction. Nothing is written to a file that is not proven to be a
// whole journal of a version known here: kConfig says what is wrong with it and what to do, and
// leaves it as it is.
Result<std::unique_ptr<Database>> open_journal_file(const std::string& path,
                                                    const JournalFileOptions& options);
// The same to look at it only, beside a run that may be at work on it: an older version stays what
// it is, without the tables that came later. kConfig where there is none.
Result<std::unique_ptr<Database>> look_at_journal_file(const std::string& path);

}  // namespace s3ferry
