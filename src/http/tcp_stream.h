#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/resolver.h"
#include "http/stream.h"
#include "http/tls.h"

namespace s3ferry::http {

// A TCP stream that can go over to TLS once (after a proxy's CONNECT, or at once).
class TcpStream : public Stream {
 public:
  // Connects to one address. kConnect with the system's reason; kCancelled.
  static Task<Result<std::unique_ptr<TcpStream>>> connect(Runtime& runtime, Address address);
  // Takes over a connected socket (a server's).
  static std::unique_ptr<TcpStream> adopt(Runtime& runtime, int socket);
  // write_some() of two pieces, one behind the other; they may be empty.
  virtual IoResult write_some_of(std::string_view first, std::string_view second) = 0;
  // As the client. kTls with what to do; kConnect where the connection was cut; kCancelled.
  virtual Task<Status> start_tls(TlsContext& context, const std::string& host,
                                 const std::string& where) = 0;
  // As the server, with a context made for that. kTls, kCancelled.
  virtual Task<Status> accept_tls(TlsContext& context) = 0;
};

}  // namespace s3ferry::http
