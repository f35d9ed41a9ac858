#include "transfer/copy_strategy.h"

#include <gtest/gtest.h>

#include "engine/sim_pair.h"

namespace s3ferry {
namespace {

using testing::SimPair;
using testing::SimPairOptions;

ObjectView object(std::string_view key, std::string_view storage_class = {}) {
  ObjectView out;
  out.key = key;
  out.etag = "0cc175b9c0f1b6a831c399e269772661";
  out.size = 5;
  out.storage_class = storage_class;
  return out;
}

class CopyStrategyTest : public ::testing::Test {
 protected:
  CopyDecision decide(std::string_view key, ByteCount size, std::string_view storage_class = {}) {
    return decide_copy(world_.pair(), options_, key, "0cc175b9c0f1b6a831c399e269772661", size,
                       storage_class);
  }
  s3::CopyRequest request(const ObjectView& source, const s3::ObjectInfo* full = nullptr) {
    return make_copy_request(world_.pair(), options_.attributes,
                             CopyItem(source, nullptr, CopyReason::kMissing), full, WallTime{});
  }
  static SimPairOptions prefixes() {
    SimPairOptions out;
    out.source_prefix = "p/";
    return out;
  }
  SimPair world_{prefixes()};
  SyncOptions options_;
};

TEST_F(CopyStrategyTest, WhatCannotArriveIsSaidInWords) {
  const WallTime now{std::chrono::hours(24)};
  s3::ObjectInfo info;
  EXPECT_EQ(not_reproducible(info, now), "");
  info.lock_mode = "GOVERNANCE";
  info.lock_retain_until = now + std::chrono::hours(1);
  EXPECT_EQ(not_reproducible(info, now), "");
  info.lock_retain_until = now - std::chrono::hours(1);
  EXPECT_NE(not_reproducible(info, now).find("retention"), std::string::npos);
  info.missing_meta = 2;
  EXPECT_NE(not_reproducible(info, now).find("2 of its metadata"), std::string::npos);
}

TEST_F(CopyStrategyTest, FiveGibibytesAreTheBorder) {
  EXPECT_EQ(decide("a", 5'368'709'119).route, CopyRoute::kCopyObject);
  EXPECT_EQ(decide("a", 5'368'709'120).route, CopyRoute::kCopyObject);
  EXPECT_EQ(decide("a", 5'368'709'121).route, CopyRoute::kParts);
  options_.multipart.threshold = 10 * kGiB;
  EXPECT_EQ(decide("a", 5'368'709'121).route, CopyRoute::kParts);
  options_.multipart.threshold = 8 * kMiB;
  EXPECT_EQ(decide("a", 8 * kMiB).route, CopyRoute::kCopyObject);
  EXPECT_EQ(decide("a", 8 * kMiB + 1).route, CopyRoute::kParts);
}

TEST_F(CopyStrategyTest, S3HoldsFortyEightPointEightTebibytesAtMost) {
  EXPECT_TRUE(decide("a", 53'687'091'200'000).go());
  const CopyDecision over = decide("a", 53'687'091'200'001);
  ASSERT_TRUE(over.error);
  EXPECT_EQ(over.error->kind(), ErrorKind::kTooLarge);
}

TEST_F(CopyStrategyTest, TheEtagOfPartsIsKeptWhereThatIsCheap) {
  const std::string md5 = "0cc175b9c0f1b6a831c399e269772661";
  MultipartOptions options;
  const auto parts = [&](const char* count, ByteCount size) {
    return goes_in_parts(options, md5 + count, size);
  };
  EXPECT_FALSE(parts("", kGiB));
  EXPECT_TRUE(parts("-16", kGiB));
  EXPECT_FALSE(parts("-17", kGiB));
  EXPECT_TRUE(parts("-17", kGiB + 1));
  EXPECT_FALSE(parts("-1", 64 * kMiB - 1));
  EXPECT_TRUE(parts("-1", 64 * kMiB));
  options.etag = EtagPolicy::kKeep;
  EXPECT_TRUE(parts("-128", kGiB));
  EXPECT_TRUE(parts("-1", 1));
  EXPECT_FALSE(parts("", kGiB));
  options.threshold = kMiB;
  EXPECT_FALSE(parts("", kGiB));
  EXPECT_TRUE(parts("", 6 * kGiB));
  options = MultipartOptions();
  options.etag = EtagPolicy::kAny;
  EXPECT_FALSE(parts("-2", kGiB));
  EXPECT_TRUE(parts("-2", 6 * kGiB));
}

TEST_F(CopyStrategyTest, ArchivedIsSkippedUnlessForced) {
  EXPECT_EQ(decide("a", 1, "GLACIER").skip, SkipReason::kArchived);
  EXPECT_EQ(decide("a", 1, "DEEP_ARCHIVE").skip, SkipReason::kArchived);
  EXPECT_TRUE(decide("a", 1, "GLACIER_IR").go());
  options_.ignore_glacier_warnings = true;
  EXPECT_EQ(decide("a", 1, "GLACIER").skip, SkipReason::kArchivedSilent);
  options_.force_glacier_transfer = true;
  EXPECT_TRUE(decide("a", 1, "GLACIER").go());
}

TEST_F(CopyStrategyTest, WhatHasNoNameAtTheTarget) {
  EXPECT_EQ(decide("", 0).skip, SkipReason::kNoTargetName);
  EXPECT_TRUE(decide("", 3).error);
  EXPECT_TRUE(decide(std::string(1024, 'k'), 1).go());
  EXPECT_EQ(decide(std::string(1025, 'k'), 1).error->kind(), ErrorKind::kTooLarge);
}

TEST_F(CopyStrategyTest, WithoutACommonServiceOrPrincipalItFails) {
  world_.pair().same_service = false;
  EXPECT_EQ(decide("a", 1).error->kind(), ErrorKind::kRefused);
  world_.pair().same_service = true;
  world_.pair().as_source = world_.pair().as_target = nullptr;
  EXPECT_EQ(decide("a", 1).error->kind(), ErrorKind::kRefused);
}

TEST_F(CopyStrategyTest, TheClassIsKeptExceptReducedRedundancy) {
  EXPECT_EQ(request(object("a", "STANDARD_IA")).attributes.storage_class, "STANDARD_IA");
  EXPECT_EQ(request(object("a", "STANDARD")).attributes.storage_class, "");
  EXPECT_EQ(request(object("a", "REDUCED_REDUNDANCY")).attributes.storage_class, "");
  options_.attributes.storage_class = "ONEZONE_IA";
  EXPECT_EQ(request(object("a", "STANDARD_IA")).attributes.storage_class, "ONEZONE_IA");
}

TEST_F(CopyStrategyTest, TheCopyNamesWhatTheListingSaw) {
  const s3::CopyRequest made = request(object("x"));
  EXPECT_EQ(made.key.str(), "x");
  EXPECT_EQ(made.source.key.str(), "p/x");
  EXPECT_EQ(made.source.etag.str(), "0cc175b9c0f1b6a831c399e269772661");
  EXPECT_EQ(made.metadata_directive, s3::Directive::kUnset);
  EXPECT_TRUE(made.attributes.acl.empty());
  EXPECT_TRUE(made.attributes.sse.empty());
}

TEST_F(CopyStrategyTest, ARequestFilledInAnewIsAsOneThatWasMade) {
  options_.attributes.acl = "private";
  s3::CopyRequest kept = request(object("a/long/key/that/comes/first", "STANDARD_IA"));
  for (const ObjectView& next :
       {object("x", "STANDARD"), object("a/long/key/too", "GLACIER_IR"), object("", "")}) {
    refill_copy_request(kept, world_.pair(), options_.attributes,
                        CopyItem(next, nullptr, CopyReason::kMissing));
    const s3::CopyRequest made = request(next);
    EXPECT_EQ(kept.key, made.key);
    EXPECT_EQ(kept.source.bucket, made.source.bucket);
    EXPECT_EQ(kept.source.key, made.source.key);
    EXPECT_EQ(kept.source.etag, made.source.etag);
    EXPECT_EQ(kept.source_size, made.source_size);
    EXPECT_EQ(kept.attributes.storage_class, made.attributes.storage_class);
    EXPECT_EQ(kept.attributes.acl, "private");
  }
}

TEST_F(CopyStrategyTest, PropsAndDirectives) {
  options_.attributes.copy_props = AttributeOptions::Props::kMetadataDirective;
  EXPECT_EQ(request(object("x")).tagging_directive, s3::Directive::kReplace);
  EXPECT_EQ(request(object("x")).metadata_directive, s3::Directive::kUnset);
  options_.attributes.copy_props = AttributeOptions::Props::kNone;
  EXPECT_EQ(request(object("x")).metadata_directive, s3::Directive::kReplace);
  options_.attributes = AttributeOptions();
  options_.attributes.replace_metadata = true;
  options_.attributes.replacement_headers = {{"Content-Type", "text/x"}, {"x-amz-meta-A", "1"}};
  const s3::CopyRequest made = request(object("x"));
  EXPECT_EQ(made.metadata_directive, s3::Directive::kReplace);
  EXPECT_EQ(made.attributes.content.content_type, "text/x");
  EXPECT_EQ(made.attributes.metadata, (s3::NameValues{{"a", "1"}}));
}

TEST_F(CopyStrategyTest, FullSendsTheRedirectAndALiveRetentionButNoKey) {
  s3::ObjectInfo info;
  info.website_redirect = "/there";
  info.sse = "aws:kms";
  info.sse_kms_key_id = "arn:aws:kms:us-east-1:111111111111:key/source";
  info.lock_mode = "GOVERNANCE";
  info.lock_retain_until = WallTime{} + std::chrono::hours(1);
  s3::CopyRequest made = request(object("x"), &info);
  EXPECT_EQ(made.attributes.website_redirect, "/there");
  EXPECT_EQ(made.attributes.lock_mode, "GOVERNANCE");
  EXPECT_TRUE(made.attributes.sse.empty());
  EXPECT_TRUE(made.attributes.sse_kms_key_id.empty());
  info.lock_retain_until = WallTime{} - std::chrono::hours(1);
  made = request(object("x"), &info);
  EXPECT_TRUE(made.attributes.lock_mode.empty());
}

TEST(Pair, NestedLocationsAreRefusedSiblingsAreNot) {
  SimPair world;
  Pair& pair = world.pair();
  const auto allowed = [&](const char* bucket, const char* source, const char* target) {
    pair.source_at = {BucketName(bucket), source};
    pair.target_at = {BucketName("b"), target};
    return check_not_nested(pair).has_value();
  };
  EXPECT_FALSE(allowed("b", "", ""));
  EXPECT_FALSE(allowed("b", "", "backup/"));
  EXPECT_FALSE(allowed("b", "x/y/", "x/"));
  EXPECT_TRUE(allowed("b", "logs/", "logs-old/"));
  EXPECT_TRUE(allowed("a", "", ""));
  pair.same_service = false;
  EXPECT_TRUE(allowed("b", "", ""));
}

}  // namespace
}  // namespace s3ferry
