#include "report/task_name.h"

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry {

Status check_task_name(std::string_view name) {
  auto bad = [&](std::string_view why) {
    return fail(
        ErrorKind::kUsage,
        fmt::format("--task '{}': {}; it becomes part of a file's name, as in --task nightly",
                    escape_for_display(name), why));
  };
  if (name.empty()) return bad("it is empty");
  if (name == "." || name == "..") return bad("it is a folder");
  if (name.size() > 200) return bad("it is longer than 200 bytes");
  if (name.find_first_of("/\\") != std::string_view::npos) return bad("it has a path separator");
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return bad("it has a control character");
  if (!is_valid_utf8(name)) return bad("it is not UTF-8");
  return {};
}

}  // namespace s3ferry
