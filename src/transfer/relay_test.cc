// Bytes through this host, between two services that know nothing of each other.

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "engine/run.h"
#include "runtime/scope.h"
#include "transfer/copy_strategy.h"
#include "transfer/relay_lanes.h"

namespace s3ferry {
namespace {

using namespace std::chrono_literals;
using sim::Fault;
using sim::Operation;
using testing::kSourceBucket;
using testing::kTargetBucket;
using testing::RecordingSink;
using testing::SimPair;
using testing::SimPairOptions;
using testing::sync;

SimPairOptions apart() {
  SimPairOptions out;
  out.apart = true;
  return out;
}

class RelayTest : public ::testing::Test {
 protected:
  explicit RelayTest(SimPairOptions world = apart()) : world_(std::move(world)) {
    options_.relay.allowed = true;
  }
  SyncResult run() { return sync(world_, options_, sink_); }
  std::uint64_t gets() { return world_.sim().counters().of(Operation::kGetObject); }
  std::uint64_t at_target(Operation operation) {
    return world_.target_sim().counters().of(operation);
  }
  void put_in_parts(std::string key, std::vector<ByteCount> parts, std::uint64_t seed = 1) {
    sim::ObjectSpec object;
    object.key = std::move(key);
    for (const ByteCount part : parts) object.size += part;
    object.parts = std::move(parts);
    object.seed = seed;
    object.mtime = world_.ago(1000);
    world_.put(kSourceBucket, std::move(object));
  }
  void expect_equal(std::string_view key) {
    const auto source = world_.sim().find_object(kSourceBucket, key);
    const auto target = world_.target_sim().find_object(kTargetBucket, key);
    ASSERT_TRUE(target) << key;
    EXPECT_EQ(source->etag, target->etag) << key;
    EXPECT_EQ(source->metadata, target->metadata) << key;
    auto headers = source->headers;
    headers.emplace("content-type", "binary/octet-stream");  // what S3 says where none was given
    EXPECT_EQ(headers, target->headers) << key;
    EXPECT_EQ(source->tags, target->tags) << key;
    EXPECT_EQ(source->storage_class, target->storage_class) << key;
    EXPECT_TRUE(*world_.sim().read_object(kSourceBucket, key) ==
                *world_.target_sim().read_object(kTargetBucket, key))
        << key;
  }
  void expect_nothing_at_target() {
    EXPECT_TRUE(world_.target_keys().empty());
    EXPECT_EQ(world_.target_sim().open_uploads(kTargetBucket), 0u);
  }

  SimPair world_;
  SyncOptions options_;
  RecordingSink sink_;
};

TEST_F(RelayTest, EverythingArrivesAsItWas) {
  world_.put_source("empty", 0);
  world_.put_source("a//b/../c ", 1);
  world_.put_source("some", 300 * kKiB);
  sim::ObjectSpec rich;
  rich.key = "\xED\x95\x9C\xEA\xB8\x80";
  rich.content = "content";
  rich.mtime = world_.ago(1000);
  rich.metadata = {{"owner", "\xEC\x84\x9C\xEC\x9A\xB8"}, {"plain", "x=y; z"}};
  rich.headers = {{"content-type", "text/plain"},
                  {"cache-control", "max-age=60"},
                  {"content-disposition", "attachment; filename=\"\xEA\xB0\x80.txt\""}};
  rich.tags = {{"team", "data & more"}, {"\xEA\xB0\x80", "1"}};
  rich.storage_class = "STANDARD_IA";
  world_.put(kSourceBucket, rich);
  put_in_parts("in parts", {5 * kMiB, 5 * kMiB, 100});
  put_in_parts("uneven", {6 * kMiB, 5 * kMiB, 7});
  put_in_parts("one part", {1000});
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 0);
  EXPECT_EQ(result.counters.copied.objects, 7u);
  EXPECT_EQ(result.counters.relayed.objects, 7u);
  EXPECT_EQ(result.counters.relayed.bytes, result.counters.copied.bytes);
  for (const std::string& key : world_.sim().keys(kSourceBucket)) expect_equal(key);
  EXPECT_EQ(at_target(Operation::kCopyObject), 0u);
  EXPECT_EQ(world_.target_sim().open_uploads(kTargetBucket), 0u);
  RecordingSink second;
  EXPECT_EQ(sync(world_, options_, second).counters.same.objects, 7u);
}

TEST_F(RelayTest, WithoutTheFlagTheRunStopsAndTellsTheBytes) {
  options_.relay.allowed = false;
  for (int i = 0; i < 3; ++i) world_.put_source("k" + std::to_string(i), 1000);
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 1);
  ASSERT_TRUE(result.stopped);
  EXPECT_EQ(result.stopped->kind(), ErrorKind::kRefused);
  EXPECT_NE(result.stopped->message().find("at least 3 objects with 3,000 bytes"),
            std::string::npos)
      << result.stopped->message();
  EXPECT_NE(result.stopped->message().find("--relay"), std::string::npos);
  EXPECT_EQ(gets(), 0u);
  EXPECT_EQ(result.counters.failed.objects, 0u);
  expect_nothing_at_target();
}

