#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "http/stream.h"

struct ssl_ctx_st;
struct ssl_st;

namespace s3ferry::http {

// What all TLS connections of a client share: TLS 1.2 or newer, the trusted certificates, whether
// to check. Made at the first TLS connection (reading the system's certificates takes some
// milliseconds).
class TlsContext {
 public:
  // kConfig when the bundle cannot be read.
  static Result<std::unique_ptr<TlsContext>> make(const std::string& ca_bundle, bool verify);
  // The other end, for servers on this machine: certificate and key in PEM.
  static Result<std::unique_ptr<TlsContext>> make_server(const std::string& certificate,
                                                         const std::string& key);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

 private:
  friend class TlsSession;
  TlsContext(ssl_ctx_st* context, bool verify) : context_(context), verify_(verify) {}
  ssl_ctx_st* context_;
  bool verify_;
};

// One end of a TLS connection over a non-blocking socket, which it does not own.
class TlsSession {
 public:
  // `host` is sent as SNI and looked for in the certificate (a DNS name, or an IP address).
  static Result<std::unique_ptr<TlsSession>> make(TlsContext& context, int socket,
                                                  const std::string& host);
  // The server's end.
  static Result<std::unique_ptr<TlsSession>> make_server(TlsContext& context, int socket);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // kOk: done. kBroken: see handshake_error().
  IoResult handshake();
  // kTls, with what to do about it; kConnect where the connection was cut meanwhile.
  Error handshake_error(const std::string& where) const;

  IoResult read_some(char* data, std::size_t size);
  IoResult write_some(const char* data, std::size_t size);
  bool is_quiet();
  const std::string& broken_reason() const { return reason_; }

 private:
  explicit TlsSession(ssl_st* ssl) : ssl_(ssl) {}
  static Result<std::unique_ptr<TlsSession>> over(TlsContext& context, int socket);
  IoResult classify(int result);
  void release_write_buffer();
  ssl_st* ssl_;
  bool writing_ = false;  // a record of ours is not yet sent as a whole
  std::string reason_;
  unsigned long error_code_ = 0;
};

}  // namespace s3ferry::http
