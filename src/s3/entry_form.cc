#include "s3/entry_form.h"

namespace s3ferry::s3 {
namespace {

constexpr std::size_t kUsualWindows = 12;
constexpr std::size_t kTimeSize = 24;  // "2026-11-22T01:02:03.000Z"
constexpr std::size_t kMostETag = 64;

}  // namespace

// The last two windows overlap where the markup is no whole number of them.
void EntryForm::add_markup(std::string_view markup) {
  if (!good_) return;
  Markup& part = parts_[now_];
  const auto window = [&](std::size_t at, std::size_t size) {
    Window out;
    out.at = part.size + at;
    std::memcpy(&out.want, markup.data() + at, size);
    return out;
  };
  if (markup.size() < kWide) {
    PartWindow& one = part.short_ones.emplace_back();
    one.window = window(0, markup.size());
    std::memset(&one.counts, 0xff, markup.size());
  } else {
    if (part.windows.empty()) part.windows.reserve(kUsualWindows);
    for (std::size_t at = 0; at + kWide < markup.size(); at += kWide)
      part.windows.push_back(window(at, kWide));
    part.windows.push_back(window(markup.size() - kWide, kWide));
  }
  part.size += markup.size();
}

void EntryForm::add_text(EntrySlot slot, std::string_view text) {
  if (!good_) return;
  const Text place{static_cast<Part>(now_), parts_[now_].size, text.size()};
  switch (slot) {
    case EntrySlot::kKey:
    case EntrySlot::kSize:
      good_ = now_ == (slot == EntrySlot::kKey ? kHead : kMiddle);
      ++now_;
      return;
    case EntrySlot::kTime:
      good_ = text.size() == kTimeSize;
      time_ = place;
      break;
    case EntrySlot::kETag:
    case EntrySlot::kQuotedETag:
      good_ = text.size() >= kWide && text.size() <= kMostETag;
      etag_ = place;
      unquotes_ = slot == EntrySlot::kETag;
      etag_size_ = (unquotes_ ? unquote_etag(text) : text).size();
      break;
    case EntrySlot::kClass:
      class_ = place;
      storage_class_ = text;
      add_markup(text);
      return;
    case EntrySlot::kEnd:
      return;
  }
  parts_[now_].size += text.size();
}

bool EntryForm::fits(const ListEntry& entry) const {
  return good_ && entry.etag.size() == etag_size_ && entry.storage_class == storage_class_;
}

}  // namespace s3ferry::s3
