#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/digest.h"
#include "sim/testing.h"

namespace s3ferry::sim::testing {
namespace {

class Copy : public ::testing::Test {
 protected:
  Copy() {
    ObjectSpec spec;
    spec.key = "a";
    spec.content = "content";
    spec.metadata = {{"colour", "red"}};
    spec.headers = {{"Content-Type", "text/plain"}, {"x-amz-website-redirect-location", "/b"}};
    spec.tags = {{"team", "x"}};
    spec.storage_class = "STANDARD_IA";
    EXPECT_TRUE(world.sim.put_object("source-bucket", std::move(spec)));
    allow("target-bucket", "s3:*");
  }
  // Lets the source account do `action` with the target's objects.
  void allow(std::string_view bucket, std::string_view actions) {
    EXPECT_TRUE(world.sim.set_bucket_policy(
        bucket, fmt::format(R"({{"Statement":{{"Effect":"Allow","Principal":"*",
                               "Action":["{}"],"Resource":"arn:aws:s3:::{}/*"}}}})",
                            actions, bucket)));
  }
  ObjectInfo target(std::string_view key) { return *world.sim.find_object("target-bucket", key); }
  World world;
};

TEST_F(Copy, WhatIsCarriedAndWhatIsNot) {
  const Got got = world.copy("/source-bucket/a", "/target-bucket/x");
  ASSERT_EQ(got.status, 200) << got.body;
  EXPECT_EQ(got.element("ETag"), "&quot;9a0364b9e99bb480dd25e1f0284c8555&quot;");
  EXPECT_FALSE(got.element("LastModified").empty());
  EXPECT_FALSE(got.element("ChecksumCRC64NVME").empty());
  const ObjectInfo copy = target("x");
  EXPECT_EQ(copy.metadata.at("colour"), "red");
  EXPECT_EQ(copy.headers.at("content-type"), "text/plain");
  EXPECT_EQ(copy.tags.at("team"), "x");
  EXPECT_EQ(copy.storage_class, "STANDARD");
  EXPECT_FALSE(copy.headers.contains("x-amz-website-redirect-location"));
  EXPECT_EQ(copy.owner, kTargetAccount);
  EXPECT_EQ(*world.sim.read_object("target-bucket", "x"), "content");
}

TEST_F(Copy, WhatIsSentIsTaken) {
  world.copy("/source-bucket/a", "/target-bucket/x",
             {{"x-amz-storage-class", "GLACIER_IR"},
              {"x-amz-website-redirect-location", "/c"},
              {"x-amz-metadata-directive", "REPLACE"},
              {"x-amz-meta-shape", "round"},
              {"x-amz-tagging-directive", "REPLACE"},
              {"x-amz-tagging", "k=v%20w&l="}});
  const ObjectInfo copy = target("x");
  EXPECT_EQ(copy.storage_class, "GLACIER_IR");
  EXPECT_EQ(copy.headers.at("x-amz-website-redirect-location"), "/c");
  EXPECT_FALSE(copy.headers.contains("content-type"));
  EXPECT_EQ(copy.metadata, (std::map<std::string, std::string>{{"shape", "round"}}));
  EXPECT_EQ(copy.tags, (std::map<std::string, std::string>{{"k", "v w"}, {"l", ""}}));
  EXPECT_EQ(
      world.copy("/source-bucket/a", "/target-bucket/x", {{"x-amz-storage-class", "SHINY"}}).code(),
      "InvalidStorageClass");
}

// The four permissions, each missing in turn; a tagged object needs the tag permissions.
TEST_F(Copy, OnePrincipalNeedsBothSides) {
  allow("target-bucket", "s3:PutObject");
  EXPECT_EQ(world.copy("/source-bucket/a", "/target-bucket/x").status, 403);
  allow("target-bucket", "s3:PutObject\",\"s3:PutObjectTagging");
  EXPECT_EQ(world.copy("/source-bucket/a", "/target-bucket/x").status, 200);
  allow("target-bucket", "s3:GetObject");
  EXPECT_EQ(world.copy("/source-bucket/a", "/target-bucket/y").status, 403);
  // Pull: the target's user reads the source.
  EXPECT_EQ(world.copy("/source-bucket/a", "/target-bucket/y", {}, as_target()).status, 403);
  allow("source-bucket", "s3:GetObject");
  EXPECT_EQ(world.copy("/source-bucket/a", "/target-bucket/y", {}, as_target()).status, 403);
  allow("source-bucket", "s3:GetObject\",\"s3:GetObjectTagging");
  EXPECT_EQ(world.copy("/source-bucket/a", "/target-bucket/y", {}, as_target()).status, 200);
  world.object("source-bucket", "untagged");
  allow("source-bucket", "s3:GetObject");
  EXPECT_EQ(world.copy("/source-bucket/untagged", "/target-bucket/z", {}, as_target()).status, 200);
}

