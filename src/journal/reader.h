#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "journal/records.h"
#include "journal/tables.h"

namespace s3ferry {

// A look at what a task's runs wrote down, also while one is at work. Reads only; blocks for the
// time of local reads.
class JournalReader {
 public:
  // `directory` is a task's state folder. kConfig where it holds no journal that can be read.
  static Result<JournalReader> open(const std::string& directory);

  // Both URLs and endpoints, a line each; empty before the first run.
  const std::string& identity() const { return tables_->identity(); }
  // The newest first. Spans, counters and planned deletions are known of the newest alone.
  Result<std::vector<RunRecord>> runs(std::size_t most);
  // As WorkStore::failures().
  Result<std::vector<FailedObject>> failures(std::uint64_t run,
                                             const std::optional<FailedObject>& after,
                                             std::size_t most) {
    return tables_->failures(run, after, most);
  }

 private:
  explicit JournalReader(std::unique_ptr<Tables> tables) : tables_(std::move(tables)) {}
  std::unique_ptr<Tables> tables_;
};

}  // namespace s3ferry
