#include "transfer/multipart_plan.h"

#include <gtest/gtest.h>

namespace s3ferry {
namespace {

TEST(MultipartPlan, PartsCoverTheObjectWithinTheLimits) {
  const ByteCount most = kMaxParts * kMaxPartBytes;
  for (const ByteCount requested :
       {ByteCount{0}, ByteCount{1}, 5 * kMiB, 8 * kMiB, 3 * kGiB, 9 * kGiB}) {
    for (const ByteCount size : {ByteCount{1}, 5 * kMiB - 1, 5 * kMiB, 5 * kMiB + 1, 5 * kGiB + 1,
                                 100 * kGiB, 40'000 * kGiB, most - 1, most}) {
      const auto plan = plan_multipart(requested, size);
      ASSERT_TRUE(plan) << requested << " " << size;
      EXPECT_LE(plan->parts, kMaxParts);
      EXPECT_GE(plan->part_bytes, kMinPartBytes);
      EXPECT_LE(plan->part_bytes, kMaxPartBytes);
      EXPECT_GT(plan->length(plan->parts), 0u);
      EXPECT_LE(plan->length(plan->parts), plan->part_bytes);
      EXPECT_EQ(plan->offset(plan->parts) + plan->length(plan->parts), size);
    }
  }
}

TEST(MultipartPlan, TheEndsOfTheRange) {
  EXPECT_EQ(plan_multipart(8 * kMiB, 0)->parts, 1u);
  EXPECT_EQ(plan_multipart(8 * kMiB, 0)->length(1), 0u);
  const auto over = plan_multipart(8 * kMiB, kMaxParts * kMaxPartBytes + 1);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().kind(), ErrorKind::kTooLarge);
}

}  // namespace
}  // namespace s3ferry
