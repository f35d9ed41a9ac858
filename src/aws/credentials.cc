#include "aws/credentials.h"

#include <utility>

namespace s3ferry::aws {
namespace {

class StaticProvider final : public CredentialsProvider {
 public:
  explicit StaticProvider(Credentials credentials)
      : credentials_(std::make_shared<const Credentials>(std::move(credentials))) {}
  Task<Result<Credentials>> get() override { co_return *credentials_; }
  std::shared_ptr<const Credentials> at_hand() override { return credentials_; }
  void invalidate() override {}

 private:
  std::shared_ptr<const Credentials> credentials_;
};

}  // namespace

std::unique_ptr<CredentialsProvider> static_credentials(Credentials credentials) {
  return std::make_unique<StaticProvider>(std::move(credentials));
}

}  // namespace s3ferry::aws
