#include "http/message.h"

#include <gtest/gtest.h>

#include "http/request_head.h"

namespace s3ferry::http {
namespace {

TEST(ParseUrl, TakesEndpointsApart) {
  const Result<Url> url = parse_url("HTTPS://S3.Example:8443/base?x=1");
  ASSERT_TRUE(url) << url.error().message();
  EXPECT_TRUE(url->origin.tls);
  EXPECT_EQ(url->origin.host, "s3.example");
  EXPECT_EQ(url->origin.port, 8443);
  EXPECT_EQ(url->path, "/base");
  EXPECT_EQ(url->query, "x=1");
  EXPECT_EQ(parse_url("http://[::1]:9000")->origin.host, "::1");
}

// Whatever is wrong with it: who writes a password into a URL does not read it in a log.
TEST(ParseUrl, APasswordIsNeverShown) {
  for (const char* text :
       {"http://user:hushed-word@host", "http://user:hushed-word@host:port/",
        "user:hushed-word@host", "ftp://user:hushed-word@host", "http://user:hushed-word@",
        "http://user:hushed-word@[::1", "http://user:hushed/word@host",
        "http://user:hushed?word@host", "http://user:hushed#word@host",
        "http://user:hushed word@host", "https://@hushed-word", "http://user:hushed-word%40host",
        "http://user:hushed-word"}) {
    const Result<Url> url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().describe().find("hushed"), std::string::npos) << url.error().describe();
  }
}

std::string text_of(const Headers& headers) {
  std::string out;
  for (const auto& [name, value] : headers) out.append(name).append("=").append(value).append(";");
  return out;
}

TEST(Headers, KeepTheirOrderAndDuplicates) {
  Headers headers;
  EXPECT_EQ(text_of(headers), "");
  headers.add("A", "1");
  headers.add("empty", "");
  headers.add("a", "2");
  EXPECT_EQ(text_of(headers), "A=1;empty=;a=2;");
  EXPECT_EQ(headers.size(), 3u);
  EXPECT_EQ(headers.get("a"), "1");
  EXPECT_EQ(headers.get("EMPTY"), "");
  EXPECT_EQ(headers.get("b"), std::nullopt);
  headers.set("A", "3");
  EXPECT_EQ(text_of(headers), "empty=;A=3;");
  headers.remove("Empty");
  headers.remove("b");
  EXPECT_EQ(text_of(headers), "A=3;");
  EXPECT_EQ(headers.size(), 1u);
}

// Views into the fields themselves may be given to what changes them.
TEST(Headers, GrowFromTheirOwnValues) {
  Headers headers;
  headers.add("first", std::string(100, 'x'));
  for (int i = 0; i < 50; ++i) headers.add(*headers.get("first"), *headers.get("first"));
  EXPECT_EQ(headers.size(), 51u);
  for (const auto& [name, value] : headers) EXPECT_EQ(value, std::string(100, 'x'));
  const auto [name, value] = *headers.begin();
  headers.set(name, std::string(value) + "y");
  EXPECT_EQ(headers.get("first"), std::string(100, 'x') + "y");
}

TEST(Headers, ACopyIsItsOwnAndAMoveKeepsTheViews) {
  Headers headers;
  headers.add("a", "1");
  Headers copy = headers;
  copy.add("b", "2");
  EXPECT_EQ(text_of(headers), "a=1;");
  EXPECT_EQ(text_of(copy), "a=1;b=2;");
  const std::string_view seen = *copy.get("b");
  const Headers moved = std::move(copy);
  EXPECT_EQ(moved.get("b")->data(), seen.data());
  headers = moved;
  EXPECT_EQ(text_of(headers), "a=1;b=2;");
}

TEST(RequestHeadTest, ATabStandsInAValueButNoBreak) {
  Request request;
  request.origin = {false, "h", 80};
  request.headers.add("x-amz-meta-a", "b\tc");
  const std::string head = "GET / HTTP/1.1\r\nx-amz-meta-a: b\tc\r\nHost: h\r\n\r\n";
  std::string out;
  ASSERT_TRUE(append_request_head(out, request, nullptr));
  EXPECT_EQ(out, head);
  request.headers.add("x-amz-meta-d", "e\rf");
  const Status refused = append_request_head(out, request, nullptr);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(ErrorKind::kInvalidRequest));
  EXPECT_NE(refused.error().message().find("'x-amz-meta-d'"), std::string::npos);
  EXPECT_EQ(out, head);
}

}  // namespace
}  // namespace s3ferry::http
