#include "http/message.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace s3ferry::http
