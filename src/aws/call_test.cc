#include "aws/call.h"

#include <gtest/gtest.h>

#include "aws/scripted_transport.h"
#include "base/log.h"
#include "runtime/scope.h"
#include "runtime/virtual_runtime.h"

namespace s3ferry::aws {
namespace {

using namespace std::chrono_literals;
using testing::Reply;
using testing::ScriptedTransport;

constexpr std::string_view kSecretMarker = "MARKER-secret-key-0123456789";
constexpr std::string_view kTokenMarker = "MARKER-session-token-0123456789";
constexpr std::string_view kKeyIdMarker = "MARKERKEYID012345678";

// Credentials with a number that each renewal raises.
class CountingProvider final : public CredentialsProvider {
 public:
  explicit CountingProvider(Runtime& runtime) : runtime_(runtime) {}
  Task<Result<Credentials>> get() override {
    if (stale_) {
      stale_ = false;
      ++generation;
      (void)co_await runtime_.sleep_for(5ms);
    }
    Credentials credentials;
    credentials.access_key_id = kKeyIdMarker;
    credentials.secret_access_key = Secret(std::string(kSecretMarker));
    credentials.session_token = Secret(std::string(kTokenMarker) + std::to_string(generation));
    co_return credentials;
  }
  void invalidate() override { stale_ = true; }
  int generation = 0;

 private:
  Runtime& runtime_;
  bool stale_ = false;
};

std::string error_body(std::string_view code, std::string_view more = "") {
  return "<Error><Code>" + std::string(code) + "</Code><Message>as the test says</Message>" +
         std::string(more) + "</Error>";
}

// As small as a judge can be; it quotes the whole body, as none should.
Status test_judge(const CallSpec& spec, Answer& answer) {
  const auto at = answer.body.find("<Code>");
  if (answer.status / 100 == 2 && at == std::string::npos) return {};
  std::string code;
  if (at != std::string::npos)
    code = answer.body.substr(at + 6, answer.body.find('<', at + 6) - at - 6);
  ErrorKind kind = ErrorKind::kServer;
  if (answer.status / 100 != 2) kind = judge_by_status(spec, answer).error().kind();
  if (code == "SlowDown") kind = ErrorKind::kThrottled;
  if (code == "ExpiredToken") kind = ErrorKind::kExpiredCredentials;
  return fail(Error(kind, "server said: " + answer.body).with_code(code));
}

class CallTest : public ::testing::Test {
 protected:
  CallTest() : provider(runtime) {}

  ScriptedTransport& serve(ScriptedTransport::Script script) {
    transport = std::make_unique<ScriptedTransport>(runtime, std::move(script));
    caller = std::make_unique<Caller>(runtime, *transport, provider, budget);
    return *transport;
  }
  static std::shared_ptr<const Endpoint> endpoint_at(std::string base_path) {
    Endpoint out;
    out.origin = {false, "localhost", 9000};
    out.base_path = std::move(base_path);
    out.signing_region = "eu-west-1";
    return std::make_shared<const Endpoint>(std::move(out));
  }
  static CallSpec spec(http::Method method = http::Method::kGet) {
    CallSpec out;
    out.operation = "GetObject";
    out.method = method;
    out.endpoint = endpoint_at("/bucket");
    out.path = "/a%20key";
    out.key = "a key";
    return out;
  }
  Result<Answer> call(CallSpec what) {
    return runtime.run(caller->call(std::move(what), test_judge));
  }
  Result<Answer> call() { return call(spec()); }

