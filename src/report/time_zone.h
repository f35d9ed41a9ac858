#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/rate_schedule.h"
#include "base/time.h"

namespace s3ferry {

// A wall clock reading somewhere on earth.
struct LocalTime {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  int offset_s = 0;  // east of UTC
};
std::string format_date_digits(const LocalTime& t);  // "20261122"
std::string format_local(const LocalTime& t);        // "2026-11-22 10:02:03"
std::string format_offset(const LocalTime& t);       // "+09:00"

// One zone of the tz database: UTC offsets over time. Immutable value. libstdc++ 12 has no
// std::chrono::time_zone, so the compiled file (TZif, RFC 8536) is read here.
class TimeZone {
 public:
  TimeZone() : name_("UTC") {}  // UTC
  // The bytes of a TZif file, version 1 to 4. kConfig when they are not one.
  static Result<TimeZone> parse(std::string name, std::string_view tzif);
  // A zone that the TZ variable spells out ("KST-9", "EST5EDT,M3.2.0,M11.1.0"): POSIX's form, whose
  // hours count west of UTC. Its name is the text. nullopt for anything else.
  static std::optional<TimeZone> from_posix(std::string_view text);

  const std::string& name() const { return name_; }
  LocalTime at(WallTime time) const;
  int offset_s_at(std::int64_t unix_s) const;

 private:
  // The footer's POSIX TZ rule, for times after the last transition of the table.
  struct Rule {
    enum class Form { kJulianNoLeap, kDayOfYear, kMonthWeekDay } form = Form::kMonthWeekDay;
    int month = 0, week = 0, day = 0;
    int time_s = 7200;
    std::int64_t unix_days(int year) const;
  };
  struct Tail {
    bool present = false, has_dst = false;
    int standard_s = 0, dst_s = 0;
    Rule start, end;
  };
  static bool parse_tail(std::string_view text, Tail& tail);
  static bool parse_rule(std::string_view& text, Rule& rule);
  bool read_block(std::string_view block, std::size_t time_size, const std::uint32_t counts[6]);
  int tail_offset(std::int64_t unix_s) const;

  std::string name_;
  std::vector<std::int64_t> transitions_;
  std::vector<int> offsets_;  // one more than transitions_: before the first, then after each
  Tail tail_;
};

using FileReader = std::function<Result<std::string>(const std::string& path)>;

// "Asia/Seoul" from /usr/share/zoneinfo; "UTC" needs no file. A name that is not one (kUsage) says
// how to find the right one. Names never leave the zone folder.
Result<TimeZone> load_time_zone(std::string_view name, const FileReader& read_file);

// For budgets by the time of day.
RateSchedule::Zone zone_offset(TimeZone zone);

// The zone of this machine: `tz` (the TZ variable) where it is set, which names a zone of the tz
// database or spells one out; else /etc/localtime, else UTC. kConfig for a TZ that is neither:
// every hour that is counted by it would be off.
Result<TimeZone> local_time_zone(std::string_view tz, const FileReader& read_file);

}  // namespace s3ferry
