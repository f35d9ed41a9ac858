#include "s3/list_parser.h"

#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "s3/usual_entry.h"
#include "s3/xml_cursor.h"

namespace s3ferry::s3 {
namespace {

using Tag = XmlCursor::Tag;

// One document. Lives for one call.
class ListReader {
 public:
  ListReader(char* begin, char* end, const ListLimits& limits, ListPage& page)
      : xml_(begin, end, limits.max_depth), limits_(limits), page_(page) {}

  bool read();
  Error fault() const { return xml_.fault(); }

 private:
  enum Member : unsigned {
    kKey = 1,
    kSize = 2,
    kETag = 4,
    kTime = 8,
    kClass = 16,
    kTruncated = 1,
    kToken = 2,
    kEncoding = 4,
  };

  void usual_entries();
  bool root_member(const Tag& tag);
  bool contents(const Tag& tag);
  bool contents_member(const Tag& tag, ListEntry& entry);
  bool common_prefixes(const Tag& tag);
  bool once(unsigned& seen, Member member) {
    if ((seen & member) != 0) return xml_.fail("a member that comes twice");
    seen |= member;
    return true;
  }
  bool read_size(std::string_view text, ByteCount& out);
  bool read_time(std::string_view text, WallTime& out) {
    return times_.read(text, out) || xml_.fail("LastModified is not a time");
  }
  bool usual_member(ListEntry& entry, bool& taken);
  bool next_contents_member(const Tag& parent, Tag& tag, bool& more);
  bool url_decode(std::string_view& text);
  bool finish();

