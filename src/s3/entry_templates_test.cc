#include "s3/entry_templates.h"

#include <cstdlib>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "s3/list_parser.h"

namespace s3ferry::s3 {
namespace {

struct Taken : ListEntry {
  bool has_escapes = false;
};

constexpr std::string_view kUsual =
    "<Contents><Key>logs/2026/a+b%20c.json</Key><LastModified>2026-11-22T01:02:03.000Z"
    "</LastModified><ETag>&quot;9b2cf535f27731c974343645a3985328&quot;</ETag>"
    "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>"
    "<Size>1234567</Size><StorageClass>STANDARD</StorageClass></Contents>";

std::string with(std::string_view what, std::string_view instead) {
  std::string out(kUsual);
  const auto at = out.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return out.replace(at, what.size(), instead);
}
bool takes(std::string_view pattern, std::string_view document, Taken& entry) {
  EntryTemplates templates;
  templates.learn(pattern);
  const char* at = document.data();
  const bool taken = !templates.empty() && templates.read(at, document.data() + document.size(),
                                                          entry, entry.has_escapes);
  EXPECT_EQ(at, taken ? document.data() + document.size() : document.data()) << document;
  return taken;
}
bool takes(std::string_view document, Taken& entry) {
  return takes(kUsual, document, entry);
}

TEST(EntryTemplates, TakesWhatDiffersInItsTextsOnly) {
  Taken entry;
  ASSERT_TRUE(takes(kUsual, entry));
  EXPECT_EQ(entry.key, "logs/2026/a+b%20c.json");
  EXPECT_EQ(entry.etag, "9b2cf535f27731c974343645a3985328");
  EXPECT_EQ(entry.size, 1234567u);
  EXPECT_EQ(entry.storage_class, "STANDARD");
  EXPECT_EQ(format_iso8601_millis(entry.modified), "2026-11-22T01:02:03.000Z");
  EXPECT_TRUE(entry.has_escapes);
  std::string document = with("5328&quot;", "5328-10000&quot;");
  ASSERT_TRUE(takes(document, entry));
  EXPECT_EQ(entry.etag, "9b2cf535f27731c974343645a3985328-10000");
  document = with(">STANDARD<", ">INTELLIGENT_TIERING<");
  ASSERT_TRUE(takes(document, entry));
  EXPECT_EQ(entry.storage_class, "INTELLIGENT_TIERING");
  document = with("a+b%20c", "\xED\x95\x9C");
  ASSERT_TRUE(takes(document, entry));
  EXPECT_EQ(entry.key, "logs/2026/\xED\x95\x9C.json");
  EXPECT_FALSE(entry.has_escapes);
  document = "\n\t  " + std::string(kUsual);
  ASSERT_TRUE(takes(document, entry));
}

TEST(EntryTemplates, LeavesEverythingElse) {
  Taken entry;
  for (const std::string& odd :
       {with("a+b", "a&amp;b"), with("a+b", "a\nb"), with("a+b", "a<b"), with("</Key>", "</Key >"),
        with("<Key>logs/2026/a+b%20c.json", "<Key>"), with("<Size>1234567", "<Size>"),
        with("1234567", "-1"), with("1234567", "1234567890123456789"), with("1234567", "1 "),
        with("2026-11-22T01", "2026-11-22T24"), with("2026-11-22T01", "2026-13-22T01"),
        with("03.000Z", "03.00aZ"), with("9b2c", "9b&2"), with("STANDARD", "&lt;"),
        with("<Size>1234567</Size>", ""), with("CRC64NVME", "CRC32"),
        with("</StorageClass>", "</StorageClass><Owner/>"), std::string("<Contents/>")})
    EXPECT_FALSE(takes(odd, entry)) << odd;
  for (std::size_t size = 0; size < kUsual.size(); ++size)
    EXPECT_FALSE(takes(kUsual.substr(0, size), entry)) << size;
}

// What other servers write: prefixes, blanks, other quotes, members of their own, another order.
TEST(EntryTemplates, LearnsOtherForms) {
  Taken entry;
  const std::string_view gateway =
      "<Contents><Key>a</Key><LastModified>2026-11-22T01:02:03.004Z</LastModified><ETag>&#34;e-1"
      "&#34;</ETag><Size>0</Size><StorageClass>STANDARD</StorageClass><Owner><ID>x</"
      "ID><DisplayName>"
      "x &amp; y</DisplayName></Owner><Type>Normal</Type></Contents>";
  ASSERT_TRUE(takes(gateway, gateway, entry));
  EXPECT_EQ(entry.etag, "e-1");
  const std::string_view pretty =
      "<s3:Contents>\n  <s3:ETag>\"e\"</s3:ETag>\n  <s3:Size>1</s3:Size>\n  <s3:Key>k</s3:Key>\n"
      "  <s3:StorageClass/>\n</s3:Contents>";
  ASSERT_TRUE(takes(pretty, pretty, entry));
  EXPECT_EQ(entry.key, "k");
  EXPECT_EQ(entry.etag, "e");
  EXPECT_EQ(entry.size, 1u);
  EXPECT_EQ(entry.storage_class, "");
  EXPECT_EQ(entry.modified, WallTime());
}

TEST(EntryTemplates, LearnsNothingThatIsNotPlain) {
  Taken entry;
  for (const std::string_view odd :
       {"<Contents><Key>a<!-- c --></Key><Size>1</Size></Contents>",
        "<Contents><Key>a&amp;</Key><Size>1</Size></Contents>",
        "<Contents><Key><![CDATA[a]]></Key><Size>1</Size></Contents>",
        "<Contents><?p?><Key>a</Key><Size>1</Size></Contents>",
        "<Contents><Key>a</Key><x y='>'/><Size>1</Size></Contents>",
        "<Contents><Key>a</Key><x y=\"1\"/><Size>1</Size></Contents>",
        "<Contents><Key>a</Key></Contents>", "<Contents><Size>1</Size></Contents>", "", "x"})
    EXPECT_FALSE(takes(odd, odd, entry)) << odd;
}

// A member's name inside another member is not the object's.
TEST(EntryTemplates, LooksOnlyAtTheObjectsOwnMembers) {
  const std::string_view nested =
      "<Contents><RestoreStatus><Size>9</Size></RestoreStatus><Key>a</Key><Size>1</Size></"
      "Contents>";
  Taken entry;
  ASSERT_TRUE(takes(nested, nested, entry));
  EXPECT_EQ(entry.size, 1u);
  std::string other(nested);
  other[other.find('9')] = '8';
  EXPECT_FALSE(takes(nested, other, entry));
}

TEST(EntryTemplates, KeepsSeveralAndNeverMoreThanItMay) {
  EntryTemplates templates;
  const auto element = [](int owner, std::string_view key) {
    return fmt::format("<Contents><Key>{}</Key><Size>1</Size><Owner>{}</Owner></Contents>", key,
                       owner);
  };
  const auto taken = [&](int owner) {
    const std::string document = element(owner, "another");
    Taken entry;
    const char* at = document.data();
    return !templates.empty() &&
           templates.read(at, document.data() + document.size(), entry, entry.has_escapes);
  };
  for (int owner = 0; owner < 4; ++owner) templates.learn(element(owner, "k"));
  for (int round = 0; round < 2; ++round)
    for (int owner = 0; owner < 4; ++owner) EXPECT_TRUE(taken(owner)) << owner;
  for (int owner = 4; owner < 1000; ++owner) templates.learn(element(owner, "k"));
  std::vector<int> kept;
  for (int owner = 0; owner < 1000; ++owner) {
    Taken entry;
    const std::string document = element(owner, "another");
    EntryTemplates fresh = templates;  // tries all, whatever it missed before
    const char* at = document.data();
    if (!fresh.empty() &&
        fresh.read(at, document.data() + document.size(), entry, entry.has_escapes))
      kept.push_back(owner);
  }
  EXPECT_EQ(kept, (std::vector<int>{20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31}));
}

// Sixteen bytes are looked at together, so each byte takes each place.
TEST(EntryTemplates, EveryByteInEveryPlaceOfAKey) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t place = 0; place < 33; ++place) {
      std::string key(33, 'k');
      key[place] = static_cast<char>(byte);
      Taken entry;
      const std::string document = with("logs/2026/a+b%20c.json", key);
      const bool taken = takes(document, entry);
      EXPECT_EQ(taken, byte >= 0x20 && byte != '<' && byte != '&') << byte << " at " << place;
      if (taken) {
        EXPECT_EQ(entry.key, key);
        EXPECT_EQ(entry.has_escapes, byte == '%' || byte == '+') << byte << " at " << place;
      }
    }
  }
}

