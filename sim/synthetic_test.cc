#include "sim/synthetic.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "sim/digest.h"
#include "sim/testing.h"

namespace s3ferry::sim::testing {
namespace {

constexpr Layout kAll[] = {Layout::kFlat,         Layout::kPadded, Layout::kDates,
                           Layout::kHashPrefixes, Layout::kUuids,  Layout::kOneDirectory,
                           Layout::kLongPrefixes, Layout::kKorean};

SyntheticKeys make(Layout layout, std::uint64_t count, std::uint64_t missing_every = 0) {
  SyntheticSpec spec;
  spec.layout = layout;
  spec.count = count;
  spec.missing_every = missing_every;
  return *SyntheticKeys::create(std::move(spec));
}

TEST(Synthetic, KeysRiseInByteOrderInEveryLayout) {
  for (const Layout layout : kAll) {
    const SyntheticKeys keys = make(layout, 5'000);
    std::string before, key;
    for (std::uint64_t i = 0; i < keys.size(); ++i) {
      keys.key(i, key);
      ASSERT_LT(before, key) << static_cast<int>(layout) << " " << i;
      ASSERT_LE(key.size(), kMaxKeyBytes);
      ASSERT_TRUE(is_valid_utf8(key));
      before = key;
    }
  }
}

TEST(Synthetic, SeekFindsEachKeyAmongTenMillion) {
  for (const Layout layout : kAll) {
    const SyntheticKeys keys = make(layout, 10'000'000);
    std::string key;
    for (const std::uint64_t i : {0ULL, 1ULL, 12'345ULL, 5'000'000ULL, 9'999'999ULL}) {
      keys.key(i, key);
      std::uint64_t found = 0;
      ASSERT_TRUE(keys.find(key, found)) << static_cast<int>(layout);
      EXPECT_EQ(found, i);
      EXPECT_EQ(keys.lower_bound(key + '\x01'), i + 1);
      EXPECT_FALSE(keys.find(key + "x", found));
    }
    EXPECT_EQ(keys.lower_bound("\xff"), keys.size());
  }
}

// Bytes of the numbers 0 to 11 as text sort as 0 1 10 11 2 3 …
TEST(Synthetic, FlatCountersSortAsText) {
  const SyntheticKeys keys = make(Layout::kFlat, 12);
  std::string all, key;
  for (std::uint64_t i = 0; i < keys.size(); ++i) {
    keys.key(i, key);
    all += key.substr(4) + " ";
  }
  EXPECT_EQ(all, "0 1 10 11 2 3 4 5 6 7 8 9 ");
}

TEST(Synthetic, MissingOnesAreTheOthersOfTheFullSet) {
  const SyntheticKeys full = make(Layout::kPadded, 100);
  for (const std::uint64_t every : {2, 3, 7, 100}) {
    const SyntheticKeys part = make(Layout::kPadded, 100, every);
    EXPECT_EQ(part.size(), 100 - (100 + every - 1) / every);
    std::string key;
    std::uint64_t found = 0;
    for (std::uint64_t i = 0; i < 100; ++i) {
      full.key(i, key);
      EXPECT_EQ(part.find(key, found), i % every != 0) << i << " " << every;
      if (i % every != 0) EXPECT_EQ(part.attributes(found).etag_high, full.attributes(i).etag_high);
    }
  }
}

TEST(Synthetic, ImpossibleSpecsAreRefused) {
  SyntheticSpec spec;
  spec.min_size = 2;
  spec.max_size = 1;
  EXPECT_FALSE(SyntheticKeys::create(spec));
  spec.max_size = 2;
  spec.missing_every = 1;
  EXPECT_FALSE(SyntheticKeys::create(spec));
}

class SyntheticBucket : public ::testing::Test {
 protected:
  SyntheticBucket() {
    BucketSpec bucket;
    bucket.name = "big-bucket";
    bucket.owner = std::string(kSourceAccount);
    SyntheticSpec spec;
    spec.count = 2'500;
    spec.min_size = 10;
    spec.max_size = 5'000;
    spec.first_mtime = *parse_iso8601("2026-01-01T00:00:00Z");
    spec.mtime_span = std::chrono::hours(24);
    bucket.synthetic = spec;
    EXPECT_TRUE(world.sim.add_bucket(std::move(bucket)));
  }
  static std::string key(int i) { return fmt::format("obj-{:012}", i); }
  World world;
};

TEST_F(SyntheticBucket, ListsInThreePagesAndAgreesWithHead) {
  std::string token;
  int pages = 0, keys = 0;
  do {
    const Got page = world.get("/big-bucket?list-type=2" +
                               (token.empty() ? "" : "&continuation-token=" + uri_encode(token)));
    ASSERT_EQ(page.status, 200);
    ++pages;
    keys += std::stoi(page.element("KeyCount"));
    if (pages == 1) {
      const Got head = world.head("/big-bucket/" + page.element("Key"));
      EXPECT_EQ(head.status, 200);
      EXPECT_EQ(head.header("content-length"), page.element("Size"));
      EXPECT_EQ(page.element("ETag"),
                "&quot;" + std::string(unquote_etag(head.header("etag"))) + "&quot;");
      EXPECT_EQ(format_iso8601_millis(*parse_http_date(head.header("last-modified"))),
                page.element("LastModified"));
    }
    token = page.element("NextContinuationToken");
  } while (!token.empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(keys, 2'500);
}

TEST_F(SyntheticBucket, WritesLieAboveTheFormula) {
  EXPECT_EQ(world.put("/big-bucket/" + key(7), "new").status, 200);
  EXPECT_EQ(world.remove("/big-bucket/" + key(8)).status, 204);
  EXPECT_EQ(world.put("/big-bucket/obj-0000000000070", "between").status, 200);
  EXPECT_EQ(world.get("/big-bucket/" + key(7)).body, "new");
  EXPECT_EQ(world.get("/big-bucket/" + key(8)).status, 404);
  const Got page = world.get("/big-bucket?list-type=2&max-keys=5&start-after=" + key(6));
  std::vector<std::string> keys = world.sim.keys("big-bucket");
  EXPECT_EQ(keys.size(), 2'500u);
  EXPECT_EQ(keys[7], key(7));
  EXPECT_EQ(keys[8], "obj-0000000000070" < key(9) ? "obj-0000000000070" : key(9));
  EXPECT_EQ(page.count("<Size>3</Size>"), 1u);
  EXPECT_EQ(page.count(key(8)), 0u);
}

TEST_F(SyntheticBucket, ACopyKeepsTheETag) {
  const std::string etag = world.sim.find_object("big-bucket", key(9))->etag;
  const Got copied = world.copy("/big-bucket/" + key(9), "/source-bucket/copy");
  EXPECT_EQ(copied.status, 200) << copied.body;
  EXPECT_EQ(world.sim.find_object("source-bucket", "copy")->etag, etag);
  EXPECT_EQ(*world.sim.read_object("source-bucket", "copy"),
            *world.sim.read_object("big-bucket", key(9)));
}

// The ETag is no MD5 of the bytes, and nothing that a client can see says that it is.
TEST_F(SyntheticBucket, ObjectsAndTheirCopiesAreShownAsEncryptedByAKey) {
  ASSERT_EQ(world.copy("/big-bucket/" + key(9), "/source-bucket/copy").status, 200);
  world.object("source-bucket", "plain");
  const HeaderList with_checksum = {{"x-amz-checksum-mode", "ENABLED"}};
  for (const std::string& target : {"/big-bucket/" + key(9), std::string("/source-bucket/copy")}) {
    for (const Got& got : {world.head(target, with_checksum), world.get(target, with_checksum)}) {
      EXPECT_EQ(got.status, 200) << target;
      EXPECT_EQ(got.header("x-amz-server-side-encryption"), "aws:kms") << target;
      EXPECT_EQ(got.header("x-amz-checksum-crc64nvme"), "") << target;
    }
    const Got body = world.get(target);
    EXPECT_NE(to_hex(md5_of(body.body)), unquote_etag(body.header("etag"))) << target;
  }
  const Got plain = world.get("/source-bucket/plain");
  EXPECT_EQ(plain.header("x-amz-server-side-encryption"), "AES256");
  EXPECT_EQ(to_hex(md5_of(plain.body)), unquote_etag(plain.header("etag")));
}

TEST(Synthetic, AnEmptyObjectHasTheETagOfNoBytes) {
  World world;
  BucketSpec bucket;
  bucket.name = "empties";
  bucket.owner = std::string(kSourceAccount);
  bucket.synthetic = SyntheticSpec();
  bucket.synthetic->count = 3;
  bucket.synthetic->min_size = bucket.synthetic->max_size = 0;
  ASSERT_TRUE(world.sim.add_bucket(std::move(bucket)));
  const Got head = world.head("/empties/obj-000000000001");
  EXPECT_EQ(unquote_etag(head.header("etag")), to_hex(md5_of("")));
  EXPECT_EQ(head.header("x-amz-server-side-encryption"), "AES256");
}

}  // namespace
}  // namespace s3ferry::sim::testing
