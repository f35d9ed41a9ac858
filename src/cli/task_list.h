#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.h"

namespace s3ferry {

// One task of `s3ferry run FILE`.
struct ListedTask {
  std::size_t number = 0;  // from 1
  std::size_t line = 0;    // of the file, from 1
  Options options;
};

// The words of one line as a shell would read them: blanks part them, '…' and "…" hold them
// together, \ takes the next character as it is (within "…" only before " and \), and # begins a
// comment where a word could begin. Nothing is expanded. kUsage for a quote that is not closed.
Result<std::vector<std::string>> split_words(std::string_view line);

// All tasks of the file's text: a `sync` or `verify` a line with its flags ("s3ferry" before it may
// stand there), blank lines and comments between them. Each is logged as `run.task` N (the file's
// name where it has none) unless its line names another, in the place that `run` gives. kUsage with
// the number of the first line that is wrong, and what is. `name` is the file's path.
Result<std::vector<ListedTask>> parse_task_list(std::string_view text, std::string_view name,
                                                const Options& run);

}  // namespace s3ferry
