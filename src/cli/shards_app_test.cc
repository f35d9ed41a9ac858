// The whole program with its requests on threads of their own, against a simulated S3 on a real
// socket and a thread of its own. Under ThreadSanitizer this is where a race would show.

#include <thread>

#include <fmt/format.h>

#include "http/client.h"
#include "program/test_world.h"
#include "runtime/loop_thread.h"
#include "sim/control.h"
#include "sim/server.h"

namespace s3ferry {
namespace {

// A simulator behind a port of 127.0.0.1. It is its thread's from serve() to stop().
class ServedWorld {
 public:
  ServedWorld() : simulator(runtime_), service_(simulator), server_(runtime_, service_, {}) {
    TestWorld::must(server_.open());
    TestWorld::must(simulator.add_account_with_key("111111111111", "AKIAEXAMPLESHARDS000",
                                                   Secret(std::string("made-up-secret-EXAMPLE"))));
    for (const char* name : {"photos", "copies"}) {
      sim::BucketSpec bucket;
      bucket.name = name;
      bucket.owner = "111111111111";
      bucket.side = bucket.name == "photos" ? sim::Side::kSource : sim::Side::kTarget;
      TestWorld::must(simulator.add_bucket(std::move(bucket)));
    }
    host.environment = {{"HOME", "/home/t"},
                        {"XDG_STATE_HOME", state_.path()},
                        {"AWS_ACCESS_KEY_ID", "AKIAEXAMPLESHARDS000"},
                        {"AWS_SECRET_ACCESS_KEY", "made-up-secret-EXAMPLE"},
                        {"AWS_REGION", "us-east-1"}};
  }

  void put(const std::string& key, const std::string& content) {
    sim::ObjectSpec object;
    object.key = key;
    object.content = content;
    object.mtime = parse_iso8601("2026-01-01T00:00:00Z");
    TestWorld::must(simulator.put_object("photos", std::move(object)));
  }

  Ran run(const std::string& command, std::vector<std::string> more) {
    serve();
    RealRuntime runtime;
    MemoryOutput out, err;
    AppContext context{.runtime = runtime,
                       .host = host,
                       .make_transport = [](Runtime& loop, const http::ClientOptions& options)
                           -> Result<std::unique_ptr<http::Transport>> {
                         return std::make_unique<http::Client>(loop, options);
                       },
                       .out = out,
                       .err = err,
                       .make_loop = [] { return std::make_unique<LoopThread>(); }};
    std::vector<std::string> arguments = {command, "s3://photos", "s3://copies", "--endpoint-url",
                                          fmt::format("http://127.0.0.1:{}", server_.port())};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Ran ran;
    ran.code = run_app(std::move(arguments), context);
    ran.out = out.text();
    ran.err = err.text();
    stop();
    return ran;
  }

  FakeHost host;

 private:
  struct Stop final : Mailbox::Letter {
    explicit Stop(sim::Server& which) : server(which) {}
    void arrive() override { server.stop(); }
    sim::Server& server;
  };
  void serve() {
    thread_ = std::thread([this] { runtime_.run(server_.serve()); });
  }
  void stop() {
    mailbox_.send(stop_);
    thread_.join();
  }

  TestFolder state_;
  RealRuntime runtime_;
  Mailbox mailbox_{runtime_};

 public:
  sim::Simulator simulator;

