#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace s3ferry {

// How much is granted in a second, by the time of day in one place. An immutable value once its
// zone is set; read from any thread.
class RateSchedule {
 public:
  // The seconds east of UTC at a time.
  using Zone = std::function<int(WallTime)>;
  using ParseRate = std::function<std::optional<std::uint64_t>(std::string_view)>;

  RateSchedule() = default;  // no limit
  explicit RateSchedule(std::uint64_t a_second) : always_(a_second) {}

  // "500", or "08:00-20:00 500, 20:00-08:00 5000": each figure as parse_rate reads it, nullopt for
  // what is neither. A window ends before its second time; one that ends before it begins goes over
  // midnight; two of them never hold at once; between them there is no limit.
  static std::optional<RateSchedule> parse(std::string_view text, const ParseRate& parse_rate);
  // Where the times of day are meant; UTC without it.
  void in_zone(Zone zone) { zone_ = std::move(zone); }

  std::uint64_t at(WallTime time) const;  // 0: no limit
  std::uint64_t least() const;            // of all figures; 0: none
  bool limits() const { return always_ > 0 || !windows_.empty(); }
  bool has_windows() const { return !windows_.empty(); }

 private:
  struct Window {
    int from_s = 0, until_s = 0;  // of the day
    std::uint64_t rate = 0;
    bool holds(int second_of_day) const;
  };
  static std::optional<Window> parse_window(std::string_view text, const ParseRate& parse_rate);

  std::uint64_t always_ = 0;
  std::vector<Window> windows_;
  Zone zone_;
};

}  // namespace s3ferry
