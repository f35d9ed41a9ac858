#include "transfer/lane_pace.h"

#include <cmath>
#include <deque>
#include <vector>

#include <gtest/gtest.h>

namespace s3ferry {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLatency = 30ms;

// A partition of a server: so many writes a second, an idle second of them saved up.
struct Partition {
  double limit = 0, burst_seconds = 1;
  double tokens = -1;
  TimePoint at{};
  bool admit(TimePoint now) {
    const double most = std::max(1.0, limit * burst_seconds);
    if (tokens < 0) tokens = most;
    tokens = std::min(most, tokens + std::chrono::duration<double>(now - at).count() * limit);
    at = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  }
};

// Copies to several partitions in turn, so many lanes each, answered after 30 ms; what is refused
// goes again later and is not looked at here.
class Field {
 public:
  Field(std::size_t partitions, double limit, std::size_t lanes_each = 1)
      : partitions_(partitions), lanes_(partitions * lanes_each) {
    for (Partition& one : partitions_) one.limit = limit;
  }
  void set_limit(std::size_t i, double limit) { partitions_[i].limit = limit; }
  void set_limits(double limit) {
    for (Partition& one : partitions_) one.limit = limit;
  }
  void set_burst(double seconds) {
    for (Partition& one : partitions_) one.burst_seconds = seconds;
  }
  // Another tool at partition i, so many a second.
  void add_other(std::size_t i, double rate) { other_at_ = i, other_rate_ = rate; }
  void refuse_one_in(int n) { one_in_ = n; }
  void refuse_next(int n) { refuse_next_ = n; }
  void run(Duration lasts);

  std::uint64_t taken = 0, refused = 0, other_taken = 0, other_refused = 0;
  double rate(Duration lasts) const {
    return static_cast<double>(taken) / std::chrono::duration<double>(lasts).count();
  }
  double refused_share() const {
    return static_cast<double>(refused) / static_cast<double>(taken + refused);
  }
  void forget() { taken = refused = other_taken = other_refused = 0; }
  double most_in_flight = 1024;

 private:
  struct Answer {
    TimePoint at, sent;
    LanePace* pace;
    bool fine;
  };
  bool send_one();
  void send(std::size_t lane);

  std::vector<Partition> partitions_;
  std::vector<LanePace> lanes_;
  std::deque<Answer> answers_;
  TimePoint now_{1h};
  std::size_t turn_ = 0;
  std::size_t other_at_ = 0;
  double other_rate_ = 0, other_owed_ = 0;
  int one_in_ = 0, refuse_next_ = 0;
  std::uint64_t sent_ = 0;
};

void Field::send(std::size_t lane) {
  LanePace& pace = lanes_[lane];
  pace.take(now_);
  ++sent_;
  bool fine = partitions_[lane % partitions_.size()].admit(now_);
  if (one_in_ > 0 && sent_ * 40503 % static_cast<std::uint64_t>(one_in_) == 0) fine = false;
  if (refuse_next_ > 0) fine = false, --refuse_next_;
  ++(fine ? taken : refused);
  answers_.push_back({now_ + kLatency, now_, &pace, fine});
}

void Field::run(Duration lasts) {
  constexpr Duration kStep = 100us;
  for (const TimePoint end = now_ + lasts; now_ < end; now_ += kStep) {
    for (; !answers_.empty() && answers_.front().at <= now_; answers_.pop_front()) {
      const Answer& answer = answers_.front();
      answer.fine ? answer.pace->succeeded(now_) : answer.pace->throttled(now_, answer.sent);
    }
    for (other_owed_ += other_rate_ * 1e-4; other_owed_ >= 1; other_owed_ -= 1)
      ++(partitions_[other_at_].admit(now_) ? other_taken : other_refused);
    while (static_cast<double>(answers_.size()) < most_in_flight && send_one()) {
    }
  }
}

bool Field::send_one() {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    turn_ = (turn_ + 1) % lanes_.size();
    if (lanes_[turn_].ready(now_) > now_) continue;
    send(turn_);
    return true;
  }
  return false;
}

