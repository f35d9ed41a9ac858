#pragma once

#include <memory>
#include <optional>

#include "http/client.h"
#include "http/proxy.h"
#include "http/resolver.h"
#include "http/tcp_stream.h"

namespace s3ferry::http {

// How an origin is reached.
struct Route {
  Origin origin;
  std::optional<Proxy> proxy;
  // Plain HTTP through a proxy: requests in absolute form.
  bool absolute_form() const { return proxy && !origin.tls; }
};

// Makes new connections: name, TCP (each address in turn, starting at another one each time),
// a proxy's tunnel, TLS.
class Connector {
 public:
  Connector(Runtime& runtime, const ClientOptions& options)
      : runtime_(runtime), options_(options), resolver_(runtime) {}

  Result<Route> route(const Origin& origin) const;
  // Within `limit` for all of it (kTimeout). kConnect, kTls, kConfig, kCancelled.
  Task<Result<std::unique_ptr<Stream>>> open(const Route& route, Duration limit);

 private:
  using Opened = Result<std::unique_ptr<TcpStream>>;
  Task<Opened> establish(const Route& route, Duration limit);
  Task<Opened> connect_any(std::string host, std::uint16_t port, Duration limit);
  Task<Status> open_tunnel(Stream& stream, const Route& route);
  Result<TlsContext*> tls_context();

  Runtime& runtime_;
  const ClientOptions& options_;
  Resolver resolver_;
  std::unique_ptr<TlsContext> tls_;
  std::size_t next_address_ = 0;
};

}  // namespace s3ferry::http
