// Objects that go in parts, from the listing to the finished object.

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/run.h"
#include "transfer/multipart_plan.h"

namespace s3ferry {
namespace {

using sim::Operation;
using testing::kSourceBucket;
using testing::kTargetBucket;
using testing::RecordingSink;
using testing::SimPair;
using testing::SimPairOptions;
using testing::sync;
using Names = std::vector<std::string>;

class PartCopyTest : public ::testing::Test {
 protected:
  PartCopyTest() {
    options_.multipart.threshold = 8 * kMiB;
    options_.multipart.part_bytes = 8 * kMiB;
  }
  // As a service that S3 is not (rgw/README.md).
  void like_rgw() {
    sim::Quirks quirks;
    quirks.ignores_copy_conditions = quirks.ignores_part_number = true;
    quirks.ignores_write_conditions = quirks.loses_tags_at_create = true;
    quirks.empty_completion_etag = quirks.no_checksums = true;
    world_.sim().set_quirks(quirks);
  }
  sim::ObjectSpec object(std::string key, ByteCount size, ByteCount part_size = 0) {
    sim::ObjectSpec out;
    out.key = std::move(key);
    out.size = size;
    out.seed = 1;
    out.part_size = part_size;
    out.mtime = world_.ago(1000);
    return out;
  }
  void put(sim::ObjectSpec spec) { world_.put(kSourceBucket, std::move(spec)); }
  sim::ObjectInfo at_source(std::string_view key) {
    return world_.sim().find_object(kSourceBucket, key).value_or(sim::ObjectInfo());
  }
  sim::ObjectInfo at_target(std::string_view key) {
    return world_.sim().find_object(kTargetBucket, key).value_or(sim::ObjectInfo());
  }
  std::uint64_t count(Operation operation) { return world_.count(operation); }
  SyncResult run() {
    sink_ = RecordingSink();
    SyncResult result = sync(world_, options_, sink_);
    EXPECT_EQ(world_.sim().open_uploads(kTargetBucket), 0u);
    return result;
  }

