#include <cstdio>
#include <fstream>

#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include "http/certificate.h"
#include "http/client_test_support.h"

namespace s3ferry::http {
namespace {

using testing::HasSubstr;

class TlsTest : public ClientTest {
 protected:
  TlsTest()
      : bundle_(testing::TempDir() + "s3ferry_tls_test_" + std::to_string(::getpid()) + ".pem") {}
  ~TlsTest() override { std::remove(bundle_.c_str()); }

  // A client that trusts the authority of `trusted`, and one GET with TLS from `server`.
  Got tls_get(ScriptedServer& server, const ClientOptions& options,
              std::string host = "127.0.0.1") {
    Client client(runtime, options);
    Request request = get(server.port());
    request.origin.tls = true;
    request.origin.host = std::move(host);
    return run(server, fetch(client, request));
  }
  ClientOptions trusting(const ThrowawayCertificate& certificate) {
    std::ofstream(bundle_) << certificate.authority;
    ClientOptions options;
    options.ca_bundle = bundle_;
    return options;
  }
  static ScriptedServer::Options with(const ThrowawayCertificate& certificate, int max_tls = 0) {
    return {certificate.certificate, certificate.key, max_tls};
  }
  const ThrowawayCertificate local_ =
      *make_throwaway_certificate({"localhost", "127.0.0.1", "::1"});
  const std::vector<Script> answer_ = {{start_tls(), read_request(), send(kOk), hold()}};

