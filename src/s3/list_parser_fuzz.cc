// libFuzzer: any bytes as a ListObjectsV2 answer. Whatever is accepted must hold together.

#include <cstdlib>

#include "s3/list_parser.h"

using namespace s3ferry;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const s3::ListPage& page) {
  require(page.truncated == !page.next_token.empty());
  std::size_t sum = 0;  // touches every viewed byte
  auto touch = [&](std::string_view text) {
    for (const char c : text) sum += static_cast<unsigned char>(c);
  };
  for (const s3::ListEntry& entry : page.entries) {
    require(!entry.key.empty());
    touch(entry.key);
    touch(entry.etag);
    touch(entry.storage_class);
  }
  for (const std::string_view prefix : page.common_prefixes) touch(prefix);
  require(sum != static_cast<std::size_t>(-1));
}

void require_same(const Status& status, const s3::ListPage& page, const Status& again,
                  const s3::ListPage& other) {
  require(status.has_value() == again.has_value());
  if (!status) {
    require(status.error().kind() == again.error().kind());
    return;
  }
  require(page.entries.size() == other.entries.size() && page.next_token == other.next_token &&
          page.common_prefixes == other.common_prefixes);
  for (std::size_t i = 0; i < page.entries.size(); ++i) {
    const s3::ListEntry &a = page.entries[i], &b = other.entries[i];
    require(a.key == b.key && a.etag == b.etag && a.storage_class == b.storage_class &&
            a.size == b.size && a.modified == b.modified);
  }
}

// The same document with a comment in each object, so that none is taken as a whole, must read the
// same. (In CDATA and comments that is no comment.)
void check_long_way(const std::string& document, const Status& status, const s3::ListPage& page) {
  if (document.find("<!") != std::string::npos || document.find("<?") != std::string::npos) return;
  constexpr std::string_view kTag = "<Contents>", kSpelled = "<Contents><!---->";
  std::string spelled = document;
  for (std::size_t at = 0; (at = spelled.find(kTag, at)) != std::string::npos;
       at += kSpelled.size())
    spelled.replace(at, kTag.size(), kSpelled);
  s3::ListPage other;
  const Status again = s3::parse_list_page(spelled, other);
  require_same(status, page, again, other);
}

// And so must the document that comes in pieces.
void check_pieces(const std::string& document, const Status& status, const s3::ListPage& page) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{37}, document.size() / 3 + 1}) {
    s3::ListPage other;
    s3::ListReader reader(other);
    Status again;
    for (std::size_t at = 0; at < document.size() && again; at += size)
      again = reader.take(std::string(document, at, size));
    if (again) again = reader.finish();
    require_same(status, page, again, other);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static s3::ListPage page;  // filled again and again, as a listing does
  const std::string document(reinterpret_cast<const char*>(data), size);
  const Status status = s3::parse_list_page(document, page);
  if (status) {
    check(page);
    // A shorter document is never a whole one too, but for blanks and comments at its end.
    if (document.ends_with("></ListBucketResult>")) {
      s3::ListPage cut;
      require(!s3::parse_list_page(document.substr(0, size - 1), cut));
    }
  } else {
    require(page.entries.empty() && page.common_prefixes.empty());
  }
  check_long_way(document, status, page);
  check_pieces(document, status, page);
  return 0;
}
