#include "http/answer_parser.h"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <boost/beast/http/basic_parser.hpp>
#include <gtest/gtest.h>

// The parser beside Boost.Beast's: what both read has to be the same, and what only one refuses is
// listed here.
namespace s3ferry::http {
namespace {

namespace beast = boost::beast;

// An answer as it was read: equal texts are equal answers.
struct Read {
  bool refused = false, complete = false;
  std::string text;
  friend bool operator==(const Read&, const Read&) = default;
};
std::ostream& operator<<(std::ostream& out, const Read& read) {
  return out << (read.refused    ? "refused"
                 : read.complete ? "complete: "
                                 : "incomplete: ")
             << read.text;
}

Read refused() {
  return {true, false, ""};
}

Read ours(std::string_view bytes, bool no_body, std::size_t step) {
  AnswerParser parser;
  parser.reset(no_body);
  std::string body;
  std::size_t taken = 0;
  for (std::size_t given = 0; !parser.done() && given < bytes.size();) {
    given = std::min(bytes.size(), given + step);
    while (taken < given && !parser.done()) {
      const auto used = parser.feed(bytes.substr(taken, given - taken));
      if (!used) return refused();
      EXPECT_LE(*used, given - taken);
      taken += *used;
      body += parser.piece();
      if (*used == 0) break;
    }
  }
  if (!parser.head_done()) return {};
  Read out{false, parser.done(), ""};
  out.text = std::to_string(parser.status()) + (parser.keep_alive() ? " kept " : " closed ") +
             std::to_string(parser.length_hint()) +
             (parser.ends_with_connection() ? " to its end" : "") + "\n";
  const Headers headers = parser.take_headers();
  for (const auto& [name, value] : headers)
    out.text.append(name).append("=").append(value).append("\n");
  out.text += body;
  if (out.complete) out.text += "|" + std::to_string(bytes.size() - taken);
  return out;
}

class BeastParser final : public beast::http::basic_parser<false> {
 public:
  BeastParser() {
    header_limit(kMaxHeadBytes);
    body_limit(boost::none);
  }
  int status = 0;
  std::string fields, body;

