#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "http/transport.h"

namespace s3ferry::http {

// A transport that answers from a list, in order, and keeps what it was asked: for tests. Without
// answers left it says kConnect, as a network without a server does. Nothing is ever sent.
class FakeTransport final : public Transport {
 public:
  struct Asked {
    Asked(Method m, std::string u, Headers h, std::string b)
        : method(m), url(std::move(u)), headers(std::move(h)), body(std::move(b)) {}
    Method method;
    std::string url;  // origin (without a default port) and target
    Headers headers;
    std::string body;
  };
  std::vector<Asked> asked;

  void answer(int status, std::string body, Headers headers = {}) {
    answers_.emplace_back(Answer{status, std::move(headers), std::move(body)});
  }
  void answer(Error error) { answers_.emplace_back(tl::unexpected<Error>(std::move(error))); }
  std::size_t left() const { return answers_.size(); }

  Task<Result<Response>> send(Request request) override {
    const std::string scheme = request.origin.tls ? "https://" : "http://";
    asked.emplace_back(request.method, scheme + request.origin.authority() + request.target,
                       request.headers, request.body);
    if (answers_.empty()) co_return fail(ErrorKind::kConnect, "no server answers");
    Result<Answer> next = std::move(answers_.front());
    answers_.pop_front();
    if (!next) co_return fail(std::move(next.error()));
    Response response;
    response.status = next->status;
    response.headers = std::move(next->headers);
    response.body = make_memory_body(std::move(next->body));
    co_return response;
  }

 private:
  struct Answer {
    int status;
    Headers headers;
    std::string body;
  };
  std::deque<Result<Answer>> answers_;
};

}  // namespace s3ferry::http
