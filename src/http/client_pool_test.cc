#include <gmock/gmock.h>

#include "http/client_test_support.h"

namespace s3ferry::http {
namespace {

using namespace std::chrono_literals;

Task<std::vector<Got>> one_after_the_other(Client& client, std::vector<Request> requests) {
  std::vector<Got> all;
  for (Request& request : requests) all.push_back(co_await fetch(client, std::move(request)));
  co_return all;
}

const Script kEcho = {read_request(), send(kOk), read_request(), send(kOk),
                      read_request(), send(kOk), hold()};

TEST_F(ClientTest, AConnectionServesOneRequestAfterTheOther) {
  ScriptedServer server(runtime, {kEcho});
  Client client(runtime, ClientOptions());
  const auto all = run(server, one_after_the_other(client, {get(server.port()), get(server.port()),
                                                            put(server.port(), "x")}));
  for (const Got& got : all) EXPECT_EQ(got.body, "ok") << got.message();
  EXPECT_EQ(server.connections(), 1u);
  EXPECT_EQ(client.counters().connections_opened, 1u);
  EXPECT_EQ(client.counters().connections_reused, 2u);
}

TEST_F(ClientTest, AConnectionThatIsToBeClosedIsNotKept) {
  for (const char* answer : {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
                             "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"}) {
    ScriptedServer server(runtime, {{read_request(), send(answer), hold()}});
    Client client(runtime, ClientOptions());
    (void)run(server, one_after_the_other(client, {get(server.port()), get(server.port())}));
    EXPECT_EQ(server.connections(), 2u);
  }
}

Task<int> drop_the_body(Client& client, Request request) {
  {
    auto answer = co_await client.send(request);
    EXPECT_TRUE(answer);
    if (answer) (void)co_await answer->body->read();
  }
  co_return (co_await fetch(client, request)).status;
}

TEST_F(ClientTest, ABodyThatWasNotReadToItsEndClosesItsConnection) {
  ScriptedServer server(
      runtime, {{read_request(), send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), hold()},
                {read_request(), send(kOk), hold()}});
  Client client(runtime, ClientOptions());
  EXPECT_EQ(run(server, drop_the_body(client, get(server.port()))), 200);
  EXPECT_EQ(server.connections(), 2u);
}

Task<std::vector<Got>> with_a_pause(Runtime& runtime, Client& client, Duration pause, Request first,
                                    Request second) {
  std::vector<Got> all;
  all.push_back(co_await fetch(client, std::move(first)));
  (void)co_await runtime.sleep_for(pause);
  all.push_back(co_await fetch(client, std::move(second)));
  co_return all;
}

TEST_F(ClientTest, AGetIsSentAgainWhenItsKeptConnectionWasClosed) {
  // The close arrives while the second request is on its way: the server reads it and hangs up.
  ScriptedServer server(runtime, {{read_request(), send(kOk), read_request(), close()},
                                  {read_request(), send(kOk), hold()}});
  Client client(runtime, ClientOptions());
  const auto all =
      run(server, one_after_the_other(client, {get(server.port()), get(server.port())}));
  EXPECT_EQ(all[1].body, "ok") << all[1].message();
  EXPECT_EQ(client.counters().resent, 1u);
}

TEST_F(ClientTest, APutIsNotSentAgain) {
  ScriptedServer server(runtime, {{read_request(), send(kOk), read_request(), close()},
                                  {read_request(), send(kOk), hold()}});
  Client client(runtime, ClientOptions());
  const auto all =
      run(server, one_after_the_other(client, {get(server.port()), put(server.port(), "x")}));
  EXPECT_EQ(all[1].kind(), ErrorKind::kNetwork);
  EXPECT_EQ(server.connections(), 1u);
}

TEST_F(ClientTest, AGetOnANewConnectionAndOneWithAPartOfAnAnswerAreNotSentAgain) {
  ScriptedServer fresh(runtime, {{read_request(), close()}});
  Client client(runtime, ClientOptions());
  EXPECT_EQ(run(fresh, fetch(client, get(fresh.port()))).kind(), ErrorKind::kNetwork);
  EXPECT_EQ(fresh.connections(), 1u);
  ScriptedServer half(runtime,
                      {{read_request(), send(kOk), read_request(), send("HTTP/1"), close()}});
  const auto all = run(half, one_after_the_other(client, {get(half.port()), get(half.port())}));
  EXPECT_EQ(all[1].kind(), ErrorKind::kNetwork);
  EXPECT_EQ(half.connections(), 1u);
}

TEST_F(ClientTest, AClosedIdleConnectionIsNoticedBeforeItIsLent) {
  ScriptedServer server(
      runtime, {{read_request(), send(kOk), close()}, {read_request(), send(kOk), hold()}});
  Client client(runtime, ClientOptions());
  const auto all = run(
      server, with_a_pause(runtime, client, 150ms, get(server.port()), put(server.port(), "x")));
  EXPECT_EQ(all[1].body, "ok") << all[1].message();
  EXPECT_EQ(client.counters().resent, 0u);
}

TEST_F(ClientTest, AnIdleConnectionExpires) {
  ScriptedServer server(runtime, {kEcho});
  ClientOptions options;
  options.idle_expiry = 20ms;
  Client client(runtime, options);
  (void)run(server, with_a_pause(runtime, client, 40ms, get(server.port()), get(server.port())));
  EXPECT_EQ(server.connections(), 2u);
}

Task<void> fetch_into(Client& client, Request request, std::vector<Got>& out) {
  out.push_back(co_await fetch(client, std::move(request)));
}

Task<std::vector<Got>> at_once(Runtime& runtime, Client& client, Request request, int count) {
  std::vector<Got> all;
  Scope scope(runtime);
  for (int i = 0; i < count; ++i) scope.spawn(fetch_into(client, request, all));
  co_await scope.join();
  co_return all;
}

Script echo(int times) {
  Script script;
  for (int i = 0; i < times; ++i) script.insert(script.end(), {read_request(), send(kOk)});
  script.push_back(hold());
  return script;
}

TEST_F(ClientTest, TheNumberOfConnectionsIsBounded) {
  ScriptedServer server(runtime, {echo(50)});
  ClientOptions options;
  options.max_connections = 3;
  Client client(runtime, options);
  const auto all = run(server, at_once(runtime, client, get(server.port()), 50));
  EXPECT_EQ(all.size(), 50u);
  for (const Got& got : all) EXPECT_EQ(got.body, "ok") << got.message();
  EXPECT_EQ(server.connections(), 3u);
}

TEST_F(ClientTest, RequestsThatWaitForAPlaceGetItAlsoWhenConnectionsAreClosed) {
  ScriptedServer server(
      runtime,
      {{read_request(), send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"),
        hold()}});
  ClientOptions options;
  options.max_connections = 2;
  Client client(runtime, options);
  const auto all = run(server, at_once(runtime, client, get(server.port()), 20));
  for (const Got& got : all) EXPECT_EQ(got.body, "ok") << got.message();
  EXPECT_EQ(server.connections(), 20u);
}

TEST_F(ClientTest, TheNumberOfIdleConnectionsIsBounded) {
  ScriptedServer server(runtime, {echo(50)});
  ClientOptions options;
  options.max_idle = 2;
  Client client(runtime, options);
  struct Both {
    static Task<int> run(Runtime& runtime, Client& client, Request request) {
      (void)co_await at_once(runtime, client, request, 10);
      (void)co_await at_once(runtime, client, request, 10);
      co_return 0;
    }
  };
  (void)run(server, Both::run(runtime, client, get(server.port())));
  EXPECT_GE(server.connections(), 10u);
  EXPECT_EQ(client.counters().connections_opened + client.counters().connections_reused, 20u);
}

TEST_F(ClientTest, ManyRequestsAtOnce) {
  ScriptedServer server(runtime, {echo(4)});
  Client client(runtime, ClientOptions());
  const auto all = run(server, at_once(runtime, client, get(server.port()), 300));
  for (const Got& got : all) ASSERT_EQ(got.body, "ok") << got.message();
}

}  // namespace
}  // namespace s3ferry::http
