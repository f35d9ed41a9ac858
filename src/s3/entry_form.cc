#include "s3/entry_form.h"

#include "s3/wide_bytes.h"

namespace s3ferry::s3 {
namespace {

constexpr std::size_t kTimeSize = 24;  // "2026-11-22T01:02:03.000Z"

// What eight bytes are above '0', and where among them digits end: 8, they do not.
struct Digits {
  explicit Digits(const char* p) : above(load_eight(p) ^ 0x3030303030303030) {
    const std::uint64_t others = ((above + 0x7676767676767676) | above) & 0x8080808080808080;
    count = others == 0 ? 8 : static_cast<std::size_t>(std::countr_zero(others)) / 8;
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
std::size_t read_digits(const char* p, ByteCount& out) {
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

bool is_plain(std::string_view text) {
  const char *p = text.data(), *end = p + text.size();
  if (text.size() < kWide) return text_end(p, end) == end;
  auto stops = text_ends(load_wide(end - kWide));
  for (; static_cast<std::size_t>(end - p) > kWide; p += kWide) stops |= text_ends(load_wide(p));
  return !Hits(stops).any();
}

}  // namespace

void EntryForm::append(std::string_view bytes, unsigned char mask) {
  want_.append(bytes);
  mask_.append(bytes.size(), static_cast<char>(mask));
}

void EntryForm::close_block(EntrySlot then) {
  if (count_ == kMostBlocks) {
    good_ = false;
    return;
  }
  Block& block = blocks_[count_++];
  block.at = begin_;
  block.size = want_.size() - begin_;
  block.padded = (block.size + kWide - 1) / kWide * kWide;
  block.then = then;
  want_.resize(begin_ + block.padded, '\0');
  mask_.resize(begin_ + block.padded, '\0');
  begin_ = want_.size();
}

void EntryForm::add_text(EntrySlot slot, std::string_view text) {
  if (slot == EntrySlot::kKey || slot == EntrySlot::kSize) return close_block(slot);
  good_ &= !text.empty() && (slot != EntrySlot::kTime || text.size() == kTimeSize);
  Text& place = slot == EntrySlot::kTime ? time_ : slot == EntrySlot::kClass ? class_ : etag_;
  place = Text{count_, want_.size() - begin_, text.size()};
  if (slot == EntrySlot::kETag || slot == EntrySlot::kQuotedETag) {
    unquotes_ = slot == EntrySlot::kETag;
    etag_size_ = (unquotes_ ? unquote_etag(text) : text).size();
  }
  append(text, slot == EntrySlot::kClass ? 0xff : 0);
}

bool EntryForm::fits(const PlainEntry& entry) const {
  std::string_view storage_class;
  if (class_.size > 0)
    storage_class =
        std::string_view(want_).substr(blocks_[class_.block].at + class_.at, class_.size);
  return good_ && entry.etag.size() == etag_size_ && entry.storage_class == storage_class;
}

bool EntryForm::stands(const Block& block, const char* p) const {
  const char *want = want_.data() + block.at, *mask = mask_.data() + block.at;
  WideBytes differ{};
  for (std::size_t at = 0; at < block.padded; at += kWide)
    differ |= (load_wide(p + at) ^ load_wide(want + at)) & load_wide(mask + at);
  return !Hits(differ != WideBytes{}).any();
}

bool EntryForm::take(const char*& at, const char* end, KeyText& key, ListTimes& times,
                     PlainEntry& entry) const {
  if (!good_) return false;
  std::array<const char*, kMostBlocks> places;
  const char* p = at;
  for (std::size_t i = 0; i < count_; ++i) {
    const Block& block = blocks_[i];
    if (static_cast<std::size_t>(end - p) < block.padded + kWide || !stands(block, p)) return false;
    places[i] = p;
    p += block.size;
    if (block.then == EntrySlot::kKey) {
      if (key.begin != p) {
        key = KeyText{p, nullptr, false};
        key.end = key_end(p, end, key.has_escapes);
      }
      if (key.end == p) return false;
      entry.key = {p, static_cast<std::size_t>(key.end - p)};
      entry.has_escapes = key.has_escapes;
      p = key.end;
    } else if (block.then == EntrySlot::kSize) {
      const std::size_t digits = read_digits(p, entry.size);
      if (digits == 0) return false;
      p += digits;
    }
  }
  const auto text = [&](const Text& of) {
    return std::string_view(places[of.block] + of.at, of.size);
  };
  entry.etag = entry.storage_class = {};
  if (etag_.size > 0) {
    entry.etag = text(etag_);
    if (!is_plain(entry.etag)) return false;
    if (unquotes_) entry.etag = unquote_etag(entry.etag);
  }
  if (class_.size > 0) entry.storage_class = text(class_);
  if (time_.size == 0)
    entry.last_modified = {};
  else if (!times.read(text(time_), entry.last_modified))
    return false;
  at = p;
  return true;
}

}  // namespace s3ferry::s3
