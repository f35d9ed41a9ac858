#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/transport.h"
#include "runtime/runtime.h"

namespace s3ferry::aws::testing {

// An answer that a test prescribes.
struct Reply {
  Reply() = default;
  Reply(int status_given, std::string body_given = "")
      : status(status_given), body(std::move(body_given)) {}
  Reply&& with(std::string name, std::string value) && {
    headers.add(std::move(name), std::move(value));
    return std::move(*this);
  }
  static Reply broken(ErrorKind kind) {
    Reply reply;
    reply.error = kind;
    return reply;
  }
  static Reply cut(int status, std::string body) {
    Reply reply(status, std::move(body));
    reply.truncated = true;
    return reply;
  }

  int status = 200;
  http::Headers headers;
  std::string body;
  bool truncated = false;          // the body ends in kTruncated
  std::optional<ErrorKind> error;  // no answer at all
};

// A transport for tests: asks `script` for each answer and keeps what was sent.
class ScriptedTransport final : public http::Transport {
 public:
  using Script = std::function<Reply(const http::Request&, std::size_t number)>;
  ScriptedTransport(Runtime& runtime, Script script)
      : runtime_(runtime), script_(std::move(script)) {}

  Task<Result<http::Response>> send(http::Request request) override {
    if (request.before_send != nullptr) {
      const Status leave = co_await request.before_send->may_send();
      if (!leave) co_return fail(leave.error());
    }
    const Reply reply = script_(request, requests.size());
    requests.push_back(std::move(request));
    times.push_back(runtime_.now());
    const Status waited = co_await runtime_.sleep_for(latency);
    if (!waited) co_return fail(waited.error());
    if (reply.error) co_return fail(*reply.error, "as the script says");
    http::Response response;
    response.status = reply.status;
    response.headers = reply.headers;
    response.body = std::make_unique<Body>(reply.body, reply.truncated);
    co_return response;
  }

  std::vector<http::Request> requests;
  std::vector<TimePoint> times;
  Duration latency = std::chrono::milliseconds(1);

 private:
  class Body final : public http::BodyReader {
   public:
    Body(std::string bytes, bool truncated) : bytes_(std::move(bytes)), truncated_(truncated) {}
    Task<Result<std::string_view>> read() override {
      if (!std::exchange(given_, true) && !bytes_.empty()) co_return std::string_view(bytes_);
      if (truncated_) co_return fail(ErrorKind::kTruncated, "as the script says");
      co_return std::string_view();
    }

   private:
    std::string bytes_;
    bool truncated_, given_ = false;
  };

  Runtime& runtime_;
  Script script_;
};

}  // namespace s3ferry::aws::testing
