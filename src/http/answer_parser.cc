#include "http/answer_parser.h"

#include <optional>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry::http {
namespace {

namespace beast = boost::beast;
using ErrorCode = beast::error_code;
using BeastView = beast::string_view;

std::string_view view(BeastView text) {
  return {text.data(), text.size()};
}

class Parser final : public beast::http::basic_parser<false> {
 public:
  Parser() {
    header_limit(kMaxHeadBytes);
    body_limit(boost::none);
  }
  int status = 0;
  Headers headers;
  std::string_view piece;

 private:
  void on_request_impl(beast::http::verb, BeastView, BeastView, int, ErrorCode&) override {}
  void on_response_impl(int code, BeastView, int, ErrorCode&) override {
    status = code;
    headers.reserve(12);
  }
  void on_field_impl(beast::http::field name, BeastView text, BeastView value,
                     ErrorCode& ec) override {
    if (head_done_) return;  // trailers
    if (name == beast::http::field::transfer_encoding && !iequals_ascii(view(value), "chunked"))
      ec = beast::http::error::bad_transfer_encoding;
    headers.add(std::string(view(text)), std::string(view(value)));
  }
  void on_header_impl(ErrorCode&) override { head_done_ = true; }
  void on_body_init_impl(boost::optional<std::uint64_t> const&, ErrorCode&) override {}
  std::size_t on_body_impl(BeastView body, ErrorCode&) override {
    piece = view(body);
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, BeastView, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView body, ErrorCode&) override {
    piece = view(body);
    return body.size();
  }
  void on_finish_impl(ErrorCode&) override {}
  bool head_done_ = false;
};

}  // namespace

struct AnswerParser::Impl {
  std::optional<Parser> parser;
};

AnswerParser::AnswerParser() : impl_(std::make_unique<Impl>()) {}
AnswerParser::~AnswerParser() = default;

void AnswerParser::reset(bool no_body) {
  impl_->parser.emplace();
  impl_->parser->skip(no_body);
}

Result<std::size_t> AnswerParser::feed(std::string_view bytes) {
  Parser& parser = *impl_->parser;
  parser.piece = {};
  ErrorCode ec;
  const std::size_t used = parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
  if (ec == beast::http::error::need_more) return used;
  if (ec == beast::http::error::header_limit)
    return fail(ErrorKind::kProtocol,
                fmt::format("the answer's head is larger than {} bytes", kMaxHeadBytes));
  if (ec)
    return fail(ErrorKind::kProtocol, fmt::format("the answer is not HTTP: {}", ec.message()));
  return used;
}

std::string_view AnswerParser::piece() const {
  return impl_->parser->piece;
}
bool AnswerParser::head_done() const {
  return impl_->parser->is_header_done();
}
bool AnswerParser::done() const {
  return impl_->parser->is_done();
}
int AnswerParser::status() const {
  return impl_->parser->status;
}
Headers AnswerParser::take_headers() {
  return std::move(impl_->parser->headers);
}
bool AnswerParser::keep_alive() const {
  return impl_->parser->keep_alive();
}
bool AnswerParser::ends_with_connection() const {
  return impl_->parser->need_eof();
}
ByteCount AnswerParser::length_hint() const {
  return impl_->parser->content_length().value_or(0);
}
std::optional<ByteCount> AnswerParser::length_left() const {
  const auto left = impl_->parser->content_length_remaining();
  return left ? std::optional<ByteCount>(*left) : std::nullopt;
}

}  // namespace s3ferry::http
