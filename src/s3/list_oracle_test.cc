// Random listings, sound and damaged, read by ListReader in random pieces and by expat, with the
// rules of list_parser.h above it: equal, or both refuse. S3FERRY_PAGES says how many (10,000).

#include <cstdlib>
#include <limits>
#include <optional>
#include <random>
#include <set>

#include <expat.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "base/time.h"
#include "s3/list_parser.h"

namespace s3ferry::s3 {
namespace {

using Random = std::mt19937_64;

std::string told(const ListPage& page) {
  std::string out = fmt::format("{} {} {}", page.truncated, page.url_encoded, page.next_token);
  for (const ListEntry& entry : page.entries)
    out += fmt::format("|{},{},{},{},{}", entry.key, entry.etag, entry.size, entry.storage_class,
                       entry.modified.time_since_epoch().count());
  for (const std::string_view prefix : page.common_prefixes) out += fmt::format("/{}", prefix);
  return out;
}

// ---- the oracle ----

// Expat reads the XML; this reads the listing, in the plainest way.
class Oracle {
 public:
  // What told() says of the page; none: refused.
  static std::optional<std::string> read(const std::string& document, bool& well_formed) {
    Oracle oracle;
    XML_Parser parser = XML_ParserCreate(nullptr);
    XML_SetUserData(parser, &oracle);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetDoctypeDeclHandler(
        parser, [](void* self, const char*, const char*, const char*, int) { refuse(self); },
        [](void*) {});
    well_formed =
        XML_Parse(parser, document.data(), static_cast<int>(document.size()), 1) == XML_STATUS_OK;
    XML_ParserFree(parser);
    if (!well_formed || !oracle.good_) return std::nullopt;
    return oracle.finish();
  }

 private:
  struct Object {
    std::string key, etag, storage_class;
    std::optional<std::uint64_t> size;
    WallTime modified{};
    std::set<std::string> seen;
  };
  static Oracle& of(void* self) { return *static_cast<Oracle*>(self); }
  static void refuse(void* self) { of(self).good_ = false; }
  static void on_start(void* self, const char* name, const char**) { of(self).start(name); }
  static void on_end(void* self, const char*) { of(self).end(); }
  static void on_text(void* self, const char* text, int size) {
    of(self).text({text, static_cast<std::size_t>(size)});
  }

  static bool is_member(const std::vector<std::string>& path) {
    static const std::set<std::string> of_root = {"IsTruncated", "NextContinuationToken",
                                                  "EncodingType"};
    static const std::set<std::string> of_object = {"Key", "LastModified", "ETag", "Size",
                                                    "StorageClass"};
    if (path.size() == 2) return of_root.contains(path[1]);
    if (path.size() != 3) return false;
    return (path[1] == "Contents" && of_object.contains(path[2])) ||
           (path[1] == "CommonPrefixes" && path[2] == "Prefix");
  }
  bool holds_children_only() const {
    return path_.size() == 1 ||
           (path_.size() == 2 && (path_[1] == "Contents" || path_[1] == "CommonPrefixes"));
  }

  void start(std::string name) {
    name = name.substr(name.find(':') + 1);
    if (is_member(path_)) good_ = false;
    path_.push_back(std::move(name));
    if (path_.size() == 1 && path_[0] != "ListBucketResult") good_ = false;
    if (path_.size() == 2 && path_[1] == "Contents") objects_.emplace_back();
    text_.clear();
  }
  void text(std::string_view text) {
    if (is_member(path_)) text_ += text;
    if (holds_children_only() && !trim_ascii(text).empty()) good_ = false;
  }
  void end() {
    if (is_member(path_)) {
      if (path_.size() == 2)
        root_member(path_[1]);
      else if (path_[1] == "Contents")
        object_member(objects_.back(), path_[2]);
      else
        prefixes_.push_back(text_);
    } else if (path_.size() == 2 && path_[1] == "Contents") {
      if (objects_.back().key.empty() || !objects_.back().size) good_ = false;
    }
    path_.pop_back();
  }
  void root_member(const std::string& name) {
    if (!seen_.insert(name).second) good_ = false;
    if (name == "IsTruncated") {
      truncated_ = text_ == "true";
      good_ &= truncated_ || text_ == "false";
    } else if (name == "EncodingType") {
      url_encoded_ = text_ == "url";
      good_ &= url_encoded_ || text_.empty();
    } else {
      token_ = text_;
    }
  }
  void object_member(Object& object, const std::string& name) {
    if (!object.seen.insert(name).second) good_ = false;
    if (name == "Key") object.key = text_;
    if (name == "ETag") object.etag = unquote_etag(text_);
    if (name == "StorageClass") object.storage_class = text_;
    if (name == "Size") {
      object.size = parse_u64(text_);
      good_ &= object.size && *object.size <= std::numeric_limits<std::int64_t>::max();
    }
    if (name == "LastModified") {
      const auto time = parse_iso8601(text_);
      good_ &= time.has_value();
      object.modified = time.value_or(WallTime());
    }
  }
  bool decode(std::string& text) const {
    if (!url_encoded_) return true;
    auto decoded = uri_decode(text, true);
    if (decoded) text = *decoded;
    return decoded.has_value();
  }
  std::optional<std::string> finish() {
    if (!seen_.contains("IsTruncated") || (truncated_ && token_.empty())) return std::nullopt;
    ListPage page;
    page.truncated = truncated_;
    page.url_encoded = url_encoded_;
    if (truncated_) page.next_token = token_;
    for (Object& object : objects_) {
      if (!decode(object.key)) return std::nullopt;
      ListEntry entry;
      entry.key = object.key;
      entry.etag = object.etag;
      entry.storage_class = object.storage_class;
      entry.size = *object.size;
      entry.modified = object.modified;
      page.entries.push_back(entry);
    }
    for (std::string& prefix : prefixes_) {
      if (!decode(prefix)) return std::nullopt;
      page.common_prefixes.push_back(prefix);
    }
    return told(page);
  }