TEST(LanePace, EightPartitionsAreFullWithinHalfAMinuteAndHardlyRefuseAfterwards) {
  for (const double burst : {0.01, 1.0}) {
    for (const std::size_t lanes_each : {1, 4}) {
      Field field(8, 3500, lanes_each);
      field.set_burst(burst);
      field.run(10s);
      field.forget();
      field.run(20s);
      EXPECT_GE(field.rate(20s), 0.9 * 28'000) << burst;
      EXPECT_LE(field.refused_share(), 0.02) << burst;
    }
  }
}

TEST(LanePace, FollowsALimitThatIsHalvedAndRestored) {
  Field field(8, 3500, 4);
  field.run(30s);
  field.set_limits(1750);
  field.run(5s);
  field.forget();
  field.run(30s);
  EXPECT_GE(field.rate(30s), 0.9 * 14'000);
  EXPECT_LE(field.refused_share(), 0.02);
  field.set_limits(3500);
  field.run(30s);
  field.forget();
  field.run(30s);
  EXPECT_GE(field.rate(30s), 0.9 * 28'000);
  EXPECT_LE(field.refused_share(), 0.02);
}

TEST(LanePace, APartitionThatAnotherHalfUsesIsYieldedAndTheRestIsNot) {
  Field field(8, 3500, 4);
  field.run(30s);
  field.add_other(3, 1750);
  field.run(30s);
  field.forget();
  field.run(60s);
  EXPECT_GE(field.rate(60s), 0.9 * (7 * 3500 + 1750));
  EXPECT_LE(field.refused_share(), 0.02);
  const auto of_other = static_cast<double>(field.other_taken + field.other_refused);
  EXPECT_LE(static_cast<double>(field.other_refused) / of_other, 0.04);
}

TEST(LanePace, OneSlowPartitionAmongFastOnes) {
  Field field(8, 3500, 4);
  field.set_limit(5, 100);
  field.run(30s);
  field.forget();
  field.run(60s);
  EXPECT_GE(field.rate(60s), 0.9 * 7 * 3500);
  EXPECT_LE(field.refused_share(), 0.02);
}

TEST(LanePace, SmallLimitsAreFoundToo) {
  Field field(1, 150);
  field.run(20s);
  field.forget();
  field.run(60s);
  EXPECT_GE(field.rate(60s), 0.9 * 150);
  EXPECT_LE(field.refused_share(), 0.03);
}

TEST(LanePace, AFewRefusalsAreNoLimit) {
  Field field(1, 1e9);
  field.most_in_flight = 30;  // 1,000 a second
  for (int i = 0; i < 20; ++i) {
    field.refuse_next(2);
    field.run(1s);
  }
  EXPECT_GE(field.rate(20s), 990);
}

// One in ten is refused whatever is sent: slower would not help, so it does not stay slow.
TEST(LanePace, RefusalsThatAreNotAboutTheRateAreBorneWith) {
  Field field(4, 1e9);
  field.most_in_flight = 60;
  field.refuse_one_in(10);
  field.run(10s);
  field.forget();
  field.run(120s);
  EXPECT_GE(field.rate(120s), 0.7 * 0.9 * 2000);
}

// Lanes that are fast meet their limit every few seconds, for ever: not in vain, though what is
// refused each time is as much as ever.
TEST(LanePace, ALimitThatIsMetOverAndOverIsOne) {
  for (const std::size_t lanes_each : {1, 2, 6}) {
    Field field(2, 3500, lanes_each);
    for (const double limit : {3500, 1750, 3500}) {
      field.set_limits(limit);
      field.run(30s);
      field.forget();
      field.run(60s);
      EXPECT_LE(field.refused_share(), 0.02) << limit << " " << lanes_each;
      EXPECT_GE(field.rate(60s), 0.9 * 2 * limit) << limit << " " << lanes_each;
    }
  }
}

TEST(LanePace, AnOutageIsOverSoon) {
  Field field(1, 3500);
  field.run(30s);
  field.set_limit(0, 0);
  field.run(20s);
  field.forget();
  field.set_limit(0, 3500);
  field.run(30s);
  field.forget();
  field.run(20s);
  EXPECT_GE(field.rate(20s), 0.9 * 3500);
}

// A lane that opens where others have met limits takes its share within seconds, without a flood.
TEST(LanePace, ANewLaneBeginsLowAndDoubles) {
  LanePace pace;
  const TimePoint begin{1h};
  pace.begin_at(begin, 100);
  EXPECT_NEAR(pace.rate(begin), 100, 1);
  EXPECT_NEAR(pace.rate(begin + 1s), 400, 4);
  int sent = 0;
  for (TimePoint now = begin; now < begin + 1s; now += 1ms)
    for (; pace.ready(now) <= now; ++sent) pace.take(now);
  EXPECT_NEAR(sent, 216, 10);
}

// All refusals of what was sent before a drop are answered by it.
TEST(LanePace, OneOverloadIsOneDrop) {
  LanePace pace;
  TimePoint now{1h};
  for (int i = 0; i < 1000; ++i, now += 1ms) pace.succeeded(now);
  const TimePoint sent = now;
  for (int i = 0; i < 50; ++i) pace.throttled(now += 1ms, sent);
  const double dropped_to = pace.rate(now);
  EXPECT_NEAR(dropped_to, 930, 40);
  for (int i = 0; i < 500; ++i) pace.throttled(now += 1ms, sent);
  EXPECT_GE(pace.rate(now), dropped_to);
  for (int i = 0; i < 50; ++i) pace.throttled(now += 1ms, now - 10ms);
  EXPECT_LT(pace.rate(now), 0.7 * dropped_to);
}

}  // namespace
}  // namespace s3ferry
