#include "s3/pinned_body.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "s3/scripted_bucket.h"

namespace s3ferry::s3 {
namespace {

using testing::Reply;
using testing::ScriptedBucket;

const std::string kObject = "0123456789abcdefghij";

// An object server that breaks each answer after `at_most` bytes, and honours Range and If-Match.
aws::testing::ScriptedTransport::Script breaking(std::size_t at_most, std::string etag = "e") {
  return [=](const http::Request& request, std::size_t) {
    if (request.headers.get_or("if-match", "") != "\"" + etag + "\"")
      return Reply(412, "<Error><Code>PreconditionFailed</Code></Error>");
    std::size_t first = 0, last = kObject.size() - 1;
    const std::string range(request.headers.get_or("range", ""));
    if (!range.empty()) {
      first = *parse_u64(range.substr(6, range.find('-') - 6));
      last = *parse_u64(range.substr(range.find('-') + 1));
    }
    const std::string body = kObject.substr(first, last - first + 1);
    Reply reply = body.size() > at_most ? Reply::cut(206, body.substr(0, at_most))
                                        : Reply(range.empty() ? 200 : 206, body);
    reply.headers.add("ETag", "\"" + etag + "\"");
    reply.headers.add("Content-Length", std::to_string(body.size()));
    if (!range.empty())
      reply.headers.add("Content-Range", "bytes " + std::to_string(first) + "-" +
                                             std::to_string(last) + "/" +
                                             std::to_string(kObject.size()));
    return reply;
  };
}

Task<Result<std::string>> read_all_of(PinnedBody& body) {
  Status opened = co_await body.open();
  if (!opened) co_return fail(std::move(opened.error()));
  std::string out;
  Status read = co_await http::read_all(body, out, kMiB);
  if (!read) co_return fail(std::move(read.error()));
  co_return out;
}

TEST(PinnedBody, AWholeObjectInOneRequest) {
  ScriptedBucket s3(breaking(100));
  PinnedBody body(s3.source, PinnedRange(ObjectKey("k"), ETag("e"), kObject.size()));
  const auto read = s3.run(read_all_of(body));
  ASSERT_TRUE(read) << read.error().describe();
  EXPECT_EQ(*read, kObject);
  ASSERT_EQ(s3.transport.requests.size(), 1u);
  EXPECT_FALSE(s3.request().headers.get("range"));
  EXPECT_EQ(s3.request().headers.get("x-amz-checksum-mode"), "ENABLED");
}

TEST(PinnedBody, ABrokenBodyGoesOnWhereItBroke) {
  ScriptedBucket s3(breaking(6));
  PinnedBody body(s3.source, PinnedRange(ObjectKey("k"), ETag("e"), 2, 15));
  const auto read = s3.run(read_all_of(body));
  ASSERT_TRUE(read) << read.error().describe();
  EXPECT_EQ(*read, kObject.substr(2, 15));
  ASSERT_EQ(s3.transport.requests.size(), 3u);
  EXPECT_EQ(s3.request(0).headers.get("range"), "bytes=2-16");
  EXPECT_EQ(s3.request(1).headers.get("range"), "bytes=8-16");
  EXPECT_EQ(s3.request(2).headers.get("range"), "bytes=14-16");
  EXPECT_EQ(s3.request(2).headers.get("if-match"), "\"e\"");
  EXPECT_EQ(body.resumed(), 2);
  EXPECT_GT(s3.transport.times[1] - s3.transport.times[0], Duration(std::chrono::milliseconds(1)));
}

TEST(PinnedBody, AnotherGenerationIsNeverJoined) {
  auto first = breaking(6, "e"), then = breaking(6, "f");
  ScriptedBucket s3([=](const http::Request& request, std::size_t n) {
    return (n == 0 ? first : then)(request, n);
  });
  PinnedBody body(s3.source, PinnedRange(ObjectKey("k"), ETag("e"), kObject.size()));
  const auto read = s3.run(read_all_of(body));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind(), ErrorKind::kPreconditionFailed);
}

// One byte an answer: the tries of one read are used up, and the budget pays for each.
TEST(PinnedBody, ItGivesUpAfterTheTriesOfTheOneRetryLoop) {
  ScriptedBucket s3(breaking(1));
  PinnedBody body(s3.source, PinnedRange(ObjectKey("k"), ETag("e"), kObject.size()));
  const auto read = s3.run(read_all_of(body));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind(), ErrorKind::kTruncated);
  EXPECT_EQ(read.error().operation(), "GetObject");
  EXPECT_EQ(s3.transport.requests.size(), 8u);
  EXPECT_LT(s3.budget.tokens(), aws::RetryBudget::kCapacity);

  ScriptedBucket poor(breaking(1));
  ASSERT_TRUE(poor.budget.try_take(aws::RetryBudget::kCapacity - 20));
  PinnedBody starved(poor.source, PinnedRange(ObjectKey("k"), ETag("e"), kObject.size()));
  EXPECT_EQ(poor.run(read_all_of(starved)).error().kind(), ErrorKind::kRetryBudget);
}

TEST(PinnedBody, AnotherLengthIsNoAnswer) {
  ScriptedBucket s3(breaking(100));
  PinnedBody body(s3.source, PinnedRange(ObjectKey("k"), ETag("e"), kObject.size() + 1));
  EXPECT_EQ(s3.run(read_all_of(body)).error().kind(), ErrorKind::kProtocol);
}

}  // namespace
}  // namespace s3ferry::s3
