#include "aws/remote_credentials.h"

#include <utility>

namespace s3ferry::aws {
namespace {

Task<Result<Credentials>> ask(CredentialsProvider& provider, bool rejected) {
  if (rejected) provider.invalidate();
  co_return co_await provider.get();
}

}  // namespace

bool RemoteCredentials::good() const {
  if (!kept_ || rejected_ || here_.runtime().now() >= good_until_) return false;
  // Near their end they are not kept past it.
  return !kept_->expires || *kept_->expires - here_.runtime().wall_now() > std::chrono::minutes(1);
}

Task<Result<Credentials>> RemoteCredentials::get() {
  if (good()) co_return *kept_;
  const bool rejected = std::exchange(rejected_, false);
  Task<Result<Credentials>> asking = ask(provider_, rejected);
  Result<Credentials> found = co_await run_across(home_, here_, std::move(asking));
  if (found) {
    kept_ = std::make_shared<const Credentials>(*found);
    good_until_ = here_.runtime().now() + kGoodFor;
  }
  co_return found;
}

}  // namespace s3ferry::aws
