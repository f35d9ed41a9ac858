#pragma once

#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "http/client.h"
#include "http/scripted_server.h"
#include "runtime/real_runtime.h"
#include "runtime/scope.h"

namespace s3ferry::http {

// An answer read to its end, or what went wrong.
struct Got {
  int status = 0;
  Headers headers;
  std::string body;
  std::optional<Error> error;
  ErrorKind kind() const { return error ? error->kind() : ErrorKind::kInternal; }
  std::string message() const { return error ? error->message() : ""; }
};

inline Task<Got> fetch(Client& client, Request request) {
  Got got;
  auto answer = co_await client.send(std::move(request));
  if (!answer) {
    got.error = answer.error();
    co_return got;
  }
  got.status = answer->status;
  got.headers = std::move(answer->headers);
  Status all = co_await read_all(*answer->body, got.body, 64 * kMiB);
  if (!all) got.error = all.error();
  co_return got;
}

template <class T>
Task<T> beside(Runtime& runtime, ScriptedServer& server, Task<T> work) {
  Scope scope(runtime);
  scope.spawn(server.serve());
  T out = co_await std::move(work);
  server.stop();
  co_await scope.join();
  co_return out;
}

class ClientTest : public testing::Test {
 protected:
  RealRuntime runtime;

  static Request get(std::uint16_t port, std::string target = "/") {
    Request request;
    request.origin = Origin{false, "127.0.0.1", port};
    request.target = std::move(target);
    return request;
  }
  static Request put(std::uint16_t port, std::string body) {
    Request request = get(port, "/object");
    request.method = Method::kPut;
    request.body = std::move(body);
    return request;
  }
  template <class T>
  T run(ScriptedServer& server, Task<T> work) {
    return runtime.run(beside(runtime, server, std::move(work)));
  }
  // One GET to a server that answers with `answer` and then does `then`.
  Got one_get(std::string answer, Step then = close(), Method method = Method::kGet) {
    ScriptedServer server(runtime,
                          {{read_request(), s3ferry::http::send(std::move(answer)), then}});
    Client client(runtime, ClientOptions());
    Request request = get(server.port());
    request.method = method;
    return run(server, fetch(client, std::move(request)));
  }
};

inline const char* const kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace s3ferry::http
