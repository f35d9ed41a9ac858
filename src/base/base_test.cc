#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/time.h"
#include "base/types.h"

namespace s3ferry {
namespace {

TEST(Text, HexAndBase64RoundTrip) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  for (std::size_t n = 0; n <= all.size(); n += 17) {
    const std::string bytes = all.substr(0, n);
    EXPECT_EQ(from_hex(to_hex(bytes)), bytes);
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
  }
  EXPECT_EQ(to_base64("ab"), "YWI=");
  EXPECT_EQ(from_base64("YW="), std::nullopt);
  EXPECT_EQ(from_base64("Y=I="), std::nullopt);
  EXPECT_EQ(from_hex("0g"), std::nullopt);
}

TEST(Text, UriEncodingKeepsOnlyUnreserved) {
  EXPECT_EQ(uri_encode("a b/c+~\xED\x95\x9C%"), "a%20b%2Fc%2B~%ED%95%9C%25");
  EXPECT_EQ(uri_encode("/a//b/../c ", true), "/a//b/../c%20");
  EXPECT_EQ(uri_decode("a+b%2B", true), "a b+");
  EXPECT_EQ(uri_decode("a+b%2B"), "a+b+");
  EXPECT_EQ(uri_decode("%4"), std::nullopt);
  EXPECT_EQ(uri_decode("%zz"), std::nullopt);
}

TEST(Text, DisplayNeverHoldsAControlCharacter) {
  EXPECT_EQ(escape_for_display("a\nb\t\\\x01\x7f"), "a\\nb\\t\\\\\\x01\\x7f");
  EXPECT_EQ(escape_for_display("\xED\x95\x9C\xFF"), "\xED\x95\x9C\\xff");
  EXPECT_EQ(escape_for_display("\xC2\x9B"), "\\xc2\\x9b");
  EXPECT_FALSE(is_valid_utf8("\xED\xA0\x80"));
}

TEST(Time, ParsesWhatS3AndHttpSend) {
  const auto t = parse_iso8601("2026-11-22T01:02:03.456Z");
  ASSERT_TRUE(t);
  EXPECT_EQ(format_iso8601_millis(*t), "2026-11-22T01:02:03.456Z");
  EXPECT_EQ(format_amz_date(*t), "20261122T010203Z");
  EXPECT_EQ(format_http_date(*t), "Sun, 22 Nov 2026 01:02:03 GMT");
  EXPECT_EQ(parse_http_date("Sun, 22 Nov 2026 01:02:03 GMT"), parse_iso8601("2026-11-22T01:02:03Z"));
  EXPECT_EQ(parse_iso8601("2026-11-22T10:02:03+09:00"), parse_iso8601("2026-11-22T01:02:03Z"));
  EXPECT_EQ(parse_amz_date("20261122T010203Z"), parse_iso8601("2026-11-22T01:02:03Z"));
  for (const char* bad : {"", "2026-13-01T00:00:00Z", "2026-11-22T25:00:00Z", "2026-11-22", "x"})
    EXPECT_EQ(parse_iso8601(bad), std::nullopt) << bad;
}

TEST(ErrorValue, SaysWhatFailedAndWhetherToRetry) {
  const Error e = Error(ErrorKind::kThrottled, "reduce the rate")
                      .with_operation("CopyObject")
                      .with_key("a\nb")
                      .with_code("SlowDown")
                      .with_status(503);
  EXPECT_TRUE(e.is_retryable());
  EXPECT_EQ(e.describe(), "CopyObject a\\nb: SlowDown (503): reduce the rate");
  const Error copy = e;
  EXPECT_EQ(copy.code(), "SlowDown");
  EXPECT_EQ(Error(ErrorKind::kServer, "").with_code("\x1B[2J").describe(), "\\x1b[2J");
  EXPECT_FALSE(Error(ErrorKind::kPreconditionFailed, "").is_retryable());
}

TEST(Types, KeysCompareAsUnsignedBytes) {
  EXPECT_LT(ObjectKey("a"), ObjectKey("\xC3\xA9"));
  EXPECT_LT(ObjectKey("\xEE\x80\x80"), ObjectKey("\xF0\x90\x80\x80"));  // not UTF-16 order
  EXPECT_EQ(unquote_etag("\"abc\""), "abc");
  EXPECT_EQ(unquote_etag("abc"), "abc");
}

}  // namespace
}  // namespace s3ferry
