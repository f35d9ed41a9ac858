// When a watch is told that a try was sent.

#include <gtest/gtest.h>

#include "aws/call.h"
#include "aws/scripted_transport.h"
#include "runtime/virtual_runtime.h"

namespace s3ferry::aws {
namespace {

using namespace std::chrono_literals;

// A connection that takes half a second.
class SlowConnection final : public http::Transport {
 public:
  SlowConnection(Runtime& runtime, http::Transport& inner) : runtime_(runtime), inner_(inner) {}
  Task<Result<http::Response>> send(http::Request request) override {
    (void)co_await runtime_.sleep_for(500ms);
    Status leave = co_await request.before_send->may_send();
    if (!leave) co_return fail(std::move(leave.error()));
    request.before_send = nullptr;
    written.push_back(runtime_.now());
    co_return co_await inner_.send(std::move(request));
  }
  std::vector<TimePoint> written;

 private:
  Runtime& runtime_;
  http::Transport& inner_;
};

class NotingWatch final : public AttemptWatch {
 public:
  void sent(TimePoint now) override { at.push_back(now); }
  void answered(TimePoint, const Error*) override {}
  std::vector<TimePoint> at;
};

TEST(AttemptWatchTest, IsToldWhenATryIsReallyWritten) {
  VirtualRuntime runtime{11};
  testing::ScriptedTransport server(runtime,
                                    [](auto&, std::size_t) { return testing::Reply(200); });
  SlowConnection slow(runtime, server);
  const auto nobody = static_credentials(Credentials());
  RetryBudget budget;
  RequestRate rate(RateSchedule(1));
  for (RequestRate* limit : {static_cast<RequestRate*>(nullptr), &rate}) {
    CallerOptions options;
    options.rate = limit;
    Caller caller(runtime, slow, *nobody, budget, options);
    NotingWatch watch;
    Endpoint endpoint;
    endpoint.origin = {false, "localhost", 9000};
    CallSpec watched;
    watched.operation = "CopyObject";
    watched.endpoint = std::make_shared<const Endpoint>(endpoint);
    watched.anonymous = true;
    watched.watch = &watch;
    slow.written.clear();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(runtime.run(caller.call(watched, &judge_by_status)));
    EXPECT_EQ(watch.at, slow.written);
    ASSERT_EQ(watch.at.size(), 3U);
    EXPECT_GE(watch.at[1] - watch.at[0], limit != nullptr ? Duration(1s) : Duration(500ms));
  }
}

}  // namespace
}  // namespace s3ferry::aws
