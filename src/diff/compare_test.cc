#include "diff/compare.h"

#include <gtest/gtest.h>

namespace s3ferry {
namespace {

using namespace std::chrono_literals;

const std::string_view kMd5A = "0cc175b9c0f1b6a831c399e269772661";
const std::string_view kMd5B = "92eb5ffee6ae2fec3ad71c777531578f";

ObjectView object(ByteCount size, int second, std::string_view etag = kMd5A) {
  ObjectView out;
  out.key = "k";
  out.size = size;
  out.modified = WallTime(std::chrono::seconds(second));
  out.etag = etag;
  return out;
}
bool copies(const CompareRules& rules, const ObjectView& source, const ObjectView& target,
            CopyReason reason) {
  const Comparison c = compare_objects(rules, source, target);
  return c.verdict == Verdict::kCopy && c.reason == reason;
}
bool same(const CompareRules& rules, const ObjectView& source, const ObjectView& target) {
  return compare_objects(rules, source, target).verdict == Verdict::kSame;
}

TEST(Compare, AwsLooksAtSizeThenTime) {
  const CompareRules rules;
  EXPECT_TRUE(same(rules, object(1, 5), object(1, 5)));
  EXPECT_TRUE(same(rules, object(1, 5), object(1, 6)));
  EXPECT_TRUE(copies(rules, object(1, 6), object(1, 5), CopyReason::kSourceNewer));
  EXPECT_TRUE(copies(rules, object(1, 5), object(2, 9), CopyReason::kSizeDiffers));
  EXPECT_TRUE(same(rules, object(1, 5, kMd5A), object(1, 5, kMd5B)));  // the rule's blind spot
}

TEST(Compare, SizeOnlyAndExactTimestamps) {
  CompareRules rules;
  rules.size_only = true;
  EXPECT_TRUE(same(rules, object(1, 9), object(1, 5)));
  EXPECT_TRUE(copies(rules, object(1, 9), object(2, 5), CopyReason::kSizeDiffers));
  rules.exact_timestamps = true;
  EXPECT_TRUE(copies(rules, object(1, 9), object(1, 5), CopyReason::kSourceNewer));
  rules.size_only = false;
  EXPECT_TRUE(same(rules, object(1, 4), object(1, 5)));  // between buckets nothing changes
}

TEST(Compare, SizeModeAndNoOverwrite) {
  CompareRules rules;
  rules.mode = CompareMode::kSize;
  EXPECT_TRUE(same(rules, object(1, 9), object(1, 5)));
  EXPECT_TRUE(copies(rules, object(3, 9), object(1, 5), CopyReason::kSizeDiffers));
  rules = CompareRules();
  rules.no_overwrite = true;
  EXPECT_TRUE(same(rules, object(3, 9), object(1, 5)));
}

TEST(Compare, EtagModeSeesChangesUnderAnOlderTime) {
  CompareRules rules;
  rules.mode = CompareMode::kEtag;
  EXPECT_TRUE(copies(rules, object(1, 5, kMd5A), object(1, 9, kMd5B), CopyReason::kEtagDiffers));
  EXPECT_TRUE(same(rules, object(1, 5, kMd5A), object(1, 9, kMd5A)));
  EXPECT_TRUE(same(rules, object(1, 5, kMd5A), object(1, 9, "")));
}

TEST(Compare, EtagsAreComparableOnlyInOneForm) {
  const std::string a = std::string(kMd5A), b = std::string(kMd5B);
  EXPECT_EQ(compare_etags(a, a), EtagRelation::kEqual);
  EXPECT_EQ(compare_etags(a, b), EtagRelation::kDiffer);
  EXPECT_EQ(compare_etags(a + "-2", b), EtagRelation::kIncomparable);
  EXPECT_EQ(compare_etags(a + "-2", b + "-3"), EtagRelation::kIncomparable);
  EXPECT_EQ(compare_etags(a + "-2", b + "-2"), EtagRelation::kDiffer);
  EXPECT_EQ(compare_etags("opaque", b), EtagRelation::kIncomparable);
  EXPECT_EQ(compare_etags("opaque", "opaque"), EtagRelation::kEqual);
  EXPECT_EQ(compare_etags("", ""), EtagRelation::kIncomparable);
  EXPECT_EQ(etag_part_count(a + "-10000"), 10000u);
  EXPECT_EQ(etag_part_count(a + "-"), 0u);
  EXPECT_EQ(etag_part_count(a + "-x"), 0u);
}

TEST(Compare, OnlyTwoClassesNeedARestore) {
  EXPECT_TRUE(is_archived_class("GLACIER"));
  EXPECT_TRUE(is_archived_class("DEEP_ARCHIVE"));
  EXPECT_FALSE(is_archived_class("GLACIER_IR"));
  EXPECT_FALSE(is_archived_class(""));
}

}  // namespace
}  // namespace s3ferry
