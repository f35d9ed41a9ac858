#include "http/tls.h"

#include <algorithm>
#include <cerrno>
#include <climits>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

namespace s3ferry::http {
namespace {

// OpenSSL's own socket BIO writes with write(), which raises SIGPIPE when the peer is gone; this
// one sends with MSG_NOSIGNAL.
ReadySocket& socket_of(BIO* bio) {
  return *static_cast<ReadySocket*>(BIO_get_data(bio));
}

int bio_write(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  ReadySocket& socket = socket_of(bio);
  const ssize_t n = ::send(socket.descriptor(), data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  socket.was_written(n, static_cast<std::size_t>(size));
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(n);
}

int bio_read(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  ReadySocket& socket = socket_of(bio);
  if (!socket.may_read()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const ssize_t n = ::recv(socket.descriptor(), data, static_cast<std::size_t>(size), 0);
  socket.was_read(n, static_cast<std::size_t>(size));
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  if (n == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(n);
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return 0;
}

struct MethodDeleter {
  void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};
std::unique_ptr<BIO_METHOD, MethodDeleter> make_bio_method() {
  std::unique_ptr<BIO_METHOD, MethodDeleter> method(
      BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "socket"));
  BIO_meth_set_write(method.get(), bio_write);
  BIO_meth_set_read(method.get(), bio_read);
  BIO_meth_set_ctrl(method.get(), bio_control);
  return method;
}
BIO_METHOD* bio_method() {
  static const auto method = make_bio_method();  // immutable
  return method.get();
}

std::string openssl_text(unsigned long code) {
  if (code == 0) return "the connection was closed";
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : fmt::format("OpenSSL error {:#x}", code);
}

bool is_ip_address(const std::string& host) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

void set_common_options(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

// The newest ticket with a host replaces the one before. What it is for stands in the SSL's data.
int keep_session(SSL* ssl, SSL_SESSION* session) {
  auto* place = static_cast<SSL_SESSION**>(SSL_get_app_data(ssl));
  if (place == nullptr) return 0;
  SSL_SESSION_free(*place);
  *place = session;
  return 1;
}

}  // namespace

Result<std::unique_ptr<TlsContext>> TlsContext::make(const std::string& ca_bundle, bool verify) {
  ERR_clear_error();
  SSL_CTX* raw = SSL_CTX_new(TLS_client_method());
  if (raw == nullptr) return fail(ErrorKind::kTls, "OpenSSL could not be set up");
  std::unique_ptr<TlsContext> context(new TlsContext(raw, verify));
  set_common_options(raw);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(raw, keep_session);
  if (!verify) return context;
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
  if (ca_bundle.empty()) {
    SSL_CTX_set_default_verify_paths(raw);
  } else if (SSL_CTX_load_verify_file(raw, ca_bundle.c_str()) != 1) {
    const std::string why = openssl_text(ERR_get_error());
    return fail(ErrorKind::kConfig,
                fmt::format("the CA bundle '{}' cannot be used ({}): give a readable PEM file",
                            ca_bundle, why));
  }
  return context;
}

TlsContext::~TlsContext() {
  for (const auto& [host, session] : sessions_) SSL_SESSION_free(session);
  SSL_CTX_free(context_);
}

// Null: there are too many hosts to keep another's.
SSL_SESSION** TlsContext::session_with(const std::string& host) {
  const auto found = sessions_.find(host);
  if (found != sessions_.end()) return &found->second;
  if (sessions_.size() >= kMostHosts) return nullptr;
  return &sessions_.emplace(host, nullptr).first->second;
}

Result<std::unique_ptr<TlsContext>> TlsContext::make_server(const std::string& certificate,
                                                            const std::string& key) {
  ERR_clear_error();
  SSL_CTX* raw = SSL_CTX_new(TLS_server_method());
  if (raw == nullptr) return fail(ErrorKind::kTls, "OpenSSL could not be set up");
  std::unique_ptr<TlsContext> context(new TlsContext(raw, false));
  set_common_options(raw);
  const std::unique_ptr<BIO, BioDeleter> certificate_text(
      BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size())));
  const std::unique_ptr<BIO, BioDeleter> key_text(
      BIO_new_mem_buf(key.data(), static_cast<int>(key.size())));
  X509* x509 = PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr);
  EVP_PKEY* pkey = PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr);
  const bool used = x509 != nullptr && pkey != nullptr && SSL_CTX_use_certificate(raw, x509) == 1 &&
                    SSL_CTX_use_PrivateKey(raw, pkey) == 1;
  X509_free(x509);
  EVP_PKEY_free(pkey);
  if (!used) return fail(ErrorKind::kConfig, "the server's certificate or key cannot be used");
  return context;
}

Result<std::unique_ptr<TlsSession>> TlsSession::over(TlsContext& context, ReadySocket& socket) {
  ERR_clear_error();
  SSL* ssl = SSL_new(context.context_);
  BIO* bio = BIO_new(bio_method());
  if (ssl == nullptr || bio == nullptr) {
    SSL_free(ssl);
    BIO_free(bio);
    return fail(ErrorKind::kTls, "OpenSSL could not be set up");
  }
  BIO_set_data(bio, &socket);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  return std::unique_ptr<TlsSession>(new TlsSession(ssl, socket));
}

Result<std::unique_ptr<TlsSession>> TlsSession::make_server(TlsContext& context,
                                                            ReadySocket& socket) {
  auto session = over(context, socket);
  if (session) SSL_set_accept_state((*session)->ssl_);
  return session;
}

