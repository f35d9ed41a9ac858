#include "aws/credentials_chain.h"

#include <set>
#include <vector>

#include <fmt/format.h>

#include "aws/cached_provider.h"
#include "aws/metadata_credentials.h"
#include "aws/process_credentials.h"
#include "aws/profile.h"
#include "aws/profile_plan.h"
#include "aws/sso.h"
#include "aws/sts.h"
#include "base/log.h"
#include "base/text.h"

namespace s3ferry::aws {
namespace {

using MaybeCredentials = Result<std::optional<Credentials>>;

// AWS_ACCESS_KEY_ID and its kin; nullopt when it is not set.
MaybeCredentials environment_credentials(const Host& host) {
  const auto read = [&host](const char* name) { return host.env(name).value_or(std::string()); };
  Credentials credentials;
  credentials.access_key_id = read("AWS_ACCESS_KEY_ID");
  credentials.secret_access_key = Secret(read("AWS_SECRET_ACCESS_KEY"));
  if (credentials.access_key_id.empty()) return std::optional<Credentials>();
  if (credentials.secret_access_key.empty())
    return fail(ErrorKind::kCredentials,
                "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
  const std::string token = read("AWS_SESSION_TOKEN");
  credentials.session_token = Secret(token.empty() ? read("AWS_SECURITY_TOKEN") : token);
  credentials.account_id = read("AWS_ACCOUNT_ID");
  credentials.source = "environment";
  if (const std::string text = read("AWS_CREDENTIAL_EXPIRATION"); !text.empty()) {
    credentials.expires = parse_iso8601(text);
    if (!credentials.expires)
      return fail(ErrorKind::kConfig, "AWS_CREDENTIAL_EXPIRATION is not a time (ISO 8601)");
  }
  return std::optional<Credentials>(std::move(credentials));
}

// What all parts of one resolution see. Read anew for each, so that files may change.
struct Situation {
  ConfigFiles files;
  std::string profile;
  std::optional<CredentialPlan> plan;
};

Result<Situation> look(Host& host, const ChainOptions& options) {
  Situation situation;
  auto files = load_config_files(host);
  if (!files) return fail(std::move(files.error()));
  situation.files = std::move(*files);
  situation.profile = active_profile(host, options.profile);
  Status exists = check_profile_exists(situation.files, situation.profile);
  if (!exists) return fail(std::move(exists.error()));
  WebIdentityPlan identity;
  if (!options.profile) {
    identity.token_file = host.env("AWS_WEB_IDENTITY_TOKEN_FILE").value_or("");
    identity.role_arn = host.env("AWS_ROLE_ARN").value_or("");
    identity.session_name = host.env("AWS_ROLE_SESSION_NAME").value_or("");
  }
  // Keys of the environment win, so a profile that cannot be used does not matter then.
  if (!options.profile && !host.env("AWS_ACCESS_KEY_ID").value_or("").empty()) return situation;
  auto plan = plan_credentials(situation.files, situation.profile, identity);
  if (!plan) return fail(std::move(plan.error()));
  situation.plan = std::move(*plan);
  return situation;
}

class ChainProvider final : public CredentialsProvider {
 public:
  ChainProvider(Runtime& runtime, http::Transport& transport, Host& host, ChainOptions options)
      : runtime_(runtime), transport_(transport), host_(host), options_(std::move(options)) {}

  Task<Result<Credentials>> get() override;
  void invalidate() override {}  // nothing is kept here

 private:
  Task<Result<Credentials>> run_plan(ProviderContext& context, CredentialPlan plan);
  Task<Result<Credentials>> run_base(ProviderContext& context, BasePlan base);
  Task<MaybeCredentials> container(ProviderContext& context);
  Result<Secret> mfa_code(const RolePlan& role);
  Error nothing_found(const Situation& situation, const std::string& instance) const;

  Runtime& runtime_;
  http::Transport& transport_;
  Host& host_;
  ChainOptions options_;
  std::set<std::string> asked_mfa_;  // roles
};

Task<Result<Credentials>> ChainProvider::get() {
  const auto situation = look(host_, options_);
  if (!situation) co_return fail(situation.error());
  if (!options_.profile) {
    auto found = environment_credentials(host_);
    if (!found) co_return fail(std::move(found.error()));
    if (*found) co_return std::move(**found);
  }
  RetryBudget budget;
  ProviderContext context{runtime_,         transport_,         host_,          budget,
                          situation->files, situation->profile, options_.region};
  if (!context.region)
    context.region = configured_region(host_, situation->files, situation->profile);
  if (situation->plan) {
    CredentialPlan plan = *situation->plan;
    co_return co_await run_plan(context, std::move(plan));
  }
  auto in_container = co_await container(context);
  if (!in_container) co_return fail(std::move(in_container.error()));
  if (*in_container) co_return std::move(**in_container);
  if (is_instance_metadata_disabled(host_))
    co_return fail(nothing_found(*situation, "EC2 instance metadata (switched off)"));
  auto instance = co_await instance_credentials(context);
  if (!instance && instance.error().is(ErrorKind::kCredentials))
    co_return fail(nothing_found(*situation, instance.error().message()));
  co_return instance;
}

Error ChainProvider::nothing_found(const Situation& situation, const std::string& instance) const {
  const std::string environment =
      options_.profile ? "" : "the environment (AWS_ACCESS_KEY_ID is not set), ";
  return Error(
      ErrorKind::kCredentials,
      fmt::format("no credentials: looked at {}profile {} in {} and {}, the container endpoint "
                  "(not set), {}; run `aws configure` or `aws sso login`, or name a profile with "
                  "credentials by --profile or AWS_PROFILE",
                  environment, escape_for_display(situation.profile),
                  escape_for_display(situation.files.config_path),
                  escape_for_display(situation.files.credentials_path), instance));
}

Task<MaybeCredentials> ChainProvider::container(ProviderContext& context) {
  auto url = container_credentials_url(host_);
  if (!url) co_return fail(std::move(url.error()));
  if (!*url) co_return std::optional<Credentials>();
  http::Url where = std::move(**url);
  auto found = co_await container_credentials(context, std::move(where));
  if (!found) co_return fail(std::move(found.error()));
  co_return std::optional<Credentials>(std::move(*found));
}

Task<Result<Credentials>> ChainProvider::run_base(ProviderContext& context, BasePlan base) {
  using Kind = BasePlan::Kind;
  MaybeCredentials found;
  const char* source = "Environment (AWS_ACCESS_KEY_ID)";
  switch (base.kind) {
    case Kind::kKeys:
      co_return base.keys;
    case Kind::kWebIdentity:
      co_return co_await assume_role_with_web_identity(context, base.web);
    case Kind::kSso:
      co_return co_await sso_credentials(context, base.sso, base.profile);
    case Kind::kProcess:
      co_return co_await process_credentials(host_, base.command, base.profile, base.account_id);
    case Kind::kInstance:
      if (is_instance_metadata_disabled(host_))
        co_return fail(ErrorKind::kCredentials,
                       fmt::format("profile {}: credential_source is EC2 instance metadata, which "
                                   "AWS_EC2_METADATA_DISABLED switches off",
                                   escape_for_display(base.profile)));
      co_return co_await instance_credentials(context);
    case Kind::kEnvironment:
      found = environment_credentials(host_);
      break;
    case Kind::kContainer:
      found = co_await container(context);
      source = "EcsContainer (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI)";
      break;
  }
  if (!found) co_return fail(std::move(found.error()));
  if (!*found)
    co_return fail(ErrorKind::kCredentials,
                   fmt::format("profile {}: its credential_source {} has no credentials",
                               escape_for_display(base.profile), source));
  co_return std::move(**found);
}

Result<Secret> ChainProvider::mfa_code(const RolePlan& role) {
  if (role.mfa_serial.empty()) return Secret();
  if (!asked_mfa_.insert(role.profile).second)
    return fail(ErrorKind::kExpiredCredentials,
                fmt::format("profile {}: the session ended, and a new one needs another MFA code; "
                            "run again (duration_seconds in the profile makes sessions longer)",
                            escape_for_display(role.profile)));
  auto code = host_.prompt(
      fmt::format("MFA code for {} (profile {}): ", escape_for_display(role.mfa_serial),
                  escape_for_display(role.profile)));
  if (!code && code.error().is(ErrorKind::kCancelled)) return fail(std::move(code.error()));
  if (!code)
    return fail(
        ErrorKind::kCredentials,
        fmt::format("profile {}: role {} needs an MFA code: {}", escape_for_display(role.profile),
                    escape_for_display(role.role_arn), code.error().message()));
  return Secret(std::string(trim_ascii(*code)));
}

Task<Result<Credentials>> ChainProvider::run_plan(ProviderContext& context, CredentialPlan plan) {
  auto credentials = co_await run_base(context, plan.base);
  for (RolePlan& role : plan.roles) {
    if (!credentials) break;
    auto code = mfa_code(role);
    if (!code) co_return fail(std::move(code.error()));
    log_debug("assuming role {}", escape_for_display(role.role_arn));
    auto assumed = co_await assume_role(context, *credentials, role, *code);
    if (!assumed) {
      std::string message =
          fmt::format("profile {}: assuming role {}: {}", escape_for_display(role.profile),
                      escape_for_display(role.role_arn), assumed.error().message());
      co_return fail(std::move(assumed.error()).with_message(std::move(message)));
    }
    credentials = std::move(assumed);
  }
  co_return credentials;
}

}  // namespace

Result<std::unique_ptr<CredentialsProvider>> make_credentials_chain(Runtime& runtime,
                                                                    http::Transport& transport,
                                                                    Host& host,
                                                                    ChainOptions options) {
  if (options.profile && options.profile->empty()) options.profile.reset();
  if (options.region && options.region->empty()) options.region.reset();
  if (const auto situation = look(host, options); !situation) return fail(situation.error());
  auto chain = std::make_unique<ChainProvider>(runtime, transport, host, std::move(options));
  return std::unique_ptr<CredentialsProvider>(
      std::make_unique<CachedProvider>(runtime, std::move(chain)));
}

}  // namespace s3ferry::aws
