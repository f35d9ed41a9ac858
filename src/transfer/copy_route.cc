#include "transfer/copy_route.h"

#include <algorithm>

#include <fmt/format.h>

namespace s3ferry {

Error stored_wrong(const RouteTry& attempt, std::string_view operation, std::string_view what) {
  return Error(ErrorKind::kStoredWrong, fmt::format("{}. {}", what, attempt.state().way_to_mend()))
      .with_operation(operation)
      .with_key(attempt.item.key);
}

bool GivenBack::again(RunState& state, const Error& error) {
  if (error.is(ErrorKind::kThrottled)) return ++throttled_ <= kMostThrottled;
  // What the server answers to this one alone is its own fault, whoever emptied the budget.
  const int status = error.http_status();
  const bool of_all = status == 0 || status == 429 || status == 503;
  if (of_all && state.only_slows(error)) {
    starved_ = std::min(starved_ + 1, kMostThrottled);
    return true;
  }
  const bool outage = met_nobody(error) && state.unreachable_for() >= kOutage;
  return ++others_ <= kMostGivenBack || outage;
}

}  // namespace s3ferry
