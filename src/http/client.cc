#include "http/client.h"

#include <optional>
#include <string>
#include <utility>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>

#include "http/exchange.h"
#include "http/request_head.h"

namespace s3ferry::http {
namespace {

// A body up to this goes out in one piece with its head.
constexpr std::size_t kSmallBody = 16 * 1024;

}  // namespace

class Client::Impl {
 public:
  Impl(Runtime& runtime, ClientOptions options)
      : options_(std::move(options)), workshop_(runtime), pool_(runtime, options_) {}

  Task<Result<Response>> send(Request request);
  ClientCounters counters() const { return {requests_, pool_.opened(), pool_.reused(), resent_}; }
  void close_idle() { pool_.close_idle(); }

 private:
  Status write_head(const Route& way, const Request& request, bool small);

  ClientOptions options_;
  Workshop workshop_;
  Pool pool_;
  std::string head_;         // of the request that is about to be sent: good until the next wait
  std::uint64_t heads_ = 0;  // written so far
  std::uint64_t requests_ = 0, resent_ = 0;
};

Status Client::Impl::write_head(const Route& way, const Request& request, bool small) {
  ++heads_;
  head_.clear();
  Status written = append_request_head(
      head_, request, way.absolute_form() ? &way.proxy->authorization.reveal() : nullptr);
  if (written && small) head_.append(request.body);
  return written;
}

Task<Result<Response>> Client::Impl::send(Request request) {
  ++requests_;
  const bool small = !request.stream && request.body.size() <= kSmallBody;
  const bool may_repeat = request.method == Method::kGet || request.method == Method::kHead;
  for (bool again = false;; again = true) {
    auto found = pool_.find(request.origin, !again);
    if (!found) co_return fail(std::move(found.error()));
    const Route& way = *found->route;
    Lease lease = std::move(found->lease);
    Status written = write_head(way, request, small);
    if (!written) {
      if (lease) lease.give_back();
      co_return fail(std::move(written.error()));
    }
    const std::uint64_t mine = heads_;
    if (!lease) {
      auto leased = co_await pool_.lease(request.origin, request.deadlines.connect, again);
      if (!leased) co_return fail(std::move(leased.error()));
      lease = std::move(*leased);
    }
    if (request.before_send != nullptr && !request.before_send->may_send_now()) {
      Status leave = co_await request.before_send->may_send();
      if (!leave) {
        lease.give_back();
        co_return fail(std::move(leave.error()));
      }
    }
    if (heads_ != mine) (void)write_head(way, request, small);  // others have used its place
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) {
      lease.give_back();
      co_return fail(ErrorKind::kCancelled, "cancelled");
    }
    Exchange exchange(workshop_, std::move(lease), request, head_, small);
    std::optional<Result<Response>> answer;
    bool usual = exchange.send_at_once();
    if (usual) {
      // Many requests wait at once: what this one needs no more need not wait with it.
      if (!may_repeat) {
        request.headers = Headers();
        request.target = std::string();
        request.body = std::string();
      }
      const auto woken = co_await exchange.wake();
      usual = exchange.take_answer(woken, answer);
    }
    if (!usual) answer.emplace(co_await exchange.run());
    if (*answer || again || !may_repeat || !exchange.was_stale()) co_return std::move(*answer);
    ++resent_;
  }
}

Client::Client(Runtime& runtime, ClientOptions options)
    : impl_(std::make_unique<Impl>(runtime, std::move(options))) {}
Client::~Client() = default;

Task<Result<Response>> Client::send(Request request) {
  return impl_->send(std::move(request));
}
ClientCounters Client::counters() const {
  return impl_->counters();
}
void Client::close_idle() {
  impl_->close_idle();
}

}  // namespace s3ferry::http
