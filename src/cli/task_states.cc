#include "cli/task_states.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/text.h"
#include "journal/reader.h"
#include "journal/state_directory.h"
#include "transfer/counters_text.h"

namespace s3ferry {
namespace {

namespace fs = std::filesystem;

std::string line_of(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == '=')
      return std::string(line.substr(name.size() + 1));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return {};
}

}  // namespace

// Also where that cannot be told: reading it then says why.
bool holds_task_state(const std::string& directory) {
  std::error_code failed;
  const fs::file_status found = fs::symlink_status(StateDirectory::journal_path(directory), failed);
  if (!failed) return fs::exists(found);
  return failed != std::errc::no_such_file_or_directory && failed != std::errc::not_a_directory;
}

TaskStateFolder read_task_state(const std::string& directory, std::size_t most_runs) {
  TaskStateFolder out;
  out.directory = directory;
  out.in_use = StateDirectory::is_in_use(directory);
  Result<JournalReader> journal = JournalReader::open(directory);
  if (!journal) {
    out.unreadable = std::move(journal.error());
    return out;
  }
  out.outcomes = read_outcomes(directory);
  out.source = line_of(journal->identity(), "source");
  out.target = line_of(journal->identity(), "target");
  out.source_service = line_of(journal->identity(), "source service");
  out.target_service = line_of(journal->identity(), "target service");
  Result<std::vector<RunRecord>> runs = journal->runs(most_runs);
  if (runs)
    out.runs = std::move(*runs);
  else
    out.unreadable = std::move(runs.error());
  return out;
}

Result<std::vector<TaskStateFolder>> find_task_states(const std::string& root, bool named,
                                                      std::size_t most_runs) {
  std::vector<TaskStateFolder> out;
  std::error_code failed;
  const fs::file_status status = fs::status(root, failed);
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorKind::kUsage, fmt::format("{}{} {}", named ? "--state " : "the folder ",
                                               escape_for_display(root), why));
  };
  if (status.type() == fs::file_type::not_found) {
    if (!named) return out;
    return refuse("is not there; name the folder of a task, or of several");
  }
  if (failed) return refuse(fmt::format("cannot be looked at ({})", failed.message()));
  if (!fs::is_directory(status)) return refuse("is no folder; name the one that holds the journal");
  if (holds_task_state(root)) {
    out.push_back(read_task_state(root, most_runs));
    return out;
  }
  std::vector<std::string> folders;
  fs::directory_iterator entries(root, failed);
  for (; !failed && entries != fs::directory_iterator(); entries.increment(failed))
    if (holds_task_state(entries->path().string())) folders.push_back(entries->path().string());
  if (failed) return refuse(fmt::format("cannot be read ({})", failed.message()));
  std::sort(folders.begin(), folders.end());
  for (const std::string& folder : folders) out.push_back(read_task_state(folder, most_runs));
  return out;
}

std::string why_it_stopped(const RunRecord& run) {
  std::string why = why_left(run.result);  // escaped when it was written
  return why.empty() ? "without a word: killed, or the machine went down" : why;
}

}  // namespace s3ferry