  XmlCursor xml_;
  const ListLimits& limits_;
  ListPage& page_;
  UsualEntry usual_;
  ListTimes times_;
  unsigned seen_ = 0, entry_seen_ = 0;
  bool unusual_ = false;  // there was an object that UsualEntry did not take
};

bool ListReader::read() {
  Tag root, child;
  if (!xml_.enter_root(root)) return false;
  if (root.local != "ListBucketResult") return xml_.fail("its root is not ListBucketResult");
  for (bool more = true;;) {
    if (!root.empty) usual_entries();
    if (!xml_.next_child(root, child, more)) return false;
    if (!more) break;
    if (!root_member(child)) return false;
  }
  return xml_.finish() && finish();
}

// As many as stand here; what is not one of them goes the long way.
void ListReader::usual_entries() {
  const char* at = xml_.here();
  ListEntry entry;
  while (page_.entries.size() < limits_.max_entries && usual_.read(at, xml_.end(), entry))
    page_.entries.push_back(entry);
  xml_.go_to(at);
}

bool ListReader::root_member(const Tag& tag) {
  const std::string_view name = tag.local;
  if (name == "Contents") return contents(tag);
  if (name == "CommonPrefixes") return common_prefixes(tag);
  std::string_view text;
  if (name == "IsTruncated") {
    if (!once(seen_, kTruncated) || !xml_.text(tag, text)) return false;
    page_.truncated = text == "true";
    return page_.truncated || text == "false" || xml_.fail("IsTruncated is no boolean");
  }
  if (name == "NextContinuationToken") {
    if (!once(seen_, kToken) || !xml_.text(tag, text)) return false;
    page_.next_token = text;
    return true;
  }
  if (name == "EncodingType") {
    if (!once(seen_, kEncoding) || !xml_.text(tag, text)) return false;
    page_.url_encoded = text == "url";
    return page_.url_encoded || text.empty() || xml_.fail("an unknown EncodingType");
  }
  return xml_.skip(tag);
}

// S3's own way to write a member, recognised as a whole; anything else goes the long way.
bool ListReader::usual_member(ListEntry& entry, bool& taken) {
  std::string_view text;
  taken = true;
  if (xml_.eat_fixed<24>("<LastModified>", "</LastModified>", text))
    return once(entry_seen_, kTime) && read_time(text, entry.last_modified);
  if (xml_.eat_fixed<32>("<ETag>&quot;", "&quot;</ETag>", entry.etag))
    return once(entry_seen_, kETag);
  if (xml_.eat_fixed<34>("<ETag>", "</ETag>", entry.etag)) {
    entry.etag = unquote_etag(entry.etag);
    return once(entry_seen_, kETag);
  }
  if (xml_.eat_fixed<8>("<StorageClass>", "</StorageClass>", entry.storage_class))
    return once(entry_seen_, kClass);
  if (xml_.eat("<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>") ||
      xml_.eat("<ChecksumType>FULL_OBJECT</ChecksumType>"))
    return true;
  taken = false;
  return true;
}

bool ListReader::next_contents_member(const Tag& parent, Tag& tag, bool& more) {
  more = true;
  tag.empty = false;
  if (xml_.eat("<Key>")) {
    tag.name = "Key";
  } else if (xml_.eat("<Size>")) {
    tag.name = "Size";
  } else {
    return xml_.next_child(parent, tag, more);
  }
  tag.local = tag.name;
  return true;
}

bool ListReader::contents(const Tag& tag) {
  if (page_.entries.size() >= limits_.max_entries)
    return xml_.fail(ErrorKind::kTooLarge, "too many objects in one page");
  unusual_ = true;
  ListEntry entry;
  entry_seen_ = 0;
  Tag member;
  for (bool more = true, taken = false;;) {
    if (tag.empty) break;
    if (!usual_member(entry, taken)) return false;
    if (taken) continue;
    if (!next_contents_member(tag, member, more)) return false;
    if (!more) break;
    if (!contents_member(member, entry)) return false;
  }
  if ((entry_seen_ & kKey) == 0) return xml_.fail("an object without a Key");
  if ((entry_seen_ & kSize) == 0) return xml_.fail("an object without a Size");
  page_.entries.push_back(entry);
  return true;
}

bool ListReader::contents_member(const Tag& tag, ListEntry& entry) {
  const std::string_view name = tag.local;
  std::string_view text;
  if (name == "Key") return once(entry_seen_, kKey) && xml_.text(tag, entry.key);
  if (name == "LastModified")
    return once(entry_seen_, kTime) && xml_.text(tag, text) && read_time(text, entry.last_modified);
  if (name == "ETag") {
    if (!once(entry_seen_, kETag) || !xml_.text(tag, text)) return false;
    entry.etag = unquote_etag(text);
    return true;
  }
  if (name == "Size")
    return once(entry_seen_, kSize) && xml_.text(tag, text) && read_size(text, entry.size);
  if (name == "StorageClass")
    return once(entry_seen_, kClass) && xml_.text(tag, entry.storage_class);
  return xml_.skip(tag);
}

bool ListReader::read_size(std::string_view text, ByteCount& out) {
  const auto size = parse_u64(text);
  if (!size || *size > static_cast<ByteCount>(std::numeric_limits<std::int64_t>::max()))
    return xml_.fail("Size is not a size");
  out = *size;
  return true;
}

bool ListReader::common_prefixes(const Tag& tag) {
  Tag member;
  for (bool more = true;;) {
    if (!xml_.next_child(tag, member, more)) return false;
    if (!more) return true;
    if (member.local != "Prefix") {
      if (!xml_.skip(member)) return false;
      continue;
    }
    if (page_.common_prefixes.size() >= limits_.max_entries)
      return xml_.fail(ErrorKind::kTooLarge, "too many prefixes in one page");
    std::string_view text;
    if (!xml_.text(member, text)) return false;
    page_.common_prefixes.push_back(text);
  }
}

// Form style, in place: the text is a part of the page's buffer.
bool ListReader::url_decode(std::string_view& text) {
  std::size_t first = 0;
  while (first < text.size() && text[first] != '%' && text[first] != '+') ++first;
  if (first == text.size()) return true;
  auto hex = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  char* begin = const_cast<char*>(text.data());
  char* write = begin + first;
  for (std::size_t i = first; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '%') {
      *write++ = c == '+' ? ' ' : c;
      continue;
    }
    const int high = i + 2 < text.size() ? hex(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex(text[i + 2]) : -1;
    if (high < 0 || low < 0) return xml_.fail("a malformed %-escape in a key");
    *write++ = static_cast<char>(high << 4 | low);
    i += 2;
  }
  text = {begin, static_cast<std::size_t>(write - begin)};
  return true;
}

// EncodingType may stand behind the keys, so they are decoded at the end.
bool ListReader::finish() {
  if ((seen_ & kTruncated) == 0) return xml_.fail("IsTruncated is missing");
  if (page_.url_encoded) {
    if (unusual_ || usual_.saw_escapes())
      for (ListEntry& entry : page_.entries)
        if (!url_decode(entry.key)) return false;
    for (std::string_view& prefix : page_.common_prefixes)
      if (!url_decode(prefix)) return false;
  }
  if (unusual_)
    for (const ListEntry& entry : page_.entries)
      if (entry.key.empty()) return xml_.fail("an object with an empty Key");
  if (!page_.truncated) page_.next_token.clear();
  if (page_.truncated && page_.next_token.empty())
    return xml_.fail(ErrorKind::kListing,
                     "it says that more follows and gives no continuation token; the server may "
                     "not know ListObjectsV2");
  return true;
}

}  // namespace

Status parse_list_page(std::string body, ListLimits limits, ListPage& page) {
  page.entries.clear();
  page.common_prefixes.clear();
  page.truncated = page.url_encoded = false;
  page.next_token.clear();
  page.body_ = std::move(body);
  if (page.body_.size() > limits.max_bytes)
    return fail(ErrorKind::kTooLarge,
                fmt::format("a listing page of {} bytes is over the limit of {}", page.body_.size(),
                            limits.max_bytes));
  char* begin = page.body_.data();
  ListReader reader(begin, begin + page.body_.size(), limits, page);
  if (reader.read()) return Status();
  page.entries.clear();
  page.common_prefixes.clear();
  page.truncated = page.url_encoded = false;
  page.next_token.clear();
  return fail(reader.fault());
}

}  // namespace s3ferry::s3
