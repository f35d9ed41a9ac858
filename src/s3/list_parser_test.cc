#include "s3/list_parser.h"

#include <cstdlib>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <pugixml.hpp>

#include "base/text.h"
#include "s3/listing_text.h"

namespace s3ferry::s3 {
namespace {

using testing::listing;
using testing::object;

ListPage must_parse(std::string body) {
  ListPage page;
  const Status status = parse_list_page(std::move(body), page);
  EXPECT_TRUE(status) << status.error().describe();
  return page;
}
ErrorKind kind_of_failure(std::string body, ListLimits limits = {}) {
  ListPage page;
  const Status status = parse_list_page(std::move(body), limits, page);
  EXPECT_FALSE(status);
  EXPECT_TRUE(page.entries.empty());
  EXPECT_FALSE(page.truncated);
  return status ? ErrorKind::kInternal : status.error().kind();
}

TEST(ListParser, ReadsAnObject) {
  const ListPage page = must_parse(listing(object("a/b")));
  ASSERT_EQ(page.entries.size(), 1u);
  const ListEntry& entry = page.entries[0];
  EXPECT_EQ(entry.key, "a/b");
  EXPECT_EQ(entry.etag, "9b2cf535f27731c974343645a3985328");
  EXPECT_EQ(entry.size, 7u);
  EXPECT_EQ(entry.storage_class, "STANDARD_IA");
  EXPECT_EQ(format_iso8601(entry.modified), "2026-11-22T01:02:03Z");
  EXPECT_FALSE(page.truncated);
}

TEST(ListParser, TimesOfManyDaysAndForms) {
  auto with_time = [](std::string_view time) {
    return fmt::format(
        "<Contents><Key>k</Key><LastModified>{}</LastModified><Size>0</Size>"
        "</Contents>",
        time);
  };
  const ListPage page = must_parse(
      listing(with_time("2026-11-22T23:59:59.000Z") + with_time("2026-11-22T00:00:01.000Z") +
              with_time("2026-11-23T00:00:01.250Z") + with_time("2026-11-23T02:00:01+02:00") +
              with_time("2026-11-23T02:00:01Z")));
  std::vector<std::string> times;
  for (const auto& entry : page.entries) times.push_back(format_iso8601_millis(entry.modified));
  EXPECT_EQ(times, (std::vector<std::string>{"2026-11-22T23:59:59.000Z", "2026-11-22T00:00:01.000Z",
                                             "2026-11-23T00:00:01.250Z", "2026-11-23T00:00:01.000Z",
                                             "2026-11-23T02:00:01.000Z"}));
  for (const char* bad : {"2026-11-22T24:00:00.000Z", "2026-11-22T10:60:00.000Z", "yesterday", "",
                          "2026-13-22T10:00:00.000Z", "2026-11-22T1a:00:00.000Z"})
    EXPECT_EQ(kind_of_failure(listing(with_time("2026-11-22T01:00:00.000Z") + with_time(bad))),
              ErrorKind::kProtocol)
        << bad;
}

TEST(ListParser, DecodesUrlEncodedKeysInFormStyleOnlyWhereSaid) {
  const std::string objects = object("a+b%2Bc%25d/%C3%BC%0A") +
                              "<CommonPrefixes><Prefix>p+%2F"
                              "</Prefix></CommonPrefixes>";
  // The encoding may be told before or after the keys.
  for (const std::string& inside : {"<EncodingType>url</EncodingType>" + objects,
                                    objects + "<EncodingType>url</EncodingType>"}) {
    const ListPage page = must_parse(listing(inside));
    EXPECT_EQ(page.entries[0].key, "a b+c%d/\xC3\xBC\n");
    EXPECT_EQ(page.common_prefixes[0], "p /");
  }
  EXPECT_EQ(must_parse(listing(objects)).entries[0].key, "a+b%2Bc%25d/%C3%BC%0A");
  for (const char* bad : {"a%", "a%2", "a%2g", "%%%"})
    EXPECT_EQ(kind_of_failure(listing("<EncodingType>url</EncodingType>" + object(bad))),
              ErrorKind::kProtocol);
  EXPECT_EQ(kind_of_failure(listing("<EncodingType>base64</EncodingType>" + object("a"))),
            ErrorKind::kProtocol);
}

TEST(ListParser, References) {
  const ListPage page =
      must_parse(listing(object("&lt;&gt;&amp;&apos;&quot;&#65;&#x42;&#xe4;&#x1F389;&#1;&#13;x")));
  EXPECT_EQ(page.entries[0].key, "<>&'\"AB\xC3\xA4\xF0\x9F\x8E\x89\x01\rx");
  for (const char* bad : {"&foo;", "&#0;", "&#xD800;", "&#x110000;", "&#;", "&#x;", "& ", "&#12a;",
                          "&#99999999999999999999;"})
    EXPECT_EQ(kind_of_failure(listing(object(bad))), ErrorKind::kProtocol) << bad;
}

TEST(ListParser, CommentsInstructionsAndCdataInTexts) {
  EXPECT_EQ(must_parse(listing(object("a<!-- & < -->b<?x y?><![CDATA[<&]]>c"))).entries[0].key,
            "ab<&c");
}

TEST(ListParser, AnInstructionMayBeginAsTheDeclarationDoes) {
  std::string document = listing(object("a"));
  document.replace(0, document.find('\n'), "<?xml-stylesheet href='b'?>");
  EXPECT_EQ(must_parse(document).entries.size(), 1u);
}

TEST(ListParser, ControlCharactersAreNoText) {
  for (const char* bad : {"a\x01", "a\r\nb", "\x1F"})
    EXPECT_EQ(kind_of_failure(listing(object(bad))), ErrorKind::kProtocol);
  std::string with_nul = listing(object("aXb"));
  with_nul[with_nul.find("aXb") + 1] = '\0';
  EXPECT_EQ(kind_of_failure(with_nul), ErrorKind::kProtocol);
}

TEST(ListParser, SkipsWhatItDoesNotKnow) {
  const ListPage page = must_parse(listing(
      object("k",
             "<Owner><ID>x</ID><Key>no</Key></Owner><New a='1' b=\"2\"><x/><y>&amp;<z/></y></New>"
             "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><RestoreStatus><Size>9</Size>"
             "</RestoreStatus>")));
  ASSERT_EQ(page.entries.size(), 1u);
  EXPECT_EQ(page.entries[0].key, "k");
  EXPECT_EQ(page.entries[0].size, 7u);
}

TEST(ListParser, TruncatedNeedsAToken) {
  const ListPage page = must_parse(
      listing("<NextContinuationToken>t&amp;/+=</NextContinuationToken>" + object("a"), "true"));
  EXPECT_TRUE(page.truncated);
  EXPECT_EQ(page.next_token, "t&/+=");
  EXPECT_EQ(kind_of_failure(listing(object("a"), "true")), ErrorKind::kListing);
  EXPECT_EQ(kind_of_failure(listing("<NextContinuationToken/>", "true")), ErrorKind::kListing);
  EXPECT_EQ(must_parse(listing("<NextContinuationToken>t</NextContinuationToken>")).next_token, "");
}

TEST(ListParser, MissingOrDoubledMembers) {
  for (const char* bad :
       {"<Contents><Size>1</Size></Contents>", "<Contents><Key>k</Key></Contents>", "<Contents/>",
        "<Contents><Key/><Size>1</Size></Contents>",
        "<Contents><Key>k</Key><Key>l</Key><Size>1</Size></Contents>",
        "<Contents><Key>k</Key><Size>1</Size><Size>2</Size></Contents>",
        "<IsTruncated>false</IsTruncated>"})
    EXPECT_EQ(kind_of_failure(listing(bad)), ErrorKind::kProtocol) << bad;
  EXPECT_EQ(kind_of_failure("<ListBucketResult></ListBucketResult>"), ErrorKind::kProtocol);
  EXPECT_EQ(kind_of_failure("<ListBucketResult/>"), ErrorKind::kProtocol);
}

TEST(ListParser, Sizes) {
  auto with_size = [](std::string_view size) {
    return listing(fmt::format("<Contents><Key>k</Key><Size>{}</Size></Contents>", size));
  };
  EXPECT_EQ(must_parse(with_size("9223372036854775807")).entries[0].size, 9223372036854775807u);
  for (const char* bad : {"", "-1", "+1", " 1", "1 ", "12abc", "0x10", "9223372036854775808",
                          "99999999999999999999", "1.5"})
    EXPECT_EQ(kind_of_failure(with_size(bad)), ErrorKind::kProtocol) << bad;
}

// Whatever is cut off a document, it is never read as a whole one.
TEST(ListParser, EveryCutIsTruncated) {
  const std::string whole =
      listing("<NextContinuationToken>t</NextContinuationToken>" +
                  object("a&amp;<![CDATA[x]]>b", "<Owner a='1'><ID>x</ID></Owner>") +
                  "<!-- c --><?p?><CommonPrefixes><Prefix>q/</Prefix></CommonPrefixes>",
              "true");
  must_parse(whole);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ListPage page;
    const Status status = parse_list_page(whole.substr(0, size), page);
    ASSERT_FALSE(status) << size;
    EXPECT_TRUE(status.error().is(ErrorKind::kTruncated)) << whole.substr(0, size) << "\n"
                                                          << status.error().describe();
  }
}

TEST(ListParser, HostileDocuments) {
  for (const std::string& bad :
       {std::string("<Other/>"), std::string("<!DOCTYPE l [<!ENTITY a 'b'>]><ListBucketResult/>"),
        listing("") + "<x/>", listing("") + "x", "x" + listing(""), listing("stray"),
        listing("<a></b>"), listing("<a b></a>"), listing("<a b=c></a>"), listing("<a b='<'></a>"),
        listing("<1/>"), listing("<a/ >"), listing("<a b='1'c='2'/>"), listing("</a>"),
        listing("<Contents><Key><x/></Key><Size>1</Size></Contents>"), listing("<a>&b;</a>"),
        std::string("<Error><Code>InternalError</Code></Error>"),
        std::string("<?xml version='1.0' encoding='UTF-16'?>") + "<ListBucketResult/>",
        std::string("{\"not\": \"xml\"}")})
    EXPECT_EQ(kind_of_failure(bad), ErrorKind::kProtocol) << bad;
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_EQ(kind_of_failure(listing(deep)), ErrorKind::kTooLarge);
}

TEST(ListParser, Limits) {
  ListLimits limits;
  limits.max_bytes = 100;
  EXPECT_EQ(kind_of_failure(listing(""), limits), ErrorKind::kTooLarge);
  limits = ListLimits();
  limits.max_entries = 2;
  EXPECT_EQ(kind_of_failure(listing(object("a") + object("b") + object("c")), limits),
            ErrorKind::kTooLarge);
  EXPECT_EQ(kind_of_failure(listing("<CommonPrefixes><Prefix>a</Prefix><Prefix>b</Prefix>"
                                    "<Prefix>c</Prefix></CommonPrefixes>"),
                            limits),
            ErrorKind::kTooLarge);
}

TEST(ListParser, APageIsFilledAgainAndMoved) {
  ListPage page;
  ASSERT_TRUE(parse_list_page(listing(object("first") + object("second")), page));
  ASSERT_TRUE(parse_list_page(listing(object("third")), page));
  ListPage moved = std::move(page);
  ASSERT_EQ(moved.entries.size(), 1u);
  EXPECT_EQ(moved.entries[0].key, "third");
}

// ---- the same documents through pugixml ----

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return engine_() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }

 private:
  std::mt19937_64 engine_;
};

