#include "http/connector.h"

#include <fmt/format.h>

#include "base/log.h"
#include "http/answer_parser.h"
#include "http/request_head.h"
#include "runtime/scope.h"

namespace s3ferry::http {
namespace {

std::string where(const Origin& origin) {
  return origin.host.find(':') != std::string::npos
             ? fmt::format("[{}]:{}", origin.host, origin.port)
             : fmt::format("{}:{}", origin.host, origin.port);
}

double seconds(Duration limit) {
  return std::chrono::duration<double>(limit).count();
}

Task<Status> write_all(Stream& stream, std::string_view data) {
  while (!data.empty()) {
    const IoResult written = stream.write_some(data.data(), data.size());
    if (written.kind == IoResult::Kind::kOk) {
      data.remove_prefix(written.bytes);
    } else if (written.kind == IoResult::Kind::kWantWrite) {
      Status ready = co_await stream.wait(Stream::Ready::kWrite);
      if (!ready) co_return ready;
    } else {
      co_return fail(ErrorKind::kConnect, "the proxy closed the connection");
    }
  }
  co_return Status();
}

// The status of the proxy's answer to CONNECT.
Task<Result<int>> read_connect_answer(Stream& stream) {
  AnswerParser parser;
  parser.reset(true);
  std::string bytes(kMaxHeadBytes, '\0');
  std::size_t end = 0;
  for (;;) {
    const IoResult got = stream.read_some(bytes.data() + end, bytes.size() - end);
    if (got.kind == IoResult::Kind::kWantRead) {
      Status ready = co_await stream.wait(Stream::Ready::kRead);
      if (!ready) co_return fail(std::move(ready.error()));
      continue;
    }
    if (got.kind != IoResult::Kind::kOk)
      co_return fail(ErrorKind::kConnect, "the proxy closed the connection without an answer");
    end += got.bytes;
    auto used = parser.feed(std::string_view(bytes.data(), end));
    if (!used) co_return fail(std::move(used.error()));
    if (parser.head_done()) {
      if (*used != end && parser.status() / 100 == 2)
        co_return fail(ErrorKind::kProtocol, "the proxy sent more than its answer to CONNECT");
      co_return parser.status();
    }
    // The parser wants the head in one piece, from its start.
    if (*used != 0) bytes.erase(0, *used), end -= *used, bytes.resize(kMaxHeadBytes);
    if (end == bytes.size())
      co_return fail(ErrorKind::kProtocol, "the proxy's answer has too large a head");
  }
}

}  // namespace

Result<Route> Connector::route(const Origin& origin) const {
  auto proxy = proxy_for(options_.proxy, origin);
  if (!proxy) return fail(std::move(proxy.error()));
  return Route{origin, std::move(*proxy)};
}

Result<TlsContext*> Connector::tls_context() {
  if (!tls_) {
    auto made = TlsContext::make(options_.ca_bundle, options_.verify_tls);
    if (!made) return fail(std::move(made.error()));
    tls_ = std::move(*made);
  }
  return tls_.get();
}

Task<Result<std::unique_ptr<Stream>>> Connector::open(const Route& route, Duration limit) {
  auto opened = co_await with_deadline(runtime_, limit, establish(route, limit));
  if (opened) co_return std::unique_ptr<Stream>(std::move(*opened));
  // Packets that are swallowed are as little a connection as a refusal: nothing was sent.
  if (opened.error().is(ErrorKind::kTimeout))
    co_return fail(
        ErrorKind::kConnect,
        fmt::format("no connection to {} within {:g} s: check the endpoint and the network",
                    where(route.origin), seconds(limit)));
  co_return fail(std::move(opened.error()));
}

Task<Connector::Opened> Connector::establish(const Route& route, Duration limit) {
  const std::string& host = route.proxy ? route.proxy->host : route.origin.host;
  const std::uint16_t port = route.proxy ? route.proxy->port : route.origin.port;
  Opened stream = co_await connect_any(host, port, limit);
  if (!stream) co_return stream;
  if (route.proxy && route.origin.tls) {
    Status tunnel = co_await open_tunnel(**stream, route);
    if (!tunnel) co_return fail(std::move(tunnel.error()));
  }
  if (route.origin.tls) {
    auto context = tls_context();
    if (!context) co_return fail(std::move(context.error()));
    Status tls = co_await (*stream)->start_tls(**context, route.origin.host, where(route.origin));
    if (!tls) co_return fail(std::move(tls.error()));
  }
  log_debug("connected to {}{}", where(route.origin),
            route.proxy ? fmt::format(" through the proxy {}", route.proxy->where()) : "");
  co_return stream;
}

Task<Connector::Opened> Connector::connect_any(std::string host, std::uint16_t port,
                                               Duration limit) {
  auto addresses = co_await resolver_.resolve(host, port);
  if (!addresses) {
    resolver_.forget(host, port);
    co_return fail(std::move(addresses.error()));
  }
  const std::size_t count = addresses->size();
  const std::size_t first = next_address_++;
  std::string reasons;
  for (std::size_t i = 0; i < count; ++i) {
    const Address& address = (*addresses)[(first + i) % count];
    // One address that swallows packets must not use up the time of the others.
    const bool last = i + 1 == count;
    Opened stream = co_await with_deadline(
        runtime_, last ? limit : limit / static_cast<long>(std::min<std::size_t>(count, 4)),
        TcpStream::connect(runtime_, address));
    if (stream || stream.error().is(ErrorKind::kCancelled)) co_return stream;
    if (!reasons.empty()) reasons += ", ";
    reasons += fmt::format("{}: {}", address.to_string(), stream.error().message());
  }
  resolver_.forget(host, port);
  co_return fail(ErrorKind::kConnect,
                 fmt::format("cannot connect to {}:{} ({}): check the endpoint and the network",
                             host, port, reasons));
}

Task<Status> Connector::open_tunnel(Stream& stream, const Route& route) {
  std::string head;
  append_connect_head(head, route.origin, route.proxy->authorization.reveal());
  Status sent = co_await write_all(stream, head);
  if (!sent) co_return sent;
  auto status = co_await read_connect_answer(stream);
  if (!status) co_return fail(std::move(status.error()));
  if (*status == 407)
    co_return fail(ErrorKind::kConnect,
                   fmt::format("the proxy {} wants a user name and a password: give them in "
                               "HTTPS_PROXY",
                               route.proxy->where()));
  if (*status / 100 != 2)
    co_return fail(ErrorKind::kConnect,
                   fmt::format("the proxy {} will not connect to {} (status {})",
                               route.proxy->where(), where(route.origin), *status));
  co_return Status();
}

}  // namespace s3ferry::http
