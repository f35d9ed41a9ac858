#include "cli/task_states.h"

#include <algorithm>
#include <filesystem>

#include "journal/reader.h"
#include "journal/state_directory.h"

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

bool holds_task_state(const std::string& directory) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(StateDirectory::journal_path(directory), ignored));
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

std::vector<TaskStateFolder> find_task_states(const std::string& root, std::size_t most_runs) {
  std::vector<TaskStateFolder> out;
  if (holds_task_state(root)) {
    out.push_back(read_task_state(root, most_runs));
    return out;
  }
  std::vector<std::string> folders;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(root, ignored))
    if (holds_task_state(entry.path().string())) folders.push_back(entry.path().string());
  std::sort(folders.begin(), folders.end());
  for (const std::string& folder : folders) out.push_back(read_task_state(folder, most_runs));
  return out;
}

}  // namespace s3ferry
