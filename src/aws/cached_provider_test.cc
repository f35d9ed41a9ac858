#include "aws/cached_provider.h"

#include <functional>

#include <gtest/gtest.h>

#include "runtime/scope.h"
#include "runtime/virtual_runtime.h"

namespace s3ferry::aws {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Gives numbered credentials that live for `life`, after `delay`; or `error`.
class Source final : public CredentialsProvider {
 public:
  explicit Source(Runtime& runtime) : runtime_(runtime) {}
  Task<Result<Credentials>> get() override {
    ++asked;
    if (Status slept = co_await runtime_.sleep_for(delay); !slept) co_return fail(slept.error());
    if (error) co_return fail(*error);
    Credentials fresh;
    fresh.access_key_id = std::to_string(++given);
    fresh.source = "test";
    if (life) fresh.expires = runtime_.wall_now() + *life;
    co_return fresh;
  }
  void invalidate() override { ++invalidated; }

  std::optional<std::chrono::milliseconds> life = hours(1);
  std::optional<Error> error;
  Duration delay = seconds(2);
  int asked = 0, given = 0, invalidated = 0;

 private:
  Runtime& runtime_;
};

class CachedProviderTest : public testing::Test {
 protected:
  CachedProviderTest() {
    auto source = std::make_unique<Source>(runtime_);
    source_ = source.get();
    provider_ = std::make_unique<CachedProvider>(runtime_, std::move(source));
  }
  std::string get() {
    auto got = runtime_.run(provider_->get());
    return got ? got->access_key_id : std::string(to_string(got.error().kind()));
  }
  void pass(Duration time) { (void)runtime_.run(runtime_.sleep_for(time)); }

