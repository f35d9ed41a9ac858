#include "sim/synthetic.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "sim/content.h"
#include "sim/digest.h"

namespace s3ferry::sim {
namespace {

constexpr std::uint64_t kPerHour = 40;  // kDates: objects of one hour

// Single code points in byte order; none is a prefix of another, so words of equal length sort as
// their digits do.
constexpr std::array<std::string_view, 16> kSymbols = {
    "가", "나", "다", "라", "마", "바", "사", "아", "자", "차", "카", "타", "파", "하", "😀", "🚀"};
constexpr int kSymbolDigits = 9;  // 16^9 keys

void append_padded(std::string& out, std::uint64_t value, int width) {
  char digits[20];
  for (int i = width - 1; i >= 0; --i, value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  out.append(digits, static_cast<std::size_t>(width));
}

void append_hex(std::string& out, std::uint64_t value, int digits) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4)
    out.push_back(kHex[(value >> shift) & 15]);
}

std::string common_text(std::size_t size) {
  static constexpr std::string_view kWords = "department/archive/year-to-date/quarterly/reports/";
  std::string out;
  while (out.size() < size) out += kWords;
  return out;
}

}  // namespace

Result<SyntheticKeys> SyntheticKeys::create(SyntheticSpec spec) {
  if (spec.count > 1'000'000'000'000ULL)
    return fail(ErrorKind::kConfig, "a synthetic bucket holds at most 10^12 keys");
  if (spec.min_size > spec.max_size)
    return fail(ErrorKind::kConfig, "a synthetic bucket's min_size is above its max_size");
  if (spec.missing_every == 1)
    return fail(ErrorKind::kConfig, "missing_every: 1 would leave no object; take a bucket of 0");
  if (spec.layout == Layout::kKorean && spec.count > (1ULL << (4 * kSymbolDigits)))
    return fail(ErrorKind::kConfig, "the korean layout holds at most 2^36 keys");
  return SyntheticKeys(std::move(spec));
}

SyntheticKeys::SyntheticKeys(SyntheticSpec spec) : spec_(std::move(spec)), size_(spec_.count) {
  if (spec_.layout == Layout::kLongPrefixes) spec_.prefix += common_text(700);
  if (spec_.missing_every > 1)
    size_ -= (spec_.count + spec_.missing_every - 1) / spec_.missing_every;
  if (spec_.count > 1) spread_step_ = ~std::uint64_t{0} / spec_.count;
}

std::uint64_t SyntheticKeys::original(std::uint64_t index) const {
  return spec_.missing_every > 1 ? index + index / (spec_.missing_every - 1) + 1 : index;
}

// The rank-th of the texts "0" … "count-1" in byte order: walk the tree of decimal prefixes.
std::uint64_t SyntheticKeys::flat_number(std::uint64_t rank) const {
  if (rank == 0) return 0;
  --rank;
  std::uint64_t node = 1;
  while (true) {
    std::uint64_t below = 0;  // how many numbers start with `node`'s digits
    for (std::uint64_t low = node, width = 1; low < spec_.count; low *= 10, width *= 10)
      below += std::min(width, spec_.count - low);
    if (rank >= below) {
      rank -= below;
      ++node;
    } else if (rank == 0) {
      return node;
    } else {
      --rank;
      node *= 10;
    }
  }
}

