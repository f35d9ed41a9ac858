#pragma once

#include <string>

#include "aws/profile_plan.h"
#include "aws/provider_context.h"

namespace s3ferry::aws {

// Where `aws sso login` keeps the token: ~/.aws/sso/cache/SHA1.json, the SHA-1 of the session's
// name, or of the start URL in the older form.
std::string sso_token_path(const Host& host, const SsoPlan& plan);

// IAM Identity Center: the cached token, renewed with its refresh token when it nears its end (form
// with [sso-session] only) and written back; then GetRoleCredentials. kExpiredCredentials or
// kCredentials with the `aws sso login` that mends it.
Task<Result<Credentials>> sso_credentials(ProviderContext& context, SsoPlan plan,
                                          std::string profile);

}  // namespace s3ferry::aws
