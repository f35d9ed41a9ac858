#include "http/tcp_stream.h"

#include <cerrno>
#include <cstring>

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace s3ferry::http {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, Executor>;
constexpr asio::use_awaitable_t<Executor> kUseAwaitable{};

// A peer that vanished is noticed after about a minute, whether we wait (keepalive) or send.
constexpr int kKeepIdleSeconds = 30, kKeepIntervalSeconds = 10, kKeepCount = 3;
constexpr int kUserTimeoutMs = 60'000;

void set_options(Socket& socket) {
  auto set = [&](int level, int name, int value) {
    // A system that lacks one of these still works.
    (void)::setsockopt(socket.native_handle(), level, name, &value, sizeof value);
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, kKeepIdleSeconds);
  set(IPPROTO_TCP, TCP_KEEPINTVL, kKeepIntervalSeconds);
  set(IPPROTO_TCP, TCP_KEEPCNT, kKeepCount);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
}

class SocketStream final : public TcpStream {
 public:
  explicit SocketStream(Socket socket) : socket_(std::move(socket)) {}

  IoResult read_some(char* data, std::size_t size) override {
    if (tls_) return tls_->read_some(data, size);
    const ssize_t n = ::recv(socket_.native_handle(), data, size, 0);
    if (n > 0) return {IoResult::Kind::kOk, static_cast<std::size_t>(n)};
    if (n == 0) return {IoResult::Kind::kEof, 0};
    return failed(IoResult::Kind::kWantRead);
  }

  IoResult write_some(const char* data, std::size_t size) override {
    if (tls_) return tls_->write_some(data, size);
    const ssize_t n = ::send(socket_.native_handle(), data, size, MSG_NOSIGNAL);
    if (n >= 0) return {IoResult::Kind::kOk, static_cast<std::size_t>(n)};
    return failed(IoResult::Kind::kWantWrite);
  }

  IoResult write_some_of(std::string_view first, std::string_view second) override {
    if (tls_ || first.empty() || second.empty()) {
      const std::string_view one = first.empty() ? second : first;
      return write_some(one.data(), one.size());
    }
    iovec pieces[2] = {{const_cast<char*>(first.data()), first.size()},
                       {const_cast<char*>(second.data()), second.size()}};
    msghdr message{};
    message.msg_iov = pieces;
    message.msg_iovlen = 2;
    const ssize_t n = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
    if (n >= 0) return {IoResult::Kind::kOk, static_cast<std::size_t>(n)};
    return failed(IoResult::Kind::kWantWrite);
  }

  Task<Result<IoResult>> read_when_ready(char* data, std::size_t size) override {
    if (tls_) {
      Status ready = co_await wait(Ready::kRead);
      if (!ready) co_return fail(std::move(ready.error()));
      co_return read_some(data, size);
    }
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
      co_return fail(ErrorKind::kCancelled, "cancelled");
    if (interrupted_) co_return fail(ErrorKind::kTimeout, "the deadline passed");
    boost::system::error_code ec;
    const std::size_t got = co_await socket_.async_receive(asio::buffer(data, size),
                                                           asio::redirect_error(kUseAwaitable, ec));
    if (interrupted_) co_return fail(ErrorKind::kTimeout, "the deadline passed");
    if (ec == asio::error::operation_aborted) co_return fail(ErrorKind::kCancelled, "cancelled");
    if (got > 0) co_return IoResult{IoResult::Kind::kOk, got};
    if (!ec || ec == asio::error::eof) co_return IoResult{IoResult::Kind::kEof, 0};
    system_error_ = ec.value();
    co_return IoResult{IoResult::Kind::kBroken, 0};
  }

  Task<Status> wait(Ready what) override {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
      co_return fail(ErrorKind::kCancelled, "cancelled");
    if (interrupted_) co_return fail(ErrorKind::kTimeout, "the deadline passed");
    boost::system::error_code ec;
    if (what == Ready::kEither) {
      co_await wait_for_either();
    } else {
      const auto kind = what == Ready::kRead ? Socket::wait_read : Socket::wait_write;
      co_await socket_.async_wait(kind, asio::redirect_error(kUseAwaitable, ec));
    }
    if (interrupted_) co_return fail(ErrorKind::kTimeout, "the deadline passed");
    // Anything but our own interrupt() or the scope shows at the next read or write.
    if (ec == asio::error::operation_aborted) co_return fail(ErrorKind::kCancelled, "cancelled");
    co_return Status();
  }

  void interrupt() override {
    interrupted_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  }

  bool is_quiet() override {
    if (tls_) return tls_->is_quiet();
    char byte;
    const ssize_t n = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n < 0 && errno == EAGAIN;
  }

  std::string broken_reason() const override {
    if (tls_) return tls_->broken_reason();
    return system_error_ != 0 ? strerrordesc_np(system_error_) : "closed";
  }

  Task<Status> start_tls(TlsContext& context, const std::string& host,
                         const std::string& where) override {
    auto session = TlsSession::make(context, socket_.native_handle(), host);
    if (!session) co_return fail(std::move(session.error()));
    co_return co_await shake_hands(std::move(*session), where);
  }

  Task<Status> accept_tls(TlsContext& context) override {
    auto session = TlsSession::make_server(context, socket_.native_handle());
    if (!session) co_return fail(std::move(session.error()));
    co_return co_await shake_hands(std::move(*session), "the client");
  }

 private:
  Task<Status> shake_hands(std::unique_ptr<TlsSession> session, std::string where) {
    for (;;) {
      const IoResult step = session->handshake();
      if (step.kind == IoResult::Kind::kOk) break;
      if (step.kind != IoResult::Kind::kWantRead && step.kind != IoResult::Kind::kWantWrite)
        co_return fail(session->handshake_error(where));
      Status ready =
          co_await wait(step.kind == IoResult::Kind::kWantRead ? Ready::kRead : Ready::kWrite);
      if (!ready) co_return ready;
    }
    tls_ = std::move(session);
    co_return Status();
  }

  Task<void> wait_for_either() {
    co_await asio::experimental::make_parallel_group(
        socket_.async_wait(Socket::wait_read, asio::deferred),
        socket_.async_wait(Socket::wait_write, asio::deferred))
        .async_wait(asio::experimental::wait_for_one(), kUseAwaitable);
  }

  IoResult failed(IoResult::Kind would_block) {
    if (errno == EAGAIN || errno == EINTR) return {would_block, 0};
    system_error_ = errno;
    return {IoResult::Kind::kBroken, 0};
  }

  Socket socket_;
  std::unique_ptr<TlsSession> tls_;  // dies before the socket
  bool interrupted_ = false;
  int system_error_ = 0;
};

}  // namespace

