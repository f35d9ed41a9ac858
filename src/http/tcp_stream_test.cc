#include "http/tcp_stream.h"

#include <array>

#include <arpa/inet.h>

#include "http/client_test_support.h"

namespace s3ferry::http {
namespace {

using namespace std::chrono_literals;

Address local(std::uint16_t port) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Address address;
  std::memcpy(address.bytes.data(), &name, sizeof name);
  address.size = sizeof name;
  return address;
}

// Until the kernel's news of `stream` has come, at most some seconds.
Task<bool> hears_something(Runtime& runtime, const Stream& stream) {
  for (int i = 0; i < 5000 && stream.seems_quiet(); ++i) (void)co_await runtime.sleep_for(1ms);
  co_return !stream.seems_quiet();
}

Task<int> answer_and_more(Runtime& runtime, std::uint16_t port) {
  auto connected = co_await TcpStream::connect(runtime, local(port));
  EXPECT_TRUE(connected);
  if (!connected) co_return 0;
  Stream& stream = **connected;
  std::array<char, 64> buffer;
  const std::string_view ask = "GET / HTTP/1.1\r\n\r\n";
  EXPECT_EQ(stream.write_some(ask.data(), ask.size()).bytes, ask.size());
  EXPECT_TRUE(co_await stream.wait(Stream::Ready::kRead));
  EXPECT_EQ(stream.read_some(buffer.data(), buffer.size()).bytes, 6u);
  EXPECT_TRUE(stream.seems_quiet());
  EXPECT_TRUE(stream.is_quiet());

  // What nobody asked for shows without a look.
  EXPECT_EQ(stream.write_some(ask.data(), ask.size()).bytes, ask.size());
  EXPECT_TRUE(co_await hears_something(runtime, stream));
  EXPECT_FALSE(stream.is_quiet());
  EXPECT_FALSE(stream.seems_quiet());
  EXPECT_EQ(stream.read_some(buffer.data(), buffer.size()).bytes, 7u);
  EXPECT_TRUE(stream.seems_quiet());
  co_return 1;
}

using TcpStreamTest = ClientTest;

TEST_F(TcpStreamTest, WhatNobodyAskedForIsHeardOf) {
  // The server waits in the same loop, so that it listens.
  ScriptedServer server(runtime,
                        {{read_head(), send("answer"), read_head(), send("surplus"), hold()}});
  EXPECT_EQ(run(server, answer_and_more(runtime, server.port())), 1);
}

Task<bool> quiet_alone(Runtime& runtime, std::uint16_t port, Task<void> serve, Scope& scope,
                       ScriptedServer& server) {
  scope.spawn(std::move(serve));
  auto connected = co_await TcpStream::connect(runtime, local(port));
  server.stop();
  co_await scope.join();
  co_return connected && (*connected)->seems_quiet();
}

TEST_F(TcpStreamTest, WhereNobodyListensNothingIsTakenForQuiet) {
  ScriptedServer server(runtime, {{hold()}});
  Scope scope(runtime);
  EXPECT_FALSE(runtime.run(quiet_alone(runtime, server.port(), server.serve(), scope, server)));
}

}  // namespace
}  // namespace s3ferry::http
