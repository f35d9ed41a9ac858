#include "s3/list_times.h"

#include <chrono>
#include <cstring>

namespace s3ferry::s3 {
namespace {
// "2026-11-22T01:02:03.000Z"
constexpr std::size_t kDaySize = 11, kTimeSize = 24;
}  // namespace

bool ListTimes::read(std::string_view text, WallTime& out) {
  if (text.size() == kTimeSize && std::memcmp(text.data(), day_text_, kDaySize) == 0) {
    // What each character is above the form's own: digits up to 9, the others nothing.
    static constexpr char kForm[] = "00:00:00.000Z";
    static constexpr unsigned char kMost[] = {9, 9, 0, 9, 9, 0, 9, 9, 0, 9, 9, 9, 0};
    unsigned above[sizeof kMost];
    bool fits = true;
    for (std::size_t i = 0; i < sizeof kMost; ++i) {
      above[i] = static_cast<unsigned>(text[kDaySize + i]) - static_cast<unsigned>(kForm[i]);
      fits &= above[i] <= kMost[i];
    }
    const unsigned hour = above[0] * 10 + above[1], minute = above[3] * 10 + above[4],
                   second = above[6] * 10 + above[7],
                   millis = above[9] * 100 + above[10] * 10 + above[11];
    if (fits && hour < 24 && minute < 60 && second < 60) {
      out = day_ + std::chrono::milliseconds(((hour * 60 + minute) * 60 + second) * 1000 + millis);
      return true;
    }
  }
  const auto time = parse_iso8601(text);
  if (!time) return false;
  out = *time;
  if (text.ends_with('Z') && text[10] == 'T' &&
      text[17] != '6') {  // a leap second is the next day's
    day_ = std::chrono::floor<std::chrono::days>(out);
    text.copy(day_text_, kDaySize);
  }
  return true;
}

}  // namespace s3ferry::s3
