// Runs retry scenarios of standard mode in its revision of 2026 ("v2.1"), without jitter.

#include <algorithm>
#include <cmath>
#include <deque>

#include <fmt/format.h>

#include "aws/retry.h"
#include "base/text.h"
#include "vectors/runner.h"

namespace s3ferry::vectors {
namespace {

using aws::RetryBudget;
using aws::RetryCause;
using aws::RetryPolicy;
using aws::RetrySession;

constexpr std::string_view kThrottlingCodes[] = {"BandwidthLimitExceeded",
                                                 "EC2ThrottledException",
                                                 "LimitExceededException",
                                                 "PriorRequestNotComplete",
                                                 "ProvisionedThroughputExceededException",
                                                 "RequestLimitExceeded",
                                                 "RequestThrottled",
                                                 "RequestThrottledException",
                                                 "SlowDown",
                                                 "ThrottledException",
                                                 "Throttling",
                                                 "ThrottlingException",
                                                 "TooManyRequestsException",
                                                 "TransactionInProgressException"};

// What the scenario gives; times in seconds.
struct Given {
  explicit Given(const Json& json) {
    policy.max_attempts = json.value("max_attempts", 3);
    policy.cap = std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>(json.value("max_backoff_time", 20.0)));
    tokens = json.value("initial_retry_tokens", RetryBudget::kCapacity);
    unit = json.value("exponential_base", 1.0);
  }
  RetryPolicy policy;
  int tokens;
  double unit;
};

struct Seen {
  std::string outcome;
  std::optional<double> delay;
};

// Plays responses on a shared budget; a success or a failure ends a call, the next response begins
// another one.
class Player {
 public:
  Player(const Given& given, RetryBudget& budget) : given_(given), budget_(budget) {}

  Seen play(const Json& response) {
    if (!session_) session_.emplace(given_.policy, budget_);
    const int status = response.value("status_code", 0);
    if (status / 100 == 2) {
      session_->on_success();
      session_.reset();
      return {"success", {}};
    }
    const std::string code = response.value("error_code", "");
    const bool throttled =
        status == 429 || std::find(std::begin(kThrottlingCodes), std::end(kThrottlingCodes),
                                   code) != std::end(kThrottlingCodes);
    if (!throttled && status != 0 && status < 500) {
      session_.reset();
      return {"not_retryable", {}};
    }
    const auto verdict =
        session_->on_failure(throttled ? RetryCause::kThrottling : RetryCause::kTransient,
                             given_.unit, hint_of(response));
    const double delay = std::chrono::duration<double>(verdict.delay).count();
    if (verdict.outcome == RetrySession::Outcome::kRetry) return {"retry_request", delay};
    session_.reset();
    if (verdict.outcome == RetrySession::Outcome::kAttemptsExceeded)
      return {"max_attempts_exceeded", {}};
    return {"retry_quota_exceeded", delay};
  }
  bool in_call() const { return session_.has_value(); }

 private:
  static std::optional<Duration> hint_of(const Json& response) {
    if (!response.contains("headers")) return std::nullopt;
    for (const auto& [name, value] : response["headers"].items())
      if (iequals_ascii(name, "x-amz-retry-after") && value.is_string())
        if (const auto number = parse_u64(value.get<std::string>()))
          return std::chrono::milliseconds(*number);
    return std::nullopt;
  }

  const Given& given_;
  RetryBudget& budget_;
  std::optional<RetrySession> session_;
};

std::string check(const Seen& seen, const Json& expected, const RetryBudget& budget) {
  const std::string outcome = expected.value("outcome", seen.outcome);
  if (seen.outcome != outcome) return fmt::format("got {}, wanted {}", seen.outcome, outcome);
  if (expected.contains("retry_quota") && expected["retry_quota"].get<int>() != budget.tokens())
    return fmt::format("quota {}, wanted {}", budget.tokens(), expected["retry_quota"].get<int>());
  if (!expected.contains("delay")) return {};
  const double wanted = expected["delay"].get<double>();
  if (!seen.delay || std::abs(*seen.delay - wanted) > 1e-6)
    return fmt::format("delay {}, wanted {}", seen.delay.value_or(0), wanted);
  return {};
}

std::string run_sequence(const Given& given, const Json& responses) {
  RetryBudget budget(given.tokens);
  Player player(given, budget);
  int number = 0;
  for (const Json& step : responses) {
    ++number;
    const Seen seen = player.play(step["response"]);
    const std::string problem =
        check(seen, step.contains("expected") ? step["expected"] : Json::object(), budget);
    if (!problem.empty()) return fmt::format("response {}: {}", number, problem);
  }
  return {};
}

std::optional<int> final_quota(const Json& test) {
  for (const char* holder : {"", "expected", "expect"}) {
    const Json& from = *holder == 0 ? test : test.contains(holder) ? test[holder] : Json::object();
    for (const char* name : {"retry_quota", "final_retry_quota", "final_quota"})
      if (from.is_object() && from.contains(name)) return from[name].get<int>();
  }
  return std::nullopt;
}

// Lists of responses played at once, a response of each in turn; only the final quota counts.
std::string run_threads(const Given& given, const Json& test) {
  RetryBudget budget(given.tokens);
  std::deque<Player> players;
  std::vector<const Json*> lists;
  std::size_t longest = 0;
  for (const Json& thread : test["threads"]) {
    lists.push_back(thread.is_object() ? &thread["responses"] : &thread);
    players.emplace_back(given, budget);
    longest = std::max(longest, lists.back()->size());
  }
  std::vector<bool> ended(lists.size(), false);
  for (std::size_t step = 0; step < longest; ++step) {
    for (std::size_t i = 0; i < lists.size(); ++i) {
      if (ended[i] || step >= lists[i]->size()) continue;
      const Json& entry = (*lists[i])[step];
      const Seen seen = players[i].play(entry.contains("response") ? entry["response"] : entry);
      ended[i] = !players[i].in_call() && seen.outcome != "success";
    }
  }
  const auto wanted = final_quota(test);
  if (!wanted) return "the case names no final quota";
  if (*wanted != budget.tokens())
    return fmt::format("final quota {}, wanted {}", budget.tokens(), *wanted);
  return {};
}

// Why a case is out of scope, or empty.
std::string out_of_scope(const Json& test) {
  const Json given = test.value("given", Json::object());
  if (test.contains("cases")) return "adaptive mode is not used: the scheduler paces instead";
  if (given.contains("exponential_power") || test.value("group", "").starts_with("standardRetry"))
    return "the first revision of standard mode (v2): this program follows v2.1";
  if (given.value("service", "") == "dynamodb") return "DynamoDB has its own delays and attempts";
  return {};
}

void run_retry(const Json& document, Report& report) {
  for (const Json& test : document["cases"]) {
    const std::string name = test.value("name", "(no name)");
    if (const std::string reason = out_of_scope(test); !reason.empty()) {
      report.skip(name, reason);
      continue;
    }
    const Given given(test.value("given", Json::object()));
    const std::string problem = test.contains("threads") ? run_threads(given, test)
                                                         : run_sequence(given, test["responses"]);
    problem.empty() ? report.pass(name) : report.fail(name, problem);
  }
}

}  // namespace

Runner retry_runner() {
  return {"retry",
          [](std::string_view folder, const Json& document) {
            return folder == "retry" && document.contains("cases");
          },
          run_retry};
}

}  // namespace s3ferry::vectors
