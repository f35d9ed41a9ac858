#include "transfer/slow_reason.h"

#include <gmock/gmock.h>

namespace s3ferry {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SlowReason, TellsTheServersWishFromTheNetworkAndFromOurOwnLimit) {
  const Error slow = Error(ErrorKind::kThrottled, "reduce your rate").with_status(503);
  EXPECT_EQ(slow_reason(slow).kind, WarningKind::kSlowedDown);
  const Error starved = Error(ErrorKind::kRetryBudget, "last: throttled").with_status(503);
  EXPECT_THAT(slow_reason(starved).message, HasSubstr("asks for a slower pace"));
  const Error faulty =
      Error(ErrorKind::kRetryBudget, "last").with_status(500).with_code("InternalError");
  EXPECT_THAT(slow_reason(faulty).message, HasSubstr("errors (InternalError)"));
  EXPECT_THAT(slow_reason(faulty).message, Not(HasSubstr("asks for")));
}

TEST(SlowReason, NoServerWasMet) {
  const Error refused(
      ErrorKind::kRetryBudget,
      "the shared retry budget is empty; last: connect: 127.0.0.1: Connection refused");
  EXPECT_EQ(slow_reason(refused).kind, WarningKind::kNetworkFailing);
  EXPECT_THAT(slow_reason(refused).message, HasSubstr("Connection refused"));
  const Error files(
      ErrorKind::kConnect,
      "cannot connect to s3:443 (10.0.0.1: no socket can be opened: Too many open files)");
  EXPECT_EQ(slow_reason(files).kind, WarningKind::kOutOfFiles);
  EXPECT_THAT(slow_reason(files).message, HasSubstr("ulimit -n"));
  EXPECT_THAT(slow_reason(files).message, HasSubstr("--concurrency"));
}

}  // namespace
}  // namespace s3ferry
