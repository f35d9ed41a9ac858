#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aws/config_file.h"
#include "aws/credentials.h"
#include "base/error.h"

namespace s3ferry::aws {

struct WebIdentityPlan {
  std::string token_file, role_arn;
  std::string session_name;  // empty: one is made up
};

struct SsoPlan {
  std::string start_url, region, account_id, role_name;
  std::string session_name;  // empty: the older form, without [sso-session]
};

// Where the first credentials come from.
struct BasePlan {
  enum class Kind { kKeys, kWebIdentity, kSso, kProcess, kEnvironment, kContainer, kInstance };
  Kind kind = Kind::kKeys;
  std::string profile;     // that says so
  Credentials keys;        // kKeys
  WebIdentityPlan web;     // kWebIdentity
  SsoPlan sso;             // kSso
  std::string command;     // kProcess
  std::string account_id;  // kProcess: where the program names none
};

// A role to assume with what came before.
struct RolePlan {
  std::string role_arn, profile;
  std::string external_id, mfa_serial;  // empty: none
  std::string session_name;             // empty: one is made up
  std::optional<unsigned> duration_seconds;
};

// How a profile's credentials are made: the base, then the roles in order.
struct CredentialPlan {
  BasePlan base;
  std::vector<RolePlan> roles;
};

// Reads a profile as the aws CLI does, by the following of source_profile. Pure. `identity` is web
// identity of the environment, for the profile that was selected (members empty: not set). nullopt:
// the profile says nothing about credentials. kConfig for loops, a missing or empty source profile,
// incomplete settings.
Result<std::optional<CredentialPlan>> plan_credentials(const ConfigFiles& files,
                                                       const std::string& profile,
                                                       const WebIdentityPlan& identity = {});

}  // namespace s3ferry::aws
