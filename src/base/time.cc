#include "base/time.h"

#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 7> kDayNames = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonthNames = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Fields {
  int year, month, day, hour, minute, second, millisecond;
};

Fields split(WallTime time) {
  const auto day = std::chrono::floor<days>(time);
  const year_month_day ymd(day);
  const auto ms = static_cast<int>((time - day).count());
  return {static_cast<int>(ymd.year()),
          static_cast<int>(static_cast<unsigned>(ymd.month())),
          static_cast<int>(static_cast<unsigned>(ymd.day())),
          ms / 3'600'000,
          ms / 60'000 % 60,
          ms / 1'000 % 60,
          ms % 1'000};
}

std::optional<WallTime> join(const Fields& f) {
  const year_month_day ymd(std::chrono::year(f.year),
                           std::chrono::month(static_cast<unsigned>(f.month)),
                           std::chrono::day(static_cast<unsigned>(f.day)));
  if (!ymd.ok() || f.hour > 23 || f.minute > 59 || f.second > 60) return std::nullopt;
  return WallTime(sys_days(ymd)) + std::chrono::hours(f.hour) + std::chrono::minutes(f.minute) +
         std::chrono::seconds(f.second) + std::chrono::milliseconds(f.millisecond);
}

// Writes exactly `n` digits at `at`; years are those of four digits.
void put_digits(std::string& text, std::size_t at, std::size_t n, int value) {
  for (; n > 0; --n, value /= 10) text[at + n - 1] = static_cast<char>('0' + value % 10);
}
void put_time_of_day(std::string& text, std::size_t at, std::size_t between, const Fields& f) {
  put_digits(text, at, 2, f.hour);
  put_digits(text, at + 2 + between, 2, f.minute);
  put_digits(text, at + 4 + 2 * between, 2, f.second);
}

// Reads exactly `n` digits at `at`.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t n) {
  if (at + n > text.size()) return std::nullopt;
  int value = 0;
  for (std::size_t i = at; i < at + n; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

std::optional<WallTime> parse_iso8601(std::string_view text) {
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2),
             hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't' && text[10] != ' ') ||
      text[13] != ':' || text[16] != ':')
    return std::nullopt;
  std::size_t at = 19;
  int millis = 0;
  if (at < text.size() && text[at] == '.') {
    int scale = 100;
    const std::size_t first = ++at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
      millis += (text[at] - '0') * scale;
    if (at == first) return std::nullopt;
  }
  const auto time = join({*year, *month, *day, *hour, *minute, *second, millis});
  if (!time) return std::nullopt;
  const std::string_view zone = text.substr(at);
  if (zone == "Z" || zone == "z" || zone == "UTC") return time;
  if (zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':') {
    const auto h = digits(zone, 1, 2), m = digits(zone, 4, 2);
    if (!h || !m || *h > 23 || *m > 59) return std::nullopt;
    const auto offset = std::chrono::minutes(*h * 60 + *m);
    return zone[0] == '+' ? *time - offset : *time + offset;
  }
  return std::nullopt;
}

std::string format_iso8601(WallTime time) {
  std::string text = format_iso8601_millis(time);
  text.replace(text.size() - 5, 5, "Z");
  return text;
}

std::string format_iso8601_millis(WallTime time) {
  const Fields f = split(time);
  std::string text = "0000-00-00T00:00:00.000Z";
  put_digits(text, 0, 4, f.year);
  put_digits(text, 5, 2, f.month);
  put_digits(text, 8, 2, f.day);
  put_time_of_day(text, 11, 1, f);
  put_digits(text, 20, 3, f.millisecond);
  return text;
}

std::string format_amz_date(WallTime time) {
  const Fields f = split(time);
  std::string text = "00000000T000000Z";
  put_digits(text, 0, 4, f.year);
  put_digits(text, 4, 2, f.month);
  put_digits(text, 6, 2, f.day);
  put_time_of_day(text, 9, 0, f);
  return text;
}

std::optional<WallTime> parse_amz_date(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto year = digits(text, 0, 4), month = digits(text, 4, 2), day = digits(text, 6, 2),
             hour = digits(text, 9, 2), minute = digits(text, 11, 2), second = digits(text, 13, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  return join({*year, *month, *day, *hour, *minute, *second, 0});
}

std::optional<WallTime> parse_http_date(std::string_view text) {
  // IMF-fixdate (RFC 9110 §5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT"
  if (text.size() != 29 || !text.ends_with(" GMT") || text[3] != ',') return std::nullopt;
  const auto day = digits(text, 5, 2), year = digits(text, 12, 4), hour = digits(text, 17, 2),
             minute = digits(text, 20, 2), second = digits(text, 23, 2);
  int month = 0;
  for (std::size_t i = 0; i < kMonthNames.size(); ++i)
    if (text.substr(8, 3) == kMonthNames[i]) month = static_cast<int>(i) + 1;
  if (!day || !year || !hour || !minute || !second || month == 0) return std::nullopt;
  return join({*year, month, *day, *hour, *minute, *second, 0});
}

std::string format_http_date(WallTime time) {
  const Fields f = split(time);
  const std::chrono::weekday weekday(std::chrono::floor<days>(time));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDayNames[weekday.c_encoding()],
                     f.day, kMonthNames[static_cast<std::size_t>(f.month - 1)], f.year, f.hour,
                     f.minute, f.second);
}

}  // namespace s3ferry