  VirtualRuntime runtime_{7};
  Source* source_ = nullptr;
  std::unique_ptr<CachedProvider> provider_;
};

Task<void> ask(CachedProvider& provider, std::vector<std::string>& answers) {
  auto got = co_await provider.get();
  answers.push_back(got ? got->access_key_id : std::string(to_string(got.error().kind())));
}

Task<void> ask_many(Runtime& runtime, CachedProvider& provider, int count,
                    std::vector<std::string>& answers) {
  Scope scope(runtime);
  for (int i = 0; i < count; ++i) scope.spawn(ask(provider, answers));
  co_await scope.join();
}

TEST_F(CachedProviderTest, AtHandIsWhatNeedsNoWaiting) {
  EXPECT_EQ(provider_->at_hand(), nullptr);
  EXPECT_EQ(get(), "1");
  const auto held = provider_->at_hand();
  ASSERT_NE(held, nullptr);
  EXPECT_EQ(held->access_key_id, "1");
  EXPECT_EQ(provider_->at_hand(), held);
  pass(minutes(46));  // time to renew
  EXPECT_EQ(provider_->at_hand(), nullptr);
  EXPECT_EQ(get(), "2");
  pass(minutes(1));
  provider_->invalidate();
  EXPECT_EQ(provider_->at_hand(), nullptr);
  EXPECT_EQ(held->access_key_id, "1");
}

TEST_F(CachedProviderTest, OneRenewalForManyWaiters) {
  std::vector<std::string> answers;
  runtime_.run(ask_many(runtime_, *provider_, 50, answers));
  EXPECT_EQ(answers, std::vector<std::string>(50, "1"));
  EXPECT_EQ(source_->asked, 1);
}

TEST_F(CachedProviderTest, OneFailureForManyWaiters) {
  source_->error = Error(ErrorKind::kCredentials, "none");
  std::vector<std::string> answers;
  runtime_.run(ask_many(runtime_, *provider_, 50, answers));
  EXPECT_EQ(answers.size(), 50U);
  EXPECT_EQ(answers[49], to_string(ErrorKind::kCredentials));
  EXPECT_EQ(source_->asked, 1);
}

TEST_F(CachedProviderTest, RenewsFifteenMinutesBeforeTheEnd) {
  EXPECT_EQ(get(), "1");
  pass(minutes(44));
  EXPECT_EQ(get(), "1");
  pass(minutes(2));
  EXPECT_EQ(get(), "2");
}

TEST_F(CachedProviderTest, OthersGoOnWithTheOldOnesWhileOneRenewsEarly) {
  EXPECT_EQ(get(), "1");
  pass(minutes(47));
  std::vector<std::string> answers;
  runtime_.run(ask_many(runtime_, *provider_, 3, answers));
  EXPECT_EQ(answers, (std::vector<std::string>{"1", "1", "2"}));
}

TEST_F(CachedProviderTest, AllWaitInTheLastTenMinutes) {
  EXPECT_EQ(get(), "1");
  pass(minutes(52));
  std::vector<std::string> answers;
  runtime_.run(ask_many(runtime_, *provider_, 3, answers));
  EXPECT_EQ(answers, std::vector<std::string>(3, "2"));
  EXPECT_EQ(source_->asked, 2);
}

TEST_F(CachedProviderTest, AFailedEarlyRenewalKeepsTheOldOnesAndIsTriedAgain) {
  EXPECT_EQ(get(), "1");
  pass(minutes(46));
  source_->error = Error(ErrorKind::kNetwork, "down");
  EXPECT_EQ(get(), "1");
  EXPECT_EQ(get(), "1");
  EXPECT_EQ(source_->asked, 2);  // not at once again
  pass(minutes(2));
  EXPECT_EQ(get(), "1");
  EXPECT_EQ(source_->asked, 3);
  pass(minutes(13));  // now they have expired
  EXPECT_EQ(get(), to_string(ErrorKind::kExpiredCredentials));
  source_->error.reset();
  EXPECT_EQ(get(), "2");
}

// The server says that they are over before their time: a breakdown on the way to new ones may
// pass, a refusal will not.
TEST_F(CachedProviderTest, RejectedOnesAreOverWhenTheirRenewalIsRefused) {
  EXPECT_EQ(get(), "1");
  pass(minutes(20));
  provider_->invalidate();
  source_->error = Error(ErrorKind::kNetwork, "down");
  EXPECT_EQ(get(), to_string(ErrorKind::kNetwork));
  source_->error = Error(ErrorKind::kAccessDenied, "the role is gone").with_status(403);
  EXPECT_EQ(get(), to_string(ErrorKind::kExpiredCredentials));
  source_->error.reset();
  EXPECT_EQ(get(), "2");
}

TEST_F(CachedProviderTest, ShortLivedOnesAreNotRenewedAtEachUse) {
  source_->life = minutes(12);
  EXPECT_EQ(get(), "1");
  pass(minutes(5));
  EXPECT_EQ(get(), "1");
  pass(minutes(2));
  EXPECT_EQ(get(), "2");
}

TEST_F(CachedProviderTest, ExpiredOnesAreRefused) {
  source_->life = -seconds(1);
  EXPECT_EQ(get(), to_string(ErrorKind::kExpiredCredentials));
}

TEST_F(CachedProviderTest, InvalidateFetchesAnewOnce) {
  source_->life.reset();
  EXPECT_EQ(get(), "1");
  provider_->invalidate();  // too soon to be about these
  EXPECT_EQ(get(), "1");
  pass(hours(1000));
  EXPECT_EQ(get(), "1");
  provider_->invalidate();
  provider_->invalidate();
  EXPECT_EQ(get(), "2");
  provider_->invalidate();  // an echo of the same expiry
  EXPECT_EQ(get(), "2");
  EXPECT_GT(source_->invalidated, 0);
}

Task<void> cancel_the_first(Runtime& runtime, CachedProvider& provider,
                            std::vector<std::string>& answers) {
  Scope first(runtime), second(runtime);
  first.spawn(ask(provider, answers));
  (void)co_await runtime.yield();
  second.spawn(ask(provider, answers));
  (void)co_await runtime.sleep_for(seconds(1));
  first.cancel();
  co_await first.join();
  co_await second.join();
}

TEST_F(CachedProviderTest, AWaiterTakesOverFromACancelledRenewal) {
  std::vector<std::string> answers;
  runtime_.run(cancel_the_first(runtime_, *provider_, answers));
  EXPECT_EQ(answers,
            (std::vector<std::string>{std::string(to_string(ErrorKind::kCancelled)), "1"}));
  EXPECT_EQ(source_->asked, 2);
}

}  // namespace
}  // namespace s3ferry::aws