std::string random_text(Random& random, bool url_encoded) {
  static constexpr const char* kPieces[] = {"a",
                                            "Z",
                                            "0",
                                            "/",
                                            "-",
                                            "_",
                                            ".",
                                            "//",
                                            "./",
                                            "../",
                                            " ",
                                            "&amp;",
                                            "&lt;",
                                            "&gt;",
                                            "&quot;",
                                            "&apos;",
                                            "&#233;",
                                            "&#x1F600;",
                                            "\xED\x95\x9C",
                                            "\xC3\xA9",
                                            "<!-- c -->",
                                            "<![CDATA[<x&]]>",
                                            "<?pi ?>",
                                            "]",
                                            ">"};
  static constexpr const char* kEncoded[] = {"%20", "+", "%2B", "%25", "%0A", "%C3%A9", "%2f"};
  std::string out = "k";
  for (std::size_t n = random.below(12); n > 0; --n) {
    if (url_encoded && random.one_in(3))
      out += kEncoded[random.below(std::size(kEncoded))];
    else
      out += kPieces[random.below(std::size(kPieces))];
  }
  return out;
}

std::string random_document(Random& random, bool url_encoded) {
  auto blank = [&]() -> std::string {
    static constexpr const char* kBlanks[] = {"", "", "", "\n  ", "<!-- <x> -->", "<?p q?>", "\t"};
    return kBlanks[random.below(std::size(kBlanks))];
  };
  auto odd = [&]() -> std::string {
    static constexpr const char* kOdd[] = {"",
                                           "",
                                           "",
                                           "<Owner><ID>i</ID></Owner>",
                                           "<x a='1' b=\"&lt;\"/>",
                                           "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm>",
                                           "<y><z><Key>no</Key></z>t<![CDATA[<]]></y >"};
    return kOdd[random.below(std::size(kOdd))];
  };
  const bool truncated = random.one_in(2);
  std::string out = random.one_in(2) ? "<?xml version=\"1.0\" encoding=\"utf-8\"?>" : "";
  const std::string ns = random.one_in(4) ? "s3:" : "";
  out += blank() + "<" + ns + "ListBucketResult xmlns:s3='u'>" + blank();
  const std::string encoding =
      url_encoded ? "<" + ns + "EncodingType>url</" + ns + "EncodingType>" : "";
  const bool encoding_first = random.one_in(2);
  if (encoding_first) out += encoding;
  out += fmt::format("<{0}IsTruncated>{1}</{0}IsTruncated>", ns, truncated);
  if (truncated)
    out += fmt::format("<{0}NextContinuationToken>{1}</{0}NextContinuationToken>", ns,
                       random_text(random, false));
  for (std::size_t n = random.below(20); n > 0; --n) {
    if (random.one_in(5)) {
      out += fmt::format("<{0}CommonPrefixes><{0}Prefix>{1}</{0}Prefix></{0}CommonPrefixes>", ns,
                         random_text(random, url_encoded));
      continue;
    }
    out += fmt::format("<{0}Contents>{1}<{0}Key>{2}</{0}Key>{3}<{0}Size >{4}</{0}Size>{1}", ns,
                       blank(), random_text(random, url_encoded), odd(),
                       random.below(std::size_t{1} << 50));
    if (!random.one_in(4))
      out += fmt::format("<{0}ETag>&quot;{1}&quot;</{0}ETag>", ns, random.below(1'000'000));
    if (!random.one_in(4)) out += fmt::format("<{0}StorageClass>GLACIER</{0}StorageClass>", ns);
    out += blank() + "</" + ns + "Contents\n>" + odd();
  }
  if (!encoding_first) out += encoding;
  return out + "</" + ns + "ListBucketResult>" + blank();
}

