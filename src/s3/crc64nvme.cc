#include "s3/crc64nvme.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/text.h"

namespace s3ferry::s3 {
namespace {

// Polynomials stand reflected: bit 63 is x^0, bit 0 is x^63.
constexpr std::uint64_t kPolynomial = 0x9a6c9329ac4bc9b5ULL;
constexpr std::uint64_t kOne = std::uint64_t{1} << 63;

constexpr std::uint64_t times_x(std::uint64_t value) {
  return (value >> 1) ^ ((value & 1) != 0 ? kPolynomial : 0);
}

constexpr std::uint64_t power_of_x(unsigned n) {
  std::uint64_t value = kOne;
  for (unsigned i = 0; i < n; ++i) value = times_x(value);
  return value;
}

std::uint64_t multiply(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  for (std::uint64_t bit = kOne; bit != 0; bit >>= 1, b = times_x(b))
    if ((a & bit) != 0) product ^= b;
  return product;
}

using Tables = std::array<std::array<std::uint64_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables t{};
  for (unsigned i = 0; i < 256; ++i) {
    std::uint64_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = times_x(value);
    t[0][i] = value;
  }
  for (std::size_t slice = 1; slice < t.size(); ++slice)
    for (std::size_t i = 0; i < 256; ++i)
      t[slice][i] = (t[slice - 1][i] >> 8) ^ t[0][t[slice - 1][i] & 0xff];
  return t;
}
constexpr Tables kTables = make_tables();

std::uint64_t load_little_endian(const char* at) {
  std::uint64_t word = 0;
  for (std::size_t i = 8; i-- > 0;) word = (word << 8) | static_cast<unsigned char>(at[i]);
  return word;
}

#if defined(__x86_64__)

constexpr std::size_t kBlock = 64;  // four lanes of sixteen bytes

// Moves sixteen bytes forward by a distance of D bits: their first half is multiplied by x^(D+64),
// the second by x^D, and a carry-less product of two reflected halves is one x short of that.
template <unsigned D>
__attribute__((target("pclmul,sse4.1"))) inline __m128i fold(__m128i lane, __m128i next) {
  constexpr auto kFirst = static_cast<long long>(power_of_x(D + 63));
  constexpr auto kSecond = static_cast<long long>(power_of_x(D - 1));
  const __m128i factors = _mm_set_epi64x(kSecond, kFirst);
  const __m128i first = _mm_clmulepi64_si128(lane, factors, 0x00);
  const __m128i second = _mm_clmulepi64_si128(lane, factors, 0x11);
  return _mm_xor_si128(_mm_xor_si128(first, second), next);
}

__attribute__((target("pclmul,sse4.1"))) inline __m128i load(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

// Takes whole blocks, at least one; what is left of them is sixteen bytes with the same remainder.
__attribute__((target("pclmul,sse4.1"))) std::uint64_t by_multiplication(std::uint64_t state,
                                                                         const char* at,
                                                                         std::size_t blocks) {
  std::array<__m128i, 4> lanes{};
  for (std::size_t i = 0; i < lanes.size(); ++i) lanes[i] = load(at + 16 * i);
  lanes[0] = _mm_xor_si128(lanes[0], _mm_set_epi64x(0, static_cast<long long>(state)));
  for (std::size_t block = 1; block < blocks; ++block) {
    at += kBlock;
    for (std::size_t i = 0; i < lanes.size(); ++i)
      lanes[i] = fold<8 * kBlock>(lanes[i], load(at + 16 * i));
  }
  __m128i all = lanes[0];
  for (std::size_t i = 1; i < lanes.size(); ++i) all = fold<128>(all, lanes[i]);
  std::array<char, 16> rest{};
  _mm_storeu_si128(reinterpret_cast<__m128i*>(rest.data()), all);
  return crc64nvme_by_table(0, {rest.data(), rest.size()});
}

bool can_multiply() {
  static const bool can =
      __builtin_cpu_supports("pclmul") != 0 && __builtin_cpu_supports("sse4.1") != 0;
  return can;
}

#endif

}  // namespace

std::uint64_t crc64nvme_by_table(std::uint64_t state, std::string_view bytes) {
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    const std::uint64_t word = load_little_endian(bytes.data()) ^ state;
    state = 0;
    for (std::size_t i = 0; i < 8; ++i) state ^= kTables[7 - i][(word >> (8 * i)) & 0xff];
  }
  for (const char byte : bytes)
    state = (state >> 8) ^ kTables[0][(state ^ static_cast<unsigned char>(byte)) & 0xff];
  return state;
}

void Crc64Nvme::update(std::string_view bytes) {
#if defined(__x86_64__)
  if (bytes.size() >= 2 * kBlock && can_multiply()) {
    const std::size_t blocks = bytes.size() / kBlock;
    state_ = by_multiplication(state_, bytes.data(), blocks);
    bytes.remove_prefix(blocks * kBlock);
  }
#endif
  state_ = crc64nvme_by_table(state_, bytes);
}

std::uint64_t join_crc64nvme(std::uint64_t first, std::uint64_t second, ByteCount second_bytes) {
  // x^(8 · second_bytes), by squaring.
  std::uint64_t factor = kOne, square = power_of_x(8);
  for (ByteCount n = second_bytes; n > 0; n >>= 1, square = multiply(square, square))
    if ((n & 1) != 0) factor = multiply(factor, square);
  return multiply(factor, first) ^ second;
}

std::string crc64nvme_text(std::uint64_t value) {
  std::string bytes(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(value >> (56 - 8 * i));
  return to_base64(bytes);
}

}  // namespace s3ferry::s3
