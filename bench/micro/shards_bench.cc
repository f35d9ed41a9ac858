// Calls through 0 (the loop itself), 1 and 2 shards, without a network: a canned answer each. Wall
// time a call; CPU is the whole process's.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "aws/sharded_caller.h"
#include "runtime/scope.h"
#include "s3/connection.h"
#include "s3/source_bucket.h"
#include "s3/target_bucket.h"

namespace s3ferry::s3 {
namespace {

constexpr std::size_t kInFlight = 64;

std::string canned_page() {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
      "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bucket</Name><Prefix></Prefix>"
      "<KeyCount>1000</KeyCount><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType>"
      "<IsTruncated>false</IsTruncated>";
  for (int i = 0; i < 1000; ++i)
    out += fmt::format(
        "<Contents><Key>logs/2026/11/22/part-{:09}.json</Key>"
        "<LastModified>2026-11-22T01:02:03.000Z</LastModified><ETag>&quot;{:032x}&quot;</ETag>"
        "<Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
        i, i, i * 1000);
  return out + "</ListBucketResult>";
}

std::string canned_copy() {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CopyObjectResult "
         "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LastModified>"
         "2026-11-22T01:02:03.000Z</LastModified><ETag>&quot;0123456789abcdef0123456789abcdef"
         "&quot;</ETag></CopyObjectResult>";
}

class Canned final : public http::Transport {
 public:
  Canned(Runtime& runtime, const std::string& bytes) : runtime_(runtime), bytes_(bytes) {}
  Task<Result<http::Response>> send(http::Request) override {
    (void)co_await runtime_.yield();
    http::Response response;
    response.status = 200;
    response.body = http::make_memory_body(bytes_);
    co_return response;
  }

 private:
  Runtime& runtime_;
  const std::string& bytes_;
};

struct World {
  World(std::size_t shard_count, std::string answer) : bytes(std::move(answer)) {
    for (std::size_t i = 0; i < shard_count; ++i) {
      shards.push_back(std::make_unique<aws::Shard>(std::make_unique<LoopThread>()));
      auto& shard = *shards.back();
      shard.transport = std::make_unique<Canned>(shard.loop->runtime(), bytes);
    }
    aws::Credentials made_up;
    made_up.access_key_id = "AKIAFAKEFAKEFAKEFAKE";
    made_up.secret_access_key = Secret("fake/secret/of/the/benches");
    credentials = aws::static_credentials(std::move(made_up));
    if (shards.empty())
      caller = std::make_unique<aws::Caller>(runtime, wire, *credentials, budget);
    else
      caller = std::make_unique<aws::ShardedCaller>(runtime, wire, *credentials, budget,
                                                    aws::CallerOptions(), home, shards);
    params.region = "eu-west-1";
    connection.emplace(*caller, params);
    source.emplace(*connection, BucketName("bucket"));
    target.emplace(*connection, BucketName("bucket"));
  }

  std::string bytes;
  RealRuntime runtime;
  Mailbox home{runtime};
  std::vector<std::unique_ptr<aws::Shard>> shards;
  Canned wire{runtime, bytes};
  aws::RetryBudget budget;
  std::unique_ptr<aws::CredentialsProvider> credentials;
  std::unique_ptr<aws::Caller> caller;
  aws::EndpointParams params;
  std::optional<Connection> connection;
  std::optional<SourceBucket> source;
  std::optional<TargetBucket> target;
  int left = 0;
  bool failed = false;
};

Task<void> list_pages(World& world) {
  ListPage page;
  while (world.left-- > 0) {
    ListRequest request;
    const Status listed = co_await world.source->list_page(std::move(request), page);
    if (!listed || page.entries.size() != 1000) world.failed = true;
  }
}

Task<void> copy_objects(World& world) {
  while (world.left-- > 0) {
    CopyRequest request(ObjectKey("logs/2026/11/22/part-000000001.json"),
                        CopySource(BucketName("source"), ObjectKey("some/key"), ETag("0123")));
    const auto copied = co_await world.target->copy_object(std::move(request));
    if (!copied) world.failed = true;
  }
}

Task<void> all_at_once(World& world, Task<void> (*work)(World&)) {
  Scope scope(world.runtime);
  for (std::size_t i = 0; i < kInFlight; ++i) scope.spawn(work(world));
  co_await scope.join();
}

void measure(benchmark::State& state, std::string answer, Task<void> (*work)(World&)) {
  constexpr int kCalls = 2000;
  World world(static_cast<std::size_t>(state.range(0)), std::move(answer));
  for (auto _ : state) {
    world.left = kCalls;
    world.runtime.run(all_at_once(world, work));
    if (world.failed) state.SkipWithError("a call failed");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * kCalls);
}

void pages(benchmark::State& state) {
  measure(state, canned_page(), &list_pages);
}
void copies(benchmark::State& state) {
  measure(state, canned_copy(), &copy_objects);
}
BENCHMARK(pages)->Arg(0)->Arg(1)->Arg(2)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK(copies)->Arg(0)->Arg(1)->Arg(2)->MeasureProcessCPUTime()->UseRealTime();

}  // namespace
}  // namespace s3ferry::s3
