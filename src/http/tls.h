#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "http/stream.h"

struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;

namespace s3ferry::http {

// What all TLS connections of a client share: TLS 1.2 or newer, the trusted certificates, whether
// to check, and the last session with each host, so that a further connection costs a third of the
// first (whose certificate was checked). Made at the first TLS connection (reading the system's
// certificates takes some milliseconds).
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
  static constexpr std::size_t kMostHosts = 64;
  TlsContext(ssl_ctx_st* context, bool verify) : context_(context), verify_(verify) {}
  ssl_session_st** session_with(const std::string& host);
  ssl_ctx_st* context_;
  bool verify_;
  std::map<std::string, ssl_session_st*> sessions_;
};

// One end of a TLS connection over a socket, which outlives it.
class TlsSession {
 public:
  // `host` is sent as SNI and looked for in the certificate (a DNS name, or an IP address).
  static Result<std::unique_ptr<TlsSession>> make(TlsContext& context, ReadySocket& socket,
                                                  const std::string& host);
  // The server's end.
  static Result<std::unique_ptr<TlsSession>> make_server(TlsContext& context, ReadySocket& socket);
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
  bool ended() const { return ended_.has_value(); }  // an end came behind what was read last
  bool is_resumed() const;                           // begun with the last session's secrets
  const std::string& broken_reason() const { return reason_; }

 private:
  TlsSession(ssl_st* ssl, ReadySocket& socket) : ssl_(ssl), socket_(socket) {}
  static Result<std::unique_ptr<TlsSession>> over(TlsContext& context, ReadySocket& socket);
  IoResult classify(int result);
  void release_write_buffer();
  ssl_st* ssl_;
  ReadySocket& socket_;
  int tidy_reads_ = 0;             // after which a write buffer was released
  bool writing_ = false;           // a record of ours is not yet sent as a whole
  std::optional<IoResult> ended_;  // what came right behind the bytes that were read last
  std::string reason_;
  unsigned long error_code_ = 0;
};

}  // namespace s3ferry::http