  VirtualRuntime runtime{11};
  CountingProvider provider;
  RetryBudget budget;
  std::unique_ptr<ScriptedTransport> transport;
  std::unique_ptr<Caller> caller;
};

TEST_F(CallTest, SendsASignedRequestAndReturnsTheAnswer) {
  auto& server = serve([](auto&, auto) { return Reply(200, "hello").with("x", "y"); });
  CallSpec what = spec(http::Method::kPut);
  what.query = {{"tagging", ""}, {"versionId", "a/b+c"}};
  what.headers.add("x-amz-copy-source", "/s/k");
  what.body = "payload";
  const auto answer = call(what);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(answer->headers.get("x"), "y");
  ASSERT_EQ(server.requests.size(), 1u);
  const http::Request& sent = server.requests[0];
  EXPECT_EQ(sent.target, "/bucket/a%20key?tagging&versionId=a%2Fb%2Bc");
  EXPECT_EQ(sent.body, "payload");
  EXPECT_EQ(sent.headers.get("x-amz-content-sha256"), sha256_hex("payload"));
  auto said = parse_authorization(sent.headers.get_or("authorization", ""));
  ASSERT_TRUE(said);
  said->amz_date = sent.headers.get_or("x-amz-date", "");
  EXPECT_EQ(*parse_amz_date(said->amz_date),
            std::chrono::floor<std::chrono::seconds>(runtime.wall_now()));
  const std::vector<HeaderField> fields(sent.headers.begin(), sent.headers.end());
  const SigningRequest seen{"PUT", "localhost:9000", sent.target, fields,
                            sent.headers.get_or("x-amz-content-sha256", "")};
  Signer signer;
  EXPECT_TRUE(verify(signer, seen, *said, Secret(std::string(kSecretMarker))));
  EXPECT_EQ(first_unsigned_amz_header(seen, said->signed_headers), "");
}

TEST_F(CallTest, TheBucketItselfAndAnonymousCalls) {
  auto& server = serve([](auto&, auto) { return Reply(200); });
  CallSpec what = spec();
  what.path = "/";
  what.query = {{"list-type", "2"}, {"prefix", "a b&c"}};
  what.anonymous = true;
  ASSERT_TRUE(call(what));
  EXPECT_EQ(server.requests[0].target, "/bucket?list-type=2&prefix=a%20b%26c");
  EXPECT_FALSE(server.requests[0].headers.get("authorization"));
  EXPECT_FALSE(server.requests[0].headers.get("x-amz-date"));
  what.endpoint = endpoint_at("");
  what.query.clear();
  ASSERT_TRUE(call(what));
  EXPECT_EQ(server.requests[1].target, "/");
}

TEST_F(CallTest, BacksOffWithJitterAndEndsAfterEightAttempts) {
  auto& server = serve([](auto&, auto) { return Reply(500, error_body("InternalError")); });
  const auto answer = call();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), ErrorKind::kServer);
  EXPECT_EQ(answer.error().attempts(), 8);
  EXPECT_EQ(answer.error().operation(), "GetObject");
  EXPECT_EQ(answer.error().key(), "a key");
  EXPECT_EQ(answer.error().http_status(), 500);
  ASSERT_EQ(server.requests.size(), 8u);
  EXPECT_EQ(budget.tokens(), 500 - 7 * 14);
  double relative = 0;
  for (int i = 0; i < 7; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const Duration delay = server.times[at + 1] - server.times[at] - server.latency;
    const Duration most = 50ms * (1 << i);
    EXPECT_GE(delay, 0ns);
    EXPECT_LT(delay, most);
    relative += static_cast<double>(delay.count()) / static_cast<double>(most.count()) / 7;
  }
  EXPECT_GT(relative, 0.1);  // full jitter: about a half on average
  EXPECT_LT(relative, 0.9);
  ASSERT_EQ(caller->counts().size(), 1u);
  EXPECT_EQ(caller->counts()[0].requests, 8u);
  EXPECT_EQ(caller->counts()[0].retries, 7u);
}

TEST_F(CallTest, TheServersHintDelaysWithinBounds) {
  auto& server = serve([](auto&, std::size_t n) {
    if (n == 0) return Reply(503, error_body("SlowDown")).with("Retry-After", "4");
    if (n == 1) return Reply(503, error_body("SlowDown")).with("x-amz-retry-after", "86400000");
    return Reply(200);
  });
  ASSERT_TRUE(call());
  EXPECT_EQ(server.times[1] - server.times[0], 4s + server.latency);
  EXPECT_GE(server.times[2] - server.times[1], 5s);
  EXPECT_LE(server.times[2] - server.times[1], 7s + server.latency);
}