TEST_F(RelayTest, ADryRunTellsTheWholeSumAndThatItWouldNotRun) {
  options_.relay.allowed = false;
  options_.dry_run = true;
  options_.page_size = 2;
  for (int i = 0; i < 5; ++i) world_.put_source("k" + std::to_string(i), 1000);
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_EQ(result.counters.would_copy.objects, 5u);
  EXPECT_NE(result.stopped->message().find(": 5 objects with 5,000 bytes"), std::string::npos)
      << result.stopped->message();
  options_.relay.allowed = true;
  RecordingSink allowed;
  const SyncResult fine = sync(world_, options_, allowed);
  EXPECT_EQ(fine.exit_code(), 0);
  EXPECT_EQ(fine.counters.needs_relay.bytes, 5000u);
  EXPECT_EQ(gets(), 0u);
}

// ---- the source under way ----

TEST_F(RelayTest, ABodyThatBreaksIsReadOnFromThere) {
  world_.put_source("k", 3 * kMiB);
  Fault broken;
  broken.operations = {Operation::kGetObject};
  broken.break_after_bytes = kMiB;
  broken.times = 2;
  world_.sim().add_fault(broken);
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 0);
  expect_equal("k");
  EXPECT_EQ(gets(), 3u);
  EXPECT_EQ(at_target(Operation::kPutObject), 1u);
}

TEST_F(RelayTest, ASourceThatAlwaysBreaksFailsItsObjectAndStoresNothing) {
  world_.put_source("k", kMiB);
  Fault broken;
  broken.operations = {Operation::kGetObject};
  broken.break_after_bytes = 10;
  world_.sim().add_fault(broken);
  const SyncResult result = run();
  EXPECT_EQ(result.counters.failed.objects, 1u);
  EXPECT_EQ(sink_.errors.at(0).operation(), "GetObject");
  expect_nothing_at_target();
  EXPECT_LE(gets(), 8u);
}

// Replaced when its second part is asked for, its first one is there already.
TEST_F(RelayTest, AnObjectReplacedUnderWayIsNeverStitched) {
  put_in_parts("k", {5 * kMiB, 5 * kMiB, 5 * kMiB}, 1);
  int seen = 0;
  world_.sim().before_request([&](const sim::RequestInfo& request) {
    if (request.operation == Operation::kGetObject && ++seen == 2)
      put_in_parts("k", {5 * kMiB, 5 * kMiB, 5 * kMiB}, 2);
  });
  options_.concurrency = 1;
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 0);
  EXPECT_EQ(result.counters.late, 1u);
  expect_equal("k");
  EXPECT_EQ(world_.target_sim().open_uploads(kTargetBucket), 0u);
}