std::unique_ptr<TcpStream> TcpStream::adopt(Runtime& runtime, int descriptor) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  (void)::getsockname(descriptor, reinterpret_cast<sockaddr*>(&name), &size);
  Socket socket(runtime.executor(), name.ss_family == AF_INET6 ? Tcp::v6() : Tcp::v4(), descriptor);
  boost::system::error_code ec;
  socket.non_blocking(true, ec);
  set_options(socket);
  return std::make_unique<SocketStream>(std::move(socket));
}

Task<Result<std::unique_ptr<TcpStream>>> TcpStream::connect(Runtime& runtime, Address address) {
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none)
    co_return fail(ErrorKind::kCancelled, "cancelled");
  Tcp::endpoint endpoint;
  endpoint.resize(address.size);
  std::memcpy(endpoint.data(), address.bytes.data(), address.size);
  Socket socket(runtime.executor());
  boost::system::error_code ec;
  socket.open(endpoint.protocol(), ec);
  if (ec)
    co_return fail(ErrorKind::kConnect, fmt::format("no socket can be opened: {}", ec.message()));
  socket.non_blocking(true, ec);
  set_options(socket);
  co_await socket.async_connect(endpoint, asio::redirect_error(kUseAwaitable, ec));
  if (ec == asio::error::operation_aborted) co_return fail(ErrorKind::kCancelled, "cancelled");
  if (ec) co_return fail(ErrorKind::kConnect, ec.message());
  std::unique_ptr<TcpStream> stream = std::make_unique<SocketStream>(std::move(socket));
  co_return stream;
}

}  // namespace s3ferry::http
