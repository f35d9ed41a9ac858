#pragma once

#include <memory>

#include "aws/credentials.h"
#include "runtime/event.h"
#include "runtime/runtime.h"

namespace s3ferry::aws {

// Keeps what another provider gives, and renews it before it expires. botocore's windows: from 15
// minutes before, one caller at a time tries while the others go on with the old ones; from 10
// minutes before, all wait for one renewal. Credentials that live shortly have shorter windows: a
// half and a third of their life. A renewal that fails is an error only once the old ones have
// expired (kExpiredCredentials then, whatever the cause); until then it is tried again every
// minute.
class CachedProvider final : public CredentialsProvider {
 public:
  CachedProvider(Runtime& runtime, std::unique_ptr<CredentialsProvider> inner)
      : runtime_(runtime), inner_(std::move(inner)) {}

  Task<Result<Credentials>> get() override;
  std::shared_ptr<const Credentials> at_hand() override;
  // Without effect within 30 s after a renewal: a thousand requests that were under way with the
  // old ones report the same expiry.
  void invalidate() override;

 private:
  enum class Need { kNone, kAdvised, kRequired };
  Need need() const;
  bool usable() const;
  bool is_over(const Error& error) const;
  Task<Result<Credentials>> renew();

  Runtime& runtime_;
  std::unique_ptr<CredentialsProvider> inner_;
  std::shared_ptr<const Credentials> kept_;
  bool rejected_ = false;  // by the server
  WallTime fetched_{};
  std::optional<TimePoint> fetched_at_;
  std::optional<TimePoint> try_again_;  // after a failure
  bool renewing_ = false;
  std::uint64_t renewals_ = 0;  // ended ones, whatever their end
  std::optional<Error> last_error_;
  WaitList waiters_;
};

}  // namespace s3ferry::aws
