#include "s3/list_times.h"

#include <chrono>

namespace s3ferry::s3 {

bool ListTimes::read_any(std::string_view text, WallTime& out) {
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
