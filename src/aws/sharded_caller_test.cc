#include "aws/sharded_caller.h"

#include <atomic>
#include <functional>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "aws/scripted_transport.h"
#include "base/time.h"
#include "runtime/scope.h"

namespace s3ferry::aws {
namespace {

using testing::Reply;
using testing::ScriptedTransport;

// What the judge leaves where the caller pointed it.
struct Judged {
  std::thread::id on;
  std::string body;
};

Status note_thread(const CallSpec& spec, Answer& answer) {
  if (spec.for_judge != nullptr) {
    auto& judged = *static_cast<Judged*>(spec.for_judge);
    judged.on = std::this_thread::get_id();
    judged.body = answer.body;
  }
  if (answer.body == "expired")
    return fail(Error(ErrorKind::kExpiredCredentials, "expired").with_code("ExpiredToken"));
  if (answer.body == "skewed")
    return fail(Error(ErrorKind::kAccessDenied, "skewed").with_code("RequestTimeTooSkewed"));
  return judge_by_status(spec, answer);
}

// New credentials each time that the old ones were refused; knows who asked.
class Provider final : public CredentialsProvider {
 public:
  Task<Result<Credentials>> get() override {
    threads.insert(std::this_thread::get_id());
    ++asked;
    Credentials out;
    out.access_key_id = "AKIAFAKE" + std::to_string(generation);
    out.secret_access_key = Secret("made/up/for/this/test");
    co_return out;
  }
  void invalidate() override {
    threads.insert(std::this_thread::get_id());
    ++generation;
  }
  std::set<std::thread::id> threads;
  int asked = 0, generation = 1;
};

class ShardedCallerTest : public ::testing::Test {
 protected:
  using Script = std::function<Reply(const http::Request&)>;

  // The script is asked on each shard's thread, so what it changes is atomic.
  void open(std::size_t shard_count, Script script) {
    script_ = std::move(script);
    home_wire_ = wire(runtime);
    for (std::size_t i = 0; i < shard_count; ++i) {
      auto shard = std::make_unique<Shard>(std::make_unique<LoopThread>());
      auto transport = wire(shard->loop->runtime());
      wires.push_back(transport.get());
      shard->transport = std::move(transport);
      shards_.push_back(std::move(shard));
    }
    caller = std::make_unique<ShardedCaller>(runtime, *home_wire_, provider, budget,
                                             CallerOptions(), home_, shards_);
  }
  std::unique_ptr<ScriptedTransport> wire(Runtime& on) {
    auto made = std::make_unique<ScriptedTransport>(
        on, [this](const http::Request& request, std::size_t) { return script_(request); });
    made->latency = latency;
    return made;
  }
  static CallSpec spec() {
    CallSpec out;
    out.operation = "TestOperation";
    Endpoint endpoint;
    endpoint.origin = http::Origin{false, "127.0.0.1", 9};
    endpoint.signing_region = "us-east-1";
    endpoint.signing_name = "s3";
    out.endpoint = std::make_shared<const Endpoint>(std::move(endpoint));
    out.path = "/bucket/key";
    return out;
  }
  std::vector<std::optional<Result<Answer>>> call_many(std::size_t n) {
    std::vector<std::optional<Result<Answer>>> out(n);
    runtime.run(many(out));
    return out;
  }
  Task<void> many(std::vector<std::optional<Result<Answer>>>& out) {
    Scope scope(runtime);
    for (auto& one : out) scope.spawn(keep(caller->call(spec(), note_thread), one));
    co_await scope.join();
  }
  static Task<void> keep(Task<Result<Answer>> task, std::optional<Result<Answer>>& out) {
    out.emplace(co_await std::move(task));
  }

  Duration latency = Duration::zero();
  RealRuntime runtime;
  Provider provider;
  RetryBudget budget;
  std::vector<ScriptedTransport*> wires;  // of the shards

 private:
  Mailbox home_{runtime};
  Script script_;