// If-Match tells what is there, so it is a read as well; If-None-Match is not.
TEST_F(Copy, IfMatchNeedsTheRightToReadTheTarget) {
  allow("target-bucket", "s3:PutObject\",\"s3:PutObjectTagging\",\"s3:DeleteObject");
  const HeaderList absent = {{"if-none-match", "*"}};
  const HeaderList match = {{"if-match", "\"9a0364b9e99bb480dd25e1f0284c8555\""}};
  EXPECT_EQ(world.copy("/source-bucket/a", "/target-bucket/x", absent).status, 200);
  EXPECT_EQ(world.copy("/source-bucket/a", "/target-bucket/x", match).status, 403);
  EXPECT_EQ(world.remove("/target-bucket/x", match).status, 403);
  allow("target-bucket", "s3:*");
  EXPECT_EQ(world.copy("/source-bucket/a", "/target-bucket/x", match).status, 200);
  EXPECT_EQ(world.remove("/target-bucket/x", match).status, 204);
}

TEST_F(Copy, SourceConditions) {
  const auto status = [&](const char* name, const char* value) {
    return world.copy("/source-bucket/a", "/target-bucket/x", {{name, value}}).status;
  };
  EXPECT_EQ(status("x-amz-copy-source-if-match", "\"9a0364b9e99bb480dd25e1f0284c8555\""), 200);
  EXPECT_EQ(status("x-amz-copy-source-if-match", "9a0364b9e99bb480dd25e1f0284c8555"), 200);
  EXPECT_EQ(status("x-amz-copy-source-if-match", "\"other\""), 412);
  EXPECT_EQ(status("x-amz-copy-source-if-none-match", "\"9a0364b9e99bb480dd25e1f0284c8555\""), 412);
  EXPECT_EQ(status("x-amz-copy-source-if-none-match", "\"other\""), 200);
  EXPECT_EQ(status("x-amz-copy-source-if-unmodified-since", "Thu, 01 Jan 2015 00:00:00 GMT"), 412);
  EXPECT_EQ(status("x-amz-copy-source-if-modified-since", "Thu, 01 Jan 2100 00:00:00 GMT"), 412);
  // A match outweighs the date.
  EXPECT_EQ(world
                .copy("/source-bucket/a", "/target-bucket/x",
                      {{"x-amz-copy-source-if-match", "9a0364b9e99bb480dd25e1f0284c8555"},
                       {"x-amz-copy-source-if-unmodified-since", "Thu, 01 Jan 2015 00:00:00 GMT"}})
                .status,
            200);
}

TEST_F(Copy, TargetConditions) {
  EXPECT_EQ(world.copy("/source-bucket/a", "/target-bucket/x", {{"if-none-match", "*"}}).status,
            200);
  const Got got = world.copy("/source-bucket/a", "/target-bucket/x", {{"if-none-match", "*"}});
  EXPECT_EQ(got.status, 412);
  EXPECT_EQ(got.code(), "PreconditionFailed");
  const std::string etag = "\"" + target("x").etag + "\"";
  EXPECT_EQ(world.copy("/source-bucket/a", "/target-bucket/x", {{"if-match", etag}}).status, 200);
  EXPECT_EQ(world.copy("/source-bucket/a", "/target-bucket/x", {{"if-match", "\"0\""}}).status,
            412);
  EXPECT_EQ(world.copy("/source-bucket/a", "/target-bucket/none", {{"if-match", etag}}).status,
            404);
}

TEST_F(Copy, FiveGibibytesAndNotOneMore) {
  ObjectSpec spec;
  spec.key = "large";
  spec.size = kMaxCopyObjectBytes;
  ASSERT_TRUE(world.sim.put_object("source-bucket", spec));
  EXPECT_EQ(world.copy("/source-bucket/large", "/target-bucket/x").status, 200);
  EXPECT_EQ(target("x").etag, world.sim.find_object("source-bucket", "large")->etag);
  spec.size = kMaxCopyObjectBytes + 1;
  ASSERT_TRUE(world.sim.put_object("source-bucket", spec));
  const Got got = world.copy("/source-bucket/large", "/target-bucket/x");
  EXPECT_EQ(got.status, 400);
  EXPECT_EQ(got.code(), "InvalidRequest");
  EXPECT_EQ(
      got.element("Message"),
      "The specified copy source is larger than the maximum allowable size for a copy source: "
      "5368709120");
}

TEST_F(Copy, OntoItselfSomethingMustChange) {
  const Got got = world.copy("/source-bucket/a", "/source-bucket/a");
  EXPECT_EQ(got.code(), "InvalidRequest");
  EXPECT_NE(got.element("Message").find("to itself"), std::string::npos);
  EXPECT_EQ(
      world.copy("/source-bucket/a", "/source-bucket/a", {{"x-amz-storage-class", "STANDARD"}})
          .status,
      200);
  EXPECT_EQ(
      world.copy("/source-bucket/a", "/source-bucket/a", {{"x-amz-metadata-directive", "REPLACE"}})
          .status,
      200);
}

