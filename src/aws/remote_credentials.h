#pragma once

#include <memory>

#include "aws/credentials.h"
#include "runtime/crossing.h"

namespace s3ferry::aws {

// Credentials for the callers of another loop. `provider` lives on the loop of `home` and is only
// asked there; what it gives is good here for a few seconds, then it is asked again, so that its
// renewals arrive. All that is referred to outlives it.
class RemoteCredentials final : public CredentialsProvider {
 public:
  static constexpr Duration kGoodFor = std::chrono::seconds(5);

  RemoteCredentials(Mailbox& here, Mailbox& home, CredentialsProvider& provider)
      : here_(here), home_(home), provider_(provider) {}

  Task<Result<Credentials>> get() override;
  std::shared_ptr<const Credentials> at_hand() override { return good() ? kept_ : nullptr; }
  void invalidate() override { rejected_ = true; }

 private:
  bool good() const;

  Mailbox& here_;
  Mailbox& home_;
  CredentialsProvider& provider_;
  std::shared_ptr<const Credentials> kept_;
  bool rejected_ = false;  // by the server, and the provider does not know yet
  TimePoint good_until_{};
};

}  // namespace s3ferry::aws
