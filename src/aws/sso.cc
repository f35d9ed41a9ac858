#include "aws/sso.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include "aws/profile.h"
#include "base/log.h"
#include "base/text.h"

namespace s3ferry::aws {
namespace {

using nlohmann::json;

constexpr std::chrono::minutes kRefreshWindow(15);
constexpr int kAttempts = 3;

// The cached token. `all` is the file as it stands: what we do not know is kept when it is written.
struct SsoToken {
  json all;
  WallTime expires{};
  std::string text(const char* name) const {
    const auto found = all.find(name);
    return found != all.end() && found->is_string() ? found->get<std::string>() : std::string();
  }
  Secret access_token() const { return Secret(text("accessToken")); }
};

std::string sha1_hex(const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  return to_hex(std::string_view(reinterpret_cast<const char*>(digest), size));
}

// "2080-10-16T03:56:45Z"; older versions of the CLI wrote "…UTC".
std::optional<WallTime> parse_token_time(std::string text) {
  if (text.ends_with("UTC")) text.replace(text.size() - 3, 3, "Z");
  return parse_iso8601(text);
}

std::string login_hint(const SsoPlan& plan, const std::string& profile) {
  return plan.session_name.empty()
             ? fmt::format("run `aws sso login --profile {}`", escape_for_display(profile))
             : fmt::format("run `aws sso login --sso-session {}`",
                           escape_for_display(plan.session_name));
}

Result<SsoToken> load_token(Host& host, const SsoPlan& plan, const std::string& profile) {
  const std::string path = sso_token_path(host, plan);
  const auto text = host.read_file(path);
  if (!text) return fail(ErrorKind::kConfig, text.error().message());
  if (!*text)
    return fail(ErrorKind::kCredentials,
                fmt::format("profile {}: nobody is logged in ({} is missing); {}",
                            escape_for_display(profile), escape_for_display(path),
                            login_hint(plan, profile)));
  SsoToken token;
  token.all = json::parse(**text, nullptr, false);
  const bool complete = token.all.is_object() && !token.text("accessToken").empty();
  const auto expires = complete ? parse_token_time(token.text("expiresAt")) : std::nullopt;
  if (!expires)
    return fail(ErrorKind::kCredentials,
                fmt::format("profile {}: {} is not a login token; {}", escape_for_display(profile),
                            escape_for_display(path), login_hint(plan, profile)));
  token.expires = *expires;
  return token;
}

Status judge_json(const CallSpec& spec, Answer& answer) {
  if (answer.status >= 200 && answer.status < 300) return Status();
  const json body = json::parse(answer.body, nullptr, false);
  const auto member = [&body](const char* name) {
    const auto found = body.is_object() ? body.find(name) : body.end();
    return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const bool unauthorized = answer.status == 401;
  const ErrorKind kind = answer.status >= 500   ? ErrorKind::kServer
                         : answer.status == 429 ? ErrorKind::kThrottled
                         : unauthorized         ? ErrorKind::kExpiredCredentials
                                                : ErrorKind::kCredentials;
  const std::string said = safe_service_message(spec, "", member("message"));
  return fail(kind, fmt::format("IAM Identity Center answered {}{}", answer.status,
                                said.empty() ? "" : ": " + said));
}

ServiceEndpointParams where(const ProviderContext& context, const SsoPlan& plan,
                            std::string_view service) {
  ServiceEndpointParams params;
  params.region = plan.region;
  params.endpoint_url =
      configured_endpoint_url(context.host, context.files, context.profile, service).value_or("");
  return params;
}

// CreateToken of SSO-OIDC with the refresh token.
Task<Result<SsoToken>> refresh_token(ProviderContext& context, const SsoPlan& plan,
                                     const SsoToken& old) {
  auto endpoint = resolve_sso_oidc_endpoint(where(context, plan, "sso oidc"));
  if (!endpoint) co_return fail(std::move(endpoint.error()));
  CallSpec spec;
  spec.operation = "CreateToken";
  spec.method = http::Method::kPost;
  spec.endpoint = std::make_shared<const Endpoint>(std::move(*endpoint));
  spec.path = "/token";
  spec.headers.add("content-type", "application/json");
  json ask = json::object();
  ask["grantType"] = "refresh_token";
  for (const char* name : {"clientId", "clientSecret", "refreshToken"}) ask[name] = old.text(name);
  spec.body = ask.dump(-1, ' ', false, json::error_handler_t::replace);
  auto answer = co_await call_service(context, std::move(spec), judge_json, kAttempts);
  if (!answer) co_return fail(std::move(answer.error()));
  const json body = json::parse(answer->body, nullptr, false);
  const bool good = body.is_object() && body.contains("accessToken") &&
                    body["accessToken"].is_string() && body.contains("expiresIn") &&
                    body["expiresIn"].is_number_integer();
  if (!good) co_return fail(ErrorKind::kCredentials, "IAM Identity Center gave no new token");
  SsoToken fresh = old;
  fresh.all["accessToken"] = body["accessToken"];
  if (body.contains("refreshToken")) fresh.all["refreshToken"] = body["refreshToken"];
  const auto life = std::clamp<std::int64_t>(body["expiresIn"].get<std::int64_t>(), 0, 86'400 * 90);
  fresh.expires = context.runtime.wall_now() + std::chrono::seconds(life);
  fresh.all["expiresAt"] = format_iso8601(fresh.expires);
  co_return fresh;
}

bool can_refresh(const SsoToken& token, WallTime now) {
  for (const char* name : {"clientId", "clientSecret", "refreshToken"})
    if (token.text(name).empty()) return false;
  const auto registered = parse_token_time(token.text("registrationExpiresAt"));
  return registered && *registered > now;
}

// A token that is good now: the cached one, or a new one in its place.
Task<Result<SsoToken>> good_token(ProviderContext& context, const SsoPlan& plan,
                                  const std::string& profile) {
  auto token = load_token(context.host, plan, profile);
  if (!token) co_return fail(std::move(token.error()));
  const WallTime now = context.runtime.wall_now();
  const bool near_end = token->expires - now < kRefreshWindow;
  if (near_end && !plan.session_name.empty() && can_refresh(*token, now)) {
    auto fresh = co_await refresh_token(context, plan, *token);
    if (!fresh && fresh.error().is(ErrorKind::kCancelled)) co_return fail(fresh.error());
    if (fresh) {
      const std::string text = fresh->all.dump(2, ' ', false, json::error_handler_t::replace);
      Status written = context.host.write_file_private(sso_token_path(context.host, plan), text);
      if (!written)
        log_warning("the renewed login token was not kept: {}", written.error().message());
      co_return fresh;
    }
    log_warning("profile {}: renewing the login failed: {}", escape_for_display(profile),
                fresh.error().message());
  }
  if (token->expires <= now)
    co_return fail(
        ErrorKind::kExpiredCredentials,
        fmt::format("profile {}: the login expired at {}; {}", escape_for_display(profile),
                    format_iso8601(token->expires), login_hint(plan, profile)));
  co_return token;
}

Result<Credentials> read_role_credentials(const std::string& text) {
  const json body = json::parse(text, nullptr, false);
  const auto found = body.is_object() ? body.find("roleCredentials") : body.end();
  Credentials credentials;
  if (found != body.end() && found->is_object()) {
    const auto member = [&found](const char* name) {
      const auto value = found->find(name);
      return value != found->end() && value->is_string() ? value->get<std::string>()
                                                         : std::string();
    };
    credentials.access_key_id = member("accessKeyId");
    credentials.secret_access_key = Secret(member("secretAccessKey"));
    credentials.session_token = Secret(member("sessionToken"));
    const auto expiration = found->find("expiration");
    if (expiration != found->end() && expiration->is_number_integer())
      credentials.expires = WallTime(std::chrono::milliseconds(expiration->get<std::int64_t>()));
  }
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty() ||
      credentials.session_token.empty() || !credentials.expires)
    return fail(ErrorKind::kCredentials,
                "IAM Identity Center answered without complete credentials");
  return credentials;
}

}  // namespace

std::string sso_token_path(const Host& host, const SsoPlan& plan) {
  const std::string& name = plan.session_name.empty() ? plan.start_url : plan.session_name;
  return host.expand_home("~/.aws/sso/cache/" + sha1_hex(name) + ".json");
}

Task<Result<Credentials>> sso_credentials(ProviderContext& context, SsoPlan plan,
                                          std::string profile) {
  auto token = co_await good_token(context, plan, profile);
  if (!token) co_return fail(std::move(token.error()));
  auto endpoint = resolve_sso_portal_endpoint(where(context, plan, "sso"));
  if (!endpoint) co_return fail(std::move(endpoint.error()));
  CallSpec spec;
  spec.operation = "GetRoleCredentials";
  spec.endpoint = std::make_shared<const Endpoint>(std::move(*endpoint));
  spec.path = "/federation/credentials";
  spec.query = {{"role_name", plan.role_name}, {"account_id", plan.account_id}};
  spec.headers.add("accept", "application/json");
  spec.headers.add("x-amz-sso_bearer_token", token->access_token().reveal());
  auto answer = co_await call_service(context, std::move(spec), judge_json, kAttempts);
  if (!answer && answer.error().is(ErrorKind::kExpiredCredentials))
    co_return fail(ErrorKind::kExpiredCredentials,
                   fmt::format("profile {}: the login is not valid any more; {}",
                               escape_for_display(profile), login_hint(plan, profile)));
  if (!answer && answer.error().is(ErrorKind::kCredentials)) {
    std::string message =
        fmt::format("profile {}: {}; check that the login may use role {} in account {}",
                    escape_for_display(profile), answer.error().message(),
                    escape_for_display(plan.role_name), escape_for_display(plan.account_id));
    co_return fail(std::move(answer.error()).with_message(std::move(message)));
  }
  if (!answer) co_return fail(std::move(answer.error()));
  const Secret body(std::move(answer->body));
  auto credentials = read_role_credentials(body.reveal());
  if (!credentials) co_return fail(std::move(credentials.error()));
  credentials->account_id = plan.account_id;
  credentials->source = fmt::format("IAM Identity Center, profile {}", profile);
  co_return credentials;
}

}  // namespace s3ferry::aws
