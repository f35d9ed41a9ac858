#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "s3/list_page.h"
#include "s3/list_times.h"
#include "s3/wide_bytes.h"

namespace s3ferry::s3 {

// A text of an object that is asked for, and the end of the object.
enum class EntrySlot : std::uint8_t { kKey, kTime, kETag, kQuotedETag, kSize, kClass, kEnd };

// Where a key begins was looked for its end: forms tried one after the other do that once.
struct KeyText {
  const char *begin = nullptr, *end = nullptr;
  bool has_escapes = false;
};

// What eight bytes are above '0', and where among them digits end: 8, they do not.
struct Digits {
  explicit Digits(const char* p) : above(load_eight(p) ^ 0x3030303030303030) {
    const std::uint64_t others = ((above + 0x7676767676767676) | above) & 0x8080808080808080;
    count = static_cast<std::size_t>(std::countr_zero(others)) / 8;
  }
  // Two, four, then eight digits at a time, with zeros before them. Of at least one.
  std::uint64_t value() const {
    std::uint64_t value = above << (64 - 8 * count);
    value = (value * 10 + (value >> 8)) & 0x00ff00ff00ff00ff;
    value = (value * 100 + (value >> 16)) & 0x0000ffff0000ffff;
    return (value * 10000 + (value >> 32)) & 0xffffffff;
  }
  std::uint64_t above;
  std::size_t count;
};

// The digits at p, where sixteen bytes can be read. How many; 0: none, or all sixteen.
inline std::size_t read_digits(const char* p, ByteCount& out) {
  static constexpr ByteCount kTens[] = {1, 10, 100, 1000, 10'000, 100'000, 1'000'000, 10'000'000};
  const Digits first(p);
  if (first.count == 0) return 0;
  out = first.value();
  if (first.count < 8) return first.count;
  const Digits second(p + 8);
  if (second.count == 8) return 0;
  if (second.count > 0) out = out * kTens[second.count] + second.value();
  return 8 + second.count;
}

// A pattern of <Contents> elements, the key before the size, in which all other texts are as long
// as in one element, and the storage class is the same: then everything between those two stands at
// known places and is compared sixteen bytes at a time. Takes an element only where an XML reader
// would have read the same; what it does not take may still be good.
class EntryForm {
 public:
  // The parts of an element in their order, then finish(). Of one that is too odd nothing is taken.
  void add_markup(std::string_view markup);
  void add_text(EntrySlot slot, std::string_view text);
  void finish() { good_ &= now_ == kTail; }
  // Whether the entry's texts are as long as the form's, and its storage class is the form's.
  bool fits(const ListEntry& entry) const;

  // At `at`: true with `entry` filled in by views of the document (plain texts: nothing in them has
  // to be decoded but %-escapes and '+'; sixteen bytes behind each can be read) and `at` behind the
  // element; else only `entry` and `key` may have changed.
  bool take(const char*& at, const char* end, KeyText& key, ListTimes& times,
            ListEntry& entry) const;

 private:
  enum Part : std::uint8_t { kHead, kMiddle, kTail };  // up to the key, the size and the end
  // Sixteen bytes of a part that are markup.
  struct Window {
    std::size_t at = 0;
    WideBytes want{};
  };
  // The same for markup that is shorter: some of them do not count.
  struct PartWindow {
    Window window;
    WideBytes counts{};
  };
  struct Markup {
    std::size_t size = 0;  // of the part, texts included
    std::vector<Window> windows;
    std::vector<PartWindow> short_ones;
  };
  // A text of a known length. None: its size is 0.
  struct Text {
    Part part = kHead;
    std::size_t at = 0, size = 0;
  };
  static WideBytes differs(const Markup& part, const char* p);

  std::array<Markup, 3> parts_;
  std::uint8_t now_ = kHead;  // the part that is being made
  Text time_, etag_, class_;
  bool unquotes_ = false, good_ = true;
  std::size_t etag_size_ = 0;  // without quotes
  std::string storage_class_;
};

// Zero where the part's markup stands at p. All of the part can be read, and kWide bytes more.
inline WideBytes EntryForm::differs(const Markup& part, const char* p) {
  WideBytes differ{};
  for (const PartWindow& one : part.short_ones)
    differ |= (load_wide(p + one.window.at) ^ one.window.want) & one.counts;
  for (const Window& one : part.windows) differ |= load_wide(p + one.at) ^ one.want;
  return differ;
}

inline bool EntryForm::take(const char*& at, const char* end, KeyText& key, ListTimes& times,
                            ListEntry& entry) const {
  const char* const head = at;
  const auto left = [end](const char* p) { return static_cast<std::size_t>(end - p); };
  if (!good_ || left(head) < parts_[kHead].size + kWide ||
      Hits(differs(parts_[kHead], head) != WideBytes{}).any())
    return false;
  const char* const begin = head + parts_[kHead].size;
  if (key.begin != begin) {
    bool escapes = false;
    key.end = key_end(begin, end, escapes);
    key.begin = begin;
    key.has_escapes = escapes;
  }
  const char* const middle = key.end;
  if (middle == begin || left(middle) < parts_[kMiddle].size + parts_[kTail].size + 3 * kWide)
    return false;
  const char* const size = middle + parts_[kMiddle].size;
  const std::size_t digits = read_digits(size, entry.size);
  const char* const tail = size + digits;
  const std::array<const char*, 3> places{head, middle, tail};
  // All that is wrong is looked at together, so that there is little to guess for the processor.
  auto wrong = (differs(parts_[kMiddle], middle) | differs(parts_[kTail], tail)) != WideBytes{};
  const char* const etag = places[etag_.part] + etag_.at;
  for (std::size_t i = 0; i < etag_.size; i += kWide)
    wrong |= text_ends(load_wide(etag + std::min(i, etag_.size - kWide)));
  if (digits == 0 || Hits(wrong).any()) return false;
  if (time_.size == 0)
    entry.modified = {};
  else if (!times.read({places[time_.part] + time_.at, time_.size}, entry.modified))
    return false;
  entry.key = {begin, static_cast<std::size_t>(middle - begin)};
  entry.etag = {etag, etag_.size};
  if (unquotes_) entry.etag = unquote_etag(entry.etag);
  entry.storage_class = {places[class_.part] + class_.at, class_.size};
  at = tail + parts_[kTail].size;
  return true;
}

}  // namespace s3ferry::s3
