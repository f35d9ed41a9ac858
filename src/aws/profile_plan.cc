#include "aws/profile_plan.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry::aws {
namespace {

using MaybeBase = Result<std::optional<BasePlan>>;

tl::unexpected<Error> bad(const std::string& profile, std::string_view what) {
  return fail(ErrorKind::kConfig, fmt::format("profile {}: {}", escape_for_display(profile), what));
}

std::string value(const Section& section, const std::string& name) {
  return section.get(name).value_or(std::string());
}

bool has_keys(const Section& section) {
  return section.has("aws_access_key_id") || section.has("aws_secret_access_key");
}

bool has_role(const Section& section) {
  return section.has("role_arn") && !section.has("web_identity_token_file");
}

MaybeBase keys_of(const Section& section, const std::string& profile, bool from_credentials_file) {
  const Property* id = section.find("aws_access_key_id");
  const Property* secret = section.find("aws_secret_access_key");
  const Property* named = id != nullptr ? id : secret;
  if (named == nullptr || named->from_credentials_file != from_credentials_file)
    return std::optional<BasePlan>();
  if (id == nullptr || id->text.empty()) return bad(profile, "aws_access_key_id is missing");
  if (secret == nullptr || secret->text.empty())
    return bad(profile, "aws_secret_access_key is missing");
  BasePlan base;
  base.kind = BasePlan::Kind::kKeys;
  base.profile = profile;
  base.keys.access_key_id = id->text;
  base.keys.secret_access_key = Secret(secret->text);
  // A token of the other file belongs to other keys.
  const auto beside = [&](const char* name) {
    const Property* found = section.find(name);
    const bool same_file =
        found != nullptr && found->from_credentials_file == from_credentials_file;
    return same_file ? found->text : std::string();
  };
  const std::string token = beside("aws_session_token");
  base.keys.session_token = Secret(token.empty() ? beside("aws_security_token") : token);
  base.keys.account_id = beside("aws_account_id");
  base.keys.source = "keys of profile " + profile;
  return std::optional<BasePlan>(std::move(base));
}

MaybeBase web_identity_of(const Section& section, const std::string& profile,
                          const WebIdentityPlan& environment) {
  const auto either = [&section](const std::string& set, const std::string& name) {
    return set.empty() ? value(section, name) : set;
  };
  BasePlan base;
  base.kind = BasePlan::Kind::kWebIdentity;
  base.profile = profile;
  base.web.token_file = either(environment.token_file, "web_identity_token_file");
  if (base.web.token_file.empty()) return std::optional<BasePlan>();
  base.web.role_arn = either(environment.role_arn, "role_arn");
  base.web.session_name = either(environment.session_name, "role_session_name");
  if (base.web.role_arn.empty())
    return bad(profile, "a web identity token file is set, but neither AWS_ROLE_ARN nor role_arn");
  return std::optional<BasePlan>(std::move(base));
}

// Fills `plan` from the [sso-session] that the profile names.
Status join_sso_session(const ConfigFiles& files, const Section& section,
                        const std::string& profile, SsoPlan& plan) {
  plan.session_name = value(section, "sso_session");
  const auto found = files.sso_sessions.find(plan.session_name);
  if (found == files.sso_sessions.end())
    return bad(profile, fmt::format("there is no [sso-session {}] in {}",
                                    escape_for_display(plan.session_name), files.config_path));
  for (const auto& [name, target] :
       {std::pair("sso_region", &plan.region), std::pair("sso_start_url", &plan.start_url)}) {
    const std::string in_session = value(found->second, name);
    const std::string in_profile = value(section, name);
    if (in_session.empty())
      return bad(profile, fmt::format("{} must stand in [sso-session {}]", name,
                                      escape_for_display(plan.session_name)));
    if (!in_profile.empty() && in_profile != in_session)
      return bad(profile, fmt::format("{} differs from that of its [sso-session {}]", name,
                                      escape_for_display(plan.session_name)));
    *target = in_session;
  }
  return Status();
}

MaybeBase sso_of(const ConfigFiles& files, const Section& section, const std::string& profile) {
  const bool wanted = section.has("sso_account_id") || section.has("sso_role_name");
  const bool has_session = section.has("sso_session");
  if (!wanted && !has_session) return std::optional<BasePlan>();
  BasePlan base;
  base.kind = BasePlan::Kind::kSso;
  base.profile = profile;
  SsoPlan& plan = base.sso;
  plan.account_id = value(section, "sso_account_id");
  plan.role_name = value(section, "sso_role_name");
  if (has_session) {
    if (Status joined = join_sso_session(files, section, profile, plan); !joined)
      return fail(std::move(joined.error()));
  } else {
    plan.region = value(section, "sso_region");
    plan.start_url = value(section, "sso_start_url");
  }
  if (!wanted) return std::optional<BasePlan>();  // a token for other services than this
  for (const auto& [name, text] :
       {std::pair("sso_account_id", &plan.account_id), std::pair("sso_role_name", &plan.role_name),
        std::pair("sso_region", &plan.region), std::pair("sso_start_url", &plan.start_url)})
    if (text->empty())
      return bad(profile, fmt::format("it uses IAM Identity Center, but {} is missing", name));
  return std::optional<BasePlan>(std::move(base));
}

MaybeBase process_of(const Section& section, const std::string& profile) {
  const std::string command = value(section, "credential_process");
  if (command.empty()) return std::optional<BasePlan>();
  BasePlan base;
  base.kind = BasePlan::Kind::kProcess;
  base.profile = profile;
  base.command = command;
  base.account_id = value(section, "aws_account_id");
  return std::optional<BasePlan>(std::move(base));
}

// All that is not a role, in the CLI's order.
MaybeBase base_of(const ConfigFiles& files, const Section& section, const std::string& profile,
                  const WebIdentityPlan& environment) {
  MaybeBase found = web_identity_of(section, profile, environment);
  if (found && !*found) found = sso_of(files, section, profile);
  if (found && !*found) found = keys_of(section, profile, true);
  if (found && !*found && section.has("login_session"))
    return bad(profile,
               "login_session (`aws login`) is not supported; use credential_process = aws "
               "configure export-credentials --profile NAME in a profile of its own");
  if (found && !*found) found = process_of(section, profile);
  if (found && !*found) found = keys_of(section, profile, false);
  return found;
}

Result<BasePlan> named_source(const std::string& source, const std::string& profile) {
  BasePlan base;
  base.profile = profile;
  if (iequals_ascii(source, "Environment")) {
    base.kind = BasePlan::Kind::kEnvironment;
  } else if (iequals_ascii(source, "Ec2InstanceMetadata")) {
    base.kind = BasePlan::Kind::kInstance;
  } else if (iequals_ascii(source, "EcsContainer")) {
    base.kind = BasePlan::Kind::kContainer;
  } else {
    return bad(profile, fmt::format("credential_source {} is none of Environment, "
                                    "Ec2InstanceMetadata, EcsContainer",
                                    escape_for_display(source)));
  }
  return base;
}

Result<RolePlan> role_of(const Section& section, const std::string& profile) {
  RolePlan role;
  role.profile = profile;
  role.role_arn = value(section, "role_arn");
  role.external_id = value(section, "external_id");
  role.mfa_serial = value(section, "mfa_serial");
  role.session_name = value(section, "role_session_name");
  const bool from_profile = section.has("source_profile");
  const bool from_source = section.has("credential_source");
  if (role.role_arn.empty()) return bad(profile, "role_arn is empty");
  if (from_profile && from_source)
    return bad(profile, "source_profile and credential_source exclude each other");
  if (!from_profile && !from_source)
    return bad(profile, "role_arn needs source_profile or credential_source beside it");
  if (const Property* duration = section.find("duration_seconds")) {
    const auto seconds = parse_u64(duration->text);
    if (!seconds || *seconds == 0 || *seconds > 43'200)
      return fail(ErrorKind::kConfig,
                  fmt::format("{}:{}: duration_seconds must be a number from 900 to 43200",
                              escape_for_display(duration->file), duration->line));
    role.duration_seconds = static_cast<unsigned>(*seconds);
  }
  return role;
}

}  // namespace

Result<std::optional<CredentialPlan>> plan_credentials(const ConfigFiles& files,
                                                       const std::string& profile,
                                                       const WebIdentityPlan& identity) {
  static const Section kEmpty;
  CredentialPlan plan;
  std::vector<std::string> visited;
  std::string current = profile;
  bool follow_role = true;
  // Each turn visits another profile, so it ends.
  while (true) {
    const Section* found = files.profile(current);
    const Section& section = found != nullptr ? *found : kEmpty;
    const bool selected = visited.empty();
    visited.push_back(current);
    // Keys beside a role win in a source profile; in the selected one the role does.
    if (!follow_role || !has_role(section) || (!selected && has_keys(section))) {
      auto base = base_of(files, section, current, selected ? identity : WebIdentityPlan());
      if (!base) return fail(std::move(base.error()));
      if (*base) plan.base = std::move(**base);
      if (!*base && plan.roles.empty()) return std::optional<CredentialPlan>();
      if (!*base) return bad(current, "it is a source_profile, but has no credentials");
      break;
    }
    auto role = role_of(section, current);
    if (!role) return fail(std::move(role.error()));
    plan.roles.insert(plan.roles.begin(), std::move(*role));
    if (const auto source = section.get("credential_source")) {
      auto base = named_source(*source, current);
      if (!base) return fail(std::move(base.error()));
      plan.base = std::move(*base);
      break;
    }
    const std::string next = value(section, "source_profile");
    if (files.profile(next) == nullptr)
      return bad(current,
                 fmt::format("its source_profile {} does not exist", escape_for_display(next)));
    // A profile may be its own source when it has keys; any other way back is a loop.
    follow_role = next != current;
    const bool seen = std::find(visited.begin(), visited.end(), next) != visited.end();
    if (seen && (follow_role || !has_keys(section)))
      return bad(current,
                 fmt::format("source_profile {} leads back in a loop", escape_for_display(next)));
    current = next;
  }
  return std::optional<CredentialPlan>(std::move(plan));
}

}  // namespace s3ferry::aws
