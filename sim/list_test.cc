#include <gtest/gtest.h>

#include "sim/testing.h"

namespace s3ferry::sim::testing {
namespace {

TEST(List, PagesInByteOrderWithAnOpaqueToken) {
  World world;
  for (const char* key : {"b", "a", "c", "B", "\xea\xb0\x80", "a//b", "a/b"})
    world.object("source-bucket", key);
  Got page = world.get("/source-bucket?list-type=2&max-keys=3&encoding-type=url");
  ASSERT_EQ(page.status, 200) << page.body;
  EXPECT_EQ(page.element("KeyCount"), "3");
  EXPECT_EQ(page.element("IsTruncated"), "true");
  EXPECT_LT(page.body.find("<Key>B</Key>"), page.body.find("<Key>a</Key>"));
  EXPECT_LT(page.body.find("<Key>a</Key>"), page.body.find("<Key>a//b</Key>"));
  const std::string token = page.element("NextContinuationToken");
  page = world.get("/source-bucket?list-type=2&encoding-type=url&continuation-token=" +
                   uri_encode(token));
  EXPECT_EQ(page.element("KeyCount"), "4");
  EXPECT_EQ(page.element("IsTruncated"), "false");
  EXPECT_EQ(page.count("<NextContinuationToken>"), 0u);
  EXPECT_LT(page.body.find("<Key>c</Key>"), page.body.find("<Key>%EA%B0%80</Key>"));
}

TEST(List, StartAfterIsExclusiveAndPrefixBounds) {
  World world;
  for (const char* key : {"p/1", "p/2", "p/3", "q/1"}) world.object("source-bucket", key);
  const Got page = world.get("/source-bucket?list-type=2&prefix=p%2F&start-after=p%2F1");
  EXPECT_EQ(page.element("KeyCount"), "2");
  EXPECT_EQ(page.count("<Key>p/1</Key>"), 0u);
  EXPECT_EQ(page.count("<Key>q/1</Key>"), 0u);
}

TEST(List, DelimiterRollsUpAndCountsPrefixesAsKeys) {
  World world;
  for (const char* key : {"a/1", "a/2", "b", "c/1", "c/d/2"}) world.object("source-bucket", key);
  Got page = world.get("/source-bucket?list-type=2&delimiter=%2F&max-keys=2");
  EXPECT_EQ(page.count("<CommonPrefixes>"), 1u);
  EXPECT_EQ(page.count("<Contents>"), 1u);
  EXPECT_EQ(page.element("KeyCount"), "2");
  page = world.get("/source-bucket?list-type=2&delimiter=%2F&continuation-token=" +
                   uri_encode(page.element("NextContinuationToken")));
  EXPECT_EQ(page.count("<CommonPrefixes><Prefix>c/</Prefix>"), 1u);
  EXPECT_EQ(page.element("KeyCount"), "1");
  EXPECT_EQ(page.element("IsTruncated"), "false");
}

TEST(List, UrlEncodingIsFormStyle) {
  World world;
  world.object("source-bucket", "a b+c%d\r\n~*\x01");
  const Got page = world.get("/source-bucket?list-type=2&encoding-type=url");
  EXPECT_EQ(page.element("Key"), "a+b%2Bc%25d%0D%0A%7E*%01");
}

TEST(List, OwnerOnlyWhenFetched) {
  World world;
  world.object("source-bucket", "a");
  EXPECT_EQ(world.get("/source-bucket?list-type=2").count("<Owner>"), 0u);
  EXPECT_EQ(world.get("/source-bucket?list-type=2&fetch-owner=true").count("<Owner>"), 1u);
}

TEST(List, WrongArgumentsAreRefused) {
  World world;
  EXPECT_EQ(world.get("/source-bucket?list-type=2&max-keys=x").code(), "InvalidArgument");
  EXPECT_EQ(world.get("/source-bucket?list-type=2&encoding-type=base64").code(), "InvalidArgument");
  EXPECT_EQ(world.get("/source-bucket?list-type=2&continuation-token=zz").code(),
            "InvalidArgument");
  EXPECT_EQ(world.get("/source-bucket?list-type=2&max-keys=0").element("KeyCount"), "0");
  const Got missing = world.get("/nowhere?list-type=2");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.code(), "NoSuchBucket");
}

TEST(List, VersionOnePagesByMarker) {
  World world;
  for (const char* key : {"a/1", "b", "c"}) world.object("source-bucket", key);
  Got page = world.get("/source-bucket?max-keys=1&delimiter=%2F");
  EXPECT_EQ(page.element("NextMarker"), "a/");
  page = world.get("/source-bucket?max-keys=5&delimiter=%2F&marker=a%2F");
  EXPECT_EQ(page.count("<Contents>"), 2u);
  EXPECT_EQ(page.count("<CommonPrefixes>"), 0u);
}

TEST(List, VersionsNewestFirstAndPaged) {
  World world;
  world.put("/source-bucket?versioning",
            "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
  world.put("/source-bucket/k", "one");
  world.put("/source-bucket/k", "two");
  world.remove("/source-bucket/k");
  const Got all = world.get("/source-bucket?versions");
  EXPECT_EQ(all.count("<Version>"), 2u);
  EXPECT_EQ(all.count("<DeleteMarker>"), 1u);
  EXPECT_LT(all.body.find("<DeleteMarker>"), all.body.find("<Version>"));
  EXPECT_EQ(world.get("/source-bucket?list-type=2").element("KeyCount"), "0");
  const Got first = world.get("/source-bucket?versions&max-keys=2");
  const Got rest =
      world.get("/source-bucket?versions&key-marker=" + first.element("NextKeyMarker") +
                "&version-id-marker=" + first.element("NextVersionIdMarker"));
  EXPECT_EQ(rest.count("<Version>"), 1u);
  EXPECT_EQ(rest.element("IsTruncated"), "false");
}

}  // namespace
}  // namespace s3ferry::sim::testing
