#include "cli/durations.h"

#include <cstdint>

#include "base/text.h"

namespace s3ferry {
namespace {

constexpr std::string_view kUnits = "dhms";
constexpr std::uint64_t kSeconds[] = {86'400, 3'600, 60, 1};
constexpr std::uint64_t kMost = 366 * 86'400;

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  std::uint64_t total = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    const auto digits = text.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos) return std::nullopt;
    const auto number = parse_u64(text.substr(0, digits));
    const auto unit = kUnits.find(text[digits]);
    if (!number || *number > kMost || unit == std::string_view::npos || unit < next_unit)
      return std::nullopt;
    total += *number * kSeconds[unit];
    next_unit = unit + 1;
    text.remove_prefix(digits + 1);
  }
  if (total == 0 || total > kMost) return std::nullopt;
  return std::chrono::seconds(total);
}

}  // namespace s3ferry
