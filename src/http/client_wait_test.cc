#include <gmock/gmock.h>

#include "http/client_test_support.h"

// Deadlines and cancellation: every wait ends by them.
namespace s3ferry::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// Connecting is given time: on a machine that is busy it may take longer than what is waited for.
Request impatient(Request request, Duration limit = 60ms) {
  request.deadlines = Deadlines{.connect = 20s, .first_byte = limit, .idle = limit};
  return request;
}

TEST_F(ClientTest, NoAnswerInTimeIsATimeout) {
  ScriptedServer server(runtime, {{read_request(), hold()}});
  Client client(runtime, ClientOptions());
  const Got got = run(server, fetch(client, impatient(get(server.port()))));
  EXPECT_EQ(got.kind(), ErrorKind::kTimeout);
  EXPECT_THAT(got.message(), HasSubstr("sent no answer within 0.06 s"));
}

TEST_F(ClientTest, AnAnswerThatStopsIsATimeout) {
  for (const char* part :
       {"HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}) {
    ScriptedServer server(runtime, {{read_request(), send(part), hold()}});
    Client client(runtime, ClientOptions());
    EXPECT_EQ(run(server, fetch(client, impatient(get(server.port())))).kind(),
              ErrorKind::kTimeout);
  }
}

TEST_F(ClientTest, APeerThatTakesNothingIsATimeout) {
  ScriptedServer server(runtime, {{hold()}});
  Client client(runtime, ClientOptions());
  const Got got =
      run(server, fetch(client, impatient(put(server.port(), std::string(64 * kMiB, 'x')))));
  EXPECT_EQ(got.kind(), ErrorKind::kTimeout);
  EXPECT_THAT(got.message(), HasSubstr("took no more of the request"));
}

TEST_F(ClientTest, AHandshakeThatHangsIsNoConnection) {
  ScriptedServer server(runtime, {{hold()}});
  Client client(runtime, ClientOptions());
  Request request = get(server.port());
  request.deadlines.connect = 60ms;
  request.origin.tls = true;
  const Got got = run(server, fetch(client, request));
  EXPECT_EQ(got.kind(), ErrorKind::kConnect);
  EXPECT_THAT(got.message(), HasSubstr("no connection to 127.0.0.1"));
}

TEST_F(ClientTest, EachDeadlineRunsAnew) {
  // On one connection, the second later than the first's deadline.
  ScriptedServer server(runtime, {{read_request(), send(kOk), read_request(), send(kOk), hold()}});
  Client client(runtime, ClientOptions());
  struct Paced {
    static Task<int> run(Runtime& runtime, Client& client, Request request) {
      (void)co_await fetch(client, request);
      (void)co_await runtime.sleep_for(320ms);
      co_return (co_await fetch(client, request)).status;
    }
  };
  EXPECT_EQ(run(server, Paced::run(runtime, client, impatient(get(server.port()), 300ms))), 200);
  EXPECT_EQ(server.connections(), 1u);
}

Task<void> fetch_into(Client& client, Request request, Got& out) {
  out = co_await fetch(client, std::move(request));
}

Task<Got> cancelled_after(Runtime& runtime, Client& client, Request request, Duration delay) {
  Got got;
  Scope scope(runtime);
  scope.spawn(fetch_into(client, std::move(request), got));
  if (delay > Duration::zero()) (void)co_await runtime.sleep_for(delay);
  const TimePoint before = runtime.now();
  scope.cancel();
  co_await scope.join();
  EXPECT_LT(runtime.now() - before, 1s);
  co_return got;
}

TEST_F(ClientTest, CancellingEndsEveryWait) {
  const std::vector<Script> scripts = {
      {read_request(), hold()},                                                            // answer
      {read_request(), send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), hold()},  // body
      {hold()}};
  for (const Script& script : scripts) {
    for (const Duration delay : {Duration(0), Duration(20ms)}) {
      ScriptedServer server(runtime, {script});
      Client client(runtime, ClientOptions());
      EXPECT_EQ(run(server, cancelled_after(runtime, client, get(server.port()), delay)).kind(),
                ErrorKind::kCancelled);
    }
  }
  ScriptedServer server(runtime, {{hold()}});
  Client client(runtime, ClientOptions());
  const Request large = put(server.port(), std::string(64 * kMiB, 'x'));
  EXPECT_EQ(run(server, cancelled_after(runtime, client, large, 20ms)).kind(),
            ErrorKind::kCancelled);
}

TEST_F(ClientTest, CancellingEndsAHandshakeAndTheWaitForAPlace) {
  ScriptedServer server(runtime, {{hold()}});
  ClientOptions options;
  options.max_connections = 1;
  Client client(runtime, options);
  Request request = get(server.port());
  request.origin.tls = true;
  EXPECT_EQ(run(server, cancelled_after(runtime, client, request, 20ms)).kind(),
            ErrorKind::kCancelled);
  struct Two {
    static Task<Got> run(Runtime& runtime, Client& client, Request request) {
      Got first, second;
      Scope scope(runtime);
      scope.spawn(fetch_into(client, request, first));
      scope.spawn(fetch_into(client, request, second));
      (void)co_await runtime.sleep_for(20ms);
      scope.cancel();
      co_await scope.join();
      EXPECT_EQ(first.kind(), ErrorKind::kCancelled);
      co_return second;
    }
  };
  ScriptedServer slow(runtime, {{read_request(), hold()}});
  EXPECT_EQ(run(slow, Two::run(runtime, client, get(slow.port()))).kind(), ErrorKind::kCancelled);
}

TEST_F(ClientTest, CancellingALookUpDoesNotWaitForIt) {
  Client client(runtime, ClientOptions());
  Request request = get(80);
  request.origin.host = "slow-to-resolve.invalid";
  EXPECT_EQ(runtime.run(cancelled_after(runtime, client, request, Duration(0))).kind(),
            ErrorKind::kCancelled);
}

}  // namespace
}  // namespace s3ferry::http
