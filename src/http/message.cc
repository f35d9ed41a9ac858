#include "http/message.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "http/direct_body.h"

namespace s3ferry::http {

std::string_view to_string(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kHead:
      return "HEAD";
    case Method::kPut:
      return "PUT";
    case Method::kPost:
      return "POST";
    case Method::kDelete:
      return "DELETE";
  }
  return "GET";
}

Headers& Headers::operator=(const Headers& other) {
  if (this == &other) return *this;
  bytes_ = std::make_unique_for_overwrite<char[]>(other.size_);
  std::copy_n(other.bytes_.get(), other.size_, bytes_.get());
  size_ = room_ = other.size_;
  count_ = other.count_;
  return *this;
}

// Returns what held the fields until now.
std::unique_ptr<char[]> Headers::grow(std::size_t wanted) {
  auto larger = std::make_unique_for_overwrite<char[]>(wanted);
  std::copy_n(bytes_.get(), size_, larger.get());
  room_ = static_cast<std::uint32_t>(wanted);
  larger.swap(bytes_);
  return larger;
}

void Headers::reserve(std::size_t bytes) {
  if (bytes > room_) grow(bytes);
}

void Headers::add(std::string_view name, std::string_view value) {
  const Sizes sizes{static_cast<std::uint32_t>(name.size()),
                    static_cast<std::uint32_t>(value.size())};
  const std::size_t wanted = size_ + sizeof sizes + name.size() + value.size();
  std::unique_ptr<char[]> before;  // `value` may be one of ours
  if (wanted > room_) before = grow(std::max<std::size_t>(wanted * 2, 512));
  char* to = bytes_.get() + size_;
  std::memcpy(to, &sizes, sizeof sizes);
  to = std::copy(name.begin(), name.end(), to + sizeof sizes);
  std::copy(value.begin(), value.end(), to);
  size_ = static_cast<std::uint32_t>(wanted);
  ++count_;
}

void Headers::set(std::string_view name, std::string value) {
  const std::string kept(name);  // it may be one of ours
  remove(kept);
  add(kept, value);
}

void Headers::remove(std::string_view name) {
  const std::string wanted(name);
  for (char* at = bytes_.get(); at != bytes_.get() + size_;) {
    const Sizes sizes = sizes_at(at);
    const std::size_t whole = sizeof sizes + sizes.name + sizes.value;
    if (!iequals_ascii({at + sizeof sizes, sizes.name}, wanted)) {
      at += whole;
      continue;
    }
    const char* const end = bytes_.get() + size_;
    std::copy(static_cast<const char*>(at) + whole, end, at);
    size_ -= static_cast<std::uint32_t>(whole);
    --count_;
  }
}

std::optional<std::string_view> Headers::get(std::string_view name) const {
  if (name.empty()) return std::nullopt;
  // Many names begin alike (x-amz-), few also end alike.
  const auto last = [](std::string_view text) { return text.back() | 0x20; };
  for (const auto [field, value] : *this)
    if (field.size() == name.size() && last(field) == last(name) && iequals_ascii(field, name))
      return value;
  return std::nullopt;
}

std::string Origin::authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  std::string out = v6 ? "[" + host + "]" : host;
  if (port != (tls ? 443 : 80)) (out += ':') += std::to_string(port);
  return out;
}

std::string Origin::to_string() const {
  return (tls ? "https://" : "http://") + authority();
}

Result<Url> parse_url(std::string_view text) {
  auto bad = [&](std::string_view why, bool shown = true) {
    // What stands before '@' may be a password: such a text is not shown.
    if (!shown || text.find('@') != std::string_view::npos)
      return fail(ErrorKind::kConfig, fmt::format("not a usable URL ({})", why));
    return fail(ErrorKind::kConfig, fmt::format("not a usable URL: '{}' ({})", text, why));
  };
  Url url;
  if (starts_with_ignoring_case(text, "https://")) {
    url.origin.tls = true;
    text.remove_prefix(8);
  } else if (starts_with_ignoring_case(text, "http://")) {
    url.origin.tls = false;
    text.remove_prefix(7);
  } else {
    return bad("it must start with http:// or https://");
  }
  if (text.find_first_of("\r\n\t #") != std::string_view::npos)
    return bad("it holds a blank, a control character or a fragment");
  const auto rest_at = text.find_first_of("/?");
  std::string_view authority = text.substr(0, rest_at);
  std::string_view rest = rest_at == std::string_view::npos ? "" : text.substr(rest_at);
  if (authority.find('@') != std::string_view::npos)
    return fail(ErrorKind::kConfig, "a URL must not hold a user name or password");
  std::string_view host = authority, port;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return bad("']' is missing");
    host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
    if (!port.empty() && !port.starts_with(':')) return bad("malformed port", false);
  } else if (const auto colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  if (host.empty()) return bad("the host is missing");
  url.origin.host = to_lower_ascii(host);
  url.origin.port = url.origin.tls ? 443 : 80;
  if (!port.empty()) {
    const auto number = parse_u64(port.substr(1));
    // "user:password" without its host looks like this, too.
    if (!number || *number == 0 || *number > 65535) return bad("malformed port", false);
    url.origin.port = static_cast<std::uint16_t>(*number);
  }
  const auto question = rest.find('?');
  url.path = rest.substr(0, question);
  if (url.path.empty()) url.path = "/";
  if (question != std::string_view::npos) url.query = rest.substr(question + 1);
  return url;
}

Error too_large(ByteCount limit_bytes) {
  return Error(ErrorKind::kTooLarge,
               fmt::format("the answer is larger than {} bytes", limit_bytes));
}

Task<Status> read_pieces(BodyReader& body, std::string& out, ByteCount limit_bytes) {
  out.reserve(out.size() + std::min(body.length_hint(), limit_bytes));
  for (;;) {
    auto chunk = co_await body.read();
    if (!chunk) co_return fail(std::move(chunk.error()));
    if (chunk->empty()) co_return Status();
    if (out.size() + chunk->size() > limit_bytes) co_return fail(too_large(limit_bytes));
    out.append(*chunk);
  }
}

Task<Status> read_all(BodyReader& body, std::string& out, ByteCount limit_bytes) {
  if (auto* direct = dynamic_cast<DirectBody*>(&body)) return direct->read_rest(out, limit_bytes);
  return read_pieces(body, out, limit_bytes);
}

namespace {
class MemoryBody final : public BodyReader {
 public:
  explicit MemoryBody(std::string bytes) : bytes_(std::move(bytes)) {}
  Task<Result<std::string_view>> read() override {
    if (done_) co_return std::string_view();
    done_ = true;
    co_return std::string_view(bytes_);
  }

 private:
  std::string bytes_;
  bool done_ = false;
};
}  // namespace

std::unique_ptr<BodyReader> make_memory_body(std::string bytes) {
  return std::make_unique<MemoryBody>(std::move(bytes));
}

}  // namespace s3ferry::http