 private:
  using View = beast::string_view;
  using Code = beast::error_code;
  void on_request_impl(beast::http::verb, View, View, int, Code&) override {}
  void on_response_impl(int code, View, int, Code&) override { status = code; }
  void on_field_impl(beast::http::field name, View text, View value, Code& ec) override {
    if (head_done_) return;
    if (name == beast::http::field::transfer_encoding && !beast::iequals(value, "chunked"))
      ec = beast::http::error::bad_transfer_encoding;
    fields.append(text.data(), text.size()).append("=");
    fields.append(value.data(), value.size()).append("\n");
  }
  void on_header_impl(Code&) override { head_done_ = true; }
  void on_body_init_impl(boost::optional<std::uint64_t> const&, Code&) override {}
  std::size_t on_body_impl(View text, Code&) override {
    body.append(text.data(), text.size());
    return text.size();
  }
  void on_chunk_header_impl(std::uint64_t, View, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View text, Code& ec) override {
    return on_body_impl(text, ec);
  }
  void on_finish_impl(Code&) override {}
  bool head_done_ = false;
};

Read oracle(std::string_view bytes, bool no_body) {
  BeastParser parser;
  parser.skip(no_body);
  std::size_t taken = 0;
  while (!parser.is_done() && taken < bytes.size()) {
    beast::error_code ec;
    const std::size_t used =
        parser.put(boost::asio::const_buffer(bytes.data() + taken, bytes.size() - taken), ec);
    taken += used;
    if (ec && ec != beast::http::error::need_more) return refused();
    if (used == 0) break;
  }
  if (!parser.is_header_done()) return {};
  Read out{false, parser.is_done(), ""};
  out.text = std::to_string(parser.status) + (parser.keep_alive() ? " kept " : " closed ") +
             std::to_string(parser.content_length().value_or(0)) +
             (parser.need_eof() ? " to its end" : "") + "\n" + parser.fields + parser.body;
  if (out.complete) out.text += "|" + std::to_string(bytes.size() - taken);
  return out;
}

const std::vector<std::string> kAnswers = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, and more",
    "HTTP/1.1 200 OK\r\ncontent-length:5\r\nX-Empty:\r\nx-amz-id: \t a b \t\r\n\r\nhel",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
    "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\nto the end of the connection",
    "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nConnection: keep-alive,, close ,\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
    "Chunked\r\n\r\n4\r\nhalf\r\n00A\r\n0123456789\r\n0\r\n\r\nX",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nhalf\r\n0\r\nTrailer: x\r\n\r\n",
    "HTTP/1.1 500 Internal Server Error\r\nDate: Mon, 23 Nov 2026 04:00:00 GMT\r\n"
    "Content-Type: application/xml\r\nContent-Length: 3\r\nServer: s3\r\n\r\n<E>",
    "HTTP/1.1 200 OK\r\nX: \xED\x95\x9C\xEA\xB8\x80\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX: a\r\n  b\r\n\tc\r\nContent-Length: 0\r\n\r\n",
    // Refused by both.
    "HTTP/1.1 200\r\n\r\n",
    "HTTP/1.2 200 OK\r\n\r\n",
    "HTTP/2.0 200 OK\r\n\r\n",
    "HTTP/1.1 2000 OK\r\n\r\n",
    "HTTP/1.1 20 OK\r\n\r\n",
    "http/1.1 200 OK\r\n\r\n",
    "HTTP/1.1  200 OK\r\n\r\n",
    "\r\n\r\n\r\n\r\n",
    "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA b: c\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA : c\r\n\r\n",
    "HTTP/1.1 200 OK\r\n: c\r\n\r\n",
    "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\x01\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\x7F\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\nB: c\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\rB: c\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 4, 5\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalfXX\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nhalf",
};

TEST(AnswerParser, ReadsWhatTheOracleReads) {
  for (const std::string& answer : kAnswers)
    for (const bool no_body : {false, true}) {
      const Read wanted = oracle(answer, no_body);
      EXPECT_EQ(ours(answer, no_body, answer.size()), wanted) << answer;
    }
}

// In whatever pieces it comes: what was refused as a whole may end before it is seen to be wrong.
TEST(AnswerParser, PiecesMakeTheSameAnswer) {
  for (const std::string& answer : kAnswers) {
    const Read whole = ours(answer, false, answer.size());
    for (const std::size_t step : {1u, 2u, 3u, 7u, 64u})
      EXPECT_EQ(ours(answer, false, step), whole) << answer;
  }
}

// Cut, repeated and changed at random, both read the same or we refuse: never the other way round.
TEST(AnswerParser, IsNeverLaxerThanTheOracle) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::string alphabet("\r\n\t :,;=0159aFXchunked\x7F\x01\xC3\xA9", 26);
  std::size_t read = 0, stricter = 0;
  for (int round = 0; round < 40'000; ++round) {
    std::string answer = kAnswers[random() % kAnswers.size()];
    for (auto changes = random() % 4; changes > 0 && !answer.empty(); --changes) {
      const std::size_t at = random() % answer.size();
      switch (random() % 4) {
        case 0:
          answer.erase(at, 1 + random() % 6);
          break;
        case 1:
          answer.insert(at, 1, alphabet[random() % alphabet.size()]);
          break;
        case 2:
          answer[at] = alphabet[random() % alphabet.size()];
          break;
        default:
          answer.insert(at, answer.substr(random() % answer.size(), random() % 30));
      }
    }
    const bool no_body = random() % 8 == 0;
    const Read wanted = oracle(answer, no_body), got = ours(answer, no_body, answer.size());
    if (got.refused && !wanted.refused) ++stricter;
    // What has not come to its end yet is refused early by one, late by the other.
    if (got.refused || (wanted.refused && !got.complete)) continue;
    ++read;
    ASSERT_EQ(got, wanted) << answer;
  }
  EXPECT_GT(read, 5'000u);
  EXPECT_LT(stricter, 400u);
}

TEST(AnswerParser, AnotherProtocolIsSeenInItsFirstLine) {
  EXPECT_TRUE(ours("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", false, 100).refused);
  EXPECT_TRUE(ours("220 mail ready\r\n", false, 100).refused);
  EXPECT_FALSE(ours("HTTP/1.1 200 OK\r\n", false, 100).refused);
}

TEST(AnswerParser, AHeadHasABound) {
  const std::string begin = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ";
  const std::string fits(kMaxHeadBytes - begin.size() - 4, 'x');
  EXPECT_TRUE(ours(begin + fits + "\r\n\r\n", false, kMaxHeadBytes).complete);
  EXPECT_TRUE(ours(begin + fits + "x\r\n\r\n", false, 2 * kMaxHeadBytes).refused);
  EXPECT_TRUE(ours(begin + std::string(kMaxHeadBytes, 'x'), false, 1000).refused);
}

}  // namespace
}  // namespace s3ferry::http
