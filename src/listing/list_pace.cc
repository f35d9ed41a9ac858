#include "listing/list_pace.h"

#include <algorithm>
#include <utility>

namespace s3ferry {
namespace {

constexpr std::size_t kAtFirst = 16;
constexpr std::size_t kAtLeast = 2;  // one a side
constexpr Duration kDropEvery = std::chrono::seconds(1);
constexpr Duration kLeastDelay = std::chrono::milliseconds(500);

bool asks_for_less(const Error& error) {
  return error.is(ErrorKind::kThrottled) || error.is(ErrorKind::kTimeout) ||
         error.is(ErrorKind::kRetryBudget);
}

}  // namespace

ListPace::ListPace(Runtime& runtime, std::size_t most)
    : runtime_(runtime), most_(std::max<std::size_t>(1, most)), slots_(std::min(most_, kAtFirst)) {}

void ListPace::succeeded() {
  if (slots_.limit() < most_) slots_.set_limit(slots_.limit() + 1);
}

void ListPace::slow_down() {
  const TimePoint now = runtime_.now();
  if (std::exchange(slowed_, true) && now - last_drop_ < kDropEvery) return;
  last_drop_ = now;
  slots_.set_limit(std::min(most_, std::max(kAtLeast, slots_.limit() / 2)));
}

Task<Status> PacedPages::fetch(s3::ListRequest request, s3::ListPage& page) {
  for (;;) {
    Status fetched = co_await inner_.fetch(request, page);
    if (fetched) {
      pace_.succeeded();
      co_return fetched;
    }
    const Error& error = fetched.error();
    if (asks_for_less(error)) pace_.slow_down();
    if (!error.is(ErrorKind::kRetryBudget) || error.attempts() <= request.attempts_before)
      co_return fetched;
    request.attempts_before = error.attempts();
    const auto asked = std::chrono::milliseconds(std::max<std::int64_t>(0, error.retry_after_ms()));
    const double part = 0.5 + 0.5 * runtime_.random_unit();
    Status slept = co_await runtime_.sleep_for(
        std::max<Duration>(asked, std::chrono::duration_cast<Duration>(kLeastDelay * part)));
    if (!slept) co_return slept;
  }
}

}  // namespace s3ferry