TEST_F(CallTest, AnEmptyBudgetGivesTheWorkBack) {
  ASSERT_TRUE(budget.try_take(RetryBudget::kCapacity - 10));
  bool down = true;
  serve([&](auto&, auto) { return down ? Reply(503, error_body("SlowDown")) : Reply(200); });
  const auto answer = call();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), ErrorKind::kRetryBudget);
  EXPECT_EQ(answer.error().code(), "SlowDown");
  EXPECT_EQ(answer.error().http_status(), 503);
  EXPECT_EQ(answer.error().attempts(), 3);
  EXPECT_GE(answer.error().retry_after_ms(), 0);
  EXPECT_NE(answer.error().message().find("throttled"), std::string::npos);
  EXPECT_EQ(budget.tokens(), 0);
  // The work is taken up again: its attempts go on, and its success fills the budget again.
  down = false;
  CallSpec again = spec();
  again.attempts_before = answer.error().attempts();
  ASSERT_TRUE(call(again));
  EXPECT_EQ(budget.tokens(), 1);
}

TEST_F(CallTest, ASkewedClockIsCorrectedOnceForAll) {
  const auto server_time = [&] { return runtime.wall_now() + 1h; };
  auto& server = serve([&](const http::Request& request, auto) {
    const auto date = *parse_amz_date(request.headers.get_or("x-amz-date", ""));
    if (std::chrono::abs(date - server_time()) < 15min) return Reply(200);
    const bool head = request.method == http::Method::kHead;
    return Reply(403, head ? "" : error_body("RequestTimeTooSkewed"))
        .with("Date", format_http_date(server_time()));
  });
  ASSERT_TRUE(call());
  EXPECT_EQ(server.requests.size(), 2u);
  EXPECT_EQ(budget.tokens(), 500);  // not a retry of the budget's kind
  EXPECT_NEAR(static_cast<double>(caller->clock_offset().count()), 3'600'000, 2'000);
  ASSERT_TRUE(call());
  EXPECT_EQ(server.requests.size(), 3u);
  serve([&](const http::Request& request, auto) {
    const auto date = *parse_amz_date(request.headers.get_or("x-amz-date", ""));
    if (std::chrono::abs(date - server_time()) < 15min) return Reply(200);
    return Reply(403).with("Date", format_http_date(server_time()));
  });
  EXPECT_TRUE(call(spec(http::Method::kHead)));
}

TEST_F(CallTest, AForbiddenAnswerWithTheRightDateIsNotRepeated) {
  auto& server = serve([&](auto&, auto) {
    return Reply(403, error_body("AccessDenied"))
        .with("Date", format_http_date(runtime.wall_now()));
  });
  const auto answer = call();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), ErrorKind::kAccessDenied);
  EXPECT_EQ(server.requests.size(), 1u);
}

TEST_F(CallTest, AnExpiredTokenIsRenewedOnce) {
  auto& server = serve([&](const http::Request& request, auto) {
    const auto token = request.headers.get_or("x-amz-security-token", "");
    return token.ends_with('0') ? Reply(400, error_body("ExpiredToken")) : Reply(200);
  });
  ASSERT_TRUE(call());
  EXPECT_EQ(server.requests.size(), 2u);
  EXPECT_EQ(provider.generation, 1);
  EXPECT_EQ(server.requests[1].headers.get_or("x-amz-security-token", ""),
            std::string(kTokenMarker) + "1");
}

TEST_F(CallTest, ATokenThatStaysExpiredIsAnError) {
  auto& server = serve([&](auto&, auto) { return Reply(400, error_body("ExpiredToken")); });
  const auto answer = call();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), ErrorKind::kExpiredCredentials);
  EXPECT_EQ(server.requests.size(), 2u);
}

