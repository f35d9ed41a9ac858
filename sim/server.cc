#include "sim/server.h"

#include <algorithm>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "sim/request_parser.h"

namespace s3ferry::sim {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<Tcp, Executor>;
using http::IoResult;
using http::Stream;
constexpr asio::use_awaitable_t<Executor> kUseAwaitable{};
constexpr int kBacklog = 4096;
// A body's piece up to this size is joined to the head: cheaper than two pieces for the kernel.
constexpr std::size_t kJoinBytes = 4 * 1024;
// A connection that always has more to read or takes all that is written gives way after so much.
constexpr ByteCount kTurnBytes = 1 * kMiB;

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 416:
      return "Requested Range Not Satisfiable";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Slow Down";
    default:
      return "Unknown";
  }
}

// One client's connection: requests come, answers go, in order.
class Conversation {
 public:
  Conversation(Runtime& runtime, http::Transport& service, http::Buffers& buffers,
               http::TcpStream& stream, bool tls, ByteCount discard_from)
      : runtime_(runtime),
        service_(service),
        buffers_(buffers),
        stream_(stream),
        tls_(tls),
        parser_(discard_from) {}

  Task<void> run() {
    while (co_await read_request() && co_await answer()) {
    }
  }

 private:
  Task<bool> read_request();
  Task<bool> read_more();
  Task<bool> write(std::string_view first, std::string_view second = {});
  Task<bool> end_turn();
  Task<bool> answer();
  Task<bool> send_body(http::BodyReader& body);
  void begin_answer(const http::Response& response);

  Runtime& runtime_;
  http::Transport& service_;
  http::Buffers& buffers_;
  http::TcpStream& stream_;
  bool tls_;
  RequestParser parser_;
  http::Buffers::Buffer in_;
  ByteCount turn_bytes_ = 0;  // since others had their turn
  std::string out_;
  bool keep_ = true;
};

// Others have their turn. False: the server ends.
Task<bool> Conversation::end_turn() {
  turn_bytes_ = 0;
  co_return (co_await runtime_.yield()).has_value();
}

// False: the connection is over.
Task<bool> Conversation::read_more() {
  for (;;) {
    if (turn_bytes_ >= kTurnBytes && !co_await end_turn()) co_return false;
    if (!in_) in_ = buffers_.lend();
    char* room = in_.room();
    if (in_.room_size() == 0) co_return false;
    const IoResult got = stream_.read_some(room, in_.room_size());
    if (got.kind == IoResult::Kind::kOk) {
      in_.filled(got.bytes);
      turn_bytes_ += got.bytes;
      co_return true;
    }
    if (got.kind != IoResult::Kind::kWantRead) co_return false;
    if (in_.empty()) in_ = http::Buffers::Buffer();  // an idle connection holds none
    if (!co_await stream_.wait(Stream::Ready::kRead)) co_return false;
    turn_bytes_ = 0;
  }
}

Task<bool> Conversation::read_request() {
  parser_.reset(tls_);
  bool continued = false;
  for (;;) {
    while (in_ && !in_.empty()) {
      auto used = parser_.feed(in_.unread());
      if (!used) {
        (void)co_await write(
            "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n"
            "Connection: close\r\n\r\n");
        co_return false;
      }
      in_.take(*used);
      if (parser_.head_done() && parser_.done()) {
        keep_ = parser_.keep_alive();
        co_return true;
      }
      if (*used == 0) break;
    }
    if (parser_.head_done() && parser_.expects_continue() && !continued) {
      continued = true;
      if (!co_await write("HTTP/1.1 100 Continue\r\n\r\n")) co_return false;
    }
    if (!co_await read_more()) co_return false;
  }
}

Task<bool> Conversation::write(std::string_view first, std::string_view second) {
  while (!first.empty() || !second.empty()) {
    const IoResult written = stream_.write_some_of(first, second);
    switch (written.kind) {
      case IoResult::Kind::kOk: {
        const std::size_t of_first = std::min(written.bytes, first.size());
        first.remove_prefix(of_first);
        second.remove_prefix(written.bytes - of_first);
        continue;
      }
      case IoResult::Kind::kWantRead:
        if (!co_await stream_.wait(Stream::Ready::kRead)) co_return false;
        continue;
      case IoResult::Kind::kWantWrite:
        if (!co_await stream_.wait(Stream::Ready::kWrite)) co_return false;
        continue;
      default:
        co_return false;
    }
  }
  co_return true;
}

void Conversation::begin_answer(const http::Response& response) {
  out_.clear();
  out_.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out_.append(reason(response.status)).append("\r\n");
  bool length = false;
  for (const auto& [name, value] : response.headers) {
    length = length || name == "Content-Length";
    out_.append(name).append(": ").append(value).append("\r\n");
  }
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!length && !bodiless) keep_ = false;  // the connection's end is the body's
  if (!keep_) out_.append("Connection: close\r\n");
  out_.append("\r\n");
}

