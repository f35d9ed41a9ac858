#include <gtest/gtest.h>

#include "sim/testing.h"

namespace s3ferry::sim::testing {
namespace {

TEST(Buckets, AreListedByOwnerInPages) {
  World world;
  for (const char* name : {"zeta-bucket", "alpha-bucket"})
    EXPECT_EQ(world.put(std::string("/") + name).status, 200);
  Got got = world.get("/");
  EXPECT_EQ(got.count("<Bucket>"), 3u);
  EXPECT_EQ(got.count("target-bucket"), 0u);
  EXPECT_EQ(got.element("BucketRegion"), "us-east-1");
  got = world.get("/?max-buckets=2");
  EXPECT_EQ(got.count("<Bucket>"), 2u);
  got = world.get("/?max-buckets=2&continuation-token=" +
                  uri_encode(got.element("ContinuationToken")));
  EXPECT_EQ(got.count("<Bucket>"), 1u);
  EXPECT_EQ(got.count("<ContinuationToken>"), 0u);
  EXPECT_EQ(world.get("/?prefix=alpha").count("<Bucket>"), 1u);
}

TEST(Buckets, CreateAndDelete) {
  World world;
  const std::string seoul =
      "<CreateBucketConfiguration><LocationConstraint>ap-northeast-2</LocationConstraint>"
      "</CreateBucketConfiguration>";
  EXPECT_EQ(world.put("/new-bucket", seoul).status, 200);
  EXPECT_NE(world.get("/new-bucket?location").body.find("ap-northeast-2"), std::string::npos);
  EXPECT_EQ(world.put("/Bad_Name").code(), "InvalidBucketName");
  EXPECT_EQ(world.put("/source-bucket").code(), "BucketAlreadyOwnedByYou");
  EXPECT_EQ(world.put("/target-bucket").code(), "BucketAlreadyExists");
  world.object("source-bucket", "k");
  EXPECT_EQ(world.remove("/source-bucket").code(), "BucketNotEmpty");
  world.remove("/source-bucket/k");
  EXPECT_EQ(world.remove("/source-bucket").status, 204);
  EXPECT_EQ(world.head("/source-bucket").status, 404);
}

TEST(Buckets, ConfigurationIsReadBack) {
  World world;
  EXPECT_EQ(world.get("/source-bucket?versioning").count("<Status>"), 0u);
  world.put("/source-bucket?versioning",
            "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>");
  EXPECT_EQ(world.get("/source-bucket?versioning").element("Status"), "Suspended");
  EXPECT_EQ(world.get("/source-bucket?tagging").code(), "NoSuchTagSet");
  world.put("/source-bucket?tagging",
            "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>");
  EXPECT_EQ(world.get("/source-bucket?tagging").element("Value"), "b");
  EXPECT_EQ(world.get("/source-bucket?ownershipControls").element("ObjectOwnership"),
            "BucketOwnerEnforced");
  EXPECT_EQ(world.get("/source-bucket?encryption").element("SSEAlgorithm"), "AES256");
  EXPECT_EQ(world.get("/source-bucket?lifecycle").code(), "NoSuchLifecycleConfiguration");
  EXPECT_EQ(world.get("/source-bucket?logging").status, 200);
}

// The default encryption of the target decides, not the source's.
TEST(Buckets, DefaultEncryptionApplies) {
  World world;
  EXPECT_EQ(world
                .put("/source-bucket?encryption",
                     "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
                     "<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>arn:aws:kms:us-east-1:"
                     "111111111111:key/fake</KMSMasterKeyID></ApplyServerSideEncryptionByDefault>"
                     "</Rule></ServerSideEncryptionConfiguration>")
                .status,
            200);
  world.put("/source-bucket/k", "hello");
  EXPECT_EQ(world.head("/source-bucket/k").header("x-amz-server-side-encryption-aws-kms-key-id"),
            "arn:aws:kms:us-east-1:111111111111:key/fake");
  EXPECT_NE(world.sim.find_object("source-bucket", "k")->etag, "5d41402abc4b2a76b9719d911017c592");
}

TEST(Buckets, WhatIsNotUnderstoodIsRefused) {
  World world;
  EXPECT_EQ(world.post("/source-bucket?nonsense").status, 405);
  EXPECT_EQ(world.get("/source-bucket/%zz").code(), "InvalidURI");
  EXPECT_EQ(world.put("/source-bucket/k?partNumber=0&uploadId=x").code(), "InvalidArgument");
}

}  // namespace
}  // namespace s3ferry::sim::testing