void SyntheticKeys::append_flat(std::uint64_t rank, std::string& out) const {
  std::uint64_t number = flat_.number;
  if (rank == flat_.rank + 1 && number > 0) {
    // The next in byte order: one digit more, or one up at the last place where that goes.
    if (number * 10 < spec_.count) {
      number *= 10;
    } else {
      while (number % 10 == 9 || number + 1 == spec_.count) number /= 10;
      ++number;
    }
  } else if (rank != flat_.rank) {
    number = flat_number(rank);
  }
  flat_ = {rank, number};
  char digits[20];
  int at = 20;
  do {
    digits[--at] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  out.append(digits + at, static_cast<std::size_t>(20 - at));
}

void SyntheticKeys::date_key(std::uint64_t n, std::string& out) const {
  using namespace std::chrono;
  const std::uint64_t hour = n / kPerHour;
  if (hour_.hour != hour) {
    const year_month_day date{sys_days{year{2015} / 1 / 1} + days(hour / 24)};
    std::string text = spec_.prefix + "logs/";
    append_padded(text, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
    text.push_back('/');
    append_padded(text, static_cast<unsigned>(date.month()), 2);
    text.push_back('/');
    append_padded(text, static_cast<unsigned>(date.day()), 2);
    text.push_back('/');
    append_padded(text, hour % 24, 2);
    text += "/part-00000.gz";
    hour_ = {hour, std::move(text)};
  }
  const std::uint64_t part = n % kPerHour;  // two digits
  out.assign(hour_.text);
  char* to = out.data() + out.size() - 5;
  to[0] = static_cast<char>('0' + part / 10);
  to[1] = static_cast<char>('0' + part % 10);
}

void SyntheticKeys::append_spread(std::uint64_t n, std::string& out) const {
  const std::uint64_t value = n * spread_step_ + mix64(n ^ spec_.seed) % spread_step_;
  if (spec_.layout == Layout::kHashPrefixes) {
    append_hex(out, value >> 56, 2);
    out.push_back('/');
    append_hex(out, (value >> 48) & 0xff, 2);
    out.push_back('/');
    append_hex(out, value, 16);
    return;
  }
  const std::uint64_t low = mix64(value);
  append_hex(out, value >> 32, 8);
  out.push_back('-');
  append_hex(out, value >> 16, 4);
  out.push_back('-');
  append_hex(out, value, 4);
  out.push_back('-');
  append_hex(out, low >> 48, 4);
  out.push_back('-');
  append_hex(out, low, 12);
}

void SyntheticKeys::append_korean(std::uint64_t n, std::string& out) const {
  for (int digit = kSymbolDigits - 1; digit >= 0; --digit) {
    out += kSymbols[(n >> (4 * digit)) & 15];
    if (digit == 4) out += "/";
  }
  out += " 사진.jpg";
}

void SyntheticKeys::key(std::uint64_t index, std::string& out) const {
  const std::uint64_t n = original(index);
  if (spec_.layout == Layout::kDates) {  // with the prefix
    date_key(n, out);
    return;
  }
  out.assign(spec_.prefix);
  switch (spec_.layout) {
    case Layout::kFlat:
      out += "obj-";
      append_flat(n, out);
      return;
    case Layout::kPadded:
      out += "obj-";
      append_padded(out, n, 12);
      return;
    case Layout::kDates:
      return;
    case Layout::kHashPrefixes:
    case Layout::kUuids:
      append_spread(n, out);
      return;
    case Layout::kOneDirectory: {
      const std::uint64_t edge = spec_.count / 20;
      if (n < edge) {
        out += "a/";
        append_padded(out, n / 100, 7);
        out.push_back('/');
      } else if (n < spec_.count - edge) {
        out += "big/";
      } else {
        out += "z/";
        append_padded(out, n / 100, 7);
        out.push_back('/');
      }
      append_padded(out, n, 12);
      return;
    }
    case Layout::kLongPrefixes:
      append_padded(out, n / 1000, 9);
      out += "/minutes-of-the-meeting/";
      append_padded(out, n, 12);
      return;
    case Layout::kKorean:
      append_korean(n, out);
      return;
  }
}

std::uint64_t SyntheticKeys::lower_bound(std::string_view key) const {
  std::uint64_t low = 0, high = size_;
  std::string at;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    this->key(middle, at);
    if (at < key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

bool SyntheticKeys::find(std::string_view key, std::uint64_t& index) const {
  if (!key.starts_with(spec_.prefix)) return false;
  std::string at;
  // The key of the last time, or the one behind it: copies are asked for in order, and twice.
  for (index = last_found_; index < size_ && index <= last_found_ + 1; ++index) {
    this->key(index, at);
    if (at == key) {
      last_found_ = index;
      return true;
    }
  }
  index = lower_bound(key);
  if (index == size_) return false;
  this->key(index, at);
  if (at != key) return false;
  last_found_ = index;
  return true;
}

SyntheticKeys::Attributes SyntheticKeys::attributes(std::uint64_t index) const {
  const std::uint64_t n = original(index);
  const std::uint64_t random = mix64(spec_.seed * 0x9e3779b97f4a7c15ULL + n);
  const bool changed = spec_.changed_every > 0 && n % spec_.changed_every == 0;
  Attributes out{};
  out.seed = changed ? ~random : random;
  out.size = spec_.min_size;
  if (spec_.max_size > spec_.min_size)
    out.size += mix64(random) % (spec_.max_size - spec_.min_size + 1);
  if (changed) ++out.size;
  out.mtime = spec_.first_mtime;
  const auto span = static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::seconds>(spec_.mtime_span).count());
  if (span > 0) out.mtime += std::chrono::seconds(random % span);
  Content::declared_md5(out.seed, out.size, out.etag_high, out.etag_low);
  return out;
}

}  // namespace s3ferry::sim
