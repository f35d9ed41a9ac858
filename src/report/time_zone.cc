#include "report/time_zone.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry {
namespace {

constexpr std::string_view kZoneFolder = "/usr/share/zoneinfo/";
constexpr std::size_t kHeaderBytes = 44;
constexpr std::int64_t kDay = 86'400;
constexpr int kMostOffset_s = 25 * 3600;  // POSIX: up to 24:59:59

std::int64_t big_endian(std::string_view bytes) {
  std::uint64_t v =
      bytes.size() == 8 || (static_cast<unsigned char>(bytes[0]) & 0x80) == 0 ? 0 : ~0ULL;
  for (const char c : bytes) v = v << 8 | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(v);
}

std::int64_t days_of(int year, int month, int day) {
  using namespace std::chrono;
  return sys_days(std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month)) /
                  std::chrono::day(static_cast<unsigned>(day)))
      .time_since_epoch()
      .count();
}

// The parts of a POSIX TZ text (RFC 8536 section 3.3.1). Each takes what it reads off the front.
bool skip_name(std::string_view& s) {
  if (s.starts_with('<')) {
    const auto end = s.find('>');
    if (end == std::string_view::npos) return false;
    s.remove_prefix(end + 1);
    return true;
  }
  std::size_t n = 0;
  while (n < s.size() && ((s[n] >= 'A' && s[n] <= 'Z') || (s[n] >= 'a' && s[n] <= 'z'))) ++n;
  s.remove_prefix(n);
  return n >= 3;
}

bool take_number(std::string_view& s, int& out) {
  std::size_t n = 0;
  out = 0;
  while (n < s.size() && n < 4 && s[n] >= '0' && s[n] <= '9') out = out * 10 + (s[n++] - '0');
  s.remove_prefix(n);
  return n > 0;
}

bool take_char(std::string_view& s, char c) {
  if (!s.starts_with(c)) return false;
  s.remove_prefix(1);
  return true;
}

// [+-]hh[:mm[:ss]] in seconds.
bool take_time(std::string_view& s, int& out) {
  const bool negative = s.starts_with('-');
  if (negative || s.starts_with('+')) s.remove_prefix(1);
  int part = 0;
  if (!take_number(s, part)) return false;
  out = part * 3600;
  if (take_char(s, ':')) {
    if (!take_number(s, part)) return false;
    out += part * 60;
    if (take_char(s, ':')) {
      if (!take_number(s, part)) return false;
      out += part;
    }
  }
  if (negative) out = -out;
  return true;
}

}  // namespace