std::string text_of(const pugi::xml_node& node) {
  std::string out;
  for (const pugi::xml_node& child : node.children()) out += child.value();
  return out;
}

struct Reference {
  std::vector<std::string> keys, etags, classes, prefixes;
  std::vector<ByteCount> sizes;
  std::string token;
};
Reference read_with_pugixml(const std::string& document, bool url_encoded) {
  pugi::xml_document parsed;
  const auto result = parsed.load_buffer(document.data(), document.size(),
                                         pugi::parse_default | pugi::parse_ws_pcdata);
  EXPECT_TRUE(result) << result.description() << "\n" << document;
  auto decode = [&](const std::string& text) {
    return url_encoded ? uri_decode(text, true).value_or("(malformed)") : text;
  };
  Reference out;
  for (const auto& child : parsed.document_element().children()) {
    std::string name = child.name();
    const std::string ns = name.starts_with("s3:") ? "s3:" : "";
    name = name.substr(ns.size());
    auto member = [&](const char* local) { return child.child((ns + local).c_str()); };
    if (name == "NextContinuationToken") out.token = text_of(child);
    if (name == "CommonPrefixes") out.prefixes.push_back(decode(text_of(member("Prefix"))));
    if (name != "Contents") continue;
    out.keys.push_back(decode(text_of(member("Key"))));
    out.sizes.push_back(member("Size").text().as_ullong());
    out.etags.emplace_back(unquote_etag(text_of(member("ETag"))));
    out.classes.push_back(text_of(member("StorageClass")));
  }
  return out;
}