TEST_F(RelayTest, AnObjectReplacedInMidBodyIsNeverStitched) {
  world_.put_source("k", 2 * kMiB, 1000, 1);
  Fault broken;
  broken.operations = {Operation::kGetObject};
  broken.break_after_bytes = kMiB;
  broken.times = 1;
  world_.sim().add_fault(broken);
  int seen = 0;
  world_.sim().before_request([&](const sim::RequestInfo& request) {
    if (request.operation == Operation::kGetObject && ++seen == 2)
      world_.put_source("k", 2 * kMiB, 1, 2);
  });
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 0);
  EXPECT_EQ(result.counters.late, 1u);
  expect_equal("k");
}

TEST_F(RelayTest, BytesThatAreNotThoseOfTheEtagAreNotStored) {
  sim::ObjectSpec lying;
  lying.key = "k";
  lying.content = "not what the ETag says";
  lying.etag = "0123456789abcdef0123456789abcdef";
  lying.mtime = world_.ago(1000);
  world_.put(kSourceBucket, lying);
  const SyncResult result = run();
  EXPECT_EQ(result.counters.failed.objects, 1u);
  EXPECT_EQ(sink_.errors.at(0).kind(), ErrorKind::kRefused);
  EXPECT_EQ(gets(), 2u);
  expect_nothing_at_target();
  options_.multipart.etag = EtagPolicy::kAny;
  RecordingSink second;
  EXPECT_EQ(sync(world_, options_, second).counters.copied.objects, 1u);
  EXPECT_EQ(*world_.target_sim().read_object(kTargetBucket, "k"), *lying.content);
}

// ---- the target under way ----

// Reads some of the body, then answers without its rest.
Task<Result<http::Response>> answer_early(http::Request request, ByteCount after, int status) {
  if (request.stream) {
    auto reader = co_await request.stream->open();
    if (!reader) co_return fail(std::move(reader.error()));
    for (ByteCount got = 0; got < after;) {
      auto piece = co_await (*reader)->read();
      if (!piece) co_return fail(std::move(piece.error()));
      if (piece->empty()) break;
      got += piece->size();
    }
  }
  http::Response response;
  response.status = status;
  response.body = http::make_memory_body("<Error><Code>SlowDown</Code></Error>");
  co_return response;
}

TEST_F(RelayTest, A503InMidBodyIsSentAgainFromTheStart) {
  world_.put_source("k", 2 * kMiB);
  put_in_parts("p", {5 * kMiB, 5 * kMiB});
  int refusals = 3;
  world_.at_target([&](http::Request request, http::Transport& server) {
    if (request.method == http::Method::kPut && refusals > 0) {
      --refusals;
      return answer_early(std::move(request), kMiB, 503);
    }
    return server.send(std::move(request));
  });
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 0);
  EXPECT_EQ(refusals, 0);
  expect_equal("k");
  expect_equal("p");
  EXPECT_EQ(gets(), 6u);  // 3 bodies, and each that was refused once more
}

// A body whose first byte is another one.
class Spoilt final : public http::BodySource {
 public:
  explicit Spoilt(std::shared_ptr<http::BodySource> inner) : inner_(std::move(inner)) {}
  ByteCount length() const override { return inner_->length(); }
  Task<Result<std::unique_ptr<http::BodyReader>>> open() override {
    auto reader = co_await inner_->open();
    if (!reader) co_return fail(std::move(reader.error()));
    co_return std::make_unique<Reader>(std::move(*reader));
  }

 private:
  class Reader final : public http::BodyReader {
   public:
    explicit Reader(std::unique_ptr<http::BodyReader> inner) : inner_(std::move(inner)) {}
    Task<Result<std::string_view>> read() override {
      auto piece = co_await inner_->read();
      if (!piece || piece->empty() || spoilt_) co_return piece;
      spoilt_ = true;
      bytes_ = std::string(*piece);
      bytes_[0] = static_cast<char>(bytes_[0] ^ 1);
      co_return std::string_view(bytes_);
    }

   private:
    std::unique_ptr<http::BodyReader> inner_;
    std::string bytes_;
    bool spoilt_ = false;
  };
  std::shared_ptr<http::BodySource> inner_;
};

