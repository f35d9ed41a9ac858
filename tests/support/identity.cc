#include "support/identity.h"

namespace s3ferry::testing {
namespace {

aws::EndpointParams endpoint_params(std::string url, std::string region) {
  aws::EndpointParams params;
  params.endpoint_url = std::move(url);
  params.region = std::move(region);
  params.force_path_style = true;
  return params;
}

std::unique_ptr<aws::CredentialsProvider> fixed(std::string id, std::string secret) {
  aws::Credentials credentials;
  credentials.access_key_id = std::move(id);
  credentials.secret_access_key = Secret(std::move(secret));
  return aws::static_credentials(std::move(credentials));
}

}  // namespace

Identity::Identity(Runtime& runtime, http::Transport& transport, std::string access_key_id,
                   std::string secret, std::string endpoint_url, std::string region)
    : credentials_(fixed(std::move(access_key_id), std::move(secret))),
      caller_(runtime, transport, *credentials_, budget_),
      connection_(caller_, endpoint_params(std::move(endpoint_url), std::move(region))) {}

}  // namespace s3ferry::testing