  SimPair world_;
  SyncOptions options_;
  RecordingSink sink_;
};

TEST_F(PartCopyTest, ALargeObjectArrivesWithEverything) {
  options_.multipart = MultipartOptions();
  for (const bool aws : {true, false}) {
    world_.pair().conditions_trusted = aws;
    const std::string key = aws ? "aws" : "other";
    sim::ObjectSpec spec = object(key, 6 * kGiB + 5, 512 * kMiB);
    spec.metadata = {{"name", "한글 값"}, {"plain", "text"}, {"empty", ""}};
    spec.headers = {{"content-type", "video/mp4"},
                    {"content-disposition", "attachment; filename=\"보고서.mp4\""},
                    {"cache-control", "max-age=60"},
                    {"content-encoding", "identity"},
                    {"content-language", "ko"},
                    {"expires", "Thu, 01 Dec 2050 16:00:00 GMT"},
                    {"x-amz-website-redirect-location", "/elsewhere"}};
    spec.tags = {{"team", "데이터"}, {"cost", "1+1 = 2"}};
    spec.storage_class = "STANDARD_IA";
    put(spec);
    EXPECT_EQ(run().exit_code(), 0);
    const sim::ObjectInfo from = at_source(key), to = at_target(key);
    EXPECT_EQ(to.etag, from.etag);
    EXPECT_EQ(to.size, from.size);
    EXPECT_EQ(to.parts, from.parts);
    EXPECT_EQ(to.metadata, from.metadata);
    EXPECT_EQ(to.headers, from.headers);
    EXPECT_EQ(to.tags, from.tags);
    EXPECT_EQ(to.storage_class, "STANDARD_IA");
    EXPECT_EQ(count(Operation::kPutObjectTagging), 0u);
    EXPECT_EQ(sink_.warnings, Names{"copied-as"});
  }
  EXPECT_EQ(count(Operation::kCopyObject), 0u);
}

TEST_F(PartCopyTest, AServiceThatIsLikeRgwGetsThereToo) {
  like_rgw();
  sim::ObjectSpec spec = object("big", 80 * kMiB + 1, 16 * kMiB);
  spec.metadata = {{"name", "한글"}};
  spec.tags = {{"a", "b"}};
  put(spec);
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(at_target("big").etag, at_source("big").etag);
  EXPECT_EQ(at_target("big").metadata, spec.metadata);
  EXPECT_EQ(at_target("big").tags, spec.tags);
  EXPECT_EQ(count(Operation::kPutObjectTagging), 1u);
  EXPECT_EQ(count(Operation::kUploadPartCopy), 6u);
}

TEST_F(PartCopyTest, FiveGibibytesAreTheBorder) {
  options_.multipart = MultipartOptions();
  put(object("a", 5 * kGiB - 1));
  put(object("b", 5 * kGiB));
  put(object("c", 5 * kGiB + 1));
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(count(Operation::kCopyObject), 2u);
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 1u);
  EXPECT_EQ(count(Operation::kUploadPartCopy), 81u);
  EXPECT_EQ(at_target("c").size, 5 * kGiB + 1);
  EXPECT_EQ(at_target("c").parts.size(), 81u);
}

TEST_F(PartCopyTest, TheLargestObjectHasTenThousandParts) {
  options_.multipart = MultipartOptions();
  put(object("kept", kMaxObjectBytes, kMaxPartBytes));
  put(object("cut", kMaxObjectBytes));
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(at_target("kept").etag, at_source("kept").etag);
  EXPECT_EQ(at_target("kept").parts.size(), 10'000u);
  EXPECT_EQ(at_target("cut").parts.size(), 10'000u);
  EXPECT_EQ(at_target("cut").size, kMaxObjectBytes);
}

TEST_F(PartCopyTest, UnevenPartsAreLookedAtOneByOne) {
  sim::ObjectSpec spec = object("uneven", 93 * kMiB);
  spec.parts = {21 * kMiB, 27 * kMiB, 15 * kMiB, 30 * kMiB};
  put(spec);
  // Equal by three looks, and yet not.
  sim::ObjectSpec sly = object("sly", 111 * kMiB);
  sly.parts = {24 * kMiB, 24 * kMiB, 27 * kMiB, 21 * kMiB, 15 * kMiB};
  put(sly);
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(at_target("uneven").etag, at_source("uneven").etag);
  EXPECT_EQ(at_target("sly").etag, at_source("sly").etag);
  EXPECT_EQ(at_target("sly").parts, sly.parts);
}

TEST_F(PartCopyTest, AGuessThatIsWrongIsNeverCompleted) {
  like_rgw();
  put(object("odd", 70 * kMiB, 36 * kMiB + 12'345));
  options_.multipart.etag = EtagPolicy::kKeep;
  EXPECT_EQ(run().exit_code(), 1);
  EXPECT_EQ(count(Operation::kCompleteMultipartUpload), 0u);
  EXPECT_NE(sink_.errors.at(0).message().find("--etag auto"), std::string::npos);
  // auto: what is large gets cuts of our own, what is small goes by CopyObject.
  options_.multipart.etag = EtagPolicy::kAuto;
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(at_target("odd").parts.size(), 9u);
  put(object("small", 120 * kMiB, 61 * kMiB + 12'345));
  options_.multipart.threshold = kMaxCopyObjectBytes;
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(count(Operation::kCopyObject), 1u);
  EXPECT_EQ(at_target("small").size, 120 * kMiB);
}

TEST_F(PartCopyTest, BelowTheThresholdThePolicyDecides) {
  options_.multipart = MultipartOptions();
  put(object("cheap", 128 * kMiB, 64 * kMiB));
  put(object("dear", 128 * kMiB, 8 * kMiB));
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(at_target("cheap").etag, at_source("cheap").etag);
  EXPECT_EQ(at_target("dear").parts.size(), 0u);
  EXPECT_EQ(count(Operation::kCopyObject), 1u);
  options_.multipart.etag = EtagPolicy::kKeep;
  put(object("one", 3, 8 * kMiB));
  put(object("none", 0, 8 * kMiB));
  put(object("dear", 129 * kMiB, 8 * kMiB));
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(at_target("dear").etag, at_source("dear").etag);
  EXPECT_EQ(at_target("one").etag, at_source("one").etag);
  EXPECT_EQ(at_target("none").etag, at_source("none").etag);
  options_.multipart.etag = EtagPolicy::kAny;
  put(object("whatever", 128 * kMiB, 64 * kMiB));
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(at_target("whatever").parts.size(), 0u);
}

TEST_F(PartCopyTest, ATargetThatEncryptsByAKeyKeepsNoEtag) {
  SimPairOptions options;
  options.target_encryption = "aws:kms";
  SimPair world(options);
  options_.multipart = MultipartOptions();
  for (const char* key : {"a", "b"}) world.put(kSourceBucket, object(key, 128 * kMiB, 64 * kMiB));
  world.put(kSourceBucket, object("c", 6 * kGiB, kGiB));
  EXPECT_EQ(sync(world, options_, sink_).exit_code(), 0);
  EXPECT_EQ(world.sim().open_uploads(kTargetBucket), 0u);
  EXPECT_EQ(world.count(Operation::kCopyObject), 2u);
  sink_ = RecordingSink();
  EXPECT_EQ(world.sim().find_object(kTargetBucket, "c")->size, 6 * kGiB);
  options_.multipart.etag = EtagPolicy::kKeep;
  world.put(kSourceBucket, object("d", 128 * kMiB, 64 * kMiB));
  EXPECT_EQ(sync(world, options_, sink_).exit_code(), 1);
  EXPECT_NE(sink_.errors.at(0).message().find("encrypts by a key"), std::string::npos);
  EXPECT_EQ(world.sim().open_uploads(kTargetBucket), 0u);
}

TEST_F(PartCopyTest, TheSourcesKeyIsNeverSent) {
  sim::ObjectSpec spec = object("secret", 100 * kMiB, 8 * kMiB);
  spec.encryption = "aws:kms";
  spec.kms_key = "arn:aws:kms:us-east-1:111111111111:key/of-the-source";
  put(spec);
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(at_target("secret").encryption, "AES256");
  EXPECT_EQ(at_target("secret").kms_key, "");
}

TEST_F(PartCopyTest, WhatCannotBeReproducedIsToldAndTheRestArrives) {
  sim::ObjectSpec spec = object("lossy", 100 * kMiB);
  spec.metadata = {{"good", "한글"},
                   {"binary", std::string("a\x01", 2)},
                   {"breaks", "=?UTF-8?B?YQ0KeC1hbXotYWNsOiBwdWJsaWMtcmVhZA==?="},
                   {"charset", "=?ISO-2022-KR?B?GyQpQw==?="}};
  put(spec);
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 0);
  EXPECT_EQ(result.counters.not_reproducible, 1u);
  ASSERT_TRUE(sink_.warned_of(WarningKind::kNotReproducible));
  const std::string& told = sink_.warning_texts.back();
  EXPECT_NE(told.find("1 of its metadata entries"), std::string::npos) << told;
  EXPECT_NE(told.find("metadata breaks"), std::string::npos) << told;
  EXPECT_NE(told.find("metadata charset"), std::string::npos) << told;
  EXPECT_EQ(at_target("lossy").metadata.at("good"), "한글");
  EXPECT_FALSE(at_target("lossy").metadata.contains("breaks"));
}

TEST_F(PartCopyTest, DirectivesHoldForPartsToo) {
  sim::ObjectSpec spec = object("x", 100 * kMiB);
  spec.metadata = {{"a", "1"}};
  spec.tags = {{"t", "1"}};
  put(spec);
  options_.attributes.copy_props = AttributeOptions::Props::kMetadataDirective;
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(at_target("x").metadata, spec.metadata);
  EXPECT_TRUE(at_target("x").tags.empty());
  options_.attributes = AttributeOptions();
  options_.attributes.replace_metadata = true;
  options_.attributes.replacement_headers = {{"content-type", "text/x"}, {"x-amz-meta-b", "2"}};
  spec.key = "y";
  put(spec);
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(at_target("y").metadata, (std::map<std::string, std::string>{{"b", "2"}}));
  EXPECT_EQ(at_target("y").headers.at("content-type"), "text/x");
  EXPECT_EQ(at_target("y").tags, spec.tags);
}

TEST_F(PartCopyTest, PartsGoInParallelWithinTheGrantedConcurrency) {
  sim::LatencySpec latency;
  latency.operation = Operation::kUploadPartCopy;
  latency.fixed = std::chrono::seconds(1);
  world_.sim().add_latency(latency);
  options_.concurrency = 16;
  put(object("big", 800 * kMiB));
  const TimePoint before = world_.runtime().now();
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_LE(world_.counters().most_in_flight, 17u);
  EXPECT_LT(world_.runtime().now() - before, std::chrono::seconds(10));  // 100 parts, 1 s each
}

}  // namespace
}  // namespace s3ferry
