#include "s3/list_parser.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry::s3 {
namespace {

// What is read element by element is copied in front of it, so far at a time.
constexpr std::size_t kWindowStep = 8 * 1024;
// Before this much is there, a byte order mark or "<?xml" may be cut.
constexpr std::size_t kPrologue = 64;
constexpr std::size_t kMostOther = 256 * 1024;

// Sixteen bytes behind both can be read, if they are not empty.
bool same_short_text(std::string_view a, std::string_view b) {
  if (a.size() != b.size() || a.empty()) return a.size() == b.size();
  if (a.size() > kWide) return a == b;
  return !Hits(load_wide(a.data()) != load_wide(b.data())).any_before(a.size());
}

}  // namespace

ListReader::ListReader(ListPage& page, ListLimits limits)
    : page_(page), limits_(limits), xml_(limits.max_depth) {
  begin();
}

void ListReader::begin() {
  page_.clear();
  place_ = Place::kBeforeRoot;
  window_.clear();
  enough_ = total_ = read_ = 0;
  other_.clear();
  escaped_.clear();
  last_class_ = {};
  seen_ = 0;
}

Status ListReader::failed(Error error) {
  page_.clear();
  return fail(std::move(error));
}

// Elements of a known pattern are read where they lie. From the first other one on a stretch goes
// through the window; what of it is whole is read there, and the rest where it lies again. Only an
// element that is not yet whole stays in the window. One that is long is looked at again when there
// is half as much more of it, so each byte is looked at a bounded number of times.
Status ListReader::take(std::string_view bytes) {
  total_ += bytes.size();
  if (total_ > limits_.max_bytes)
    return failed(Error(ErrorKind::kTooLarge,
                        fmt::format("a listing page of {} bytes and more is over the limit of {}",
                                    total_, limits_.max_bytes)));
  while (!bytes.empty()) {
    if (place_ == Place::kOtherRoot) {
      other_.append(bytes.substr(0, kMostOther - std::min(kMostOther, other_.size())));
      break;
    }
    if (place_ == Place::kInRoot && window_.empty()) bytes = take_usual(bytes);
    if (bytes.empty()) break;
    const std::size_t held = window_.size();
    const std::size_t step = std::min(bytes.size(), std::max(kWindowStep, held));
    window_.append(bytes.substr(0, step));
    std::size_t used = 0;
    if (window_.size() >= enough_ && !read_window(false, used)) return failed(xml_.fault(read_));
    read_ += used;
    if (used > 0 && used >= held) {
      bytes.remove_prefix(used - held);
      window_.clear();
    } else {
      bytes.remove_prefix(step);
      window_.erase(0, used);
    }
  }
  return Status();
}

Status ListReader::finish() {
  std::size_t used = 0;
  if (place_ != Place::kOtherRoot && !read_window(true, used)) return failed(xml_.fault(read_));
  if (place_ == Place::kOtherRoot) {
    (void)xml_.fail("its root is not ListBucketResult");
    return failed(xml_.fault());
  }
  if (!complete()) return failed(xml_.fault(read_));
  return Status();
}

std::string_view ListReader::take_usual(std::string_view bytes) {
  const char* at = bytes.data();
  usual_entries(at, at + bytes.size());
  const auto used = static_cast<std::size_t>(at - bytes.data());
  read_ += used;
  return bytes.substr(used);
}

void ListReader::usual_entries(const char*& at, const char* end) {
  if (templates_.empty()) return;
  std::vector<ListEntry>& entries = page_.entries;
  for (bool has_escapes = false; entries.size() < limits_.max_entries;) {
    ListEntry& entry = page_.add_entry();
    if (!templates_.read(at, end, entry, has_escapes)) {
      entries.pop_back();
      return;
    }
    if (has_escapes) escaped_.push_back(entries.size() - 1);
    std::tie(entry.key, entry.etag) = page_.texts_.keep_two(entry.key, entry.etag);
    if (!same_short_text(entry.storage_class, last_class_))
      last_class_ = page_.keep(entry.storage_class);
    entry.storage_class = last_class_;
  }
}

// Few classes, many objects: one text serves all that stand together.
std::string_view ListReader::storage_class(std::string_view text) {
  if (text != last_class_) last_class_ = page_.keep(text);
  return last_class_;
}

// Reads as many whole elements as the window holds: `used` bytes of it. `last`: nothing follows, so
// whatever is not whole is a fault.
bool ListReader::read_window(bool last, std::size_t& used) {
  used = 0;
  if (place_ == Place::kAfterRoot && !last) return true;
  xml_.place(window_);
  if (place_ == Place::kBeforeRoot && !enter_root(last)) return false;
  for (bool whole = true; place_ == Place::kInRoot && whole;)
    if (!next_element(last, whole)) return false;
  used = static_cast<std::size_t>(xml_.here() - window_.data());
  enough_ = used == 0 ? window_.size() + window_.size() / 2 : 0;
  return place_ != Place::kAfterRoot || !last || xml_.finish();
}

