#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "base/types.h"

namespace s3ferry::s3 {

// One object of a listing. The views point into the page that holds the entry.
struct ListEntry {
  std::string_view key;            // raw bytes, decoded
  std::string_view etag;           // without quotes; empty where the server says none
  std::string_view storage_class;  // empty where the server says none: STANDARD
  ByteCount size = 0;
  WallTime last_modified{};  // the epoch where the server says none
};

struct ListLimits {
  ListLimits() = default;
  std::size_t max_bytes = 32 * kMiB;
  std::size_t max_depth = 32;
  std::size_t max_entries = 100'000;  // S3 gives 1,000 at most; others may not
};

// One answer to ListObjectsV2. Owns the bytes that its entries view; moving keeps the views good.
// parse_list_page() may fill the same page again and again, which then allocates no memory for
// entries. Not copyable.
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

 private:
  friend Status parse_list_page(std::string body, ListLimits limits, ListPage& page);
  std::string body_;
};

// Reads a ListBucketResult in one pass, decoding in place. `page` is replaced; after an error it is
// empty. Keys come back as raw bytes: entities resolved, then %XX and '+' where the answer says
// EncodingType=url. Elements that it does not know are skipped, but must be well formed.
//   kTruncated: empty, or ends before the root element does.
//   kProtocol:  not well-formed, not a ListBucketResult, a DOCTYPE, or a member that is missing or
//               no number, time or boolean. (Both may be asked for again.)
//   kListing:   well-formed, but says that it is truncated and gives no token.
//   kTooLarge:  over a limit.
// The order of keys is not looked at here.
Status parse_list_page(std::string body, ListLimits limits, ListPage& page);
inline Status parse_list_page(std::string body, ListPage& page) {
  return parse_list_page(std::move(body), ListLimits(), page);
}

}  // namespace s3ferry::s3