// Each byte of the markup counts, wherever it stands in the steps by which it is compared.
TEST(EntryTemplates, EveryByteOfTheMarkupCounts) {
  const std::string_view texts[] = {"logs/2026/a+b%20c.json", "2026-11-22T01:02:03.000Z",
                                    "9b2cf535f27731c974343645a3985328", "1234567", ">STANDARD<"};
  for (std::size_t at = 0; at < kUsual.size(); ++at) {
    bool in_text = false;
    for (const std::string_view text : texts) {
      const std::size_t begin = kUsual.find(text);
      in_text |= at >= begin && at < begin + text.size();
    }
    if (in_text) continue;
    std::string document(kUsual);
    document[at] = static_cast<char>(document[at] ^ 1);
    Taken entry;
    EXPECT_FALSE(takes(document, entry)) << document;
  }
}

TEST(ListTimes, ADayIsKeptOnlyForItself) {
  ListTimes times;
  WallTime time;
  const auto read = [&](std::string_view text) {
    return times.read(text, time) ? format_iso8601_millis(time) : std::string("none");
  };
  EXPECT_EQ(read("1970-01-01T00:00:07.000Z"), "1970-01-01T00:00:07.000Z");
  EXPECT_EQ(read("2026-06-30T23:59:59.999Z"), "2026-06-30T23:59:59.999Z");
  EXPECT_EQ(read("2026-06-30T12:00:00.123Z"), "2026-06-30T12:00:00.123Z");
  EXPECT_EQ(read("2016-12-31T23:59:60.000Z"), "2017-01-01T00:00:00.000Z");  // a leap second
  EXPECT_EQ(read("2016-12-31T12:00:00.000Z"), "2016-12-31T12:00:00.000Z");
  EXPECT_EQ(read("2016-12-31T12:00:00.0000"), "none");
  EXPECT_EQ(read("2016-12-31T12:00:00:000Z"), "none");
  times = ListTimes();
  EXPECT_EQ(read(std::string_view("\0\0\0\0\0\0\0\0\0\0T12:00:00.000Z", 24)), "none");
}