TEST_F(RelayTest, BytesThatChangeOnTheWayToTheTargetAreNoticed) {
  world_.put_source("whole", kMiB);
  put_in_parts("parts", {5 * kMiB, 5 * kMiB});
  world_.at_target([](http::Request request, http::Transport& server) {
    if (request.stream) request.stream = std::make_shared<Spoilt>(std::move(request.stream));
    return server.send(std::move(request));
  });
  const SyncResult result = run();
  EXPECT_EQ(result.counters.failed.objects, 2u);
  expect_nothing_at_target();
}

Task<Result<http::Response>> answer_with_another_etag(http::Request request,
                                                      http::Transport& server) {
  const bool writes = request.stream != nullptr;
  Result<http::Response> response = co_await server.send(std::move(request));
  if (!response || !writes) co_return response;
  http::Headers changed;
  for (const auto& [name, value] : response->headers)
    changed.add(name, name == "etag" || name == "ETag" ? "\"0123456789abcdef0123456789abcdef\""
                                                       : std::string(value));
  response->headers = std::move(changed);
  co_return response;
}

// A PUT makes an object; a part alone makes none.
TEST_F(RelayTest, OnlyAnObjectThatStandsWasStoredWrong) {
  world_.put_source("whole", kMiB);
  put_in_parts("in parts", {5 * kMiB, 5 * kMiB});
  world_.at_target([](http::Request request, http::Transport& server) {
    return answer_with_another_etag(std::move(request), server);
  });
  const SyncResult result = run();
  EXPECT_EQ(result.counters.failed.objects, 2u);
  ASSERT_EQ(sink_.errors.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    const bool whole = sink_.errors[i].operation() == "PutObject";
    EXPECT_EQ(sink_.errors[i].kind(), whole ? ErrorKind::kStoredWrong : ErrorKind::kRefused)
        << sink_.errors[i].describe();
  }
  EXPECT_NE(sink_.errors[0].kind(), sink_.errors[1].kind());
  EXPECT_EQ(world_.target_keys(), std::vector<std::string>{"whole"});
}

TEST_F(RelayTest, AForeignWriteAtTheTargetIsNotOverwritten) {
  world_.put_source("k", 1000);
  bool done = false;
  world_.sim().before_request([&](const sim::RequestInfo& request) {
    if (request.operation != Operation::kGetObject || done) return;
    done = true;
    world_.put_target("k", 7, 0, 9);
  });
  const SyncResult result = run();
  EXPECT_EQ(result.counters.conflicts, 1u);
  EXPECT_EQ(world_.target_sim().find_object(kTargetBucket, "k")->size, 7u);
}

// ---- parts that do not stay as they were sent ----

class RelayMischiefTest : public RelayTest {
 protected:
  RelayMischiefTest() {
    options_.concurrency = 1;
    sim::Quirks quirks;
    quirks.no_checksums = true;
    world_.target_sim().set_quirks(quirks);
    world_.sim().set_quirks(quirks);
  }
  // In the source's parts, or in one piece that is cut here; any ETag will do.
  void put_object(std::string key, bool kept) {
    if (kept) return put_in_parts(std::move(key), {5 * kMiB, 5 * kMiB, 5 * kMiB, 100});
    options_.multipart.etag = EtagPolicy::kAny;
    options_.multipart.threshold = options_.multipart.part_bytes = 5 * kMiB;
    world_.put_source(std::move(key), 15 * kMiB + 100);
  }
  void mischief(Fault::Mischief what, int times) {
    sink_ = RecordingSink();
    Fault bad;
    bad.operations = {Operation::kUploadPart};
    bad.part = 3;
    bad.times = times;
    bad.mischief = what;
    world_.target_sim().clear_faults();
    world_.target_sim().add_fault(bad);
  }
  static constexpr Fault::Mischief kAll[] = {Fault::Mischief::kLost, Fault::Mischief::kRepeated,
                                             Fault::Mischief::kSwapped};
};

