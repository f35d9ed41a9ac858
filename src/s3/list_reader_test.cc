#include <cstdlib>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "s3/list_parser.h"
#include "s3/listing_text.h"

namespace s3ferry::s3 {
namespace {

using testing::object;

std::string told(const Status& status, const ListPage& page) {
  if (!status) {
    EXPECT_TRUE(page.entries.empty() && page.common_prefixes.empty() && page.next_token.empty());
    return fmt::format("kind {}", static_cast<int>(status.error().kind()));
  }
  std::string out = fmt::format("{} {}", page.truncated, page.next_token);
  for (const ListEntry& entry : page.entries)
    out += fmt::format("|{},{},{},{},{}", entry.key, entry.etag, entry.size, entry.storage_class,
                       entry.modified.time_since_epoch().count());
  for (const std::string_view prefix : page.common_prefixes) out += fmt::format("|{}", prefix);
  return out;
}

// Each piece is a string of its own, so that reading beyond it is seen.
template <class NextSize>
std::string told_in_pieces(const std::string& document, NextSize next_size) {
  ListPage page;
  ListReader reader(page);
  Status status;
  for (std::size_t at = 0; at < document.size() && status;) {
    const std::string piece = document.substr(at, next_size());
    status = reader.take(piece);
    at += piece.size();
  }
  if (status) status = reader.finish();
  return told(status, page);
}
std::string told_whole(const std::string& document) {
  ListPage page;
  const Status status = parse_list_page(document, page);
  return told(status, page);
}

std::string listing(std::string_view inside, std::string_view truncated = "false") {
  return testing::listing(fmt::format("<EncodingType>url</EncodingType>{}", inside), truncated);
}

std::vector<std::string> documents() {
  const std::string many =
      object("a%20b") + object("c") + "\n " + object("d&amp;<![CDATA[x]]>e") +
      object("f", "<Owner a='1'><ID>x</ID></Owner>") + object("g") +
      "<!-- c --><?p?><CommonPrefixes><Prefix>q%2F</Prefix><Prefix>r/</Prefix></CommonPrefixes>";
  return {
      listing(many),
      "\xEF\xBB\xBF" + listing(many) + "\n<!-- end --> ",
      listing(many + "<NextContinuationToken>t&amp;</NextContinuationToken>", "true"),
      listing(many, "true"),
      listing(many, "maybe"),
      listing(many) + "<x/>",
      listing(many) + " x",
      listing(many + "<IsTruncated>true</IsTruncated>"),
      listing(many + object("h%")),
      listing(many + object("h", "<Size>8</Size>")),
      listing(many + object("")),
      listing(many + "<a><b></a></b>"),
      listing(many + "stray"),
      listing(many + "<!DOCTYPE x>"),
      listing(object("a\nb") + object("a\rb")),
      "<ListBucketResult/>",
      "<Error><Code>AccessDenied</Code></Error>",
      "<?xml version='1.0' encoding='UTF-16'?><ListBucketResult/>",
      "{\"not\": \"xml\"}",
      "",
  };
}

TEST(ListReader, ReadsTheSameHoweverItComes) {
  for (const std::string& document : documents()) {
    const std::string whole = told_whole(document);
    EXPECT_EQ(told_in_pieces(document, [] { return 1; }), whole) << document;
    for (std::size_t first = 1; first < document.size(); ++first) {
      std::size_t pieces = 0;
      const auto sizes = [&] { return pieces++ == 0 ? first : document.size(); };
      ASSERT_EQ(told_in_pieces(document, sizes), whole) << first << "\n" << document;
    }
  }
}

TEST(ListReader, EveryCutIsTruncatedHoweverItComes) {
  const std::string document = documents().front();
  for (std::size_t size = 0; size < document.size(); ++size)
    ASSERT_EQ(told_in_pieces(document.substr(0, size), [] { return 7; }),
              fmt::format("kind {}", static_cast<int>(ErrorKind::kTruncated)))
        << size;
}

TEST(ListReader, RandomPagesInRandomPieces) {
  const char* given = std::getenv("S3FERRY_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device()();
  SCOPED_TRACE(fmt::format("S3FERRY_SEED={}", seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 300; ++i) {
    std::string inside;
    for (std::size_t n = random() % 60; n > 0; --n) {
      const std::string key = fmt::format("{:0{}}{}", n, 1 + random() % 60,
                                          random() % 4 == 0   ? "%20"
                                          : random() % 9 == 0 ? "&gt;"
                                                              : "");
      inside += object(key, random() % 5 == 0 ? "<New><x/></New>" : "");
      if (random() % 20 == 0) inside += "<!--" + std::string(random() % 20'000, 'c') + "-->";
    }
    const std::string document = listing(inside);
    const std::size_t largest = std::size_t{1} << random() % 16;
    ASSERT_EQ(told_in_pieces(document, [&] { return 1 + random() % largest; }),
              told_whole(document));
  }
}

TEST(ListReader, ADocumentThatIsNoListingIsKept) {
  const std::string document =
      "<?xml version=\"1.0\"?>\n<Error><Code>SlowDown</Code>" + std::string(100, ' ') + "</Error>";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{50}, document.size()}) {
    ListPage page;
    ListReader reader(page);
    for (std::size_t at = 0; at < document.size(); at += piece)
      ASSERT_TRUE(reader.take(std::string_view(document).substr(at, piece)));
    EXPECT_FALSE(reader.finish());
    EXPECT_EQ(reader.other_document(), document);
    reader.begin();
    EXPECT_EQ(reader.other_document(), "");
    ASSERT_TRUE(reader.take(listing(object("a"))));
    ASSERT_TRUE(reader.finish());
    EXPECT_EQ(page.entries.size(), 1u);
  }
}

TEST(ListReader, ItsLimitIsOfAllPieces) {
  ListPage page;
  ListLimits limits;
  limits.max_bytes = 1000;
  ListReader reader(page, limits);
  const std::string piece = "<ListBucketResult>" + std::string(500, ' ');
  ASSERT_TRUE(reader.take(piece));
  const Status status = reader.take(piece);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind(), ErrorKind::kTooLarge);
}

// What an element that did not come to its end had put into the page is not there twice.
TEST(ListReader, APageHoldsItsTextsOnce) {
  std::string inside;
  for (int i = 0; i < 1000; ++i) inside += object(fmt::format("{:030}", i), "<x>&amp;</x>");
  ListPage page;
  ListReader reader(page);
  const std::string document = listing(inside);
  for (std::size_t at = 0; at < document.size(); at += 100)
    ASSERT_TRUE(reader.take(std::string_view(document).substr(at, 100)));
  ASSERT_TRUE(reader.finish());
  ASSERT_EQ(page.entries.size(), 1000u);
  std::size_t apart = 0;  // texts that do not follow the one before
  for (std::size_t i = 1; i < page.entries.size(); ++i) {
    const std::string_view before = page.entries[i - 1].etag;
    apart += page.entries[i].key.data() != before.data() + before.size() ? 1 : 0;
  }
  EXPECT_LE(apart, 6u);  // a block holds 264 objects; and the storage class, once
  EXPECT_EQ(page.entries.front().storage_class.data(), page.entries.back().storage_class.data());
}

TEST(TextArena, TextsStayWhereTheyAre) {
  TextArena arena;
  std::vector<std::string> expected;
  std::vector<std::string_view> kept;
  for (std::size_t i = 0; i < 2000; ++i) {
    expected.push_back(
        std::string(i % 100 == 99 ? 50'000 : i % 70, static_cast<char>('a' + i % 26)));
    const std::string text = expected.back();
    if (i % 3 != 0) {
      kept.push_back(arena.keep(text));
      continue;
    }
    const std::string readable = text + std::string(TextArena::kSlack, '-');
    const std::string_view both = std::string_view(readable).substr(0, text.size());
    const std::size_t cut = std::min(i % 41, both.size());
    const auto [first, second] = arena.keep_two(both.substr(0, cut), both.substr(cut));
    EXPECT_EQ(first.data() + first.size(), second.data());
    kept.emplace_back(first.data(), text.size());
  }
  TextArena moved = std::move(arena);
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), kept.begin(), kept.end()));
  EXPECT_EQ(arena.keep("of the old one"), "of the old one");
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), kept.begin(), kept.end()));
  moved.clear();
  EXPECT_EQ(moved.keep("again"), "again");
}

TEST(TextArena, GoesBackToAMark) {
  for (const std::size_t before : {0, 10, 16'000, 40'000}) {
    TextArena arena;
    const std::string_view first = arena.keep(std::string(before, 'f'));
    const TextArena::Mark mark = arena.mark();
    const std::string_view dropped = arena.keep("dropped");
    for (int i = 0; i < 100; ++i) (void)arena.keep(std::string(1000, 'x'));
    arena.back_to(mark);
    EXPECT_EQ(arena.keep("instead").data(), dropped.data());
    EXPECT_EQ(first, std::string(before, 'f'));
  }
}

}  // namespace
}  // namespace s3ferry::s3