// ---- the same documents, spelled so that nothing is recognised as a whole ----

std::string replace_all(std::string text, std::string_view what, std::string_view instead) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += instead.size())
    text.replace(at, what.size(), instead);
  return text;
}
// A comment in each object, so that there is nothing to learn from.
std::string the_long_way(std::string document) {
  return replace_all(std::move(document), "<Contents>", "<Contents><!---->");
}
std::string told(const std::string& document) {
  ListPage page;
  const Status status = parse_list_page(document, page);
  if (!status) return fmt::format("kind {}", static_cast<int>(status.error().kind()));
  std::string out = fmt::format("{} {}", page.truncated, page.next_token);
  for (const ListEntry& entry : page.entries)
    out += fmt::format("|{},{},{},{},{}", entry.key, entry.etag, entry.size, entry.storage_class,
                       entry.modified.time_since_epoch().count());
  return out;
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return engine_() % n; }

 private:
  std::mt19937_64 engine_;
};

std::string random_listing(Random& random) {
  std::string out = "<ListBucketResult>";
  if (random.below(2) == 0) out += "<EncodingType>url</EncodingType>";
  for (std::size_t n = random.below(8); n > 0; --n) {
    std::string key(random.below(40), 'k');
    for (char& c : key)
      if (random.below(6) == 0) c = "%20+/\x7f\x80\xff\"> "[random.below(11)];
    out += fmt::format(
        "<Contents><Key>{}</Key><LastModified>2026-11-{:02}T{:02}:{:02}:{:02}.{:03}Z"
        "</LastModified><ETag>&quot;{}&quot;</ETag>",
        key, random.below(32), random.below(25), random.below(61), random.below(62),
        random.below(2) * 123, std::string(random.below(2) == 0 ? 32 : random.below(40), 'e'));
    if (random.below(2) == 0) out += "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>";
    if (random.below(2) == 0) out += "<ChecksumType>FULL_OBJECT</ChecksumType>";
    out += fmt::format("<Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
                       random.below(std::size_t{1} << (1 + random.below(63))));
  }
  return out + "<IsTruncated>false</IsTruncated></ListBucketResult>";
}

void damage(Random& random, std::string& document) {
  constexpr std::string_view kBytes("\0\t\n\x1f <>&\"%+09Z-.:/;\x7f\x80\xff", 22);
  const std::size_t at = random.below(document.size());
  switch (random.below(4)) {
    case 0:
      document[at] = kBytes[random.below(kBytes.size())];
      break;
    case 1:
      document.erase(at, 1 + random.below(3));
      break;
    case 2:
      document.insert(at, document.substr(random.below(document.size()), random.below(60)));
      break;
    default:
      document.resize(at);
  }
}

TEST(EntryTemplates, AreReadAsTheLongWayReads) {
  const char* given = std::getenv("S3FERRY_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device()();
  SCOPED_TRACE(fmt::format("S3FERRY_SEED={}", seed));
  Random random(seed);
  for (int i = 0; i < 20'000; ++i) {
    std::string document = random_listing(random);
    for (std::size_t n = random.below(3); n > 0 && !document.empty(); --n) damage(random, document);
    ASSERT_EQ(told(document), told(the_long_way(document))) << document;
  }
}

}  // namespace
}  // namespace s3ferry::s3
