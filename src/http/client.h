#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/secret.h"
#include "http/transport.h"
#include "runtime/runtime.h"

namespace s3ferry::http {

// The proxies as the environment names them (HTTPS_PROXY, HTTP_PROXY, NO_PROXY); empty: none.
// "http://user:password@host:port" or "host:port". https:// origins are reached by CONNECT, http://
// ones in absolute form. Link-local addresses (the metadata services) are never asked through one.
struct ProxySettings {
  Secret https_proxy;
  Secret http_proxy;
  std::string no_proxy;
};

struct ClientOptions {
  std::string ca_bundle;  // PEM file used instead of the system's certificates; empty: the system's
  bool verify_tls = true;  // false: any certificate is taken; said once in the log
  ProxySettings proxy;
  std::size_t max_connections = 0;  // an origin, in use and idle; 0: no limit of its own
  std::size_t max_idle = 1024;      // kept alive, an origin
  Duration idle_expiry = std::chrono::seconds(15);  // an idle connection is not used after this
};

// How the client used its connections; for logs and tests.
struct ClientCounters {
  std::uint64_t requests = 0;
  std::uint64_t connections_opened = 0;
  std::uint64_t connections_reused = 0;
  std::uint64_t resent = 0;  // after a pooled connection turned out to be closed
};

// HTTP/1.1 over TCP and TLS on real sockets, for a RealRuntime. Keeps connections alive and lends
// one to each request; a connection goes back when the answer was read to its end. Lives on its
// runtime's thread; outlives the requests and the answers that it gave. An idle connection costs
// no buffer: those are lent while an answer is being read.
class Client final : public Transport {
 public:
  Client(Runtime& runtime, ClientOptions options);
  ~Client() override;

  // A request that could not be sent as it stands (CR or LF in a header, a body length that is not
  // its Content-Length) is kInvalidRequest. A name that is not known, a refused connection and a
  // proxy that will not connect are kConnect.
  Task<Result<Response>> send(Request request) override;

  ClientCounters counters() const;
  void close_idle();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace s3ferry::http
