#include <gmock/gmock.h>

#include "http/client_test_support.h"

// What a broken or hostile server can send: a typed error, never a wrong body.
namespace s3ferry::http {
namespace {

TEST_F(ClientTest, ABodyThatEndsEarlyIsTruncated) {
  for (const Step& end : {close(), reset()}) {
    EXPECT_EQ(one_get("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", end).kind(),
              ErrorKind::kTruncated);
    EXPECT_EQ(one_get("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\nhalf", end).kind(),
              ErrorKind::kTruncated);
    EXPECT_EQ(
        one_get("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", end).kind(),
        ErrorKind::kTruncated);
    EXPECT_EQ(
        one_get("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n", end)
            .kind(),
        ErrorKind::kTruncated);
  }
}

TEST_F(ClientTest, AnEndBeforeTheHeadWasReadIsANetworkError) {
  EXPECT_EQ(one_get("", close()).kind(), ErrorKind::kNetwork);
  EXPECT_EQ(one_get("HTTP/1.1 200 OK\r\nContent-", close()).kind(), ErrorKind::kNetwork);
  EXPECT_EQ(one_get("HTTP/1.1 200 OK\r\nContent-", reset()).kind(), ErrorKind::kNetwork);
}

class Hostile : public ClientTest, public testing::WithParamInterface<const char*> {};

TEST_P(Hostile, IsAProtocolError) {
  const Got got = one_get(GetParam(), hold());
  EXPECT_EQ(got.kind(), ErrorKind::kProtocol) << got.status << " " << got.body << got.message();
}

INSTANTIATE_TEST_SUITE_P(
    Answers, Hostile,
    testing::Values(
        "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\r\n\r\n", "\r\n\r\n\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 xyz OK\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +4\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0x4\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 4, 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n", "HTTP/1.1 200 OK\r\nA b: c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\x01\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-4\r\nhalf\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalfXX\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nhalf"));

TEST_F(ClientTest, AnEndlessHeadIsRefused) {
  EXPECT_EQ(one_get("HTTP/1.1 200 OK\r\nX: " + std::string(300'000, 'x'), hold()).kind(),
            ErrorKind::kProtocol);
  std::string many = "HTTP/1.1 200 OK\r\n";
  while (many.size() < 200'000) many += "X-" + std::to_string(many.size()) + ": y\r\n";
  EXPECT_EQ(one_get(many, hold()).kind(), ErrorKind::kProtocol);
  const std::string fits =
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: " + std::string(60'000, 'x') + "\r\n\r\nok";
  EXPECT_EQ(one_get(fits, hold()).body, "ok");
}

TEST_F(ClientTest, AnEndlessChunkHeaderIsRefused) {
  EXPECT_EQ(
      one_get("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;" + std::string(400'000, 'x'),
              hold())
          .kind(),
      ErrorKind::kProtocol);
}

TEST_F(ClientTest, EndlessInterimAnswersAreRefused) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(one_get(many + kOk, hold()).kind(), ErrorKind::kProtocol);
}

Task<Got> fetch_with_limit(Client& client, Request request, ByteCount limit) {
  Got got;
  auto answer = co_await client.send(std::move(request));
  if (!answer) co_return got;
  Status all = co_await read_all(*answer->body, got.body, limit);
  if (!all) got.error = all.error();
  co_return got;
}

TEST_F(ClientTest, ABodyOverTheCallersLimitIsTooLarge) {
  // The declared length alone must not make us reserve it.
  ScriptedServer server(
      runtime,
      {{read_request(),
        send("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + std::string(5000, 'x')),
        hold()}});
  Client client(runtime, ClientOptions());
  EXPECT_EQ(run(server, fetch_with_limit(client, get(server.port()), 1000)).kind(),
            ErrorKind::kTooLarge);
}

TEST_F(ClientTest, BytesBeyondTheAnswerCloseTheConnection) {
  ScriptedServer server(
      runtime, {{read_request(), send(std::string(kOk) + kOk), read_request(), send(kOk), hold()},
                {read_request(), send(kOk), hold()}});
  Client client(runtime, ClientOptions());
  struct Twice {
    static Task<int> run(Client& c, Request request) {
      (void)co_await fetch(c, request);
      co_return (co_await fetch(c, request)).status;
    }
  };
  EXPECT_EQ(run(server, Twice::run(client, get(server.port()))), 200);
  EXPECT_EQ(server.connections(), 2u);
}

}  // namespace
}  // namespace s3ferry::http
