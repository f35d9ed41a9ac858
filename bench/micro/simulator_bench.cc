#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "sim/testing.h"

namespace s3ferry::sim::testing {
namespace {

// What the simulated server itself costs, without sockets: the client's signing and the reading of
// the answer are in the figure too.
void add_synthetic(World& world) {
  BucketSpec bucket;
  bucket.name = "big-bucket";
  bucket.owner = std::string(kSourceAccount);
  SyntheticSpec spec;
  spec.count = 10'000'000;
  spec.min_size = 1;
  spec.max_size = 1'000'000;
  bucket.synthetic = spec;
  (void)world.sim.add_bucket(std::move(bucket));
}

void list_page(benchmark::State& state) {
  World world;
  add_synthetic(world);
  for (auto _ : state) {
    const Got got =
        world.get("/big-bucket?list-type=2&encoding-type=url&start-after=obj-000005000000");
    if (got.status != 200) state.SkipWithError("the page was refused");
    benchmark::DoNotOptimize(got.body.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(list_page)->Unit(benchmark::kMicrosecond);

void copy_object(benchmark::State& state) {
  World world;
  add_synthetic(world);
  (void)world.sim.set_bucket_policy(
      "target-bucket", R"({"Statement":{"Effect":"Allow","Principal":{"AWS":"111111111111"},
                          "Action":"s3:*","Resource":"arn:aws:s3:::target-bucket/*"}})");
  std::uint64_t next = 0;
  for (auto _ : state) {
    const std::string key = fmt::format("obj-{:012}", next++ % 10'000'000);
    const Got got = world.copy("/big-bucket/" + key, "/target-bucket/" + key);
    if (got.status != 200) state.SkipWithError("the copy was refused");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(copy_object)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace s3ferry::sim::testing