TEST_F(RelayMischiefTest, AWrongPartIsNeverCompleted) {
  for (const bool kept : {true, false}) {
    for (const auto what : kAll) {
      mischief(what, -1);
      put_object("k", kept);
      EXPECT_EQ(run().counters.failed.objects, 1u);
      expect_nothing_at_target();
    }
  }
  EXPECT_EQ(at_target(Operation::kCompleteMultipartUpload), 0u);
}

TEST_F(RelayMischiefTest, OneThatWasWrongOnceIsSentAgain) {
  for (const bool kept : {true, false}) {
    for (const auto what : kAll) {
      // By the MD5 of what was sent that one is known at once, and ends the object's try.
      if (kept && what == Fault::Mischief::kRepeated) continue;
      const std::string key =
          "k" + std::to_string(static_cast<int>(what)) + (kept ? "kept" : "cut");
      mischief(what, 1);
      put_object(key, kept);
      EXPECT_EQ(run().exit_code(), 0);
      EXPECT_TRUE(*world_.sim().read_object(kSourceBucket, key) ==
                  *world_.target_sim().read_object(kTargetBucket, key))
          << key;
    }
  }
}

// ---- bounds ----

struct InFlight {
  int now = 0, most = 0;
};
Task<Result<http::Response>> slowly(Runtime& runtime, http::Request request,
                                    http::Transport& server, InFlight& bodies) {
  const bool counted = request.stream != nullptr;
  if (counted) bodies.most = std::max(bodies.most, ++bodies.now);
  Status slept = co_await runtime.sleep_for(1s);
  if (!slept) co_return fail(std::move(slept.error()));
  auto answer = co_await server.send(std::move(request));
  if (counted) --bodies.now;
  co_return answer;
}

TEST_F(RelayTest, NoMoreStreamsThanTheirMemoryWasReservedFor) {
  for (int i = 0; i < 600; ++i) world_.put_source("k" + std::to_string(i), 10);
  options_.concurrency = 600;
  InFlight bodies;
  world_.at_target([&](http::Request request, http::Transport& server) {
    return slowly(world_.runtime(), std::move(request), server, bodies);
  });
  EXPECT_EQ(run().counters.copied.objects, 600u);
  EXPECT_EQ(bodies.most, static_cast<int>(kRelayMemoryBytes / kRelayStreamBytes));
}

TEST_F(RelayTest, TheBandwidthHoldsWithinFivePercent) {
  for (int i = 0; i < 20; ++i) world_.put_source("k" + std::to_string(i), kMiB);
  put_in_parts("parts", {5 * kMiB, 5 * kMiB, 5 * kMiB});
  options_.relay.max_bandwidth = RateSchedule(kMiB);
  const TimePoint begin = world_.runtime().now();
  EXPECT_EQ(run().counters.copied.objects, 21u);
  const double seconds = std::chrono::duration<double>(world_.runtime().now() - begin).count();
  EXPECT_NEAR(35.0 / seconds, 1.0, 0.05);
  EXPECT_EQ(RelayLanes::streams_at(kMiB), 4u);
}

// The strictest of the day holds while it does, and no longer.
Task<void> enter_all(RelayLanes& lanes, std::size_t& entered, std::size_t most) {
  for (; entered < most && co_await lanes.enter(); ++entered) {
  }
}
TEST_F(RelayTest, StreamsAreAsManyAsTheRateOfTheHourLetsLive) {
  VirtualRuntime& runtime = world_.runtime();
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(runtime.wall_now().time_since_epoch());
  const int hour = static_cast<int>(seconds.count() / 3600 % 24);
  const auto text = [&](int from) {
    return fmt::format("{:02}:00-{:02}:00 1048576", (hour + from) % 24, (hour + from + 1) % 24);
  };
  for (const int from : {0, 3}) {
    const auto rate =
        RateSchedule::parse(text(from), [](std::string_view figure) { return parse_u64(figure); });
    ASSERT_TRUE(rate);
    RelayLanes lanes(runtime, *rate);
    std::size_t entered = 0;
    runtime.run(enter_all(lanes, entered, from == 0 ? 4 : 20));
    EXPECT_EQ(lanes.streams.limit(), from == 0 ? 4u : 256u);
  }
}

