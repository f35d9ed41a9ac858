#include "journal/settings.h"

#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry {
namespace {

constexpr std::size_t kMostShown = 60;

using Lines = std::map<std::string_view, std::string_view>;

Lines lines_of(std::string_view text) {
  Lines out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const auto equals = line.find('=');
    if (!line.empty())
      out[line.substr(0, equals)] =
          equals == std::string_view::npos ? std::string_view() : line.substr(equals + 1);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

std::string shown(const Lines& lines, std::string_view name) {
  const auto at = lines.find(name);
  if (at == lines.end() || at->second.empty()) return "not given";
  const bool whole = at->second.size() <= kMostShown;
  return escape_for_display(at->second.substr(0, kMostShown)) + (whole ? "" : "…");
}

}  // namespace

std::string differing_settings(std::string_view stored, std::string_view asked) {
  const Lines was = lines_of(stored), is = lines_of(asked);
  std::set<std::string_view> names;
  for (const Lines* lines : {&was, &is})
    for (const auto& [name, value] : *lines) names.insert(name);
  std::string out;
  for (const std::string_view name : names) {
    const auto before = was.find(name), now = is.find(name);
    if (before != was.end() && now != is.end() && before->second == now->second) continue;
    out += fmt::format("{}{} (was {}, is {})", out.empty() ? "" : ", ", name, shown(was, name),
                       shown(is, name));
  }
  return out;
}

}  // namespace s3ferry
