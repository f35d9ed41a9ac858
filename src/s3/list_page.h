#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/object_view.h"
#include "s3/text_arena.h"

namespace s3ferry::s3 {

// One object of a listing. Its key is the whole one, raw and decoded; the views point into the page
// that holds the entry. No ETag: the server says none.
using ListEntry = ObjectView;

// One answer to ListObjectsV2. Owns the texts that its entries view, packed: about 130 bytes an
// object, nothing of the XML. Moving keeps the views good. A page that is filled again and again
// takes no new memory for pages like the last. Not copyable.
class ListPage {
 public:
  ListPage() = default;
  ListPage(ListPage&&) noexcept = default;
  ListPage& operator=(ListPage&&) noexcept = default;

  std::vector<ListEntry> entries;                 // in the order in which they came
  std::vector<std::string_view> common_prefixes;  // decoded
  bool truncated = false;
  std::string next_token;    // opaque; not empty exactly when `truncated`
  bool url_encoded = false;  // the server says that it percent-encoded keys and prefixes

  // Empty as a new page, with the memory of the old one.
  void clear() {
    entries.clear();
    common_prefixes.clear();
    truncated = url_encoded = false;
    next_token.clear();
    texts_.clear();
  }
  // The next entry.
  ListEntry& add_entry() {
    if (entries.size() == entries.capacity()) [[unlikely]]
      make_room();
    return entries.emplace_back();
  }
  // A copy of `text` that lives until clear(): for who fills a page without a document.
  std::string_view keep(std::string_view text) { return texts_.keep(text); }

 private:
  friend class ListReader;
  static constexpr std::size_t kFew = 8, kUsual = 1016;
  // For a few entries, then at once for as many as a page usually holds and the one that the reader
  // begins behind the last.
  [[gnu::noinline]] void make_room() {
    entries.reserve(entries.empty() ? kFew : std::max(kUsual, 2 * entries.size()));
  }
  TextArena texts_;
};

}  // namespace s3ferry::s3