Task<void> collect(Caller& caller, CallSpec what, std::vector<Result<Answer>>& out) {
  out.push_back(co_await caller.call(std::move(what), test_judge));
}
Task<std::vector<Result<Answer>>> many(Runtime& runtime, Caller& caller, CallSpec what, int count) {
  std::vector<Result<Answer>> out;
  Scope scope(runtime);
  for (int i = 0; i < count; ++i) scope.spawn(collect(caller, what, out));
  co_await scope.join();
  co_return out;
}

TEST_F(CallTest, AThousandExpiredCallsRenewOnce) {
  serve([&](const http::Request& request, auto) {
    const auto token = request.headers.get_or("x-amz-security-token", "");
    return token.ends_with('0') ? Reply(400, error_body("ExpiredToken")) : Reply(200);
  });
  for (const auto& answer : runtime.run(many(runtime, *caller, spec(), 1000))) EXPECT_TRUE(answer);
  EXPECT_EQ(provider.generation, 1);
}

TEST_F(CallTest, TruncatedBodiesAndErrorsInside200AreSentAgain) {
  auto& server = serve([](auto&, std::size_t n) {
    if (n == 0) return Reply::cut(200, "hel");
    if (n == 1) return Reply(200, error_body("InternalError"));
    if (n == 2) return Reply::broken(ErrorKind::kNetwork);
    return Reply(200, "hello");
  });
  const auto answer = call();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(server.requests.size(), 4u);
}

TEST_F(CallTest, WhatMayHaveHappenedIsNotRepeatedBlindly) {
  const auto requests_after = [&](Reply first) {
    auto& server = serve([&](auto&, std::size_t n) { return n == 0 ? first : Reply(200); });
    CallSpec what = spec(http::Method::kPost);
    what.repeatable = false;
    const bool ok = call(what).has_value();
    EXPECT_EQ(ok, server.requests.size() == 2);
    return server.requests.size();
  };
  EXPECT_EQ(requests_after(Reply(500, error_body("InternalError"))), 1u);
  EXPECT_EQ(requests_after(Reply::broken(ErrorKind::kTimeout)), 1u);
  EXPECT_EQ(requests_after(Reply::cut(200, "<")), 1u);
  EXPECT_EQ(requests_after(Reply(503, error_body("SlowDown"))), 2u);
  EXPECT_EQ(requests_after(Reply::broken(ErrorKind::kConnect)), 2u);
}

TEST_F(CallTest, AnswersOverTheLimitAreRefused) {
  auto& server = serve([](auto&, auto) { return Reply(200, std::string(1001, 'x')); });
  CallSpec what = spec();
  what.body_limit = 1000;
  const auto answer = call(what);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), ErrorKind::kTooLarge);
  EXPECT_EQ(server.requests.size(), 1u);
}

Task<TimePoint> cancelled_while_waiting(Runtime& runtime, Caller& caller, CallSpec what,
                                        std::vector<Result<Answer>>& out) {
  Scope scope(runtime);
  scope.spawn(collect(caller, std::move(what), out));
  (void)co_await runtime.sleep_for(2ms);
  scope.cancel();
  co_await scope.join();
  co_return runtime.now();
}
TEST_F(CallTest, CancellationEndsTheBackoffAtOnce) {
  auto& server = serve(
      [](auto&, auto) { return Reply(503, error_body("SlowDown")).with("Retry-After", "5"); });
  const TimePoint start = runtime.now();
  std::vector<Result<Answer>> out;
  const TimePoint end = runtime.run(cancelled_while_waiting(runtime, *caller, spec(), out));
  EXPECT_EQ(end - start, 2ms);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].error().kind(), ErrorKind::kCancelled);
  EXPECT_EQ(server.requests.size(), 1u);
}

