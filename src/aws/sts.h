#pragma once

#include "aws/profile_plan.h"
#include "aws/provider_context.h"

namespace s3ferry::aws {

// STS's two ways to a role's credentials (API reference of AWS Security Token Service).
// kCredentials with STS's code and words when it says no; network errors as the transport gave
// them.
Task<Result<Credentials>> assume_role(ProviderContext& context, Credentials source, RolePlan role,
                                      Secret mfa_code);
Task<Result<Credentials>> assume_role_with_web_identity(ProviderContext& context,
                                                        WebIdentityPlan identity);

}  // namespace s3ferry::aws
