#include "http/tcp_stream.h"

#include <cerrno>
#include <cstring>

#include <boost/asio/this_coro.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace s3ferry::http {
namespace {

namespace asio = boost::asio;
using Woken = ReadySocket::Woken;

// A peer that vanished is noticed after about a minute, whether we wait (keepalive) or send.
constexpr int kKeepIdleSeconds = 30, kKeepIntervalSeconds = 10, kKeepCount = 3;
constexpr int kUserTimeoutMs = 60'000;

void set_options(int socket) {
  auto set = [&](int level, int name, int value) {
    // A system that lacks one of these still works.
    (void)::setsockopt(socket, level, name, &value, sizeof value);
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, kKeepIdleSeconds);
  set(IPPROTO_TCP, TCP_KEEPINTVL, kKeepIntervalSeconds);
  set(IPPROTO_TCP, TCP_KEEPCNT, kKeepCount);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
}

tl::unexpected<Error> cancelled() {
  return fail(ErrorKind::kCancelled, "cancelled");
}

class SocketStream final : public TcpStream {
 public:
  SocketStream(Runtime& runtime, int descriptor, bool connected)
      : socket_(runtime, descriptor, connected) {}

  IoResult read_some(char* data, std::size_t size) override {
    if (tls_) return tls_->read_some(data, size);
    if (!socket_.may_read()) return {IoResult::Kind::kWantRead, 0};
    const ssize_t n = ::recv(socket_.descriptor(), data, size, 0);
    socket_.was_read(n, size);
    if (n > 0) return {IoResult::Kind::kOk, static_cast<std::size_t>(n)};
    if (n == 0) return {IoResult::Kind::kEof, 0};
    return failed(IoResult::Kind::kWantRead);
  }

  IoResult write_some(const char* data, std::size_t size) override {
    if (tls_) return tls_->write_some(data, size);
    return written(::send(socket_.descriptor(), data, size, MSG_NOSIGNAL), size);
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
    return written(::sendmsg(socket_.descriptor(), &message, MSG_NOSIGNAL),
                   first.size() + second.size());
  }

  // Anything but our own interrupt() or the scope shows at the next read or write.
  Task<Status> wait(Ready what) override {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return cancelled();
    std::uint8_t wanted = ReadySocket::kRead | ReadySocket::kWrite;
    if (what != Ready::kEither)
      wanted = what == Ready::kRead ? ReadySocket::kRead : ReadySocket::kWrite;
    const Woken woken = co_await socket_.wait(wanted);
    if (woken == Woken::kInterrupted) co_return fail(ErrorKind::kTimeout, "the deadline passed");
    if (woken == Woken::kCancelled) co_return cancelled();
    co_return Status();
  }

  Task<Woken> wait_to_read() override { return socket_.wait(ReadySocket::kRead); }

  void interrupt() override { socket_.interrupt(); }

  bool is_quiet() override {
    if (tls_) return tls_->is_quiet();
    char byte;
    const ssize_t n = ::recv(socket_.descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    const bool quiet = n < 0 && errno == EAGAIN;
    if (quiet) socket_.was_read(n, 1);
    return quiet;
  }

  bool seems_quiet() const override { return !(tls_ && tls_->ended()) && socket_.heard_nothing(); }

  std::string broken_reason() const override {
    if (tls_) return tls_->broken_reason();
    return system_error_ != 0 ? strerrordesc_np(system_error_) : "closed";
  }

  Task<Status> start_tls(TlsContext& context, const std::string& host,
                         const std::string& where) override {
    auto session = TlsSession::make(context, socket_, host);
    if (!session) co_return fail(std::move(session.error()));
    co_return co_await shake_hands(std::move(*session), where);
  }

  Task<Status> accept_tls(TlsContext& context) override {
    auto session = TlsSession::make_server(context, socket_);
    if (!session) co_return fail(std::move(session.error()));
    co_return co_await shake_hands(std::move(*session), "the client");
  }

  int setup_error() const { return socket_.setup_error(); }
  // What a connection that was begun came to: 0, or the system's error.
  int connect_error() const {
    int error = 0;
    socklen_t size = sizeof error;
    const int asked = ::getsockopt(socket_.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size);
    return asked == 0 ? error : errno;
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

  IoResult written(ssize_t n, std::size_t size) {
    socket_.was_written(n, size);
    if (n >= 0) return {IoResult::Kind::kOk, static_cast<std::size_t>(n)};
    return failed(IoResult::Kind::kWantWrite);
  }

  IoResult failed(IoResult::Kind would_block) {
    if (errno == EAGAIN || errno == EINTR) return {would_block, 0};
    system_error_ = errno;
    return {IoResult::Kind::kBroken, 0};
  }

  ReadySocket socket_;
  std::unique_ptr<TlsSession> tls_;  // dies before the socket
  int system_error_ = 0;
};

}  // namespace

std::unique_ptr<TcpStream> TcpStream::adopt(Runtime& runtime, int descriptor) {
  (void)::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  set_options(descriptor);
  return std::make_unique<SocketStream>(runtime, descriptor, true);
}

Task<Result<std::unique_ptr<TcpStream>>> TcpStream::connect(Runtime& runtime, Address address) {
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) co_return cancelled();
  sockaddr_storage name{};
  std::memcpy(&name, address.bytes.data(), address.size);
  const int socket = ::socket(name.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0)
    co_return fail(ErrorKind::kConnect,
                   fmt::format("no socket can be opened: {}", strerrordesc_np(errno)));
  set_options(socket);
  int error = 0;
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&name), address.size) != 0) error = errno;
  const bool begun = error == EINPROGRESS || error == EINTR;
  auto stream = std::make_unique<SocketStream>(runtime, socket, error == 0);
  if (const int why = stream->setup_error(); why != 0)
    co_return fail(ErrorKind::kConnect,
                   fmt::format("the system listens to no more sockets: {}", strerrordesc_np(why)));
  if (begun) {
    Status connected = co_await stream->wait(Stream::Ready::kWrite);
    if (!connected) co_return fail(std::move(connected.error()));
    error = stream->connect_error();
  }
  if (error != 0) co_return fail(ErrorKind::kConnect, strerrordesc_np(error));
  co_return std::unique_ptr<TcpStream>(std::move(stream));
}

}  // namespace s3ferry::http
