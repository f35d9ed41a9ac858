#include "s3/usual_entry.h"

#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>

namespace s3ferry::s3 {
namespace {

// "2026-11-22T01:02:03.000Z"
constexpr std::size_t kDaySize = 11, kTimeSize = 24;

// Sixteen bytes at once: a vector type of the compilers, which becomes SSE2, NEON and their kin.
using Bytes = unsigned char __attribute__((vector_size(16)));

Bytes load(const char* p) {
  Bytes bytes;
  std::memcpy(&bytes, p, sizeof bytes);
  return bytes;
}
constexpr Bytes all(unsigned char byte) {
  return Bytes{} + byte;
}

// Which of sixteen bytes a comparison holds for: 0xFF for each, the first in the lowest place.
struct Hits {
  template <class Compared>
  explicit Hits(const Compared& compared) {
    std::uint64_t words[2];
    static_assert(sizeof words == sizeof compared);
    std::memcpy(words, &compared, sizeof words);
    low = words[0];
    high = words[1];
    if constexpr (std::endian::native == std::endian::big) {
      low = __builtin_bswap64(low);
      high = __builtin_bswap64(high);
    }
  }
  bool any() const { return (low | high) != 0; }
  int first() const { return (low != 0 ? std::countr_zero(low) : 64 + std::countr_zero(high)) / 8; }
  bool any_before(int place) const {
    if (place < 8) return (low & ((std::uint64_t{1} << 8 * place) - 1)) != 0;
    return low != 0 || (high & ((std::uint64_t{1} << 8 * (place - 8)) - 1)) != 0;
  }
  std::uint64_t low, high;
};

bool ends_text(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '<' || c == '&';
}
Hits text_ends(Bytes bytes) {
  return Hits((bytes < all(0x20)) | (bytes == all('<')) | (bytes == all('&')));
}

// The end of a text that stands for itself: at markup, a reference or a control character.
const char* text_end(const char* p, const char* end) {
  for (; end - p >= 16; p += 16)
    if (const Hits stops = text_ends(load(p)); stops.any()) return p + stops.first();
  while (p != end && !ends_text(*p)) ++p;
  return p;
}

const char* key_end(const char* p, const char* end, bool& escapes) {
  for (; end - p >= 16; p += 16) {
    const Bytes bytes = load(p);
    const Hits stops = text_ends(bytes);
    const Hits escaped((bytes == all('%')) | (bytes == all('+')));
    if (stops.any()) {
      escapes |= escaped.any_before(stops.first());
      return p + stops.first();
    }
    escapes |= escaped.any();
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
  if (!eat(p, end, "<Size>")) {
    (void)eat(p, end, "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>");
    (void)eat(p, end, "<ChecksumType>FULL_OBJECT</ChecksumType>");
    if (!eat(p, end, "<Size>")) return false;
  }
  if (!eat_number(p, end, found.size) || !eat(p, end, "</Size><StorageClass>")) return false;
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