// Work that comes back with an empty budget is taken up again, as the scheduler does.
Task<void> work(Runtime& runtime, Caller& caller, CallSpec what, int& done, int& failed) {
  for (;;) {
    auto answer = co_await caller.call(what, test_judge);
    if (answer) {
      ++done;
      co_return;
    }
    if (!answer.error().is(ErrorKind::kRetryBudget)) {
      EXPECT_EQ(answer.error().attempts(), 8);
      ++failed;
      co_return;
    }
    EXPECT_LT(answer.error().attempts(), 8);
    (void)co_await runtime.sleep_for(std::chrono::seconds(10));
  }
}
Task<void> storm(Runtime& runtime, Caller& caller, CallSpec what, int& done, int& failed) {
  Scope scope(runtime);
  for (int i = 0; i < 1024; ++i) scope.spawn(work(runtime, caller, what, done, failed));
  co_await scope.join();
}
TEST_F(CallTest, AStormOf503FailsNothing) {
  // A minute of nothing but SlowDown, 1,024 calls in flight.
  const TimePoint recovered = runtime.now() + 60s;
  auto& server = serve([&](auto&, auto) {
    return runtime.now() < recovered ? Reply(503, error_body("SlowDown")) : Reply(200);
  });
  int done = 0, failed = 0;
  runtime.run(storm(runtime, *caller, spec(), done, failed));
  EXPECT_EQ(done, 1024);
  EXPECT_EQ(failed, 0);
  // The budget held the storm down: eight attempts each would be 8,192 in the first half minute.
  EXPECT_LT(server.requests.size(), 1024u * 8);
  EXPECT_EQ(budget.tokens(), 500);
}

TEST_F(CallTest, OpenGivesTheBodyOfASuccessAndJudgesTheRest) {
  auto& server = serve([](auto&, std::size_t n) {
    if (n == 0) return Reply(503, error_body("SlowDown"));
    if (n == 1) return Reply::cut(200, "part");
    return Reply(404, error_body("NoSuchKey"));
  });
  auto opened = runtime.run(caller->open(spec(), test_judge));
  ASSERT_TRUE(opened);
  EXPECT_EQ(server.requests.size(), 2u);
  std::string body;
  const Status read = runtime.run(http::read_all(*opened->body, body, 100));
  EXPECT_EQ(body, "part");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind(), ErrorKind::kTruncated);
  auto missing = runtime.run(caller->open(spec(), test_judge));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), "NoSuchKey");
}

TEST_F(CallTest, NoSecretLeavesTheCall) {
  serve([](const http::Request& request, auto) {
    const std::string token(request.headers.get_or("x-amz-security-token", ""));
    const std::string signature(request.headers.get_or("authorization", ""));
    return Reply(403, error_body("SignatureDoesNotMatch",
                                 "<AWSAccessKeyId>" + std::string(kKeyIdMarker) +
                                     "</AWSAccessKeyId><StringToSign>MARKER to sign</StringToSign>"
                                     "<CanonicalRequest>MARKER\n" +
                                     token + "</CanonicalRequest>" + token + " " + signature + " " +
                                     std::string(kSecretMarker)))
        .with("x-amz-request-id", "id " + token);
  });
  ::testing::internal::CaptureStderr();
  set_log_level(LogLevel::kDebug);
  CallSpec what = spec();
  what.query = {{"X-Amz-Signature", "MARKER"}, {"X-Amz-Security-Token", "MARKER"}, {"a", "b"}};
  const auto answer = call(what);
  set_log_level(LogLevel::kWarning);
  const std::string log = ::testing::internal::GetCapturedStderr();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().describe().find("MARKER"), std::string::npos)
      << answer.error().describe();
  const auto signature = transport->requests[0].headers.get_or("authorization", "");
  EXPECT_EQ(answer.error().message().find(signature.substr(signature.rfind('=') + 1)),
            std::string::npos);
  EXPECT_NE(log.find("GetObject GET http://localhost:9000/bucket/a%20key?"), std::string::npos)
      << log;
  EXPECT_NE(log.find("-> 403"), std::string::npos) << log;
  EXPECT_NE(log.find("&a=b"), std::string::npos) << log;
  EXPECT_EQ(log.find("MARKER"), std::string::npos) << log;
}

