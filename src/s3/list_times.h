#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "s3/wide_bytes.h"

namespace s3ferry::s3 {

// A listing's times, "2026-11-22T01:02:03.000Z": one day's objects stand together, so the day is
// kept from one to the next.
class ListTimes {
 public:
  // As parse_iso8601; false where it is no time.
  [[gnu::always_inline]] bool read(std::string_view text, WallTime& out) {
    const char* p = text.data();
    if (text.size() == kTimeSize && ((load_eight(p) ^ load_eight(day_text_)) |
                                     (load_eight(p + 3) ^ load_eight(day_text_ + 3))) == 0) {
      const unsigned second = seconds_of(p + kDaySize), millis = millis_of(p + kDaySize + 8);
      if (second < kDaySeconds && millis < 1000) {
        out = day_ + std::chrono::milliseconds(second * 1000 + millis);
        return true;
      }
    }
    return read_any(text, out);
  }

 private:
  static constexpr std::size_t kDaySize = 11, kTimeSize = 24;
  static constexpr unsigned kDaySeconds = 24 * 60 * 60;

  // Each byte's high bit where `above`, what it is above its form's own, is more than `most`.
  static std::uint64_t beyond(std::uint64_t above, std::uint64_t most) {
    return (above | (above + (0x7f7f7f7f7f7f7f7f - most))) & 0x8080808080808080;
  }
  // Eight bytes as load_eight() gives them.
  static constexpr std::uint64_t eight(const char* text) {
    std::uint64_t out = 0;
    for (int i = 7; i >= 0; --i) out = out << 8 | static_cast<unsigned char>(text[i]);
    return out;
  }
  // "01:02:03" in seconds; kDaySeconds where it is no time of a day, or a leap second.
  static unsigned seconds_of(const char* text) {
    const std::uint64_t above = load_eight(text) ^ eight("00:00:00");
    constexpr std::uint64_t kMost = eight("\x09\x09\0\x09\x09\0\x09\x09");
    const std::uint64_t pairs = above * 10 + (above >> 8);
    const auto hour = static_cast<unsigned>(pairs & 0xff),
               minute = static_cast<unsigned>(pairs >> 24 & 0xff),
               second = static_cast<unsigned>(pairs >> 48 & 0xff);
    const bool fits = beyond(above, kMost) == 0 && hour < 24 && minute < 60 && second < 60;
    return fits ? (hour * 60 + minute) * 60 + second : kDaySeconds;
  }
  // ".123Z", behind three other bytes; at least 1,000 where it is something else.
  static unsigned millis_of(const char* text) {
    const std::uint64_t above = (load_eight(text - 3) ^ eight("\0\0\0.000Z")) >> 24;
    if (above == 0) return 0;
    constexpr std::uint64_t kMost = eight("\0\x09\x09\x09\0\0\0\0");
    if (beyond(above, kMost) != 0) return 1000;
    return static_cast<unsigned>((above >> 8 & 0xff) * 100 + (above >> 16 & 0xff) * 10 +
                                 (above >> 24 & 0xff));
  }
  bool read_any(std::string_view text, WallTime& out);

  char day_text_[12] = "1970-01-01T";
  WallTime day_{};
};

}  // namespace s3ferry::s3
