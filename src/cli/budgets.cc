#include "cli/budgets.h"

#include <optional>
#include <vector>

#include <fmt/format.h>

#include "base/figures.h"
#include "base/text.h"
#include "cli/option_table.h"

namespace s3ferry {
namespace {

// One kind of figure: how it is read, its bounds in words, an example of windows with it.
struct Figures {
  RateSchedule::ParseRate parse;
  std::string_view bounds;
  std::string_view example;
};

std::string quoted(std::string_view text) {
  return "'" + escape_for_display(text) + "'";
}

std::vector<std::string_view> windows_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto comma = text.find(',');
    out.push_back(trim_ascii(text.substr(0, comma)));
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

// Why one window is none; nothing where it is one.
std::optional<std::string> fault_of_window(std::string_view window, const Figures& figures) {
  if (window.empty()) return "a window is missing before or after a comma";
  if (RateSchedule::parse(window, figures.parse) && window.find(':') != std::string_view::npos)
    return std::nullopt;
  const auto space = window.find(' ');
  const auto any = [](std::string_view) { return std::optional<std::uint64_t>(1); };
  const bool timed = window.find(':') != std::string_view::npos && RateSchedule::parse(window, any);
  if (timed)
    return fmt::format("{} in {} is not {}", quoted(trim_ascii(window.substr(space))),
                       quoted(window), figures.bounds);
  return fmt::format("{} is not a window; each is HH:MM-HH:MM, a blank, and {}", quoted(window),
                     figures.bounds);
}

std::string fault_of(std::string_view value, const Figures& figures) {
  if (value.find(':') == std::string_view::npos) return fmt::format("it is not {}", figures.bounds);
  const auto windows = windows_of(value);
  for (const std::string_view window : windows)
    if (const auto fault = fault_of_window(window, figures)) return *fault;
  for (std::size_t i = 1; i < windows.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const auto times = [&](std::size_t at) {
        return windows[at].substr(0, windows[at].find(' '));
      };
      const std::string both = fmt::format("{},{}", windows[j], windows[i]);
      if (!RateSchedule::parse(both, figures.parse))
        return fmt::format("{} overlaps {}", times(i), times(j));
    }
  return "it cannot be read";
}

Result<RateSchedule> parse_budget(std::string_view flag, std::string_view value,
                                  const Figures& figures) {
  if (auto schedule = RateSchedule::parse(value, figures.parse)) return std::move(*schedule);
  return fail(ErrorKind::kUsage,
              fmt::format("{} {}: {}; write {}", flag, quoted(value),
                          fault_of(trim_ascii(value), figures), figures.example));
}

}  // namespace

Result<RateSchedule> parse_request_budget(std::string_view flag, std::string_view value) {
  const auto parse = [](std::string_view text) -> std::optional<std::uint64_t> {
    const auto rate = parse_u64(text);
    return rate && *rate >= 1 && *rate <= kMostRequestsPerSecond ? rate : std::nullopt;
  };
  return parse_budget(flag, value,
                      {parse, "a whole number of requests a second from 1 to 1000000",
                       "a number such as 500, or by the time of day: '08:00-20:00 500, 20:00-08:00 "
                       "5000'"});
}

Result<RateSchedule> parse_byte_budget(std::string_view flag, std::string_view value) {
  const auto parse = [](std::string_view text) -> std::optional<std::uint64_t> {
    if (text.ends_with("/s")) text.remove_suffix(2);
    const auto rate = parse_bytes(text);
    return rate && *rate >= kLeastBandwidth ? rate : std::nullopt;
  };
  return parse_budget(flag, value,
                      {parse, "a number of bytes a second from 64KiB up",
                       "200MiB, 1.5GiB or 50MB, or by the time of day: '08:00-20:00 20MiB, "
                       "20:00-08:00 500MiB'"});
}

std::string budgets_in_force(const Options& options, const TimeZone& zone, WallTime now) {
  if (!options.has_windows()) return {};
  std::string held;
  const auto add = [&](std::string_view flag, RateSchedule budget, bool bytes) {
    if (!budget.limits()) return;
    budget.in_zone(zone_offset(zone));
    const std::uint64_t rate = budget.at(now);
    const std::string figure = bytes ? display_bytes(rate) + "/s" : display_count(rate) + "/s";
    held += fmt::format("{}{} {}", held.empty() ? "" : ", ", flag, rate == 0 ? "no limit" : figure);
  };
  add("--source-rps", options.source_rps, false);
  add("--target-rps", options.target_rps, false);
  add("--max-bandwidth", options.sync.relay.max_bandwidth, true);
  const LocalTime there = zone.at(now);
  return fmt::format("budgets go by the time of day in {} ({}), where it is {:02}:{:02}; now: {}",
                     zone.name() == "local" ? "this machine's zone" : zone.name(),
                     format_offset(there), there.hour, there.minute, held);
}

}  // namespace s3ferry
