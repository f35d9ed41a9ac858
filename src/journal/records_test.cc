#include "journal/records.h"

#include <gtest/gtest.h>

namespace s3ferry {
namespace {

KeyRange range(std::optional<std::string> after, std::optional<std::string> up_to) {
  return KeyRange{std::move(after), std::move(up_to)};
}

TEST(RunRecord, GapsAreWhatNoFinishedSpanCovers) {
  RunRecord record;
  EXPECT_EQ(record.gaps(), std::vector<KeyRange>{range({}, {})});
  record.finished = {range({}, "c"), range("f", "h")};
  EXPECT_EQ(record.gaps(), (std::vector<KeyRange>{range("c", "f"), range("h", {})}));
  record.finished = {range("", "c")};
  EXPECT_EQ(record.gaps(), (std::vector<KeyRange>{range({}, ""), range("c", {})}));
  record.finished = {range("a", {})};
  EXPECT_EQ(record.gaps(), std::vector<KeyRange>{range({}, "a")});
  record.finished = {range({}, {})};
  EXPECT_TRUE(record.gaps().empty());
}

TEST(FailedObject, KeepsWhatTheErrorSays) {
  const Error error = Error(ErrorKind::kAccessDenied, "not allowed")
                          .with_status(403)
                          .with_code("AccessDenied")
                          .with_operation("DeleteObjects")
                          .with_key("a/b");
  const FailedObject failed(FailedWork::kDelete, "a/b", 7, error);
  EXPECT_EQ(failed.kind, "access denied");
  EXPECT_EQ(failed.code, "AccessDenied");
  EXPECT_EQ(failed.http_status, 403);
  EXPECT_EQ(failed.message, "DeleteObjects: AccessDenied (403): not allowed");
  EXPECT_EQ(to_string(failed.work), "delete");
}

}  // namespace
}  // namespace s3ferry
