#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace s3ferry::s3 {

// Sixteen bytes at once: a vector type of the compilers, which becomes SSE2, NEON and their kin.
using WideBytes = unsigned char __attribute__((vector_size(16)));
inline constexpr std::size_t kWide = sizeof(WideBytes);

inline WideBytes load_wide(const char* p) {
  WideBytes bytes;
  std::memcpy(&bytes, p, sizeof bytes);
  return bytes;
}
constexpr WideBytes all_wide(unsigned char byte) {
  return WideBytes{} + byte;
}

// Which of sixteen bytes a comparison holds for.
class Hits {
 public:
#if defined(__SSE2__)
  template <class Compared>
  explicit Hits(const Compared& compared)
      : bits_(
            static_cast<unsigned>(_mm_movemask_epi8(reinterpret_cast<const __m128i&>(compared)))) {
    static_assert(sizeof compared == kWide);
  }
  bool any() const { return bits_ != 0; }
  std::size_t first() const { return static_cast<std::size_t>(std::countr_zero(bits_)); }
  bool any_before(std::size_t place) const { return (bits_ & ((1U << place) - 1)) != 0; }

 private:
  unsigned bits_;
#else
  template <class Compared>
  explicit Hits(const Compared& compared) {
    std::uint64_t words[2];
    static_assert(sizeof words == sizeof compared);
    std::memcpy(words, &compared, sizeof words);
    low_ = words[0];
    high_ = words[1];
    if constexpr (std::endian::native == std::endian::big) {
      low_ = __builtin_bswap64(low_);
      high_ = __builtin_bswap64(high_);
    }
  }
  bool any() const { return (low_ | high_) != 0; }
  std::size_t first() const {
    return static_cast<std::size_t>(low_ != 0 ? std::countr_zero(low_)
                                              : 64 + std::countr_zero(high_)) /
           8;
  }
  bool any_before(std::size_t place) const {
    if (place < 8) return (low_ & ((std::uint64_t{1} << 8 * place) - 1)) != 0;
    return low_ != 0 || (high_ & ((std::uint64_t{1} << 8 * (place - 8)) - 1)) != 0;
  }

 private:
  std::uint64_t low_, high_;  // 0xFF for each, the first in the lowest place
#endif
};

// A text that stands for itself ends at markup, a reference or a control character.
inline bool ends_text(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '<' || c == '&';
}
inline auto text_ends(WideBytes bytes) {
  return (bytes < all_wide(0x20)) | (bytes == all_wide('<')) | (bytes == all_wide('&'));
}
inline const char* text_end(const char* p, const char* end) {
  for (; static_cast<std::size_t>(end - p) >= kWide; p += kWide)
    if (const Hits stops(text_ends(load_wide(p))); stops.any()) return p + stops.first();
  while (p != end && !ends_text(*p)) ++p;
  return p;
}

// The same for a key; `escapes` is set where it holds a '%' or a '+'.
inline const char* key_end(const char* p, const char* end, bool& escapes) {
  for (; static_cast<std::size_t>(end - p) >= kWide; p += kWide) {
    const WideBytes bytes = load_wide(p);
    const Hits stops(text_ends(bytes));
    const Hits escaped((bytes == all_wide('%')) | (bytes == all_wide('+')));
    if (stops.any()) {
      escapes |= escaped.any_before(stops.first());
      return p + stops.first();
    }
    escapes |= escaped.any();
  }
  for (; p != end && !ends_text(*p); ++p) escapes |= *p == '%' || *p == '+';
  return p;
}

// Eight bytes as a number, the first in the lowest place.
inline std::uint64_t load_eight(const char* p) {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return std::endian::native == std::endian::big ? __builtin_bswap64(word) : word;
}

}  // namespace s3ferry::s3