  bool good_ = true, truncated_ = false, url_encoded_ = false;
  std::string token_, text_;
  std::vector<std::string> path_, prefixes_;
  std::set<std::string> seen_;
  std::vector<Object> objects_;
};

// ---- documents ----

template <std::size_t N>
const char* one_of(Random& random, const char* const (&choices)[N]) {
  return choices[random() % N];
}

std::string random_key(Random& random) {
  static constexpr const char* kPieces[] = {
      "a",        "Z", "0",     "/",    "-",      "_",      ".",         "//",
      "../",      " ", "&amp;", "&lt;", "&quot;", "&#233;", "&#x1F600;", "\xED\x95\x9C",
      "\xC3\xA9", "]", ">",     "%20",  "+",      "%2B",    "%C3%A9",    "%2f"};
  std::string out = "k";
  for (std::size_t n = random() % 24; n > 0; --n)
    out += random() % 2 == 0 ? "bcdefgh" : one_of(random, kPieces);
  return out;
}

std::string random_object(Random& random, const std::string& ns) {
  static constexpr const char* kMore[] = {
      "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>",
      "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm>",
      "<Owner><ID>i</ID></Owner>",
      "<RestoreStatus><Size>1</Size><Key>no</Key></RestoreStatus>",
      "<x a='1'/>",
      "<Type>N</Type>"};
  static constexpr const char* kQuotes[] = {"&quot;", "&#34;", "\"", ""};
  const char* quote = kQuotes[random() % 8 < 5 ? 0 : random() % 4];
  std::string out = fmt::format("<{0}Contents><{0}Key>{1}</{0}Key>", ns, random_key(random));
  if (random() % 8 != 0)
    out += fmt::format("<{0}LastModified>2026-{1:02}-{2:02}T{3:02}:01:02.{4:03}Z</{0}LastModified>",
                       ns, 1 + random() % 12, 1 + random() % 28, random() % 24, random() % 1000);
  if (random() % 8 != 0)
    out += fmt::format("<{0}ETag>{1}{2:032x}{3}{1}</{0}ETag>", ns, quote, random(),
                       random() % 4 == 0 ? "-12" : "");
  if (random() % 2 == 0) out += kMore[random() % 8 < 5 ? 0 : random() % std::size(kMore)];
  if (random() % 20 == 0) out += one_of(random, {"<!-- c -->", "\n  ", "<?p q?>"});
  out += fmt::format("<{0}Size>{1}</{0}Size>", ns, random() >> (1 + random() % 63));
  if (random() % 8 != 0)
    out += fmt::format("<{0}StorageClass>{1}</{0}StorageClass>", ns,
                       one_of(random, {"STANDARD", "STANDARD", "STANDARD_IA", "GLACIER", ""}));
  return out + fmt::format("</{}Contents>", ns);
}

std::string random_document(Random& random) {
  const std::string ns = random() % 8 == 0 ? "s3:" : "";
  const bool truncated = random() % 2 == 0;
  std::string out = random() % 2 == 0 ? "<?xml version=\"1.0\" encoding=\"UTF-8\"?>" : "";
  out += fmt::format("{1}<{0}ListBucketResult><{0}Name>b</{0}Name>", ns,
                     random() % 4 == 0 ? "\n" : "");
  const std::string encoding =
      random() % 3 == 0 ? "" : fmt::format("<{0}EncodingType>url</{0}EncodingType>", ns);
  const bool first = random() % 2 == 0;
  if (first) out += encoding;
  out += fmt::format("<{0}IsTruncated>{1}</{0}IsTruncated>", ns, truncated);
  if (truncated || random() % 4 == 0)
    out += fmt::format("<{0}NextContinuationToken>t{1}=</{0}NextContinuationToken>", ns, random());
  for (std::size_t n = random() % 12; n > 0; --n)
    out += random() % 10 != 0
               ? random_object(random, ns)
               : fmt::format("<{0}CommonPrefixes><{0}Prefix>{1}</{0}Prefix></{0}CommonPrefixes>",
                             ns, random_key(random));
  if (!first) out += encoding;
  return out + fmt::format("</{}ListBucketResult>", ns);
}

void damage(Random& random, std::string& document) {
  constexpr std::string_view kBytes = " \n<>&\"'%+09Z-.:/;=?!ktx";
  const std::size_t at = random() % document.size();
  const std::size_t from = random() % document.size();
  switch (random() % 5) {
    case 0:
      document[at] = kBytes[random() % kBytes.size()];
      break;
    case 1:
      document.erase(at, 1 + random() % 3);
      break;
    case 2:
      document.insert(at, document.substr(from, random() % 60));
      break;
    case 3: {  // a whole stretch between tags, twice or in another place
      const std::size_t begin = document.find('<', from), to = document.find('<', at);
      if (begin == std::string::npos || to == std::string::npos) break;
      const std::size_t end = document.find('<', std::min(begin + random() % 400, document.size()));
      document.insert(to, document.substr(begin, end == std::string::npos ? 0 : end - begin));
      break;
    }
    default:
      document.resize(at);
  }
}

// Where we take more than XML does, on purpose or because it cannot matter: bytes that are no
// UTF-8, characters that XML lacks, "]]>" in texts, and whatever stands in attributes, comments,
// instructions and names beyond ASCII.
bool takes_more_than_xml(std::string_view document) {
  if (!is_valid_utf8(document)) return true;
  if (document.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"))
    document.remove_prefix(38);
  for (const std::string_view odd : {"]]>", "<!", "<?", "&#"})
    if (document.find(odd) != std::string_view::npos) return true;
  for (std::size_t at = 0; (at = document.find('<', at)) != std::string_view::npos; ++at)
    for (const char c : document.substr(at, document.find('>', at) - at))
      if (c == '\'' || c == '"' || static_cast<unsigned char>(c) >= 0x80) return true;
  return false;
}

Status read_in_pieces(Random& random, const std::string& document, ListPage& page) {
  ListReader reader(page);
  const std::size_t largest = std::size_t{1} << random() % 12;
  for (std::size_t at = 0; at < document.size();) {
    const std::string piece = document.substr(at, 1 + random() % largest);
    if (Status taken = reader.take(piece); !taken) return taken;
    at += piece.size();
  }
  return reader.finish();
}

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* given = std::getenv(name);
  return given != nullptr ? std::strtoull(given, nullptr, 10) : otherwise;
}

TEST(ListReader, ReadsAsExpatReadsOrBothRefuse) {
  const std::uint64_t seed = number_from("S3FERRY_SEED", std::random_device()());
  const std::uint64_t pages = number_from("S3FERRY_PAGES", 10'000);
  SCOPED_TRACE(fmt::format("S3FERRY_SEED={}", seed));
  Random random(seed);
  std::uint64_t equal = 0, refused = 0, lenient = 0;
  ListPage page;
  for (std::uint64_t i = 0; i < pages; ++i) {
    std::string document = random_document(random);
    for (std::size_t n = random() % 3; n > 0 && !document.empty(); --n) damage(random, document);
    bool well_formed = false;
    const auto expected = Oracle::read(document, well_formed);
    const Status status = read_in_pieces(random, document, page);
    if (!well_formed && status && takes_more_than_xml(document)) {
      ++lenient;
      continue;
    }
    ASSERT_EQ(status.has_value(), expected.has_value())
        << (status ? "" : status.error().describe()) << "\n"
        << document;
    if (expected) {
      ASSERT_EQ(told(page), *expected) << document;
    }
    ++(expected ? equal : refused);
  }
  RecordProperty("equal", std::to_string(equal));
  RecordProperty("both_refused", std::to_string(refused));
  RecordProperty("beyond_xml", std::to_string(lenient));
  if (pages > 10'000)
    fmt::print("seed {}: {} equal, {} refused by both, {} beyond XML\n", seed, equal, refused,
               lenient);
  EXPECT_GT(equal, pages / 4);
  EXPECT_GT(refused, pages / 10);
  EXPECT_LT(lenient, pages / 20);
}

}  // namespace
}  // namespace s3ferry::s3
