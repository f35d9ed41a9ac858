#include "sim/in_process.h"

#include <utility>

#include <fmt/format.h>

#include "runtime/scope.h"

namespace s3ferry::sim {
namespace {

// A body whose next bytes must come within the idle deadline.
class TimedBody final : public http::BodyReader {
 public:
  TimedBody(Runtime& runtime, std::unique_ptr<http::BodyReader> inner, Duration idle)
      : runtime_(runtime), inner_(std::move(inner)), idle_(idle) {}
  Task<Result<std::string_view>> read() override {
    co_return co_await with_deadline(runtime_, idle_, inner_->read());
  }

 private:
  Runtime& runtime_;
  std::unique_ptr<http::BodyReader> inner_;
  Duration idle_;
};

}  // namespace

Task<Result<http::Response>> InProcessTransport::send(http::Request request) {
  if (cut_off_) co_return fail(ErrorKind::kCancelled, "the client is gone");
  if (runtime_.now() < refused_until_ || refused_.contains(request.origin.host))
    co_return fail(ErrorKind::kConnect, fmt::format("cannot connect to {}: connection refused",
                                                    request.origin.to_string()));
  if (!request.headers.get("host")) request.headers.add("Host", request.origin.authority());
  if (!request.headers.get("content-length") &&
      (request.body_length() > 0 || request.method == http::Method::kPut ||
       request.method == http::Method::kPost))
    request.headers.add("Content-Length", std::to_string(request.body_length()));
  if (connecting_most_ > Duration::zero()) {
    const auto most = static_cast<double>(connecting_most_.count());
    const Duration takes(static_cast<Duration::rep>(most * runtime_.random_unit()));
    Status connected = co_await runtime_.sleep_for(takes);
    if (!connected) co_return fail(std::move(connected.error()));
  }
  if (http::BeforeSend* asked = std::exchange(request.before_send, nullptr)) {
    Status leave = co_await asked->may_send();
    if (!leave) co_return fail(std::move(leave.error()));
    if (cut_off_) co_return fail(ErrorKind::kCancelled, "the client is gone");
  }
  const http::Deadlines deadlines = request.deadlines;
  if (!simulator_.may_wait()) {
    Result<http::Response> at_once = co_await simulator_.handle(std::move(request));
    if (cut_off_) co_return fail(ErrorKind::kCancelled, "the client is gone");
    co_return at_once;
  }
  Result<http::Response> response =
      co_await with_deadline(runtime_, deadlines.first_byte, simulator_.handle(std::move(request)));
  if (cut_off_) co_return fail(ErrorKind::kCancelled, "the client is gone");
  if (!response) co_return response;
  response->body = std::make_unique<TimedBody>(runtime_, std::move(response->body), deadlines.idle);
  co_return response;
}

}  // namespace s3ferry::sim
