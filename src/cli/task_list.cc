#include "cli/task_list.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/command_line.h"
#include "report/task_name.h"

namespace s3ferry {
namespace {

constexpr std::size_t kMostStem = 150;  // of a task's name

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

// Reads on from behind an opening quote; false where it is not closed.
bool read_quoted(std::string_view line, std::size_t& at, std::string& word) {
  const char quote = line[at++];
  for (; at < line.size(); ++at) {
    const bool escape = quote == '"' && line[at] == '\\' && at + 1 < line.size() &&
                        (line[at + 1] == '"' || line[at + 1] == '\\');
    if (line[at] == quote) return true;
    if (escape) ++at;
    word += line[at];
  }
  return false;
}

// What the tasks of a list are called: --task, else the file without folder and ending, so that
// those of two lists can be told apart.
std::string name_of_list(std::string_view file, const Options& run) {
  if (run.task_given) return run.task;
  std::string stem = std::filesystem::path(file).stem().string();
  return stem.size() <= kMostStem && check_task_name(stem) ? stem : "task";
}

// What `run` gives each of its tasks; a flag of the line itself comes later and wins.
std::vector<std::string> with_log(std::vector<std::string> words, const std::string& name,
                                  const Options& run) {
  std::vector<std::string> flags = {"--task", name};
  if (run.log_dir_given) flags.insert(flags.end(), {"--log-dir", run.log_dir});
  if (!run.time_zone.empty()) flags.insert(flags.end(), {"--timezone", run.time_zone});
  words.insert(words.begin() + 1, flags.begin(), flags.end());
  return words;
}

Result<Options> read_task(std::vector<std::string> words, const std::string& task,
                          const Options& run) {
  if (words.front() == "s3ferry") words.erase(words.begin());
  if (words.empty() || (words.front() != "sync" && words.front() != "verify"))
    return fail(ErrorKind::kUsage,
                fmt::format("a task begins with sync or verify, and '{}' is neither",
                            words.empty() ? "" : escape_for_display(words.front())));
  Result<Options> options = parse_command_line(with_log(std::move(words), task, run));
  if (options && options->command == Command::kHelp)
    return fail(ErrorKind::kUsage, "--help has no place in a list of tasks");
  if (!options) return options;
  for (std::size_t i = 0; i < options->operands.size(); ++i) {
    const auto at = parse_location(i == 0 ? "SOURCE" : "TARGET", options->operands[i]);
    if (!at) return fail(at.error());
  }
  return options;
}

}  // namespace

Result<std::vector<std::string>> split_words(std::string_view line) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (at < line.size()) {
    if (is_blank(line[at])) {
      ++at;
      continue;
    }
    if (line[at] == '#') break;
    std::string word;
    for (; at < line.size() && !is_blank(line[at]); ++at) {
      if (line[at] == '\'' || line[at] == '"') {
        if (!read_quoted(line, at, word))
          return fail(ErrorKind::kUsage, "a quote is opened and not closed");
      } else {
        if (line[at] == '\\' && at + 1 < line.size()) ++at;
        word += line[at];
      }
    }
    words.push_back(std::move(word));
  }
  return words;
}

Result<std::vector<ListedTask>> parse_task_list(std::string_view text, std::string_view name,
                                                const Options& run) {
  std::vector<ListedTask> tasks;
  const std::string list = name_of_list(name, run);
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto end = std::min(text.find('\n'), text.size());
    Result<std::vector<std::string>> words = split_words(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (words && words->empty()) continue;
    const std::size_t number = tasks.size() + 1;
    Result<Options> options =
        words ? read_task(std::move(*words), fmt::format("{} {}", list, number), run)
              : Result<Options>(fail(std::move(words.error())));
    if (!options)
      return fail(ErrorKind::kUsage, fmt::format("{} line {}: {}", escape_for_display(name), line,
                                                 options.error().message()));
    const auto same = std::find_if(tasks.begin(), tasks.end(), [&](const ListedTask& other) {
      return other.options.task == options->task && other.options.log_dir == options->log_dir;
    });
    if (same != tasks.end())
      return fail(
          ErrorKind::kUsage,
          fmt::format("{} line {}: --task '{}' is the name of line {} already, and both would "
                      "write one log; give each its own",
                      escape_for_display(name), line, escape_for_display(options->task),
                      same->line));
    tasks.push_back({number, line, std::move(*options)});
  }
  if (tasks.empty())
    return fail(ErrorKind::kUsage,
                fmt::format("{} holds no task; write one a line, such as: sync s3://photos "
                            "s3://photos-new --delete",
                            escape_for_display(name)));
  return tasks;
}

}  // namespace s3ferry