Task<void> run_in(SimPair& world, SyncOptions& options, RecordingSink& sink,
                  std::optional<SyncResult>& out) {
  out.emplace(co_await run_sync(world.runtime(), world.pair(), options, sink));
}
Task<void> cancel_soon(SimPair& world, SyncOptions& options, RecordingSink& sink,
                       std::optional<SyncResult>& out) {
  Scope scope(world.runtime());
  scope.spawn(run_in(world, options, sink, out));
  (void)co_await world.runtime().sleep_for(5s);
  scope.cancel();
  co_await scope.join();
}

TEST_F(RelayTest, ARunIsInterruptedInMidBodyAndLeavesNothing) {
  put_in_parts("parts", {5 * kMiB, 5 * kMiB, 5 * kMiB});
  world_.put_source("whole", 15 * kMiB);
  options_.relay.max_bandwidth = RateSchedule(kMiB);
  std::optional<SyncResult> result;
  world_.runtime().run(cancel_soon(world_, options_, sink_, result));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit_code(), 130);
  EXPECT_EQ(result->counters.failed.objects, 0u);
  expect_nothing_at_target();
}

// ---- one service, no common principal ----

class NoPrincipalTest : public RelayTest {
 protected:
  static SimPairOptions alone() {
    SimPairOptions out;
    out.push = false;
    return out;
  }
  NoPrincipalTest() : RelayTest(alone()) {}
};

TEST_F(NoPrincipalTest, WhoeverMayNotCopyIsRelayed) {
  for (int i = 0; i < 5; ++i) world_.put_source("k" + std::to_string(i), 1000);
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 0);
  EXPECT_EQ(result.counters.relayed.objects, 5u);
  for (const std::string& key : world_.sim().keys(kSourceBucket)) expect_equal(key);
  EXPECT_TRUE(sink_.warned_of(WarningKind::kCopiedAs));
}

TEST_F(NoPrincipalTest, WithoutTheFlagTheAdviceNamesIt) {
  options_.relay.allowed = false;
  world_.put_source("k", 1000);
  const SyncResult result = run();
  EXPECT_EQ(result.counters.failed.objects, 1u);
  EXPECT_NE(sink_.errors.at(0).message().find("--relay"), std::string::npos);
}

TEST_F(NoPrincipalTest, ARelayThatIsDeniedSaysWhatItNeeds) {
  Fault denied;
  denied.on = Fault::On::kTarget;
  denied.operations = {Operation::kPutObject};
  denied.status = 403;
  denied.code = "AccessDenied";
  world_.sim().add_fault(denied);
  world_.put_source("k", 1000);
  const SyncResult result = run();
  EXPECT_EQ(result.counters.failed.objects, 1u);
  EXPECT_NE(sink_.errors.at(0).message().find("through this host"), std::string::npos)
      << sink_.errors.at(0).message();
}

// ---- which way ----

TEST(RelayWay, TheSourcesOwnLayoutUnlessAnyEtagWillDo) {
  const std::string md5 = "0123456789abcdef0123456789abcdef";
  MultipartOptions options;
  EXPECT_FALSE(relays_in_parts(options, md5, 5 * kGiB));
  EXPECT_TRUE(relays_in_parts(options, md5, 5 * kGiB + 1));
  EXPECT_TRUE(relays_in_parts(options, md5 + "-1", 1));
  EXPECT_TRUE(relays_in_parts(options, md5 + "-3", 15 * kMiB));
  options.etag = EtagPolicy::kAny;
  EXPECT_FALSE(relays_in_parts(options, md5 + "-3", 15 * kMiB));
  options.threshold = 10 * kMiB;
  EXPECT_TRUE(relays_in_parts(options, md5, 15 * kMiB));
}

}  // namespace
}  // namespace s3ferry