Task<bool> Conversation::answer() {
  http::Request request = parser_.take();
  const bool head = request.method == http::Method::kHead;
  auto handled = co_await service_.send(std::move(request));
  if (!handled) co_return false;
  const http::Response& response = *handled;
  begin_answer(response);
  if (!head && !co_await send_body(*response.body)) co_return false;
  if (!out_.empty() && !co_await write(out_)) co_return false;
  co_return keep_;
}

// Sends what is in out_ (the head) and each piece of the body as it comes.
Task<bool> Conversation::send_body(http::BodyReader& body) {
  for (;;) {
    auto piece = co_await body.read();
    if (!piece) {
      (void)co_await write(out_);
      co_return false;
    }
    if (piece->empty()) co_return true;
    const bool join = piece->size() <= kJoinBytes;
    if (join) out_.append(*piece);
    if (turn_bytes_ >= kTurnBytes && !co_await end_turn()) co_return false;
    turn_bytes_ += piece->size();
    if (!co_await write(out_, join ? std::string_view() : *piece)) co_return false;
    out_.clear();
  }
}

}  // namespace

struct Server::Listener {
  Listener(Runtime& runtime, bool with_tls) : acceptor(runtime.executor()), tls(with_tls) {}
  Status open(const std::string& address, std::uint16_t wanted) {
    boost::system::error_code ec;
    const auto ip = asio::ip::make_address(address, ec);
    if (ec) return fail(ErrorKind::kConfig, fmt::format("'{}' is not an IP address", address));
    const Tcp::endpoint endpoint(ip, wanted);
    acceptor.open(endpoint.protocol(), ec);
    if (!ec) acceptor.set_option(Acceptor::reuse_address(true), ec);
    if (!ec) acceptor.bind(endpoint, ec);
    if (!ec) acceptor.listen(kBacklog, ec);
    if (ec)
      return fail(ErrorKind::kConfig,
                  fmt::format("cannot listen at {}:{}: {}", address, wanted, ec.message()));
    port = acceptor.local_endpoint(ec).port();
    return {};
  }
  Acceptor acceptor;
  bool tls;
  std::uint16_t port = 0;
};

Server::Server(Runtime& runtime, http::Transport& service, ServerOptions options)
    : runtime_(runtime), service_(service), options_(std::move(options)), scope_(runtime) {}
Server::~Server() = default;

Status Server::open() {
  plain_listener_ = std::make_unique<Listener>(runtime_, false);
  Status opened = plain_listener_->open(options_.address, options_.port);
  if (!opened || !options_.tls_port) return opened;
  auto context = http::TlsContext::make_server(options_.certificate, options_.key);
  if (!context) return fail(std::move(context.error()));
  tls_ = std::move(*context);
  tls_listener_ = std::make_unique<Listener>(runtime_, true);
  return tls_listener_->open(options_.address, *options_.tls_port);
}

std::uint16_t Server::port() const {
  return plain_listener_->port;
}
std::uint16_t Server::tls_port() const {
  return tls_listener_ ? tls_listener_->port : 0;
}

Task<void> Server::serve() {
  Scope listeners(runtime_);
  listeners.spawn(accept(*plain_listener_));
  if (tls_listener_) listeners.spawn(accept(*tls_listener_));
  co_await listeners.join();
  scope_.cancel();
  co_await scope_.join();
}

void Server::stop() {
  boost::system::error_code ignored;
  plain_listener_->acceptor.close(ignored);
  if (tls_listener_) tls_listener_->acceptor.close(ignored);
}

Task<void> Server::accept(Listener& listener) {
  for (;;) {
    boost::system::error_code ec;
    auto socket = co_await listener.acceptor.async_accept(asio::redirect_error(kUseAwaitable, ec));
    if (!listener.acceptor.is_open() || ec == asio::error::operation_aborted) co_return;
    if (ec) {
      // Out of descriptors, say: those that are open go on.
      (void)co_await runtime_.sleep_for(std::chrono::milliseconds(20));
      continue;
    }
    scope_.spawn(converse(http::TcpStream::adopt(runtime_, socket.release()), listener.tls));
  }
}

Task<void> Server::converse(std::unique_ptr<http::TcpStream> stream, bool tls) {
  if (tls && !co_await stream->accept_tls(*tls_)) co_return;
  Conversation conversation(runtime_, service_, buffers_, *stream, tls, options_.discard_from);
  co_await conversation.run();
}

}  // namespace s3ferry::sim