class Collected final : public AnswerSink {
 public:
  void begin() override {
    ++begun;
    bytes.clear();
  }
  Status take(std::string_view more) override {
    bytes.append(more);
    if (bytes == refused) return fail(ErrorKind::kProtocol, "not this");
    return {};
  }
  int begun = 0;
  std::string bytes, refused;
};

TEST_F(CallTest, AGoodAnswersBodyGoesToTheSinkAnewWithEachTry) {
  serve([](const http::Request&, std::size_t n) {
    if (n == 0) return Reply::cut(200, "broken off");
    if (n == 1) return Reply(503, error_body("SlowDown"));
    return Reply(200, n == 2 ? "refused" : "whole");
  });
  Collected sink;
  sink.refused = "refused";
  CallSpec asked = spec();
  asked.sink = &sink;
  const Result<Answer> answer = runtime.run(caller->call(std::move(asked), &test_judge));
  ASSERT_TRUE(answer) << answer.error().describe();
  EXPECT_EQ(answer->body, "");
  EXPECT_EQ(sink.bytes, "whole");
  EXPECT_EQ(sink.begun, 3);  // an error's body is none of its business
  EXPECT_EQ(transport->requests.size(), 4u);
}

Task<void> call_into(Caller& caller, CallSpec spec, Result<Answer>& out) {
  out = co_await caller.call(std::move(spec), &test_judge);
}
Task<void> call_many(Runtime& runtime, Caller& caller, CallSpec spec, int n) {
  std::vector<Result<Answer>> out(static_cast<std::size_t>(n), Answer());
  Scope scope(runtime);
  for (Result<Answer>& one : out) scope.spawn(call_into(caller, spec, one));
  co_await scope.join();
  for (const Result<Answer>& one : out) EXPECT_TRUE(one);
}

TEST_F(CallTest, EveryTryIsChargedToTheRate) {
  RequestRate rate(RateSchedule(10)), copied_from(RateSchedule(5));
  transport = std::make_unique<ScriptedTransport>(runtime, [](auto&, std::size_t n) {
    return n % 3 == 0 ? Reply(500, error_body("InternalError")) : Reply(200);
  });
  CallerOptions options;
  options.rate = &rate;
  options.copied_from_rate = &copied_from;
  caller = std::make_unique<Caller>(runtime, *transport, provider, budget, options);
  const TimePoint begin = runtime.now();
  runtime.run(call_many(runtime, *caller, spec(), 20));
  EXPECT_EQ(transport->times.size(), 30u);
  for (std::size_t i = 10; i < transport->times.size(); ++i)
    EXPECT_GT(transport->times[i] - transport->times[i - 10], 1s);
  EXPECT_LT(runtime.now() - begin, 4s);
  // What copies is charged to the other rate too, which is the slower one.
  CallSpec copy = spec(http::Method::kPut);
  copy.reads_for_copy = true;
  transport->times.clear();
  runtime.run(call_many(runtime, *caller, std::move(copy), 20));
  for (std::size_t i = 5; i < transport->times.size(); ++i)
    EXPECT_GT(transport->times[i] - transport->times[i - 5], 1s);
}

// A connection that took its time, or that had been closed: the request that is written then is
// another one to the server.
class SlowConnections final : public http::Transport {
 public:
  SlowConnections(Runtime& runtime, http::Transport& inner) : runtime_(runtime), inner_(inner) {}
  Task<Result<http::Response>> send(http::Request request) override {
    for (int i = 0; i < each; ++i) {
      (void)co_await runtime_.sleep_for(i == 0 ? Duration(500ms) : Duration::zero());
      Status leave = co_await request.before_send->may_send();
      if (!leave) co_return fail(std::move(leave.error()));
      written.push_back(runtime_.now());
    }
    request.before_send = nullptr;
    co_return co_await inner_.send(std::move(request));
  }
  std::vector<TimePoint> written;
  int each = 2;  // times that a request is written

