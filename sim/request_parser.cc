#include "sim/request_parser.h"

#include <optional>
#include <string>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "base/text.h"
#include "sim/digested_body.h"

namespace s3ferry::sim {
namespace {

namespace beast = boost::beast;
using ErrorCode = beast::error_code;
using BeastView = beast::string_view;

constexpr std::uint32_t kMaxHeadBytes = 64 * 1024;
constexpr std::uint64_t kMaxBodyBytes = 1 * kGiB;
constexpr std::uint64_t kMaxDiscardedBytes = 5 * kGiB;

std::string_view view(BeastView text) {
  return {text.data(), text.size()};
}

std::optional<http::Method> method_of(beast::http::verb verb) {
  switch (verb) {
    case beast::http::verb::get:
      return http::Method::kGet;
    case beast::http::verb::head:
      return http::Method::kHead;
    case beast::http::verb::put:
      return http::Method::kPut;
    case beast::http::verb::post:
      return http::Method::kPost;
    case beast::http::verb::delete_:
      return http::Method::kDelete;
    default:
      return std::nullopt;
  }
}

class Parser final : public beast::http::basic_parser<true> {
 public:
  Parser(bool tls, ByteCount discard_from) : discard_from_(discard_from) {
    request.origin.tls = tls;
    request.origin.port = tls ? 443 : 80;
    header_limit(kMaxHeadBytes);
    body_limit(discard_from > 0 ? kMaxDiscardedBytes : kMaxBodyBytes);
  }
  http::Request request;
  std::shared_ptr<DigestedBody> digested;
  bool expects_continue = false;

 private:
  void on_request_impl(beast::http::verb verb, BeastView, BeastView target, int,
                       ErrorCode& ec) override {
    const auto method = method_of(verb);
    if (!method) {
      ec = beast::http::error::bad_method;
      return;
    }
    request.method = *method;
    request.target.assign(target.data(), target.size());
    request.headers.reserve(1024);
  }
  void on_response_impl(int, BeastView, int, ErrorCode&) override {}
  void on_field_impl(beast::http::field name, BeastView text, BeastView value,
                     ErrorCode& ec) override {
    if (in_body_) return;  // trailers
    if (name == beast::http::field::host) set_origin(view(value), ec);
    if (name == beast::http::field::expect)
      expects_continue = iequals_ascii(view(value), "100-continue");
    request.headers.add(view(text), view(value));
  }
  void on_header_impl(ErrorCode&) override { in_body_ = true; }
  void on_body_init_impl(boost::optional<std::uint64_t> const& length, ErrorCode&) override {
    if (!length) return;
    if (discard_from_ > 0 && *length >= discard_from_)
      digested = std::make_shared<DigestedBody>();
    else
      request.body.reserve(std::min<std::uint64_t>(*length, 64 * kMiB));
  }
  std::size_t on_body_impl(BeastView body, ErrorCode&) override {
    if (digested)
      digested->update(view(body));
    else
      request.body.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, BeastView, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView body, ErrorCode& ec) override {
    if (request.body.size() + body.size() > kMaxBodyBytes) ec = beast::http::error::body_limit;
    request.body.append(body.data(), body.size());
    return body.size();
  }
  void on_finish_impl(ErrorCode&) override {}

  void set_origin(std::string_view host, ErrorCode& ec) {
    std::string_view name = host;
    std::string_view port;
    const auto colon = host.rfind(':');
    if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
      name = host.substr(0, colon);
      port = host.substr(colon + 1);
    }
    if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
    request.origin.host = to_lower_ascii(name);
    if (port.empty()) return;
    const auto number = parse_u64(port);
    if (!number || *number == 0 || *number > 65535)
      ec = beast::http::error::bad_value;
    else
      request.origin.port = static_cast<std::uint16_t>(*number);
  }

  ByteCount discard_from_;
  bool in_body_ = false;
};

}  // namespace

struct RequestParser::Impl {
  ByteCount discard_from = 0;
  std::optional<Parser> parser;
};

RequestParser::RequestParser(ByteCount discard_from) : impl_(std::make_unique<Impl>()) {
  impl_->discard_from = discard_from;
}
RequestParser::~RequestParser() = default;

void RequestParser::reset(bool tls) {
  impl_->parser.emplace(tls, impl_->discard_from);
}

Result<std::size_t> RequestParser::feed(std::string_view bytes) {
  ErrorCode ec;
  const std::size_t used =
      impl_->parser->put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
  if (ec && ec != beast::http::error::need_more) return fail(ErrorKind::kProtocol, ec.message());
  return used;
}

bool RequestParser::head_done() const {
  return impl_->parser->is_header_done();
}
bool RequestParser::done() const {
  return impl_->parser->is_done();
}
bool RequestParser::keep_alive() const {
  return impl_->parser->keep_alive();
}
bool RequestParser::expects_continue() const {
  return impl_->parser->expects_continue;
}
http::Request RequestParser::take() {
  if (const auto& digested = impl_->parser->digested) {
    digested->finish();
    impl_->parser->request.stream = digested;
  }
  return std::move(impl_->parser->request);
}

}  // namespace s3ferry::sim
