#include "s3/usual_entry.h"

#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>

namespace s3ferry::s3 {
namespace {

// "2026-11-22T01:02:03.000Z"
constexpr std::size_t kDaySize = 11, kTimeSize = 24;

// Eight bytes at once, the first in the lowest place.
constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;

std::uint64_t load(const char* p) {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}
// The lowest high bit that is set stands at the first byte below `limit` (at most 0x80), or equal
// to `byte`; those above it may err.
constexpr std::uint64_t below(std::uint64_t word, unsigned char limit) {
  return (word - kOnes * limit) & ~word & kHighs;
}
constexpr std::uint64_t equal(std::uint64_t word, unsigned char byte) {
  return below(word ^ (kOnes * byte), 1);
}

bool ends_text(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '<' || c == '&';
}

// The end of a text that stands for itself: at markup, a reference or a control character.
const char* text_end(const char* p, const char* end) {
  for (; end - p >= 8; p += 8) {
    const std::uint64_t word = load(p);
    const std::uint64_t stop = below(word, 0x20) | equal(word, '<') | equal(word, '&');
    if (stop != 0) return p + std::countr_zero(stop) / 8;
  }
  while (p != end && !ends_text(*p)) ++p;
  return p;
}

const char* key_end(const char* p, const char* end, bool& escapes) {
  for (; end - p >= 8; p += 8) {
    const std::uint64_t word = load(p);
    const std::uint64_t stop = below(word, 0x20) | equal(word, '<') | equal(word, '&');
    std::uint64_t escape = equal(word, '%') | equal(word, '+');
    if (stop != 0) escape &= (stop & -stop) - 1;
    escapes |= escape != 0;
    if (stop != 0) return p + std::countr_zero(stop) / 8;
  }
  for (; p != end && !ends_text(*p); ++p) escapes |= *p == '%' || *p == '+';
  return p;
}

template <std::size_t N>
bool eat(const char*& p, const char* end, const char (&literal)[N]) {
  if (static_cast<std::size_t>(end - p) < N - 1 || std::memcmp(p, literal, N - 1) != 0)
    return false;
  p += N - 1;
  return true;
}

bool eat_number(const char*& p, const char* end, ByteCount& out) {
  constexpr int kMostDigits = 18;  // far below what a 63-bit number can be
  const char* first = p;
  ByteCount value = 0;
  for (; p != end && *p >= '0' && *p <= '9'; ++p) {
    if (p - first == kMostDigits) return false;
    value = value * 10 + static_cast<ByteCount>(*p - '0');
  }
  out = value;
  return p != first;
}

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

bool ListTimes::read(std::string_view text, WallTime& out) {
  if (text.size() == kTimeSize && std::memcmp(text.data(), day_text_, kDaySize) == 0) {
    bool fits = text[13] == ':' && text[16] == ':' && text[19] == '.' && text[23] == 'Z';
    const auto digit = [&](std::size_t at) {
      const int value = text[at] - '0';
      fits &= value >= 0 && value <= 9;
      return value;
    };
    const int hour = digit(11) * 10 + digit(12), minute = digit(14) * 10 + digit(15),
              second = digit(17) * 10 + digit(18),
              millis = digit(20) * 100 + digit(21) * 10 + digit(22);
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

bool UsualEntry::read(const char*& at, const char* end, ListEntry& entry) {
  const char* p = at;
  if (!eat(p, end, "<Contents><Key>")) return false;
  ListEntry found;
  bool escapes = false;
  const char* text = p;
  p = key_end(p, end, escapes);
  if (p == text) return false;
  found.key = between(text, p);
  if (!eat(p, end, "</Key><LastModified>") || static_cast<std::size_t>(end - p) < kTimeSize)
    return false;
  text = p;
  p += kTimeSize;
  if (!eat(p, end, "</LastModified><ETag>&quot;") ||
      !times_.read({text, kTimeSize}, found.last_modified))
    return false;
  text = p;
  p = text_end(p, end);
  found.etag = between(text, p);
  if (!eat(p, end, "&quot;</ETag>")) return false;
  (void)eat(p, end, "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>");
  (void)eat(p, end, "<ChecksumType>FULL_OBJECT</ChecksumType>");
  if (!eat(p, end, "<Size>") || !eat_number(p, end, found.size) ||
      !eat(p, end, "</Size><StorageClass>"))
    return false;
  text = p;
  p = text_end(p, end);
  found.storage_class = between(text, p);
  if (!eat(p, end, "</StorageClass></Contents>")) return false;
  entry = found;
  at = p;
  saw_escapes_ |= escapes;
  return true;
}

}  // namespace s3ferry::s3