TEST(ListParser, AgreesWithPugixmlOnRandomDocuments) {
  const char* given = std::getenv("S3FERRY_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device()();
  SCOPED_TRACE(fmt::format("S3FERRY_SEED={}", seed));
  Random random(seed);
  for (int i = 0; i < 3'000; ++i) {
    const bool url_encoded = random.one_in(2);
    const std::string document = random_document(random, url_encoded);
    const Reference expected = read_with_pugixml(document, url_encoded);
    ListPage page;
    const Status status = parse_list_page(document, page);
    ASSERT_TRUE(status) << status.error().describe() << "\n" << document;
    Reference got;
    for (const ListEntry& entry : page.entries) {
      got.keys.emplace_back(entry.key);
      got.etags.emplace_back(entry.etag);
      got.classes.emplace_back(entry.storage_class);
      got.sizes.push_back(entry.size);
    }
    got.prefixes.assign(page.common_prefixes.begin(), page.common_prefixes.end());
    ASSERT_EQ(got.keys, expected.keys) << document;
    ASSERT_EQ(got.etags, expected.etags) << document;
    ASSERT_EQ(got.classes, expected.classes) << document;
    ASSERT_EQ(got.prefixes, expected.prefixes) << document;
    ASSERT_EQ(got.sizes, expected.sizes) << document;
    ASSERT_EQ(page.next_token, expected.token) << document;
  }
}

}  // namespace
}  // namespace s3ferry::s3