TEST_F(Copy, ArchivedSourcesNeedARestore) {
  ObjectSpec spec;
  spec.key = "frozen";
  spec.size = 10;
  spec.storage_class = "DEEP_ARCHIVE";
  ASSERT_TRUE(world.sim.put_object("source-bucket", spec));
  const Got got = world.copy("/source-bucket/frozen", "/target-bucket/x");
  EXPECT_EQ(got.status, 403);
  EXPECT_EQ(got.code(), "InvalidObjectState");
  EXPECT_EQ(world.get("/source-bucket/frozen").code(), "InvalidObjectState");
  EXPECT_EQ(world.head("/source-bucket/frozen").header("x-amz-storage-class"), "DEEP_ARCHIVE");
  spec.restored = true;
  ASSERT_TRUE(world.sim.put_object("source-bucket", spec));
  EXPECT_EQ(world.copy("/source-bucket/frozen", "/target-bucket/x").status, 200);
}

TEST_F(Copy, AMultipartSourceGetsASinglePartETag) {
  ObjectSpec spec;
  spec.key = "parts";
  spec.content = std::string(6'000'000, 'x');
  spec.parts = {5'500'000, 500'000};
  ASSERT_TRUE(world.sim.put_object("source-bucket", spec));
  EXPECT_TRUE(world.sim.find_object("source-bucket", "parts")->etag.ends_with("-2"));
  world.copy("/source-bucket/parts", "/target-bucket/x");
  EXPECT_EQ(target("x").etag, to_hex(md5_of(*spec.content)));
}

TEST_F(Copy, UnderKmsTheETagIsNoMd5) {
  const HeaderList kms{{"x-amz-server-side-encryption", "aws:kms"}};
  const Got got = world.copy("/source-bucket/a", "/target-bucket/x", kms);
  EXPECT_EQ(got.header("x-amz-server-side-encryption"), "aws:kms");
  EXPECT_NE(got.header("x-amz-server-side-encryption-aws-kms-key-id").find(":111111111111:"),
            std::string::npos);
  EXPECT_NE(target("x").etag, "9a0364b9e99bb480dd25e1f0284c8555");
  // The managed key serves its own account alone.
  EXPECT_EQ(world.get("/target-bucket/x").status, 200);
  EXPECT_EQ(world.get("/target-bucket/x", {}, as_target()).status, 403);
}

TEST_F(Copy, SourcesThatAreNotThere) {
  Got got = world.copy("/source-bucket/none", "/target-bucket/x");
  EXPECT_EQ(got.status, 404);
  EXPECT_EQ(got.code(), "NoSuchKey");
  got = world.copy("/nowhere/a", "/target-bucket/x");
  EXPECT_EQ(got.code(), "NoSuchBucket");
  EXPECT_EQ(got.element("BucketName"), "nowhere");
  EXPECT_EQ(world.copy("nonsense", "/target-bucket/x").code(), "InvalidArgument");
}

TEST_F(Copy, AVersionByItsId) {
  world.put("/source-bucket?versioning",
            "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
  const std::string first = world.put("/source-bucket/v", "one").header("x-amz-version-id");
  world.put("/source-bucket/v", "two");
  const Got got = world.copy("/source-bucket/v?versionId=" + first, "/target-bucket/x");
  EXPECT_EQ(got.status, 200) << got.body;
  EXPECT_EQ(got.header("x-amz-copy-source-version-id"), first);
  EXPECT_EQ(*world.sim.read_object("target-bucket", "x"), "one");
  const std::string marker = world.remove("/source-bucket/v").header("x-amz-version-id");
  EXPECT_EQ(world.copy("/source-bucket/v", "/target-bucket/x").status, 404);
  EXPECT_EQ(world.copy("/source-bucket/v?versionId=" + marker, "/target-bucket/x").status, 400);
}

TEST_F(Copy, OddKeysArriveByteForByte) {
  for (const std::string& key :
       {std::string("a b+c%"), std::string("/lead//"), std::string("../x"),
        std::string("\x01\x7f\r\n"), std::string("\xf0\x9f\x98\x80"), std::string(1024, 'k')}) {
    world.object("source-bucket", key, "odd");
    const std::string path = uri_encode(key, true);
    const Got got = world.copy("source-bucket/" + path, "/target-bucket/" + path);
    EXPECT_EQ(got.status, 200) << got.body;
    EXPECT_EQ(target(key).key, key);
  }
  EXPECT_EQ(world.put("/target-bucket/" + std::string(1025, 'k'), "").code(), "KeyTooLongError");
}

}  // namespace
}  // namespace s3ferry::sim::testing
