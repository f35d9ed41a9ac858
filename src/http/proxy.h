#pragma once

#include <optional>
#include <string>

#include "base/secret.h"
#include "http/client.h"
#include "http/message.h"

namespace s3ferry::http {

struct Proxy {
  std::string host;
  std::uint16_t port = 0;
  Secret authorization;  // "Basic …", or empty

  std::string where() const;  // "host:port"
};

// "http://user:password@host:port", "host:port", "host" (port 80). The password may be
// percent-encoded. kConfig on anything else; the message does not show the text.
Result<Proxy> parse_proxy(const Secret& text);

// The proxy that stands before `origin`, or none. NO_PROXY is a list, split by commas, of host
// names (which cover their subdomains, with or without a leading dot), addresses, networks
// ("10.0.0.0/8"), each with an optional ":port", or "*". Loopback and link-local addresses never
// go through a proxy.
Result<std::optional<Proxy>> proxy_for(const ProxySettings& settings, const Origin& origin);

}  // namespace s3ferry::http
