#include <gmock/gmock.h>

#include "http/client_test_support.h"

namespace s3ferry::http {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST_F(ClientTest, SendsTheRequestAsItIsAndReadsTheAnswer) {
  ScriptedServer server(runtime, {{read_request(),
                                   send("HTTP/1.1 200 OK\r\nETag: \"x\"\r\n"
                                        "Content-Length: 5\r\n\r\nhello"),
                                   hold()}});
  Client client(runtime, ClientOptions());
  Request request = get(server.port(), "/b//a/../k%20y?list-type=2&prefix=");
  request.headers.add("x-amz-date", "20261122T000000Z");
  const Got got = run(server, fetch(client, request));
  ASSERT_FALSE(got.error) << got.message();
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.headers.get("etag"), "\"x\"");
  EXPECT_EQ(got.body, "hello");
  EXPECT_EQ(server.received()[0],
            "GET /b//a/../k%20y?list-type=2&prefix= HTTP/1.1\r\nx-amz-date: 20261122T000000Z\r\n"
            "Host: 127.0.0.1:" +
                std::to_string(server.port()) + "\r\n\r\n");
}

TEST_F(ClientTest, HeadHasNoBodyWhateverItsLengthSays) {
  const Got got =
      one_get("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n", hold(), Method::kHead);
  ASSERT_FALSE(got.error) << got.message();
  EXPECT_EQ(got.body, "");
  EXPECT_EQ(got.headers.get("content-length"), "12345");
}

TEST_F(ClientTest, NoContentAndNotModifiedHaveNoBody) {
  EXPECT_FALSE(one_get("HTTP/1.1 204 No Content\r\n\r\n", hold()).error);
  EXPECT_EQ(one_get("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", hold()).status, 304);
}

TEST_F(ClientTest, ReadsChunksWithExtensionsAndTrailers) {
  const Got got = one_get(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n "
      "\r\n5\r\nworld\r\n"
      "0\r\nX-Trailer: 1\r\n\r\n",
      hold());
  ASSERT_FALSE(got.error) << got.message();
  EXPECT_EQ(got.body, "hello world");
  EXPECT_FALSE(got.headers.get("x-trailer"));
}

TEST_F(ClientTest, ABodyMayEndWithTheConnection) {
  const Got got = one_get("HTTP/1.1 200 OK\r\n\r\nall of it", close());
  ASSERT_FALSE(got.error) << got.message();
  EXPECT_EQ(got.body, "all of it");
}

TEST_F(ClientTest, InterimAnswersAreSkipped) {
  const Got got = one_get(std::string("HTTP/1.1 100 Continue\r\n\r\n"
                                      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n") +
                              kOk,
                          hold());
  ASSERT_FALSE(got.error) << got.message();
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "ok");
  EXPECT_FALSE(got.headers.get("link"));
}

TEST_F(ClientTest, AHeadInPiecesIsReadAsOne) {
  ScriptedServer server(runtime, {{read_request(), send("HTTP/1.1 20"), send("0 OK\r\nContent-"),
                                   send("Length: 2\r\n\r"), send("\no"), send("k"), hold()}});
  Client client(runtime, ClientOptions());
  EXPECT_EQ(run(server, fetch(client, get(server.port()))).body, "ok");
}

TEST_F(ClientTest, AnyStatusIsAnAnswer) {
  const Got got = one_get("HTTP/1.1 503 Slow Down\r\nContent-Length: 4\r\n\r\nslow", hold());
  EXPECT_FALSE(got.error);
  EXPECT_EQ(got.status, 503);
}

TEST_F(ClientTest, SendsBodiesWithTheirLengthAndNoExpect) {
  const std::string large(3 * kMiB, 'x');
  Client client(runtime, ClientOptions());
  for (const std::string& body : {std::string(), std::string("small"), large}) {
    ScriptedServer one(runtime, {{read_request(), send(kOk), hold()}});
    const Got got = run(one, fetch(client, put(one.port(), body)));
    ASSERT_FALSE(got.error) << got.message();
    ASSERT_EQ(one.received().size(), 1u);
    const std::string& seen = one.received()[0];
    EXPECT_THAT(seen, HasSubstr("Content-Length: " + std::to_string(body.size()) + "\r\n"));
    EXPECT_THAT(seen.substr(0, 300), testing::Not(HasSubstr("Expect")));
    EXPECT_TRUE(seen.ends_with("\r\n\r\n" + body));
  }
}

class Pieces final : public BodySource {
 public:
  Pieces(ByteCount piece, int count, ByteCount length)
      : piece_(piece), count_(count), length_(length) {}
  ByteCount length() const override { return length_; }
  Task<Result<std::unique_ptr<BodyReader>>> open() override {
    ++opened;
    std::unique_ptr<BodyReader> reader = std::make_unique<Reader>(piece_, count_);
    co_return reader;
  }
  int opened = 0;

 private:
  class Reader final : public BodyReader {
   public:
    Reader(ByteCount piece, int count) : bytes_(piece, 'p'), left_(count) {}
    Task<Result<std::string_view>> read() override {
      if (left_ == 0) co_return std::string_view();
      --left_;
      co_return std::string_view(bytes_);
    }

   private:
    std::string bytes_;
    int left_;
  };
  ByteCount piece_;
  int count_;
  ByteCount length_;
};

