#include "sim/server.h"

#include <cstdio>
#include <fstream>

#include <gmock/gmock.h>
#include <unistd.h>

#include "http/certificate.h"
#include "http/client.h"
#include "runtime/real_runtime.h"

namespace s3ferry::sim {
namespace {

// Answers with what it was asked; "/drop" ends the connection, "/break" ends it in the body.
class Mirror final : public http::Transport {
 public:
  Task<Result<http::Response>> send(http::Request request) override {
    if (request.target == "/drop") co_return fail(ErrorKind::kNetwork, "as asked");
    http::Response response;
    response.status = 200;
    std::string body = fmt_request(request);
    if (request.target == "/large") body.assign(3'000'000, 'l');
    response.headers.add("Content-Length",
                         std::to_string(body.size() + (request.target == "/break" ? 9 : 0)));
    if (request.target == "/break")
      response.body = std::make_unique<Broken>(body);
    else
      response.body = http::make_memory_body(body);
    co_return response;
  }

 private:
  class Broken final : public http::BodyReader {
   public:
    explicit Broken(std::string bytes) : bytes_(std::move(bytes)) {}
    Task<Result<std::string_view>> read() override {
      if (std::exchange(read_, true)) co_return fail(ErrorKind::kNetwork, "as asked");
      co_return std::string_view(bytes_);
    }

   private:
    std::string bytes_;
    bool read_ = false;
  };
  static std::string fmt_request(const http::Request& request) {
    return std::string(to_string(request.method)) + " " + request.origin.to_string() + " " +
           request.target + " " + std::to_string(request.body.size()) + " " +
           std::string(request.headers.get_or("x-test", "-"));
  }
};

struct Got {
  int status = 0;
  std::string body;
  ErrorKind kind = ErrorKind::kInternal;
};

Task<Got> fetch(http::Client& client, http::Request request) {
  Got got;
  auto answer = co_await client.send(std::move(request));
  if (!answer) {
    got.kind = answer.error().kind();
    co_return got;
  }
  got.status = answer->status;
  const Status all = co_await read_all(*answer->body, got.body, 16 * kMiB);
  if (!all) got.kind = all.error().kind();
  co_return got;
}

Task<std::vector<Got>> fetch_all(Runtime& runtime, Server& server, http::Client& client,
                                 std::vector<http::Request> requests) {
  Scope scope(runtime);
  scope.spawn(server.serve());
  std::vector<Got> all;
  for (auto& request : requests) all.push_back(co_await fetch(client, std::move(request)));
  server.stop();
  co_await scope.join();
  co_return all;
}

class ServerTest : public testing::TestWithParam<bool> {
 protected:
  std::vector<Got> ask(std::vector<http::Request> requests) {
    const std::string bundle = testing::TempDir() + "s3sim_" + std::to_string(::getpid()) + ".pem";
    const auto certificate = *http::make_throwaway_certificate({"127.0.0.1"});
    std::ofstream(bundle) << certificate.authority;
    ServerOptions options;
    options.tls_port = 0;
    options.certificate = certificate.certificate;
    options.key = certificate.key;
    Server server(runtime, mirror, options);
    EXPECT_TRUE(server.open());
    http::ClientOptions client_options;
    client_options.ca_bundle = bundle;
    http::Client client(runtime, client_options);
    port = GetParam() ? server.tls_port() : server.port();
    for (auto& request : requests) request.origin = {GetParam(), "127.0.0.1", port};
    auto all = runtime.run(fetch_all(runtime, server, client, std::move(requests)));
    opened = client.counters().connections_opened;
    std::remove(bundle.c_str());
    return all;
  }
  static http::Request request(http::Method method, std::string target, std::string body = "") {
    http::Request r;
    r.method = method;
    r.target = std::move(target);
    r.headers.add("x-test", "seen");
    r.body = std::move(body);
    return r;
  }
  RealRuntime runtime;
  Mirror mirror;
  std::uint16_t port = 0;
  std::uint64_t opened = 0;
};

TEST_P(ServerTest, AnswersOneRequestAfterTheOtherOnOneConnection) {
  using http::Method;
  const auto all = ask({request(Method::kGet, "/a?b=c%20d"), request(Method::kHead, "/a"),
                        request(Method::kPut, "/p", std::string(2'000'000, 'x')),
                        request(Method::kDelete, "/d"), request(Method::kPost, "/large", "x")});
  const std::string where =
      std::string(GetParam() ? "https" : "http") + "://127.0.0.1:" + std::to_string(port);
  EXPECT_EQ(all[0].body, "GET " + where + " /a?b=c%20d 0 seen");
  EXPECT_EQ(all[1].status, 200);
  EXPECT_EQ(all[1].body, "");
  EXPECT_EQ(all[2].body, "PUT " + where + " /p 2000000 seen");
  EXPECT_EQ(all[3].body, "DELETE " + where + " /d 0 seen");
  EXPECT_TRUE(all[4].body == std::string(3'000'000, 'l'));
  EXPECT_EQ(opened, 1u);
}

TEST_P(ServerTest, AnErrorOfTheServiceEndsTheConnection) {
  using http::Method;
  const auto all = ask({request(Method::kPut, "/drop"), request(Method::kGet, "/break"),
                        request(Method::kGet, "/fine")});
  EXPECT_EQ(all[0].kind, ErrorKind::kNetwork);
  EXPECT_EQ(all[1].kind, ErrorKind::kTruncated);
  EXPECT_EQ(all[2].status, 200);
  EXPECT_EQ(opened, 3u);
}

INSTANTIATE_TEST_SUITE_P(Wire, ServerTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "Tls" : "Plain"; });

}  // namespace
}  // namespace s3ferry::sim
