#include <cstdio>
#include <fstream>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/certificate.h"
#include "http/ready_socket.h"
#include "http/stream.h"
#include "http/tls.h"
#include "runtime/real_runtime.h"

namespace s3ferry::http {
namespace {

class TlsSessionTest : public testing::Test {
 protected:
  TlsSessionTest() {
    const std::string bundle =
        testing::TempDir() + "s3ferry_tls_session_test_" + std::to_string(::getpid()) + ".pem";
    const auto made = *make_throwaway_certificate({"one.localhost", "two.localhost"});
    std::ofstream(bundle) << made.authority;
    client_ = *TlsContext::make(bundle, true);
    server_ = *TlsContext::make_server(made.certificate, made.key);
    std::remove(bundle.c_str());
  }

  struct Outcome {
    bool connected = false, resumed = false;
  };
  // Both ends in turn; then the server says a word, and its tickets come before it.
  Outcome connect(const std::string& host) {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    ReadySocket near(runtime_, pair[0], true), far(runtime_, pair[1], true);
    const auto client = *TlsSession::make(*client_, near, host);
    const auto server = *TlsSession::make_server(*server_, far);
    bool shook = false;
    for (int turn = 0; turn < 10 && !shook; ++turn) {
      near.doubt();
      const bool ours = client->handshake().kind == IoResult::Kind::kOk;
      far.doubt();
      shook = server->handshake().kind == IoResult::Kind::kOk && ours;
    }
    if (!shook) return {};
    EXPECT_EQ(server->write_some("hi", 2).bytes, 2u);
    near.doubt();
    char said[8];
    const IoResult got = client->read_some(said, sizeof said);
    EXPECT_EQ(std::string(said, got.bytes), "hi");
    return {true, client->is_resumed()};
  }

  RealRuntime runtime_;
  std::unique_ptr<TlsContext> client_, server_;
};

TEST_F(TlsSessionTest, AFurtherConnectionGoesOnWithTheLastSession) {
  EXPECT_FALSE(connect("one.localhost").resumed);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(connect("one.localhost").resumed);
}

// A session says that a certificate was good for one name.
TEST_F(TlsSessionTest, ASessionIsOneHosts) {
  EXPECT_TRUE(connect("one.localhost").connected);
  const Outcome two = connect("two.localhost");
  EXPECT_TRUE(two.connected);
  EXPECT_FALSE(two.resumed);
  EXPECT_FALSE(connect("other.localhost").connected);
}

TEST_F(TlsSessionTest, ManyHostsAreNotKeptForEver) {
  for (int i = 0; i < 70; ++i)
    EXPECT_FALSE(connect("host-" + std::to_string(i) + ".localhost").connected);
  EXPECT_TRUE(connect("one.localhost").connected);
  EXPECT_FALSE(connect("one.localhost").resumed);
}

}  // namespace
}  // namespace s3ferry::http
