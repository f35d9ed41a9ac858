#include "http/client.h"

#include <string>
#include <utility>
#include <vector>

#include "http/exchange.h"
#include "http/request_head.h"

namespace s3ferry::http {
namespace {

// A body up to this goes out in one piece with its head.
constexpr std::size_t kSmallBody = 16 * 1024;
constexpr std::size_t kSpareHeads = 64;

}  // namespace

class Client::Impl {
 public:
  Impl(Runtime& runtime, ClientOptions options)
      : options_(std::move(options)), workshop_(runtime), pool_(runtime, options_) {}

  Task<Result<Response>> send(Request request);
  ClientCounters counters() const { return {requests_, pool_.opened(), pool_.reused(), resent_}; }
  void close_idle() { pool_.close_idle(); }

 private:
  // A string whose memory serves one request after the other.
  class Head {
   public:
    explicit Head(std::vector<std::string>& spare) : spare_(spare) {
      if (spare_.empty()) return;
      text = std::move(spare_.back());
      spare_.pop_back();
    }
    ~Head() {
      if (spare_.size() >= kSpareHeads) return;
      text.clear();
      spare_.push_back(std::move(text));
    }
    Head(const Head&) = delete;
    Head& operator=(const Head&) = delete;
    std::string text;

   private:
    std::vector<std::string>& spare_;
  };

  ClientOptions options_;
  std::vector<std::string> spare_heads_;
  Workshop workshop_;
  Pool pool_;
  std::uint64_t requests_ = 0, resent_ = 0;
};

Task<Result<Response>> Client::Impl::send(Request request) {
  ++requests_;
  auto route = pool_.route(request.origin);
  if (!route) co_return fail(std::move(route.error()));
  const Route& way = **route;
  Head head(spare_heads_);
  Status built = append_request_head(
      head.text, request, way.absolute_form() ? &way.proxy->authorization.reveal() : nullptr);
  if (!built) co_return fail(std::move(built.error()));
  const bool small = !request.stream && request.body.size() <= kSmallBody;
  if (small) head.text.append(request.body);
  const bool may_repeat = request.method == Method::kGet || request.method == Method::kHead;
  for (bool again = false;; again = true) {
    Lease lease;
    if (!again) lease = pool_.try_lease(request.origin);
    if (!lease) {
      auto leased = co_await pool_.lease(request.origin, request.deadlines.connect, again);
      if (!leased) co_return fail(std::move(leased.error()));
      lease = std::move(*leased);
    }
    if (request.before_send != nullptr) {
      Status leave = co_await request.before_send->may_send();
      if (!leave) {
        lease.give_back();
        co_return fail(std::move(leave.error()));
      }
    }
    Exchange exchange(workshop_, std::move(lease), request, head.text, small);
    auto answer = co_await exchange.run();
    if (answer || again || !may_repeat || !exchange.was_stale()) co_return answer;
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