std::string format_date_digits(const LocalTime& t) {
  return fmt::format("{:04}{:02}{:02}", t.year, t.month, t.day);
}
std::string format_local(const LocalTime& t) {
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", t.year, t.month, t.day, t.hour,
                     t.minute, t.second);
}
std::string format_offset(const LocalTime& t) {
  const int minutes = std::abs(t.offset_s) / 60;
  return fmt::format("{}{:02}:{:02}", t.offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::int64_t TimeZone::Rule::unix_days(int year) const {
  const std::int64_t first = days_of(year, 1, 1);
  if (form == Form::kDayOfYear) return first + day;
  if (form == Form::kJulianNoLeap) {
    const bool leap = std::chrono::year(year).is_leap();
    return first + day - 1 + (leap && day >= 60 ? 1 : 0);
  }
  const std::int64_t month_first = days_of(year, month, 1);
  const std::int64_t weekday = ((month_first + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
  std::int64_t at = month_first + (day - weekday + 7) % 7 + (week - 1) * 7;
  const std::int64_t next = month == 12 ? days_of(year + 1, 1, 1) : days_of(year, month + 1, 1);
  while (at >= next) at -= 7;  // week 5 is the last one
  return at;
}

bool TimeZone::parse_rule(std::string_view& s, Rule& rule) {
  if (take_char(s, 'M')) {
    rule.form = Rule::Form::kMonthWeekDay;
    if (!take_number(s, rule.month) || !take_char(s, '.') || !take_number(s, rule.week) ||
        !take_char(s, '.') || !take_number(s, rule.day))
      return false;
    if (rule.month < 1 || rule.month > 12 || rule.week < 1 || rule.week > 5 || rule.day > 6)
      return false;
  } else {
    rule.form = take_char(s, 'J') ? Rule::Form::kJulianNoLeap : Rule::Form::kDayOfYear;
    if (!take_number(s, rule.day) || rule.day > 366) return false;
  }
  return !take_char(s, '/') || take_time(s, rule.time_s);
}

bool TimeZone::parse_tail(std::string_view s, Tail& tail) {
  int west = 0;
  if (!skip_name(s) || !take_time(s, west)) return false;
  tail.standard_s = -west;
  tail.present = true;
  if (s.empty()) return true;
  if (!skip_name(s)) return false;
  tail.dst_s = tail.standard_s + 3600;
  if (!s.empty() && s.front() != ',') {
    if (!take_time(s, west)) return false;
    tail.dst_s = -west;
  }
  if (!take_char(s, ',') || !parse_rule(s, tail.start)) return false;
  if (!take_char(s, ',') || !parse_rule(s, tail.end)) return false;
  tail.has_dst = true;
  return s.empty();
}

bool TimeZone::read_block(std::string_view block, std::size_t time_size,
                          const std::uint32_t counts[6]) {
  const std::size_t times = counts[3], types = counts[4];
  const std::string_view indices = block.substr(times * time_size, times);
  const std::string_view table = block.substr(times * (time_size + 1), types * 6);
  auto offset_of = [&](std::size_t type) {
    return static_cast<int>(big_endian(table.substr(type * 6, 4)));
  };
  transitions_.clear();
  offsets_.assign(1, offset_of(0));
  for (std::size_t i = 0; i < times; ++i) {
    const auto type = static_cast<unsigned char>(indices[i]);
    if (type >= types) return false;
    transitions_.push_back(big_endian(block.substr(i * time_size, time_size)));
    offsets_.push_back(offset_of(type));
  }
  return std::is_sorted(transitions_.begin(), transitions_.end());
}

Result<TimeZone> TimeZone::parse(std::string name, std::string_view tzif) {
  auto bad = [&](std::string_view why) {
    return fail(ErrorKind::kConfig, fmt::format("time zone '{}': {}", name, why));
  };
  TimeZone zone;
  std::size_t time_size = 4;
  for (int round = 0; round < 2; ++round) {
    if (tzif.size() < kHeaderBytes || !tzif.starts_with("TZif")) return bad("not a TZif file");
    const char version = tzif[4];
    std::uint32_t counts[6];  // isut, isstd, leap, time, type, char
    for (std::size_t i = 0; i < 6; ++i)
      counts[i] = static_cast<std::uint32_t>(big_endian(tzif.substr(20 + 4 * i, 4)));
    for (const std::uint32_t count : counts)
      if (count > 100'000) return bad("its table is too long");
    const std::size_t block = counts[3] * (time_size + 1) + counts[4] * 6 + counts[5] +
                              counts[2] * (time_size + 4) + counts[1] + counts[0];
    tzif.remove_prefix(kHeaderBytes);
    if (tzif.size() < block || counts[4] == 0) return bad("its table is cut short");
    const bool last = round == 1 || version == 0;
    if (last && !zone.read_block(tzif, time_size, counts)) return bad("its table is damaged");
    tzif.remove_prefix(block);
    if (version == 0) break;
    time_size = 8;
  }
  if (time_size == 8 && tzif.size() > 2 && tzif.front() == '\n') {
    const std::string_view footer = tzif.substr(1, tzif.find('\n', 1) - 1);
    if (!footer.empty() && !parse_tail(footer, zone.tail_)) return bad("its rule is damaged");
  }
  zone.name_ = std::move(name);
  return zone;
}

int TimeZone::tail_offset(std::int64_t unix_s) const {
  if (!tail_.has_dst) return tail_.standard_s;
  using namespace std::chrono;
  const auto day = floor<days>(sys_seconds(seconds(unix_s + tail_.standard_s)));
  const int year = static_cast<int>(year_month_day(day).year());
  const std::int64_t start =
      tail_.start.unix_days(year) * kDay + tail_.start.time_s - tail_.standard_s;
  const std::int64_t end = tail_.end.unix_days(year) * kDay + tail_.end.time_s - tail_.dst_s;
  const bool dst = start < end ? unix_s >= start && unix_s < end : unix_s >= start || unix_s < end;
  return dst ? tail_.dst_s : tail_.standard_s;
}

int TimeZone::offset_s_at(std::int64_t unix_s) const {
  if (offsets_.empty()) return tail_.present ? tail_offset(unix_s) : 0;
  const auto next = std::upper_bound(transitions_.begin(), transitions_.end(), unix_s);
  if (next == transitions_.end() && tail_.present) return tail_offset(unix_s);
  return offsets_[static_cast<std::size_t>(next - transitions_.begin())];
}

LocalTime TimeZone::at(WallTime time) const {
  using namespace std::chrono;
  const auto utc = floor<seconds>(time);
  LocalTime t;
  t.offset_s = offset_s_at(utc.time_since_epoch().count());
  const auto local = utc + seconds(t.offset_s);
  const auto day = floor<days>(local);
  const year_month_day date(day);
  const hh_mm_ss clock(local - day);
  t.year = static_cast<int>(date.year());
  t.month = static_cast<int>(static_cast<unsigned>(date.month()));
  t.day = static_cast<int>(static_cast<unsigned>(date.day()));
  t.hour = static_cast<int>(clock.hours().count());
  t.minute = static_cast<int>(clock.minutes().count());
  t.second = static_cast<int>(clock.seconds().count());
  return t;
}

Result<TimeZone> load_time_zone(std::string_view name, const FileReader& read_file) {
  if (name == "UTC") return TimeZone();
  const bool shaped = !name.empty() && name.size() < 64 && name.front() != '/' &&
                      name.find("..") == std::string_view::npos &&
                      std::all_of(name.begin(), name.end(), [](char c) {
                        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                               (c >= '0' && c <= '9') || c == '/' || c == '_' || c == '-' ||
                               c == '+';
                      });
  auto unknown = [&] {
    return fail(ErrorKind::kUsage,
                fmt::format("--timezone: '{}' is not a zone of the tz database; use a name such as "
                            "Asia/Seoul or UTC (the names are the files below {}; package tzdata)",
                            name, kZoneFolder));
  };
  if (!shaped) return unknown();
  Result<std::string> bytes = read_file(std::string(kZoneFolder) + std::string(name));
  if (!bytes) return unknown();
  return TimeZone::parse(std::string(name), *bytes);
}

RateSchedule::Zone zone_offset(TimeZone zone) {
  return [shared = std::make_shared<const TimeZone>(std::move(zone))](WallTime time) {
    const auto second = std::chrono::floor<std::chrono::seconds>(time);
    return shared->offset_s_at(second.time_since_epoch().count());
  };
}

std::optional<TimeZone> TimeZone::from_posix(std::string_view text) {
  TimeZone zone;
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!plain || text.size() > 100 || !parse_tail(text, zone.tail_)) return {};
  const auto possible = [](int offset_s) { return std::abs(offset_s) <= kMostOffset_s; };
  if (!possible(zone.tail_.standard_s) || !possible(zone.tail_.dst_s)) return {};
  zone.name_ = text;
  return zone;
}

Result<TimeZone> local_time_zone(std::string_view tz, const FileReader& read_file) {
  const std::string_view given = tz;
  if (tz.starts_with(':')) tz.remove_prefix(1);
  if (tz.starts_with(kZoneFolder)) tz.remove_prefix(kZoneFolder.size());
  if (!tz.empty()) {
    if (Result<TimeZone> named = load_time_zone(tz, read_file)) return named;
    if (std::optional<TimeZone> spelled = TimeZone::from_posix(tz)) return std::move(*spelled);
    return fail(ErrorKind::kConfig,
                fmt::format("the environment's TZ='{}' is not a zone of the tz database; name one "
                            "with --timezone, such as --timezone Asia/Seoul, or mend TZ",
                            escape_for_display(given)));
  }
  Result<std::string> bytes = read_file("/etc/localtime");
  if (!bytes) return TimeZone();
  return TimeZone::parse("local", *bytes).value_or(TimeZone());
}

}  // namespace s3ferry
