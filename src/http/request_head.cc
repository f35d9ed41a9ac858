#include "http/request_head.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

constexpr auto kInName = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x21; c < 0x7F; ++c)
    table[c] = std::string_view("()<>@,;:\\\"/[]?={}").find(static_cast<char>(c)) ==
               std::string_view::npos;
  return table;
}();

bool is_field_name(std::string_view name) {
  bool all = !name.empty();
  for (const char c : name) all &= kInName[static_cast<unsigned char>(c)];
  return all;
}

bool breaks_value(std::string_view value) {
  return value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

// The bytes up to '\r': all that break a value are among them. With one comparison a byte, and in
// pieces that a byte can count, so that it is vectorised well.
std::size_t count_low(std::string_view text) {
  constexpr std::size_t kPiece = 128;
  std::size_t sum = 0;
  for (; !text.empty(); text.remove_prefix(std::min(kPiece, text.size()))) {
    unsigned char found = 0;
    for (const char c : text.substr(0, kPiece))
      found = static_cast<unsigned char>(found + (static_cast<unsigned char>(c) <= '\r'));
    sum += found;
  }
  return sum;
}

// Vectorised, too.
bool is_target(std::string_view target) {
  unsigned char bad = 0;
  for (const char c : target) {
    const auto byte = static_cast<unsigned char>(c);
    bad |= static_cast<unsigned char>(byte <= 0x20) | static_cast<unsigned char>(byte == 0x7F) |
           static_cast<unsigned char>(byte == '#');
  }
  return bad == 0 && (target.starts_with('/') || target == "*");
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

// Appends to a string that was made long enough before.
class Pen {
 public:
  Pen(std::string& text, std::size_t room) : text_(text), end_(text.size()) {
    text.resize(end_ + room);
    to_ = text.data() + end_;
  }
  ~Pen() { text_.resize(end_); }
  Pen(const Pen&) = delete;
  Pen& operator=(const Pen&) = delete;
  void put(std::string_view piece) { to_ = std::copy(piece.begin(), piece.end(), to_); }
  std::string_view written() const {
    const char* const begin = text_.data() + end_;
    return {begin, static_cast<std::size_t>(to_ - begin)};
  }
  void keep() { end_ = static_cast<std::size_t>(to_ - text_.data()); }  // else nothing was appended

 private:
  std::string& text_;
  std::size_t end_;
  char* to_;
};

bool has_own_body(Method method) {
  return method == Method::kPut || method == Method::kPost;
}

tl::unexpected<Error> refuse(std::string text) {
  return fail(ErrorKind::kInvalidRequest, std::move(text));
}

constexpr std::string_view kUnfit =
    "holds a line break or another character that a header cannot carry";

tl::unexpected<Error> refuse_field(std::string_view name, std::string_view problem) {
  return refuse(fmt::format("the request header '{}' {}", escape_for_display(name), problem));
}

// The request line and the caller's fields; whether these hold a host and a length.
Status append_given(std::string& out, const Request& request, std::string_view origin, bool& host,
                    bool& length) {
  constexpr std::size_t kRequestLine = 32;  // without the target
  Pen pen(out, kRequestLine + origin.size() + request.target.size() + request.headers.size_bytes() +
                   4 * request.headers.size());
  for (const std::string_view piece :
       {to_string(request.method), std::string_view(" "), origin, std::string_view(request.target),
        std::string_view(" HTTP/1.1\r\n")})
    pen.put(piece);
  for (const auto& [name, value] : request.headers) {
    std::string_view problem;
    if (!is_field_name(name)) {
      problem = kUnfit;
    } else if (name.size() == 4 && iequals_ascii(name, "host")) {
      host = true;
    } else if (name.size() == 14 && iequals_ascii(name, "content-length")) {
      length = true;
      if (parse_u64(value) != request.body_length()) problem = "is not the length of the body";
    } else if (name.size() == 17 && iequals_ascii(name, "transfer-encoding")) {
      problem = "is not for a caller to set";
    }
    if (!problem.empty()) return refuse_field(name, problem);
    pen.put(name);
    pen.put(": ");
    pen.put(value);
    pen.put(kLineEnd);
  }
  // All values at once: as a rule these bytes are in the lines' ends alone.
  const std::size_t lines = 1 + request.headers.size();
  if (count_low(pen.written()) != kLineEnd.size() * lines) {
    for (const auto& [name, value] : request.headers)
      if (breaks_value(value)) return refuse_field(name, kUnfit);
  }
  if (count_low(request.origin.host) > 0) return refuse("the endpoint's name holds a line break");
  pen.keep();
  return {};
}

}  // namespace

Status append_request_head(std::string& out, const Request& request,
                           const std::string* proxy_authorization) {
  if (!is_target(request.target)) return refuse("the request's target is not a well-encoded path");
  bool host = false, length = false;
  Status given = append_given(
      out, request, proxy_authorization != nullptr ? request.origin.to_string() : "", host, length);
  if (!given) return given;
  if (!host) append_field(out, "Host", request.origin.authority());
  const ByteCount size = request.body_length();
  if (!length && (size > 0 || has_own_body(request.method)))
    append_field(out, "Content-Length", std::to_string(size));
  if (proxy_authorization != nullptr && !proxy_authorization->empty())
    append_field(out, "Proxy-Authorization", *proxy_authorization);
  out.append("\r\n");
  return {};
}

void append_connect_head(std::string& out, const Origin& origin,
                         const std::string& proxy_authorization) {
  const bool v6 = origin.host.find(':') != std::string::npos;
  const std::string where =
      fmt::format("{}{}{}:{}", v6 ? "[" : "", origin.host, v6 ? "]" : "", origin.port);
  fmt::format_to(std::back_inserter(out), "CONNECT {} HTTP/1.1\r\nHost: {}\r\n", where, where);
  if (!proxy_authorization.empty()) append_field(out, "Proxy-Authorization", proxy_authorization);
  out.append("\r\n");
}

}  // namespace s3ferry::http
