#include "s3/usual_entry.h"

#include <cstdlib>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace s3ferry::s3 {
namespace {

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
bool takes(std::string_view document, ListEntry& entry) {
  UsualEntry usual;
  const char* at = document.data();
  const bool taken = usual.read(at, document.data() + document.size(), entry);
  EXPECT_EQ(at, taken ? document.data() + document.size() : document.data()) << document;
  return taken;
}

TEST(UsualEntry, TakesWhatS3Writes) {
  ListEntry entry;
  ASSERT_TRUE(takes(kUsual, entry));
  EXPECT_EQ(entry.key, "logs/2026/a+b%20c.json");
  EXPECT_EQ(entry.etag, "9b2cf535f27731c974343645a3985328");
  EXPECT_EQ(entry.size, 1234567u);
  EXPECT_EQ(entry.storage_class, "STANDARD");
  EXPECT_EQ(format_iso8601_millis(entry.last_modified), "2026-11-22T01:02:03.000Z");
  const std::string multipart = with(
      "5328&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>"
      "FULL_OBJECT</ChecksumType>",
      "5328-10000&quot;</ETag>");
  ASSERT_TRUE(takes(multipart, entry));
  EXPECT_EQ(entry.etag, "9b2cf535f27731c974343645a3985328-10000");
  const std::string other = with(">STANDARD<", ">INTELLIGENT_TIERING<");
  ASSERT_TRUE(takes(other, entry));
  EXPECT_EQ(entry.storage_class, "INTELLIGENT_TIERING");
}

TEST(UsualEntry, LeavesEverythingElse) {
  ListEntry entry;
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

// Eight bytes are looked at together, so each byte takes each place, and the end of the document is
// anywhere.
TEST(UsualEntry, EveryByteInEveryPlaceOfAKey) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t place = 0; place < 17; ++place) {
      std::string key(17, 'k');
      key[place] = static_cast<char>(byte);
      const std::string document = with("logs/2026/a+b%20c.json", key);
      UsualEntry usual;
      ListEntry entry;
      const char* at = document.data();
      const bool taken = usual.read(at, document.data() + document.size(), entry);
      EXPECT_EQ(taken, byte >= 0x20 && byte != '<' && byte != '&') << byte << " at " << place;
      if (taken) {
        EXPECT_EQ(entry.key, key);
        EXPECT_EQ(usual.saw_escapes(), byte == '%' || byte == '+') << byte << " at " << place;
      }
    }
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
std::string the_long_way(std::string document) {
  for (const std::string_view name : {"Contents", "Key", "LastModified", "ETag", "Size",
                                      "StorageClass", "ChecksumAlgorithm", "ChecksumType"})
    document =
        replace_all(std::move(document), fmt::format("<{}>", name), fmt::format("<{} >", name));
  return document;
}
std::string told(const std::string& document) {
  ListPage page;
  const Status status = parse_list_page(document, page);
  if (!status) return fmt::format("kind {}", static_cast<int>(status.error().kind()));
  std::string out = fmt::format("{} {}", page.truncated, page.next_token);
  for (const ListEntry& entry : page.entries)
    out += fmt::format("|{},{},{},{},{}", entry.key, entry.etag, entry.size, entry.storage_class,
                       entry.last_modified.time_since_epoch().count());
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
  for (std::size_t n = random.below(4); n > 0; --n) {
    std::string key(random.below(20), 'k');
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

TEST(UsualEntry, IsReadAsTheLongWayReads) {
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