Result<std::unique_ptr<TlsSession>> TlsSession::make(TlsContext& context, ReadySocket& socket,
                                                     const std::string& host) {
  auto session = over(context, socket);
  if (!session) return session;
  SSL* ssl = (*session)->ssl_;
  SSL_set_connect_state(ssl);
  bool named = true;
  if (is_ip_address(host)) {
    if (context.verify_)
      named = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  } else {
    named = SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (named && context.verify_) named = SSL_set1_host(ssl, host.c_str()) == 1;
  }
  if (!named)
    return fail(ErrorKind::kTls, fmt::format("'{}' cannot be used as the name of a server", host));
  SSL_SESSION** const last = context.session_with(host);
  SSL_set_app_data(ssl, last);
  if (last != nullptr && *last != nullptr) SSL_set_session(ssl, *last);
  return session;
}

// OpenSSL takes a session that was not shut down for a broken one, and does not go on with it.
TlsSession::~TlsSession() {
  if (reason_.empty()) SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl_);
}

IoResult TlsSession::classify(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return {IoResult::Kind::kWantRead, 0};
    case SSL_ERROR_WANT_WRITE:
      return {IoResult::Kind::kWantWrite, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {IoResult::Kind::kEof, 0};
    default:
      break;
  }
  const int system_error = errno;
  error_code_ = ERR_peek_error();
  if (error_code_ != 0) {
    reason_ = openssl_text(error_code_);
  } else {
    reason_ = system_error != 0 ? std::string(strerrordesc_np(system_error))
                                : std::string("closed without a TLS close");
  }
  return {IoResult::Kind::kBroken, 0};
}

IoResult TlsSession::handshake() {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) return {IoResult::Kind::kOk, 1};
  return classify(result);
}

Error TlsSession::handshake_error(const std::string& where) const {
  auto tls = [](std::string text) { return Error(ErrorKind::kTls, std::move(text)); };
  const long verdict = SSL_get_verify_result(ssl_);
  if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH)
    return tls(
        fmt::format("the certificate of {} is made for another name: check the endpoint "
                    "(a bucket name with dots needs path style)",
                    where));
  if (verdict == X509_V_ERR_CERT_HAS_EXPIRED || verdict == X509_V_ERR_CERT_NOT_YET_VALID)
    return tls(
        fmt::format("the certificate of {} is not valid today ({}): check this machine's "
                    "clock, then the server's certificate",
                    where, X509_verify_cert_error_string(verdict)));
  if (verdict != X509_V_OK)
    return tls(
        fmt::format("the certificate of {} is not trusted ({}): give its authority's "
                    "certificate with --ca-bundle FILE",
                    where, X509_verify_cert_error_string(verdict)));
  if (ERR_GET_REASON(error_code_) == SSL_R_WRONG_VERSION_NUMBER && error_code_ != 0)
    return tls(fmt::format("{} does not speak TLS: is it an http:// endpoint?", where));
  // Cut by the network, or by a server with too much to do: nothing is wrong with TLS.
  if (error_code_ == 0 || ERR_GET_REASON(error_code_) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
    return Error(ErrorKind::kConnect,
                 fmt::format("{} ended the connection in the middle of the TLS handshake ({})",
                             where, reason_.empty() ? "closed" : reason_));
  return tls(fmt::format("no TLS connection with {} ({}): it must offer TLS 1.2 or newer", where,
                         reason_));
}

bool TlsSession::is_resumed() const {
  return SSL_session_reused(ssl_) == 1;
}

IoResult TlsSession::read_some(char* data, std::size_t size) {
  if (ended_) return *ended_;
  ERR_clear_error();
  errno = 0;
  std::size_t total = 0;
  while (total < size) {
    std::size_t n = 0;
    const int result = SSL_read_ex(ssl_, data + total, size - total, &n);
    if (result == 1) {
      total += n;
      if (!socket_.may_read() && SSL_has_pending(ssl_) == 0) break;
      continue;
    }
    const IoResult why = classify(result);
    if (total == 0) return why;
    // What was read is handed out first. OpenSSL tells of an end once; a want comes again.
    if (why.kind == IoResult::Kind::kEof || why.kind == IoResult::Kind::kBroken) ended_ = why;
    break;
  }
  release_write_buffer();
  return {IoResult::Kind::kOk, total};
}

// A session ticket, which comes with the first answers, makes OpenSSL take a buffer for a reply
// that there is none of: 16 KiB a connection, until something is written. Nothing is sent here.
void TlsSession::release_write_buffer() {
  constexpr int kWithTickets = 8;
  if (writing_ || tidy_reads_ == kWithTickets) return;
  ++tidy_reads_;
  std::size_t none = 0;
  (void)SSL_write_ex(ssl_, "", 0, &none);
}

IoResult TlsSession::write_some(const char* data, std::size_t size) {
  ERR_clear_error();
  errno = 0;
  std::size_t n = 0;
  const int result = SSL_write_ex(ssl_, data, size, &n);
  writing_ = result != 1;
  if (result == 1) return {IoResult::Kind::kOk, n};
  return classify(result);
}

bool TlsSession::is_quiet() {
  if (ended_) return false;
  ERR_clear_error();
  char byte;
  socket_.doubt();
  // Also takes in session tickets, which are no answer.
  const int result = SSL_peek(ssl_, &byte, 1);
  return result <= 0 && SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ;
}

}  // namespace s3ferry::http