TEST_F(ClientTest, StreamsABody) {
  ScriptedServer server(runtime, {{read_request(), send(kOk), hold()}});
  Client client(runtime, ClientOptions());
  Request request = put(server.port(), "");
  const auto source = std::make_shared<Pieces>(100'000, 30, 3'000'000);
  request.stream = source;
  const Got got = run(server, fetch(client, request));
  ASSERT_FALSE(got.error) << got.message();
  EXPECT_EQ(source->opened, 1);
  EXPECT_EQ(server.received()[0].size() - server.received()[0].find("\r\n\r\n") - 4, 3'000'000u);
}

TEST_F(ClientTest, ABodyThatIsNotAsLongAsItSaidIsADefectAndIsNotSentOn) {
  for (const ByteCount length : {ByteCount{999}, ByteCount{1001}}) {
    ScriptedServer server(runtime, {{read_rest()}});
    Client client(runtime, ClientOptions());
    Request request = put(server.port(), "");
    request.stream = std::make_shared<Pieces>(100, 10, length);
    EXPECT_EQ(run(server, fetch(client, request)).kind(), ErrorKind::kInternal);
  }
}

TEST_F(ClientTest, AnAnswerBeforeTheBodyWasSentIsRead) {
  const std::string answer =
      "HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\nConnection: close\r\n\r\ndenied";
  for (const Step& after : {hold(), close(), reset()}) {
    ScriptedServer server(runtime, {{read_head(), send(answer), after}});
    Client client(runtime, ClientOptions());
    Request streamed = put(server.port(), "");
    streamed.stream = std::make_shared<Pieces>(1'000'000, 64, 64'000'000);
    Got got = run(server, fetch(client, streamed));
    ASSERT_FALSE(got.error) << got.message();
    EXPECT_EQ(got.status, 403);
    EXPECT_EQ(got.body, "denied");

    ScriptedServer again(runtime, {{read_head(), send(answer), after}});
    got = run(again, fetch(client, put(again.port(), std::string(64'000'000, 'b'))));
    ASSERT_FALSE(got.error) << got.message();
    EXPECT_EQ(got.status, 403);
  }
}

TEST_F(ClientTest, RefusesHeadersThatWouldBreakTheFrame) {
  Client client(runtime, ClientOptions());
  auto refused = [&](std::string name, std::string value) {
    Request request = put(1, "body");
    request.headers.add(std::move(name), std::move(value));
    const Got got = runtime.run(fetch(client, request));
    EXPECT_EQ(got.kind(), ErrorKind::kInvalidRequest) << got.message();
    EXPECT_THAT(got.message(), testing::Not(HasSubstr("hidden")));
  };
  refused("x-amz-meta-a", "hidden\r\nX-Injected: 1");
  refused("x-amz-meta-a", "hidden\n");
  refused("x-amz-meta-a", std::string("hidden\0", 7));
  refused("x a", "hidden");
  refused("x\r\ny", "hidden");
  refused("", "hidden");
  refused("Content-Length", "5");
  refused("Transfer-Encoding", "chunked");
  Request request = get(1, "/a b");
  EXPECT_EQ(runtime.run(fetch(client, request)).kind(), ErrorKind::kInvalidRequest);
  request = get(1, "/a\r\nX: 1");
  EXPECT_EQ(runtime.run(fetch(client, request)).kind(), ErrorKind::kInvalidRequest);
}

TEST_F(ClientTest, ARefusedConnectionAndAnUnknownNameAreSaid) {
  std::uint16_t port;
  {
    ScriptedServer gone(runtime, {{}});
    port = gone.port();
  }
  Client client(runtime, ClientOptions());
  Got got = runtime.run(fetch(client, get(port)));
  EXPECT_EQ(got.kind(), ErrorKind::kConnect);
  EXPECT_THAT(got.message(), HasSubstr("127.0.0.1:" + std::to_string(port)));
  Request request = get(80);
  request.origin.host = "no-such-host.invalid";
  request.deadlines.connect = std::chrono::minutes(1);  // where name servers are silent
  got = runtime.run(fetch(client, request));
  EXPECT_EQ(got.kind(), ErrorKind::kConnect);
  EXPECT_THAT(got.message(), HasSubstr("no-such-host.invalid"));
}

TEST_F(ClientTest, ANameWithSeveralAddressesIsTriedToTheOneThatAnswers) {
  // "localhost" is ::1 and 127.0.0.1; the server listens on the latter alone.
  ScriptedServer server(runtime, {{read_request(), send(kOk), close()}});
  Client client(runtime, ClientOptions());
  Request request = get(server.port());
  request.origin.host = "localhost";
  const Got got = run(server, fetch(client, request));
  ASSERT_FALSE(got.error) << got.message();
  EXPECT_THAT(server.received()[0], HasSubstr("Host: localhost:"));
}

TEST_F(ClientTest, NamesUnderLocalhostAreLoopbackAndNobodyIsAsked) {
  for (const std::string host : {"bucket.LOCALHOST", "localhost.", "a.b.localhost"}) {
    ScriptedServer server(runtime, {{read_request(), send(kOk), close()}});
    Client client(runtime, ClientOptions());
    Request request = get(server.port());
    request.origin.host = host;
    const Got got = run(server, fetch(client, request));
    EXPECT_FALSE(got.error) << host << ": " << got.message();
  }
}

TEST_F(ClientTest, LargeBodiesArriveWhole) {
  std::string body;
  for (int i = 0; body.size() < 5 * kMiB; ++i) body += std::to_string(i) + ",";
  Got got = one_get(
      "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
      hold());
  ASSERT_FALSE(got.error) << got.message();
  EXPECT_TRUE(got.body == body);
  std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0, n = 1; at < body.size(); at += n, n = n * 3 % 100'003) {
    n = std::min(n, body.size() - at);
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", n);
    chunked += size + body.substr(at, n) + "\r\n";
  }
  got = one_get(chunked + "0\r\n\r\n", hold());
  ASSERT_FALSE(got.error) << got.message();
  EXPECT_TRUE(got.body == body);
}

}  // namespace
}  // namespace s3ferry::http
