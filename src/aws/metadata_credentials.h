#pragma once

#include <optional>
#include <string>

#include "aws/provider_context.h"
#include "http/message.h"

namespace s3ferry::aws {

// The credentials endpoint of a container (ECS, EKS Pod Identity), from
// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or …_FULL_URI. Plain http is taken only from the machine
// itself and the two services' own addresses. nullopt: neither is set. kConfig for what is not
// allowed.
Result<std::optional<http::Url>> container_credentials_url(const Host& host);

// Asks it, with AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE's or …_TOKEN's authorization.
Task<Result<Credentials>> container_credentials(ProviderContext& context, http::Url url);

// EC2 instance metadata: AWS_EC2_METADATA_SERVICE_ENDPOINT and …_ENDPOINT_MODE, or the profile's
// ec2_metadata_service_endpoint and …_endpoint_mode; the endpoint beats the mode.
struct InstanceMetadataOverride {
  std::optional<std::string> endpoint, mode;
};
Result<http::Url> instance_metadata_url(const Host& host, const ConfigFiles& files,
                                        const std::string& profile,
                                        const InstanceMetadataOverride& override = {});
bool is_instance_metadata_disabled(const Host& host);  // AWS_EC2_METADATA_DISABLED=true

// Token, role name, credentials: version 2 of the service only, never without its token. One
// attempt of one second each (AWS_METADATA_SERVICE_NUM_ATTEMPTS, AWS_METADATA_SERVICE_TIMEOUT).
Task<Result<Credentials>> instance_credentials(ProviderContext& context);

}  // namespace s3ferry::aws
