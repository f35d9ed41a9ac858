#include "base/rate_schedule.h"

#include <algorithm>

#include "base/text.h"

namespace s3ferry {
namespace {

constexpr int kDay = 86'400;

// "08:00"; 24:00 is the end of the day.
std::optional<int> parse_time_of_day(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > 2 || text.size() != colon + 3)
    return std::nullopt;
  const auto hours = parse_u64(text.substr(0, colon));
  const auto minutes = parse_u64(text.substr(colon + 1));
  if (!hours || !minutes || *minutes > 59 || *hours * 60 + *minutes > 24 * 60) return std::nullopt;
  return static_cast<int>(*hours * 3600 + *minutes * 60);
}

}  // namespace

bool RateSchedule::Window::holds(int s) const {
  return from_s < until_s ? s >= from_s && s < until_s : s >= from_s || s < until_s;
}

std::optional<RateSchedule::Window> RateSchedule::parse_window(std::string_view text,
                                                               const ParseRate& parse_rate) {
  const auto dash = text.find('-');
  const auto space = text.find(' ');
  if (dash == std::string_view::npos || space == std::string_view::npos || space < dash)
    return std::nullopt;
  const auto from = parse_time_of_day(text.substr(0, dash));
  const auto until = parse_time_of_day(text.substr(dash + 1, space - dash - 1));
  const auto rate = parse_rate(trim_ascii(text.substr(space)));
  if (!from || !until || !rate || *from == kDay || *from == *until) return std::nullopt;
  return Window{*from, *until % kDay, *rate};
}

std::optional<RateSchedule> RateSchedule::parse(std::string_view text,
                                                const ParseRate& parse_rate) {
  text = trim_ascii(text);
  RateSchedule out;
  if (text.find(':') == std::string_view::npos) {
    const auto rate = parse_rate(text);
    if (!rate) return std::nullopt;
    out.always_ = *rate;
    return out;
  }
  for (bool more = true; more;) {
    const auto comma = text.find(',');
    const auto window = parse_window(trim_ascii(text.substr(0, comma)), parse_rate);
    if (!window) return std::nullopt;
    for (const Window& other : out.windows_)
      if (other.holds(window->from_s) || window->holds(other.from_s)) return std::nullopt;
    out.windows_.push_back(*window);
    more = comma != std::string_view::npos;
    if (more) text.remove_prefix(comma + 1);
  }
  return out;
}

std::uint64_t RateSchedule::least() const {
  std::uint64_t out = always_;
  for (const Window& window : windows_) out = out == 0 ? window.rate : std::min(out, window.rate);
  return out;
}

std::uint64_t RateSchedule::at(WallTime time) const {
  if (windows_.empty()) return always_;
  const auto unix_s = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  const std::int64_t local = unix_s + (zone_ ? zone_(time) : 0);
  const int second_of_day = static_cast<int>((local % kDay + kDay) % kDay);
  for (const Window& window : windows_)
    if (window.holds(second_of_day)) return window.rate;
  return 0;
}

}  // namespace s3ferry
