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

Task<void> wait_in_vain(Stream& stream) {
  (void)co_await stream.wait(Stream::Ready::kRead);
}

Task<void> answer_and_more(Runtime& runtime, std::uint16_t port) {
  auto other = co_await TcpStream::connect(runtime, local(port));
  auto connected = co_await TcpStream::connect(runtime, local(port));
  EXPECT_TRUE(other && connected);
  if (!other || !connected) co_return;
  Scope scope(runtime);
  scope.spawn(wait_in_vain(**other));  // so that the loop listens
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
  scope.cancel();
  co_await scope.join();
}

Task<void> beside_server(Runtime& runtime, ScriptedServer& server, Task<void> work) {
  Scope scope(runtime);
  scope.spawn(server.serve());
  co_await std::move(work);
  server.stop();
  co_await scope.join();
}

using TcpStreamTest = ClientTest;

TEST_F(TcpStreamTest, WhatNobodyAskedForIsHeardOf) {
  ScriptedServer server(
      runtime, {{hold()}, {read_head(), send("answer"), read_head(), send("surplus"), hold()}});
  runtime.run(beside_server(runtime, server, answer_and_more(runtime, server.port())));
}

Task<void> quiet_alone(Runtime& runtime, std::uint16_t port) {
  auto connected = co_await TcpStream::connect(runtime, local(port));
  EXPECT_TRUE(connected);
  if (!connected) co_return;
  EXPECT_FALSE((*connected)->seems_quiet());
  EXPECT_TRUE((*connected)->is_quiet());
  EXPECT_FALSE((*connected)->seems_quiet());
}

TEST_F(TcpStreamTest, WhereNobodyListensNothingIsTakenForQuiet) {
  ScriptedServer server(runtime, {{hold()}});
  runtime.run(beside_server(runtime, server, quiet_alone(runtime, server.port())));
}

}  // namespace
}  // namespace s3ferry::http
