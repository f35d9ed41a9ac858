#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "http/buffers.h"
#include "http/tcp_stream.h"
#include "http/transport.h"
#include "runtime/scope.h"

namespace s3ferry::sim {

struct ServerOptions {
  std::string address = "127.0.0.1";  // to listen at
  std::uint16_t port = 0;             // plain HTTP; 0: any free one
  std::optional<std::uint16_t> tls_port;
  std::string certificate, key;  // PEM, for the TLS port
  ByteCount discard_from = 0;    // bodies from this size on are hashed, not kept; 0: all are kept
};

// An HTTP/1.1 server over TCP and TLS for what answers requests in process: the simulator with its
// control interface (control.h). An error from the service ends the connection without an answer.
// One thread, the runtime's; a coroutine a connection. The service outlives it.
class Server {
 public:
  Server(Runtime& runtime, http::Transport& service, ServerOptions options);
  ~Server();

  // Binds the ports. kConfig when one is taken.
  Status open();
  std::uint16_t port() const;
  std::uint16_t tls_port() const;  // 0: none
  // Until stop(). Open connections are then closed, whatever they were doing.
  Task<void> serve();
  void stop();

 private:
  struct Listener;
  Task<void> accept(Listener& listener);
  Task<void> converse(std::unique_ptr<http::TcpStream> stream, bool tls);

  Runtime& runtime_;
  http::Transport& service_;
  ServerOptions options_;
  std::unique_ptr<http::TlsContext> tls_;
  std::unique_ptr<Listener> plain_listener_, tls_listener_;
  Scope scope_;
  http::Buffers buffers_;
};

}  // namespace s3ferry::sim
