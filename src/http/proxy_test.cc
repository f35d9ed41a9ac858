#include "http/proxy.h"

#include <cstdio>
#include <fstream>

#include <gmock/gmock.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include "base/text.h"
#include "http/certificate.h"
#include "http/client_test_support.h"

namespace s3ferry::http {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

bool goes_direct(std::string no_proxy, std::string host, std::uint16_t port = 443) {
  ProxySettings settings;
  settings.https_proxy = Secret("http://proxy.example:3128");
  settings.no_proxy = std::move(no_proxy);
  return !*proxy_for(settings, Origin{true, std::move(host), port});
}

TEST(Proxy, NoProxyNamesWhatGoesDirect) {
  EXPECT_FALSE(goes_direct("", "s3.example.com"));
  EXPECT_TRUE(goes_direct("*", "s3.example.com"));
  EXPECT_TRUE(goes_direct("a.test, example.com", "s3.example.com"));
  EXPECT_TRUE(goes_direct(".example.com", "s3.example.com"));
  EXPECT_TRUE(goes_direct("*.example.com", "s3.example.com"));
  EXPECT_TRUE(goes_direct("S3.EXAMPLE.COM", "s3.example.com"));
  EXPECT_FALSE(goes_direct("example.com", "notexample.com"));
  EXPECT_FALSE(goes_direct("s3.example.com.evil", "s3.example.com"));
  EXPECT_TRUE(goes_direct("example.com:443", "s3.example.com"));
  EXPECT_FALSE(goes_direct("example.com:8443", "s3.example.com"));
  EXPECT_TRUE(goes_direct("10.0.0.0/8", "10.1.2.3"));
  EXPECT_TRUE(goes_direct("10.128.0.0/9", "10.200.2.3"));
  EXPECT_FALSE(goes_direct("10.128.0.0/9", "10.2.2.3"));
  EXPECT_FALSE(goes_direct("10.0.0.0/99", "10.2.2.3"));
  EXPECT_TRUE(goes_direct("10.2.2.3", "10.2.2.3"));
  EXPECT_TRUE(goes_direct("[2001:db8::1]:443", "2001:db8::1"));
  EXPECT_TRUE(goes_direct("2001:db8::/32", "2001:db8::1"));
  EXPECT_FALSE(goes_direct(",,", "s3.example.com"));
}

TEST(Proxy, LocalAddressesNeverGoThroughOne) {
  for (const char* host : {"localhost", "127.0.0.1", "::1", "169.254.169.254", "169.254.170.2",
                           "fd00:ec2::254", "fe80::1"})
    EXPECT_TRUE(goes_direct("", host)) << host;
}

TEST(Proxy, TheTextIsReadWithAndWithoutItsParts) {
  EXPECT_EQ(parse_proxy(Secret("http://proxy.example:3128/"))->where(), "proxy.example:3128");
  EXPECT_EQ(parse_proxy(Secret("proxy.example:3128"))->where(), "proxy.example:3128");
  EXPECT_EQ(parse_proxy(Secret("proxy.example"))->where(), "proxy.example:80");
  EXPECT_EQ(parse_proxy(Secret("http://[2001:db8::1]:8"))->where(), "[2001:db8::1]:8");
  const auto proxy = parse_proxy(Secret("http://user:p%40ss@proxy.example:3128"));
  EXPECT_EQ(proxy->authorization.reveal(), "Basic " + to_base64("user:p@ss"));
  for (const char* bad : {"http://", "http://us%zer:fakehidden@h:1", "https://fakehidden@proxy:1",
                          "ftp://fakehidden:x@h", "http://fakehidden@:1", "http://h:fakehidden"}) {
    const auto result = parse_proxy(Secret(bad));
    ASSERT_FALSE(result) << bad;
    EXPECT_EQ(result.error().kind(), ErrorKind::kConfig);
    EXPECT_THAT(result.error().message(), Not(HasSubstr("fakehidden")));
  }
}

class ProxyTest : public ClientTest {
 protected:
  static ClientOptions through(const ScriptedServer& server, std::string user = "") {
    ClientOptions options;
    const Secret text("http://" + user + "127.0.0.1:" + std::to_string(server.port()));
    options.proxy.http_proxy = text;
    options.proxy.https_proxy = text;
    return options;
  }
};

TEST_F(ProxyTest, PlainRequestsGoInAbsoluteForm) {
  ScriptedServer proxy(runtime, {{read_request(), send(kOk), hold()}});
  Client client(runtime, through(proxy, "user:fakepass@"));
  Request request = get(8080, "/k?x=1");
  request.origin.host = "store.example";
  const Got got = run(proxy, fetch(client, request));
  ASSERT_FALSE(got.error) << got.message();
  EXPECT_THAT(proxy.received()[0], StartsWith("GET http://store.example:8080/k?x=1 HTTP/1.1\r\n"));
  EXPECT_THAT(proxy.received()[0], HasSubstr("Host: store.example:8080\r\n"));
  EXPECT_THAT(proxy.received()[0],
              HasSubstr("Proxy-Authorization: Basic " + to_base64("user:fakepass") + "\r\n"));
}

TEST_F(ProxyTest, TlsGoesThroughATunnel) {
  const auto certificate = *make_throwaway_certificate({"store.example"});
  const std::string bundle =
      testing::TempDir() + "s3ferry_proxy_test_" + std::to_string(::getpid()) + ".pem";
  std::ofstream(bundle) << certificate.authority;
  ScriptedServer proxy(
      runtime,
      {{read_head(), send("HTTP/1.1 200 Connection established\r\n\r\n"), start_tls(),
        read_request(), send(kOk), read_request(), send(kOk), hold()}},
      {certificate.certificate, certificate.key});
  ClientOptions options = through(proxy, "user:fakepass@");
  options.ca_bundle = bundle;
  Client client(runtime, options);
  Request request = get(443, "/k");
  request.origin.tls = true;
  request.origin.host = "store.example";
  struct Twice {
    static Task<Got> run(Client& client, Request request) {
      (void)co_await fetch(client, request);
      co_return co_await fetch(client, request);
    }
  };
  const Got got = run(proxy, Twice::run(client, request));
  std::remove(bundle.c_str());
  ASSERT_FALSE(got.error) << got.message();
  ASSERT_EQ(proxy.received().size(), 3u);
  EXPECT_THAT(proxy.received()[0], StartsWith("CONNECT store.example:443 HTTP/1.1\r\n"));
  EXPECT_THAT(proxy.received()[0], HasSubstr("Proxy-Authorization: Basic "));
  // Within the tunnel nothing of the proxy is told.
  EXPECT_THAT(proxy.received()[1], StartsWith("GET /k HTTP/1.1\r\n"));
  EXPECT_THAT(proxy.received()[1], Not(HasSubstr("Proxy-")));
  EXPECT_EQ(proxy.connections(), 1u);
}

TEST_F(ProxyTest, AProxyThatWillNotConnectIsSaid) {
  struct Case {
    const char* answer;
    const char* says;
  };
  for (const Case& c : {Case{"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "user name"},
                        Case{"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", "status 403"},
                        Case{"", "without an answer"}}) {
    ScriptedServer proxy(runtime, {{read_head(), send(c.answer), close()}});
    Client client(runtime, through(proxy, "user:fakepass@"));
    Request request = get(443);
    request.origin.tls = true;
    request.origin.host = "store.example";
    const Got got = run(proxy, fetch(client, request));
    EXPECT_EQ(got.kind(), ErrorKind::kConnect);
    EXPECT_THAT(got.message(), HasSubstr(c.says));
    EXPECT_THAT(got.message(), Not(HasSubstr("fakepass")));
  }
}

TEST_F(ProxyTest, AProxyThatSpeaksIntoTheTunnelIsRefused) {
  ScriptedServer proxy(runtime, {{read_head(), send("HTTP/1.1 200 OK\r\n\r\nforged"), hold()}});
  Client client(runtime, through(proxy));
  Request request = get(443);
  request.origin.tls = true;
  request.origin.host = "store.example";
  EXPECT_EQ(run(proxy, fetch(client, request)).kind(), ErrorKind::kProtocol);
}

}  // namespace
}  // namespace s3ferry::http