 private:
  std::string bundle_;
};

TEST_F(TlsTest, ATrustedServerIsReadByNameAndByAddress) {
  for (const char* host : {"127.0.0.1", "localhost"}) {
    ScriptedServer server(runtime, answer_, with(local_));
    const Got got = tls_get(server, trusting(local_), host);
    ASSERT_FALSE(got.error) << got.message();
    EXPECT_EQ(got.body, "ok");
  }
}

TEST_F(TlsTest, AnUnknownAuthorityIsRefusedWithAdvice) {
  ScriptedServer server(runtime, answer_, with(local_));
  Got got = tls_get(server, ClientOptions());
  EXPECT_EQ(got.kind(), ErrorKind::kTls);
  EXPECT_THAT(got.message(), HasSubstr("--ca-bundle"));
  ScriptedServer again(runtime, answer_, with(local_));
  EXPECT_EQ(tls_get(again, trusting(*make_throwaway_certificate({"localhost"}))).kind(),
            ErrorKind::kTls);
  EXPECT_TRUE(again.received().empty());
}

TEST_F(TlsTest, ACertificateForAnotherNameIsRefused) {
  const auto other = *make_throwaway_certificate({"s3.example.com", "127.0.0.2"});
  for (const char* host : {"127.0.0.1", "localhost"}) {
    ScriptedServer server(runtime, answer_, with(other));
    const Got got = tls_get(server, trusting(other), host);
    EXPECT_EQ(got.kind(), ErrorKind::kTls);
    EXPECT_THAT(got.message(), HasSubstr("another name"));
  }
  // A name does not vouch for the address it happens to have.
  const auto name_only = *make_throwaway_certificate({"localhost"});
  ScriptedServer server(runtime, answer_, with(name_only));
  EXPECT_EQ(tls_get(server, trusting(name_only), "127.0.0.1").kind(), ErrorKind::kTls);
}

TEST_F(TlsTest, WithoutVerificationAnyCertificateIsTaken) {
  ClientOptions options;
  options.verify_tls = false;
  ScriptedServer server(runtime, answer_, with(*make_throwaway_certificate({"other.example"})));
  EXPECT_EQ(tls_get(server, options).body, "ok");
}

TEST_F(TlsTest, OldVersionsAreRefused) {
  ScriptedServer old(runtime, answer_, with(local_, TLS1_1_VERSION));
  EXPECT_EQ(tls_get(old, trusting(local_)).kind(), ErrorKind::kTls);
  ScriptedServer good(runtime, answer_, with(local_, TLS1_2_VERSION));
  EXPECT_EQ(tls_get(good, trusting(local_)).body, "ok");
}

TEST_F(TlsTest, AServerWithoutTlsIsSaid) {
  ScriptedServer server(runtime, {{read_head(), send("HTTP/1.1 400 Bad Request\r\n\r\n"), close()},
                                  {send("HTTP/1.1 400 Bad Request\r\n\r\n"), close()}});
  Client client(runtime, trusting(local_));
  struct Second {
    static Task<Got> run(Runtime& runtime, Client& client, Request request) {
      Request plain = request;
      plain.origin.tls = false;
      (void)runtime;
      (void)co_await fetch(client, plain);
      co_return co_await fetch(client, request);
    }
  };
  Request request = get(server.port());
  request.origin.tls = true;
  const Got got = run(server, Second::run(runtime, client, request));
  EXPECT_EQ(got.kind(), ErrorKind::kTls);
  EXPECT_THAT(got.message(), HasSubstr("does not speak TLS"));
}

TEST_F(TlsTest, AHandshakeThatIsCutMayBeTriedAgain) {
  for (const Step& end : {close(), reset()}) {
    ScriptedServer server(runtime, {{end}});
    const Got got = tls_get(server, trusting(local_));
    EXPECT_EQ(got.kind(), ErrorKind::kConnect) << got.message();
  }
}

TEST_F(TlsTest, AMissingBundleIsAConfigurationError) {
  ClientOptions options;
  options.ca_bundle = "/nonexistent/bundle.pem";
  ScriptedServer server(runtime, answer_, with(local_));
  const Got got = tls_get(server, options);
  EXPECT_EQ(got.kind(), ErrorKind::kConfig);
  EXPECT_THAT(got.message(), HasSubstr("/nonexistent/bundle.pem"));
}

TEST_F(TlsTest, ABodyThatEndsWithTheConnectionMustEndProperly) {
  const char* unbounded = "HTTP/1.1 200 OK\r\n\r\nsome of it";
  ScriptedServer proper(runtime, {{start_tls(), read_request(), send(unbounded), close()}},
                        with(local_));
  EXPECT_EQ(tls_get(proper, trusting(local_)).body, "some of it");
  ScriptedServer cut_off(runtime, {{start_tls(), read_request(), send(unbounded), cut()}},
                         with(local_));
  EXPECT_EQ(tls_get(cut_off, trusting(local_)).kind(), ErrorKind::kTruncated);
}

Task<std::vector<Got>> fetch_all(Runtime& runtime, Client& client, std::vector<Request> requests,
                                 Duration pause) {
  std::vector<Got> all;
  for (Request& request : requests) {
    all.push_back(co_await fetch(client, std::move(request)));
    (void)co_await runtime.sleep_for(pause);
  }
  co_return all;
}

TEST_F(TlsTest, ATlsConnectionIsKeptAlsoWithSessionTicketsInBetween) {
  const std::string large(2 * kMiB, 'x');
  ScriptedServer server(runtime,
                        {{start_tls(), read_request(), send(kOk), read_request(),
                          send("HTTP/1.1 200 OK\r\nContent-Length: " +
                               std::to_string(large.size()) + "\r\n\r\n" + large),
                          read_request(), send(kOk), hold()}},
                        with(local_));
  Client client(runtime, trusting(local_));
  Request request = get(server.port());
  request.origin.tls = true;
  Request upload = put(server.port(), large);
  upload.origin.tls = true;
  const auto all = run(server, fetch_all(runtime, client, {request, request, upload},
                                         std::chrono::milliseconds(120)));
  EXPECT_EQ(all[0].body, "ok") << all[0].message();
  EXPECT_TRUE(all[1].body == large) << all[1].message();
  EXPECT_EQ(all[2].body, "ok") << all[2].message();
  EXPECT_EQ(server.connections(), 1u);
}

TEST_F(TlsTest, AnEarlyAnswerIsReadUnderTlsToo) {
  ScriptedServer server(
      runtime,
      {{start_tls(), read_head(),
        send("HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\nConnection: close\r\n\r\ndenied"),
        hold()}},
      with(local_));
  Client client(runtime, trusting(local_));
  Request upload = put(server.port(), std::string(64 * kMiB, 'x'));
  upload.origin.tls = true;
  const Got got = run(server, fetch(client, upload));
  EXPECT_EQ(got.status, 403) << got.message();
  EXPECT_EQ(got.body, "denied");
}

}  // namespace
}  // namespace s3ferry::http
