#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/types.h"
#include "s3/text_arena.h"

namespace s3ferry::s3 {

// One object of a listing. The views point into the page that holds the entry.
struct ListEntry {
  std::string_view key;            // raw bytes, decoded
  std::string_view etag;           // without quotes; empty where the server says none
  std::string_view storage_class;  // empty where the server says none: STANDARD
  ByteCount size = 0;
  WallTime last_modified{};  // the epoch where the server says none
};

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
  // A copy of `text` that lives until clear(): for who fills a page without a document.
  std::string_view keep(std::string_view text) { return texts_.keep(text); }

 private:
  friend class ListReader;
  TextArena texts_;
};

}  // namespace s3ferry::s3