 protected:
  std::unique_ptr<ScriptedTransport> home_wire_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::unique_ptr<ShardedCaller> caller;  // before the shards
};

TEST_F(ShardedCallerTest, TheJudgeReadsOnTheShardWhereTheCallerPointsIt) {
  open(1, [](const http::Request&) { return Reply(200, "a page"); });
  Judged judged;
  CallSpec what = spec();
  what.for_judge = &judged;
  const auto answer = runtime.run(caller->call(std::move(what), note_thread));
  ASSERT_TRUE(answer);
  EXPECT_EQ(judged.body, "a page");
  EXPECT_NE(judged.on, std::this_thread::get_id());
  EXPECT_TRUE(home_wire_->requests.empty());
}

TEST_F(ShardedCallerTest, CallsAreSharedOutAndCountedTogether) {
  open(4, [](const http::Request&) { return Reply(200, "x"); });
  for (const auto& one : call_many(400)) ASSERT_TRUE(one && *one);
  for (const ScriptedTransport* wire : wires) {
    EXPECT_GE(wire->requests.size(), 50U);
    EXPECT_LE(wire->requests.size(), 150U);
  }
  ASSERT_EQ(caller->counts().size(), 1U);
  EXPECT_EQ(caller->counts()[0].requests, 400U);
  EXPECT_EQ(caller->counts()[0].retries, 0U);
}

TEST_F(ShardedCallerTest, CredentialsAreAskedForOnTheHomeLoopAlone) {
  open(2, [](const http::Request&) { return Reply(200, "x"); });
  for (const auto& one : call_many(10)) ASSERT_TRUE(one && *one);
  EXPECT_EQ(provider.threads, std::set{std::this_thread::get_id()});
  const int asked = provider.asked;
  EXPECT_LE(asked, 10);
  for (const auto& one : call_many(100)) ASSERT_TRUE(one && *one);
  EXPECT_EQ(provider.asked, asked);  // what was given is good for a while
}

TEST_F(ShardedCallerTest, AnExpiredTokenIsRenewedAtHome) {
  open(1, [](const http::Request& request) {
    const bool old =
        request.headers.get_or("authorization", "").find("AKIAFAKE1") != std::string_view::npos;
    return old ? Reply(400, "expired") : Reply(200, "x");
  });
  for (const auto& one : call_many(1)) ASSERT_TRUE(one && *one);
  EXPECT_EQ(provider.generation, 2);
  EXPECT_EQ(provider.threads, std::set{std::this_thread::get_id()});
  EXPECT_EQ(caller->counts()[0].requests, 2U);
}

TEST_F(ShardedCallerTest, AClockThatOneShardCorrectedIsRightForAll) {
  const WallTime server = runtime.wall_now() + std::chrono::minutes(20);
  std::atomic<int> refused = 0;
  open(3, [&](const http::Request& request) {
    const auto date = parse_amz_date(request.headers.get_or("x-amz-date", ""));
    const bool right = date && std::chrono::abs(*date - server) < std::chrono::minutes(5);
    if (!right) ++refused;
    return (right ? Reply(200, "x") : Reply(403, "skewed")).with("Date", format_http_date(server));
  });
  for (int i = 0; i < 6; ++i)
    for (const auto& one : call_many(1)) ASSERT_TRUE(one && *one);
  EXPECT_EQ(refused, 1);
  EXPECT_NEAR(static_cast<double>(caller->clock_offset().count()), 1'200'000, 5'000);
  EXPECT_NEAR(static_cast<double>(caller->seen_clock_offset().count()), 1'200'000, 5'000);
}

// 14 tokens a retry: whatever the shard, three retries are all that there is.
TEST_F(ShardedCallerTest, TheRetryBudgetIsOne) {
  ASSERT_TRUE(budget.try_take(RetryBudget::kCapacity - 3 * 14));
  open(4, [](const http::Request&) { return Reply::broken(ErrorKind::kNetwork); });
  for (const auto& one : call_many(16)) {
    ASSERT_TRUE(one && !*one);
    EXPECT_TRUE(one->error().is(ErrorKind::kRetryBudget));
  }
  EXPECT_EQ(budget.tokens(), 0);
  EXPECT_EQ(caller->counts()[0].requests, 19U);
  EXPECT_EQ(caller->counts()[0].retries, 3U);
}

class NoBytes final : public http::BodySource {
 public:
  ByteCount length() const override { return 0; }
  Task<Result<std::unique_ptr<http::BodyReader>>> open() override {
    co_return http::make_memory_body("");
  }
};

TEST_F(ShardedCallerTest, WhatStreamsStaysAtHome) {
  open(2, [](const http::Request&) { return Reply(200, "x"); });
  CallSpec put = spec();
  put.method = http::Method::kPut;
  put.stream = std::make_shared<NoBytes>();
  ASSERT_TRUE(runtime.run(caller->call(std::move(put), note_thread)));
  ASSERT_TRUE(runtime.run(caller->open(spec(), note_thread)));
  EXPECT_EQ(home_wire_->requests.size(), 2U);
  EXPECT_EQ(caller->counts()[0].requests, 2U);
}

Task<void> cancel_when_sent(Runtime& runtime, const std::atomic<int>& sent, int wanted,
                            Scope& scope) {
  while (sent < wanted) (void)co_await runtime.yield();
  scope.cancel();
  co_await scope.join();
}

TEST_F(ShardedCallerTest, CancellingReachesWhatIsUnderWay) {
  std::atomic<int> sent = 0;
  latency = std::chrono::hours(1);
  open(2, [&](const http::Request&) {
    ++sent;
    return Reply(200, "late");
  });
  std::vector<std::optional<Result<Answer>>> out(20);
  Scope scope(runtime);
  for (auto& one : out) scope.spawn(keep(caller->call(spec(), note_thread), one));
  runtime.run(cancel_when_sent(runtime, sent, 20, scope));
  for (const auto& one : out) {
    ASSERT_TRUE(one && !*one);
    EXPECT_TRUE(one->error().is(ErrorKind::kCancelled));
  }
}

}  // namespace
}  // namespace s3ferry::aws
