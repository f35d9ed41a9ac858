#include "aws/cached_provider.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"

namespace s3ferry::aws {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes kAdvisory(15), kMandatory(10);
constexpr seconds kPause(60), kIgnoreInvalidation(30);

}  // namespace

bool CachedProvider::usable() const {
  return kept_ && !rejected_ && (!kept_->expires || *kept_->expires > runtime_.wall_now());
}

CachedProvider::Need CachedProvider::need() const {
  if (!usable()) return Need::kRequired;
  if (!kept_->expires) return Need::kNone;
  if (try_again_ && runtime_.now() < *try_again_) return Need::kNone;
  const auto left = *kept_->expires - runtime_.wall_now();
  const auto life = *kept_->expires - fetched_;
  if (left < std::min<std::chrono::milliseconds>(kMandatory, life / 3)) return Need::kRequired;
  if (left < std::min<std::chrono::milliseconds>(kAdvisory, life / 2)) return Need::kAdvised;
  return Need::kNone;
}

void CachedProvider::invalidate() {
  if (fetched_at_ && runtime_.now() - *fetched_at_ < kIgnoreInvalidation) return;
  rejected_ = true;
  inner_->invalidate();
}

std::shared_ptr<const Credentials> CachedProvider::at_hand() {
  const Need needed = need();
  return needed == Need::kNone || (needed == Need::kAdvised && renewing_) ? kept_ : nullptr;
}

Task<Result<Credentials>> CachedProvider::get() {
  while (true) {
    if (auto kept = at_hand()) co_return *kept;
    if (!renewing_) co_return co_await renew();
    const std::uint64_t before = renewals_;
    Status waited = co_await waiters_.wait();
    if (!waited) co_return fail(std::move(waited.error()));
    // A renewal that was cancelled says nothing about the credentials: then one of us takes over.
    if (renewals_ != before && !usable() && last_error_) co_return fail(*last_error_);
  }
}

// Those that worked so far are of no use any more, and trying again would not help: it was tried
// since long before they expired, or this refusal is final.
bool CachedProvider::is_over(const Error& error) const {
  if (!kept_ || usable() || error.is(ErrorKind::kCancelled)) return false;
  const bool expired = kept_->expires && *kept_->expires <= runtime_.wall_now();
  return expired || !error.is_retryable();
}

Task<Result<Credentials>> CachedProvider::renew() {
  renewing_ = true;
  auto fresh = co_await inner_->get();
  renewing_ = false;
  if (fresh && fresh->expires && *fresh->expires <= runtime_.wall_now())
    fresh = fail(ErrorKind::kExpiredCredentials,
                 fmt::format("the credentials ({}) expired at {}; renew them and run again",
                             fresh->source, format_iso8601(*fresh->expires)));
  if (!fresh && is_over(fresh.error()))
    fresh = fail(ErrorKind::kExpiredCredentials,
                 fmt::format("the credentials ({}) expired and could not be renewed: {}",
                             kept_->source, fresh.error().message()));
  if (fresh) {
    kept_ = std::make_shared<const Credentials>(*fresh);
    rejected_ = false;
    fetched_ = runtime_.wall_now();
    fetched_at_ = runtime_.now();
    try_again_.reset();
    last_error_.reset();
    ++renewals_;
  } else if (!fresh.error().is(ErrorKind::kCancelled)) {
    try_again_ = runtime_.now() + kPause;
    last_error_ = fresh.error();
    ++renewals_;
  }
  waiters_.wake_all();
  if (!fresh && !fresh.error().is(ErrorKind::kCancelled) && usable()) {
    log_warning("renewing the credentials failed, the old ones are still good: {}",
                fresh.error().message());
    co_return *kept_;
  }
  co_return fresh;
}

}  // namespace s3ferry::aws
