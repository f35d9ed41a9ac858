#include "engine/pace_scripts.h"

#include <fmt/format.h>

#include "engine/pace_field.h"

namespace s3ferry::testing {
namespace {

using namespace std::chrono_literals;

constexpr double kLeastUsed = 0.9, kMostRefused = 0.02;

class Script {
 public:
  Script(PaceField& field, double rate) : field_(field), rate_(rate) {}

  Task<void> play(PaceScript which) {
    switch (which) {
      case PaceScript::kFill:
        return fill();
      case PaceScript::kHalve:
        return halve();
      case PaceScript::kShare:
        break;
    }
    return share();
  }
  std::vector<PaceFinding> findings;

 private:
  void used(std::string_view when, double limit) {
    findings.push_back({fmt::format("{}: of all that is served", when),
                        field_.seen().taken_per_second() / limit, kLeastUsed, 1.05});
  }
  void refused(std::string_view when) {
    findings.push_back({fmt::format("{}: of all requests refused", when),
                        field_.seen().refused_share(), 0, kMostRefused});
  }

  Task<void> fill() {
    co_await field_.pass("the first twenty seconds", 20s);
    co_await field_.pass("until the thirtieth", 10s);
    used("until the thirtieth second", rate_ * kPartitions);
    co_await field_.pass("afterwards", 20s);
    used("after thirty seconds", rate_ * kPartitions);
    refused("after thirty seconds");
  }

  Task<void> halve() {
    co_await field_.pass("the first twenty seconds", 20s);
    field_.set_limit(rate_ / 2);
    co_await field_.pass("halved: five seconds", 5s);
    co_await field_.pass("halved: afterwards", 20s);
    used("halved", rate_ * kPartitions / 2);
    refused("halved");
    field_.set_limit(rate_);
    co_await field_.pass("restored: thirty seconds", 30s);
    co_await field_.pass("restored: afterwards", 20s);
    used("restored", rate_ * kPartitions);
    refused("restored");
  }

  Task<void> share() {
    constexpr std::size_t kShared = PaceField::kOthersPartition;
    co_await field_.pass("alone: thirty seconds", 30s);
    field_.set_other(rate_ / 2);
    co_await field_.pass("a second tool: ten seconds", 10s);
    co_await field_.pass("a second tool: afterwards", 20s);
    const PaceWindow seen = field_.seen();
    const double ours = seen.taken_per_second(kShared);
    const auto others = static_cast<double>(seen.other_taken + seen.other_refused);
    refused("a second tool");
    findings.push_back({"a second tool: of its partition ours", ours / rate_, 0.4, 0.55});
    findings.push_back({"a second tool: of the other partitions",
                        (seen.taken_per_second() - ours) / (rate_ * (kPartitions - 1)), kLeastUsed,
                        1.05});
    findings.push_back({"a second tool: of its requests refused",
                        static_cast<double>(seen.other_refused) / others, 0, 0.05});
    field_.set_other(0);
    co_await field_.pass("alone again: thirty seconds", 30s);
    co_await field_.pass("alone again: afterwards", 10s);
    used("alone again", rate_ * kPartitions);
  }

  PaceField& field_;
  const double rate_;
};

}  // namespace

std::string PaceFinding::text() const {
  if (least == 0) return fmt::format("{} {:.2f} % (at most {:.0f})", what, 100 * found, 100 * most);
  const std::string up_to = most < 1 ? fmt::format(", at most {:.0f}", 100 * most) : "";
  return fmt::format("{} {:.1f} % (at least {:.0f}{})", what, 100 * found, 100 * least, up_to);
}

std::vector<PaceFinding> play_pace(PaceScript script, double rate, std::uint64_t seed) {
  PaceField field(rate, seed);
  Script played(field, rate);
  const SyncResult result = field.play(played.play(script));
  const auto failed = static_cast<double>(result.counters.failed.objects);
  const auto all = failed + static_cast<double>(result.counters.copied.objects);
  played.findings.push_back({"of all copies failed", failed / all, 0, 0});
  return played.findings;
}

}  // namespace s3ferry::testing
