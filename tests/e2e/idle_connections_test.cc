// What a TLS connection costs while it waits: a thousand of them are open during a run.

#include <malloc.h>

#include "e2e/world.h"
#include "http/client.h"
#include "http/message.h"
#include "runtime/real_runtime.h"
#include "runtime/scope.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/allocator_interface.h>
#define S3FERRY_UNDER_ASAN 1
#endif
#endif

namespace s3ferry::testing {
namespace {

constexpr std::size_t kConnections = 500;
constexpr std::size_t kMostBytes = 35 * 1024;  // a connection

std::size_t heap_bytes() {
#ifdef S3FERRY_UNDER_ASAN
  return __sanitizer_get_current_allocated_bytes();
#else
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

Task<void> one_request(http::Client& client, http::Origin origin, std::size_t& good) {
  http::Request request;
  request.origin = std::move(origin);
  request.target = "/_s3sim/counters";
  request.deadlines.connect = std::chrono::minutes(2);  // they all shake hands at once
  request.deadlines.first_byte = std::chrono::minutes(2);
  auto answer = co_await client.send(std::move(request));
  if (!answer) co_return;
  std::string body;
  Status read = co_await http::read_all(*answer->body, body, kMiB);
  if (read && answer->status == 200) ++good;
}

Task<std::size_t> many_requests(Runtime& runtime, http::Client& client, http::Origin origin,
                                std::size_t count) {
  std::size_t good = 0;
  Scope scope(runtime);
  for (std::size_t i = 0; i < count; ++i) scope.spawn(one_request(client, origin, good));
  co_await scope.join();
  co_return good;
}

TEST_F(EndToEnd, AnIdleTlsConnectionHoldsNoBuffers) {
  start(true);
  const auto url = http::parse_url(service->tls_url());
  ASSERT_TRUE(url);
  RealRuntime runtime;
  http::ClientOptions options;
  options.ca_bundle = service->ca_file();
  options.idle_expiry = std::chrono::minutes(10);
  http::Client client(runtime, options);
  // What all connections share comes with the first.
  ASSERT_EQ(runtime.run(many_requests(runtime, client, url->origin, 1)), 1u);
  const std::size_t before = heap_bytes();
  ASSERT_EQ(runtime.run(many_requests(runtime, client, url->origin, kConnections + 1)),
            kConnections + 1);
  const std::size_t after = heap_bytes();
  ASSERT_EQ(client.counters().connections_opened, kConnections + 1);
  const std::size_t each = (after - before) / kConnections;
  RecordProperty("bytes_a_connection", std::to_string(each));
  EXPECT_GT(each, 4096u) << "there is something to measure";
  EXPECT_LE(each, kMostBytes);
}

}  // namespace
}  // namespace s3ferry::testing
