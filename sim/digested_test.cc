#include <gtest/gtest.h>

#include "base/text.h"
#include "runtime/virtual_runtime.h"
#include "sim/content.h"
#include "sim/digested_body.h"
#include "sim/request_parser.h"
#include "sim/simulator.h"

namespace s3ferry::sim {
namespace {

const std::string kBytes = "bytes that nobody keeps";

Content digested(std::string_view bytes) {
  DigestedBody body;
  body.update(bytes.substr(0, 5));
  body.update(bytes.substr(5));
  body.finish();
  return Content::digested(body.length(), body.md5(), body.crc64nvme());
}

TEST(DigestedContent, HasTheDigestsOfItsBytesAndReadsAsZeros) {
  const Content kept = Content::of_bytes(kBytes), gone = digested(kBytes);
  EXPECT_EQ(gone.size(), kept.size());
  EXPECT_EQ(gone.md5(), kept.md5());
  EXPECT_EQ(gone.checksum(Checksum::kCrc64Nvme), kept.checksum(Checksum::kCrc64Nvme));
  EXPECT_EQ(gone.bytes(), std::string(kBytes.size(), '\0'));
  EXPECT_NE(gone.slice(0, 4).md5(), gone.md5());
  const Content joined = Content::join({gone, gone});
  EXPECT_EQ(joined.size(), 2 * gone.size());
  EXPECT_NE(joined.md5(), gone.md5());
}

http::Request parsed(ByteCount discard_from) {
  RequestParser parser(discard_from);
  parser.reset(false);
  std::string wire = "PUT /bucket/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                     std::to_string(kBytes.size()) + "\r\n\r\n" + kBytes;
  std::string_view left = wire;
  while (!left.empty() && !(parser.head_done() && parser.done())) {
    const auto used = parser.feed(left);
    if (!used || *used == 0) break;
    left.remove_prefix(*used);
  }
  return parser.take();
}

TEST(DigestedContent, TheParserKeepsSmallBodiesAndHashesLargeOnes) {
  const http::Request small = parsed(kBytes.size() + 1), large = parsed(kBytes.size());
  EXPECT_EQ(small.body, kBytes);
  EXPECT_FALSE(small.stream);
  EXPECT_EQ(parsed(0).body, kBytes);
  EXPECT_TRUE(large.body.empty());
  const auto body = std::dynamic_pointer_cast<const DigestedBody>(large.stream);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->length(), kBytes.size());
  EXPECT_EQ(body->md5(), md5_of(kBytes));
}

TEST(DigestedContent, AnUploadOfItHasItsEtag) {
  VirtualRuntime runtime(1);
  Simulator simulator(runtime);
  ASSERT_TRUE(simulator.add_account_with_key("111111111111", "AKIAFAKE", Secret("fake")));
  simulator.check_signatures(false);
  BucketSpec bucket;
  bucket.name = "bucket";
  bucket.owner = "111111111111";
  ASSERT_TRUE(simulator.add_bucket(bucket));
  http::Request request = parsed(1);
  request.headers.add("Authorization",
                      "AWS4-HMAC-SHA256 Credential=AKIAFAKE/20260101/us-east-1/s3/aws4_request, "
                      "SignedHeaders=host, Signature=" +
                          std::string(64, '0'));
  request.headers.add("Content-MD5", to_base64(md5_of(kBytes)));
  const auto answer = runtime.run(simulator.handle(std::move(request)));
  ASSERT_TRUE(answer) << answer.error().describe();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(simulator.find_object("bucket", "k")->etag, to_hex(md5_of(kBytes)));
  EXPECT_EQ(simulator.find_object("bucket", "k")->size, kBytes.size());
}

}  // namespace
}  // namespace s3ferry::sim