 private:
  Runtime& runtime_;
  http::Transport& inner_;
};

TEST_F(CallTest, AGrantIsForWhatIsWrittenAtOnce) {
  RequestRate rate(RateSchedule(4));
  serve([](auto&, auto) { return Reply(200); });
  SlowConnections slow(runtime, *transport);
  CallerOptions options;
  options.rate = &rate;
  caller = std::make_unique<Caller>(runtime, slow, provider, budget, options);
  runtime.run(call_many(runtime, *caller, spec(), 6));
  ASSERT_EQ(slow.written.size(), 12u);
  for (std::size_t i = 4; i < slow.written.size(); ++i)
    EXPECT_GT(slow.written[i] - slow.written[i - 4], 1s);
}

// Waiting for a rate, a connection, a next try: nothing was written.
TEST_F(CallTest, ANoteSaysSinceWhenAnAnswerIsWaitedFor) {
  RequestRate rate(RateSchedule(1));
  SentNote note;
  std::vector<Duration> ages;
  serve([&](auto&, std::size_t n) {
    ages.push_back(note.at() ? runtime.now() - *note.at() : Duration(-1));
    return n == 0 ? Reply(500, error_body("InternalError")) : Reply(200);
  });
  transport->latency = 700ms;
  SlowConnections slow(runtime, *transport);
  slow.each = 1;
  CallerOptions options;
  options.rate = &rate;
  caller = std::make_unique<Caller>(runtime, slow, provider, budget, options);
  EXPECT_EQ(caller->granted_a_second(), 1u);
  CallSpec noted = spec();
  noted.sent = &note;
  ASSERT_TRUE(runtime.run(caller->call(noted, &test_judge)));
  EXPECT_EQ(ages, (std::vector<Duration>{Duration(0), Duration(0)}));
  ASSERT_TRUE(note.at());
  EXPECT_EQ(runtime.now() - *note.at(), Duration(700ms));
  // The same without a rate.
  caller = std::make_unique<Caller>(runtime, slow, provider, budget, CallerOptions());
  EXPECT_EQ(caller->granted_a_second(), 0u);
  note.clear();
  ASSERT_TRUE(runtime.run(caller->call(noted, &test_judge)));
  EXPECT_EQ(runtime.now() - note.at().value_or(TimePoint()), Duration(700ms));
}

class CountingWatch final : public AttemptWatch {
 public:
  void sent(TimePoint) override { ++tries; }
  void answered(TimePoint, const Error* error) override {
    ++(error == nullptr ? fine : error->is(ErrorKind::kThrottled) ? throttled : other);
  }
  int tries = 0, fine = 0, throttled = 0, other = 0;
};

TEST_F(CallTest, AWatchIsToldOfEachTryAndMayTakeThrottlingUpon) {
  CountingWatch watch;
  serve([](auto&, std::size_t n) {
    if (n == 0) return Reply(500, error_body("InternalError"));
    if (n == 1) return Reply(503, error_body("SlowDown")).with("x-amz-retry-after", "700");
    return Reply(200);
  });
  CallSpec watched = spec();
  watched.watch = &watch;
  EXPECT_TRUE(runtime.run(caller->call(watched, &test_judge)));
  EXPECT_EQ(watch.tries, 3);
  EXPECT_EQ(watch.fine, 1);
  EXPECT_EQ(watch.throttled, 1);
  EXPECT_EQ(watch.other, 1);
  transport->requests.clear();
  watched.gives_throttling_back = true;
  const int tokens = budget.tokens();
  const auto back = runtime.run(caller->call(watched, &test_judge));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().kind(), ErrorKind::kThrottled);
  EXPECT_EQ(back.error().retry_after_ms(), 700);
  EXPECT_EQ(watch.throttled, 2);
  EXPECT_EQ(budget.tokens(), tokens - RetryPolicy().cost);  // of the 500 alone
}

}  // namespace
}  // namespace s3ferry::aws
