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
  constexpr Unit kUnits[] = {{"KiB", kKiB},     {"MiB", kMiB},         {"GiB", kGiB}, {"KB", 1'000},
                             {"MB", 1'000'000}, {"GB", 1'000'000'000}, {"", 1}};
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.name)) continue;
    const auto number = parse_u64(text.substr(0, text.size() - unit.name.size()));
    if (!number || *number > std::numeric_limits<ByteCount>::max() / unit.bytes)
      return std::nullopt;
    return *number * unit.bytes;
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
