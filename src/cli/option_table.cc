#include "cli/option_table.h"

#include <limits>

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry {

unsigned command_bit(Command command) {
  switch (command) {
    case Command::kSync:
      return kForSync;
    case Command::kVerify:
      return kForVerify;
    case Command::kLs:
      return kForLs;
    case Command::kRun:
      return kForRun;
    case Command::kRuns:
      return kForRuns;
    case Command::kFailures:
      return kForFailures;
    case Command::kVersion:
    case Command::kHelp:
      return 0;
  }
  return 0;
}

const std::vector<Flag>& option_table() {
  static const std::vector<Flag> table = [] {
    std::vector<Flag> all;
    for (auto&& part : {transfer_flags(), check_flags(), ending_flags(), state_flags(),
                        connection_flags(), output_flags(), refused_flags()})
      all.insert(all.end(), part.begin(), part.end());
    return all;
  }();
  return table;
}

std::optional<ByteCount> parse_bytes(std::string_view text) {
  struct Unit {
    std::string_view name;
    ByteCount bytes;
  };
  constexpr Unit kUnits[] = {{"kib", kKiB},     {"mib", kMiB},         {"gib", kGiB}, {"kb", 1'000},
                             {"mb", 1'000'000}, {"gb", 1'000'000'000}, {"", 1}};
  const std::string lower = to_lower_ascii(text);
  for (const Unit& unit : kUnits) {
    if (!lower.ends_with(unit.name)) continue;
    const std::string_view number =
        std::string_view(lower).substr(0, lower.size() - unit.name.size());
    const auto point = number.find('.');
    const auto whole = parse_u64(number.substr(0, point));
    if (!whole || *whole > std::numeric_limits<ByteCount>::max() / unit.bytes - 1)
      return std::nullopt;
    if (point == std::string_view::npos) return *whole * unit.bytes;
    // Thousandths: finer parts of a unit are nobody's wish.
    const std::string_view digits = number.substr(point + 1);
    const auto part = parse_u64(digits);
    if (!part || digits.size() > 3 || unit.bytes == 1) return std::nullopt;
    constexpr ByteCount kParts[] = {1, 10, 100, 1'000};
    return *whole * unit.bytes + *part * unit.bytes / kParts[digits.size()];
  }
  return std::nullopt;
}

tl::unexpected<Error> bad_value(std::string_view flag, std::string_view value,
                                std::string_view what_it_takes) {
  return fail(ErrorKind::kUsage,
              fmt::format("{} '{}': it takes {}", flag, escape_for_display(value), what_it_takes));
}

Result<std::size_t> parse_count(std::string_view flag, const std::string& value, std::size_t low,
                                std::size_t high) {
  const auto n = parse_u64(value);
  if (!n || *n < low || *n > high)
    return bad_value(flag, value, fmt::format("a number from {} to {}", low, high));
  return static_cast<std::size_t>(*n);
}

}  // namespace s3ferry