 private:
  sim::ControlledSimulator service_;
  sim::Server server_;
  Stop stop_{server_};
  std::thread thread_;
};

TEST(Shards, AWholeSyncAndItsCheckOnFourThreads) {
  constexpr int kObjects = 300;
  ServedWorld world;
  for (int i = 0; i < kObjects; ++i)
    world.put(fmt::format("folder {}/객체 {:05}", i % 7, i), fmt::format("content of {}", i));
  // What is tried again is tried again by the shard that carried it.
  sim::Fault broken;
  broken.operations = {sim::Operation::kListObjectsV2, sim::Operation::kCopyObject};
  broken.after = 5;
  broken.times = 12;
  broken.status = 500;
  broken.code = "InternalError";
  world.simulator.add_fault(std::move(broken));
  const Ran ran = world.run("sync", {"--shards", "4", "--page-size", "20", "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err << ran.out;
  EXPECT_EQ(world.simulator.keys("copies"), world.simulator.keys("photos"));
  EXPECT_EQ(*world.simulator.read_object("copies", "folder 3/객체 00003"), "content of 3");
  const sim::Counters& counters = world.simulator.counters();
  EXPECT_EQ(counters.source_writes, 0U);
  EXPECT_GE(counters.of(sim::Operation::kCopyObject), 300U);
  EXPECT_EQ(counters.errors_5xx, 12U);
  EXPECT_TRUE(world.simulator.all_faults_fired());
  // What the program says that it sent is what arrived, retries included.
  std::uint64_t told = 0;
  for (const auto& event : ran.events())
    if (event.contains("requests"))
      for (const auto& [name, n] : event["requests"].items()) told += n.get<std::uint64_t>();
  EXPECT_EQ(told, counters.requests);
}

// Of the requests of each kind every tenth, each in its own way.
void one_in_ten_fails(sim::Simulator& simulator) {
  using sim::Operation;
  for (const Operation operation :
       {Operation::kListObjectsV2, Operation::kHeadObject, Operation::kCopyObject}) {
    for (int i = 0; i < 40; ++i) {
      sim::Fault fault;
      fault.operations = {operation};
      fault.after = 9 + 9 * i;  // of those that no fault before it took
      fault.times = 1;
      switch (i % 4) {
        case 0:
          fault.status = 503, fault.code = "SlowDown";
          break;
        case 1:
          fault.status = 500, fault.code = "InternalError";
          break;
        case 2:
          fault.drop = sim::Fault::Drop::kBefore;
          break;
        default:
          fault.drop = sim::Fault::Drop::kAfter;
      }
      simulator.add_fault(std::move(fault));
    }
  }
}

// The source's owners granted so many requests a second: LISTs, HEADs and what copies read there,
// retries included, whichever thread sends them.
TEST(Shards, TheSourcesBudgetHoldsOverAllThreads) {
  constexpr std::uint64_t kGranted = 100;
  constexpr int kObjects = 120;
  std::uint64_t most = 0;
  // By the clock of a thread that others may keep from running; three such runs are no accident.
  for (int run = 0; run < 3; ++run) {
    ServedWorld world;
    for (int i = 0; i < kObjects; ++i) world.put(fmt::format("{:05}", i * 7919 % 100'000), "A");
    one_in_ten_fails(world.simulator);
    const Ran ran = world.run("sync", {"--shards", "4", "--page-size", "10", "--attributes", "full",
                                       "--source-rps", std::to_string(kGranted)});
    ASSERT_EQ(ran.code, 0) << ran.err << ran.out;
    const sim::Counters& counters = world.simulator.counters();
    const auto heads = counters.of(sim::Side::kSource, sim::Operation::kHeadObject);
    const auto lists = counters.of(sim::Side::kSource, sim::Operation::kListObjectsV2);
    EXPECT_GT(counters.source_reads_by_copy, kObjects);  // those tried again read again
    EXPECT_GT(heads, kObjects);
    EXPECT_GE(lists, 2U * kObjects / 10);  // the check lists too
    EXPECT_GT(counters.errors_5xx + counters.dropped,
              (counters.source_reads_by_copy + heads + lists) / 20);
    most = counters.most_in_a_second(sim::Side::kSource);
    if (most <= kGranted) break;
  }
  EXPECT_LE(most, kGranted);
  EXPECT_GE(most, kGranted * 8 / 10);  // nor is it wasted
}

TEST(Shards, AWrongSecretStopsAsItDoesOnOneThread) {
  for (const char* shards : {"1", "3"}) {
    ServedWorld world;
    world.put("a", "b");
    world.host.environment["AWS_SECRET_ACCESS_KEY"] = "another-made-up-secret-EXAMPLE";
    const Ran ran = world.run("sync", {"--shards", shards});
    EXPECT_EQ(ran.code, 1) << ran.err;
    EXPECT_NE(ran.err.find("SignatureDoesNotMatch"), std::string::npos) << ran.err;
    EXPECT_TRUE(world.simulator.keys("copies").empty());
  }
}

}  // namespace
}  // namespace s3ferry
