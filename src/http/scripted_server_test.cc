// The scripted server of this folder's tests (scripted_server.h).
#include "http/scripted_server.h"

#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/text.h"

namespace s3ferry::http {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<Tcp, Executor>;
using TlsStream = asio::ssl::stream<Socket>;
constexpr asio::use_awaitable_t<Executor> kUseAwaitable{};

std::size_t body_length(const std::string& head) {
  const std::string lower = to_lower_ascii(head);
  const auto at = lower.find("content-length: ");
  return at == std::string::npos ? 0 : std::stoul(lower.substr(at + 16));
}

}  // namespace

struct ScriptedServer::Impl {
  Impl(Runtime& runtime_, std::vector<Script> s)
      : runtime(runtime_),
        scripts(std::move(s)),
        acceptor(runtime.executor(), Tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        port(acceptor.local_endpoint().port()),
        context(asio::ssl::context::tls_server),
        connections_scope(runtime) {}

  Runtime& runtime;
  std::vector<Script> scripts;
  Acceptor acceptor;
  std::uint16_t port;
  asio::ssl::context context;
  Scope connections_scope;
  std::vector<std::string> received;
  std::size_t connections = 0;

  template <class Stream>
  Task<bool> read_until(Stream& stream, std::string& bytes, std::size_t size) {
    char piece[4096];
    while (bytes.size() < size) {
      boost::system::error_code ec;
      const std::size_t n = co_await stream.async_read_some(
          asio::buffer(piece), asio::redirect_error(kUseAwaitable, ec));
      if (ec) co_return false;
      bytes.append(piece, n);
    }
    co_return true;
  }

  template <class Stream>
  Task<bool> read_message(Stream& stream, std::string& pending, bool with_body) {
    std::size_t end;
    while ((end = pending.find("\r\n\r\n")) == std::string::npos)
      if (!co_await read_until(stream, pending, pending.size() + 1)) co_return false;
    std::size_t size = end + 4;
    if (with_body) size += body_length(pending.substr(0, size));
    if (!co_await read_until(stream, pending, size)) co_return false;
    received.push_back(pending.substr(0, size));
    pending.erase(0, size);
    co_return true;
  }

  // True: went to the end of the script. A TLS start plays the rest of the script in itself.
  template <class Stream>
  Task<void> play(Stream& stream, Socket& socket, const Script& script, std::size_t from) {
    std::string pending;
    boost::system::error_code ec;
    for (std::size_t i = from; i < script.size(); ++i) {
      const Step& step = script[i];
      switch (step.kind) {
        case Step::Kind::kReadRequest:
          if (!co_await read_message(stream, pending, true)) co_return;
          break;
        case Step::Kind::kReadHead:
          if (!co_await read_message(stream, pending, false)) co_return;
          break;
        case Step::Kind::kReadRest:
          (void)co_await read_until(stream, pending, SIZE_MAX);
          received.push_back(std::move(pending));
          co_return;
        case Step::Kind::kSend:
          co_await asio::async_write(stream, asio::buffer(step.text),
                                     asio::redirect_error(kUseAwaitable, ec));
          if (ec) co_return;
          break;
        case Step::Kind::kStartTls: {
          TlsStream tls(std::move(socket), context);
          co_await tls.async_handshake(asio::ssl::stream_base::server,
                                       asio::redirect_error(kUseAwaitable, ec));
          if (!ec) co_await play(tls, tls.next_layer(), script, i + 1);
          co_return;
        }
        case Step::Kind::kClose:
          if constexpr (std::is_same_v<Stream, TlsStream>)
            co_await stream.async_shutdown(asio::redirect_error(kUseAwaitable, ec));
          socket.close(ec);
          co_return;
        case Step::Kind::kReset:
          socket.set_option(asio::socket_base::linger(true, 0), ec);
          socket.close(ec);
          co_return;
        case Step::Kind::kCut:
          socket.close(ec);
          co_return;
        case Step::Kind::kHold:
          (void)co_await runtime.sleep_for(std::chrono::hours(1));
          co_return;
      }
    }
  }

  Task<void> one(Socket socket, std::size_t number) {
    const Script& script = scripts[std::min(number, scripts.size() - 1)];
    co_await play(socket, socket, script, 0);
  }
};

ScriptedServer::ScriptedServer(Runtime& runtime, std::vector<Script> scripts)
    : impl_(std::make_unique<Impl>(runtime, std::move(scripts))) {}

ScriptedServer::ScriptedServer(Runtime& runtime, std::vector<Script> scripts, Options options)
    : ScriptedServer(runtime, std::move(scripts)) {
  impl_->context.use_certificate_chain(asio::buffer(options.certificate));
  impl_->context.use_private_key(asio::buffer(options.key), asio::ssl::context::pem);
  SSL_CTX_set_max_proto_version(impl_->context.native_handle(), options.max_tls);
  // Old versions need it said that their weak digests are fine.
  SSL_CTX_set_security_level(impl_->context.native_handle(), 0);
}
ScriptedServer::~ScriptedServer() = default;

std::uint16_t ScriptedServer::port() const {
  return impl_->port;
}
const std::vector<std::string>& ScriptedServer::received() const {
  return impl_->received;
}
std::size_t ScriptedServer::connections() const {
  return impl_->connections;
}

Task<void> ScriptedServer::serve() {
  for (;;) {
    boost::system::error_code ec;
    Socket socket = co_await impl_->acceptor.async_accept(asio::redirect_error(kUseAwaitable, ec));
    if (ec) break;
    impl_->connections_scope.spawn(impl_->one(std::move(socket), impl_->connections++));
  }
  impl_->connections_scope.cancel();
  co_await impl_->connections_scope.join();
}

void ScriptedServer::stop() {
  impl_->acceptor.close();
}

}  // namespace s3ferry::http
