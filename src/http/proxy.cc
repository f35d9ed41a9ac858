#include "http/proxy.h"

#include <cstring>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry::http {
namespace {

// 4 or 16 bytes; empty when it is not an address.
std::string address_bytes(const std::string& text) {
  unsigned char bytes[16];
  if (inet_pton(AF_INET, text.c_str(), bytes) == 1)
    return std::string(reinterpret_cast<const char*>(bytes), 4);
  if (inet_pton(AF_INET6, text.c_str(), bytes) == 1)
    return std::string(reinterpret_cast<const char*>(bytes), 16);
  return {};
}

bool in_network(const std::string& address, const std::string& network, std::uint64_t bits) {
  if (address.size() != network.size() || address.empty() || bits > address.size() * 8)
    return false;
  const std::size_t whole = bits / 8;
  if (address.compare(0, whole, network, 0, whole) != 0) return false;
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<unsigned char>(0xFF << (8 - rest));
  return (static_cast<unsigned char>(address[whole]) & mask) ==
         (static_cast<unsigned char>(network[whole]) & mask);
}

bool never_through_proxy(const std::string& host, const std::string& address) {
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  if (address.size() == 4)
    return in_network(address, address_bytes("127.0.0.0"), 8) ||
           in_network(address, address_bytes("169.254.0.0"), 16);
  return address == address_bytes("::1") || in_network(address, address_bytes("fe80::"), 10) ||
         address == address_bytes("fd00:ec2::254");  // EC2's metadata service
}

bool entry_covers(std::string_view entry, const Origin& origin, const std::string& address) {
  if (entry == "*") return true;
  if (const auto slash = entry.find('/'); slash != std::string_view::npos) {
    const auto bits = parse_u64(entry.substr(slash + 1));
    return bits && in_network(address, address_bytes(std::string(entry.substr(0, slash))), *bits);
  }
  if (entry.starts_with('[')) {
    const auto close = entry.find(']');
    if (close == std::string_view::npos) return false;
    const std::string_view port = entry.substr(close + 1);
    if (!port.empty() && port != fmt::format(":{}", origin.port)) return false;
    entry = entry.substr(1, close - 1);
  } else if (entry.find(':') == entry.rfind(':') && entry.find(':') != std::string_view::npos) {
    const auto colon = entry.find(':');
    if (entry.substr(colon + 1) != std::to_string(origin.port)) return false;
    entry = entry.substr(0, colon);
  }
  if (!address.empty()) return address == address_bytes(std::string(entry));
  if (entry.starts_with("*.")) entry.remove_prefix(1);
  while (entry.starts_with('.')) entry.remove_prefix(1);
  if (entry.empty() || origin.host.size() < entry.size()) return false;
  if (!iequals_ascii(std::string_view(origin.host).substr(origin.host.size() - entry.size()),
                     entry))
    return false;
  return origin.host.size() == entry.size() ||
         origin.host[origin.host.size() - entry.size() - 1] == '.';
}

}  // namespace

std::string Proxy::where() const {
  return host.find(':') != std::string::npos ? fmt::format("[{}]:{}", host, port)
                                             : fmt::format("{}:{}", host, port);
}

Result<Proxy> parse_proxy(const Secret& text) {
  std::string_view rest = trim_ascii(text.reveal());
  Proxy proxy;
  if (starts_with_ignoring_case(rest, "https://"))
    return fail(ErrorKind::kConfig,
                "a proxy that itself wants TLS is not supported: give it as http://host:port");
  if (starts_with_ignoring_case(rest, "http://")) rest.remove_prefix(7);
  rest = rest.substr(0, rest.find('/'));
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    const auto user = uri_decode(rest.substr(0, at));
    if (!user)
      return fail(ErrorKind::kConfig, "the proxy's user name or password is not well encoded");
    proxy.authorization = Secret("Basic " + to_base64(*user));
    rest.remove_prefix(at + 1);
  }
  // The rest is host and port alone; the URL parser knows how to read them.
  auto url = parse_url(fmt::format("http://{}", rest));
  if (!url || url->origin.host.empty())
    return fail(ErrorKind::kConfig, "the proxy is not usable: give it as http://host:port");
  proxy.host = url->origin.host;
  proxy.port = url->origin.port;
  return proxy;
}

Result<std::optional<Proxy>> proxy_for(const ProxySettings& settings, const Origin& origin) {
  const Secret& text = origin.tls ? settings.https_proxy : settings.http_proxy;
  if (text.empty()) return std::optional<Proxy>();
  const std::string address = address_bytes(origin.host);
  if (never_through_proxy(origin.host, address)) return std::optional<Proxy>();
  std::string_view list = settings.no_proxy;
  while (!list.empty()) {
    const auto comma = list.find(',');
    const std::string_view entry = trim_ascii(list.substr(0, comma));
    if (!entry.empty() && entry_covers(entry, origin, address)) return std::optional<Proxy>();
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  auto proxy = parse_proxy(text);
  if (!proxy) return fail(std::move(proxy.error()));
  return std::optional<Proxy>(std::move(*proxy));
}

}  // namespace s3ferry::http