bool ListReader::enter_root(bool last) {
  Tag root;
  if (!last && window_.size() < kPrologue) return true;
  if (!xml_.enter_root(root)) {
    xml_.go_to(window_.data());
    return !last && xml_.fault_kind() == ErrorKind::kTruncated;
  }
  if (root.local != "ListBucketResult") {
    place_ = Place::kOtherRoot;
    other_ = window_;
    xml_.go_to(xml_.end());
    return true;
  }
  root_name_ = root.name;
  root_.name = root_.local = root_name_;
  root_.empty = root.empty;
  place_ = Place::kInRoot;
  return true;
}

// One member of the root, or its end. Where it is not `whole` nothing has changed.
bool ListReader::next_element(bool last, bool& whole) {
  const char* start = xml_.here();
  if (!root_.empty) usual_entries(start, xml_.end());
  xml_.go_to(start);
  const TextArena::Mark texts = page_.texts_.mark();
  const std::size_t prefixes = page_.common_prefixes.size();
  const std::string_view last_class = last_class_;
  const unsigned seen = seen_;
  Tag child;
  bool more = false;
  if (xml_.next_child(root_, child, more) && (!more || root_member(child))) {
    if (!more) place_ = Place::kAfterRoot;
    return true;
  }
  if (last || xml_.fault_kind() != ErrorKind::kTruncated) return false;
  xml_.go_to(start);
  page_.texts_.back_to(texts);
  page_.common_prefixes.resize(prefixes);
  last_class_ = last_class;
  seen_ = seen;
  whole = false;
  return true;
}

bool ListReader::once(unsigned& seen, Member member) {
  if ((seen & member) != 0) return xml_.fail("a member that comes twice");
  seen |= member;
  return true;
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
    return once(entry_seen_, kTime) && read_time(text, entry.modified);
  if (xml_.eat_fixed<32>("<ETag>&quot;", "&quot;</ETag>", text) ||
      xml_.eat_fixed<34>("<ETag>", "</ETag>", text)) {
    entry.etag = page_.keep(text.size() == 34 ? unquote_etag(text) : text);
    return once(entry_seen_, kETag);
  }
  if (xml_.eat_fixed<8>("<StorageClass>", "</StorageClass>", text)) {
    entry.storage_class = storage_class(text);
    return once(entry_seen_, kClass);
  }
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
  if (entry.key.empty()) return xml_.fail("an object with an empty Key");
  if (entry.key.find_first_of("%+") != std::string_view::npos)
    escaped_.push_back(page_.entries.size());
  page_.add_entry() = entry;
  const char* start = tag.name.data() - 1;
  templates_.learn({start, static_cast<std::size_t>(xml_.here() - start)});
  return true;
}

bool ListReader::contents_member(const Tag& tag, ListEntry& entry) {
  const std::string_view name = tag.local;
  std::string_view text;
  if (name == "Key") {
    if (!once(entry_seen_, kKey) || !xml_.text(tag, text)) return false;
    entry.key = page_.keep(text);
    return true;
  }
  if (name == "LastModified")
    return once(entry_seen_, kTime) && xml_.text(tag, text) && read_time(text, entry.modified);
  if (name == "ETag") {
    if (!once(entry_seen_, kETag) || !xml_.text(tag, text)) return false;
    entry.etag = page_.keep(unquote_etag(text));
    return true;
  }
  if (name == "Size")
    return once(entry_seen_, kSize) && xml_.text(tag, text) && read_size(text, entry.size);
  if (name == "StorageClass") {
    if (!once(entry_seen_, kClass) || !xml_.text(tag, text)) return false;
    entry.storage_class = storage_class(text);
    return true;
  }
  return xml_.skip(tag);
}

bool ListReader::read_time(std::string_view text, WallTime& out) {
  return times_.read(text, out) || xml_.fail("LastModified is not a time");
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
    page_.common_prefixes.push_back(page_.keep(text));
  }
}

// Form style, in place: the text is the page's own.
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
bool ListReader::complete() {
  if ((seen_ & kTruncated) == 0) return xml_.fail("IsTruncated is missing");
  if (page_.url_encoded) {
    for (const std::size_t entry : escaped_)
      if (!url_decode(page_.entries[entry].key)) return false;
    for (std::string_view& prefix : page_.common_prefixes)
      if (!url_decode(prefix)) return false;
  }
  if (!page_.truncated) page_.next_token.clear();
  if (page_.truncated && page_.next_token.empty())
    return xml_.fail(ErrorKind::kListing,
                     "it says that more follows and gives no continuation token; the server may "
                     "not know ListObjectsV2");
  return true;
}

Status parse_list_page(std::string_view body, ListLimits limits, ListPage& page) {
  ListReader reader(page, limits);
  if (Status taken = reader.take(body); !taken) return taken;
  return reader.finish();
}

}  // namespace s3ferry::s3
