#include "aws/sts.h"

#include <fmt/format.h>
#include <pugixml.hpp>

#include "aws/profile.h"
#include "base/text.h"

namespace s3ferry::aws {
namespace {

// Strict: one document, no DOCTYPE (what is not asked for is not parsed, and then not well placed).
bool parse_xml(const std::string& body, pugi::xml_document& document) {
  if (body.find("<!DOCTYPE") != std::string::npos) return false;
  const unsigned flags = pugi::parse_default & ~static_cast<unsigned>(pugi::parse_doctype);
  return static_cast<bool>(document.load_buffer(body.data(), body.size(), flags));
}

ErrorKind kind_of(int status, std::string_view code) {
  if (code == "Throttling" || code == "ThrottlingException" || code == "RequestLimitExceeded" ||
      code == "TooManyRequestsException" || status == 429)
    return ErrorKind::kThrottled;
  if (code == "ExpiredToken" || code == "ExpiredTokenException")
    return ErrorKind::kExpiredCredentials;
  // STS asks to try again when it could not reach the identity provider.
  if (status >= 500 || code == "IDPCommunicationError") return ErrorKind::kServer;
  return ErrorKind::kCredentials;
}

Status judge_sts(const CallSpec& spec, Answer& answer) {
  pugi::xml_document document;
  const bool parsed = parse_xml(answer.body, document);
  if (answer.status >= 200 && answer.status < 300) {
    const bool expected =
        parsed &&
        std::string_view(document.document_element().name()).substr(0, 10) == "AssumeRole";
    if (expected) return Status();
    return fail(ErrorKind::kProtocol, "the answer is not the XML that STS documents");
  }
  const pugi::xml_node error = document.document_element().child("Error");
  const std::string code = error.child("Code").text().as_string();
  const std::string said = safe_service_message(spec, code, error.child("Message").text().get());
  std::string message = fmt::format("STS answered {}{}{}", code.empty() ? "" : code + " ",
                                    answer.status, said.empty() ? "" : ": " + said);
  return fail(Error(kind_of(answer.status, code), std::move(message)).with_code(code));
}

std::string account_of_arn(std::string_view arn) {
  // arn:partition:sts::account:assumed-role/…
  for (int i = 0; i < 4; ++i) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return std::string(arn.substr(0, arn.find(':')));
}

Result<Credentials> read_credentials(const Answer& answer, const char* operation) {
  pugi::xml_document document;
  (void)parse_xml(answer.body, document);  // the judge has
  const pugi::xml_node result =
      document.document_element().child((std::string(operation) + "Result").c_str());
  const pugi::xml_node node = result.child("Credentials");
  Credentials credentials;
  credentials.access_key_id = node.child("AccessKeyId").text().get();
  credentials.secret_access_key = Secret(node.child("SecretAccessKey").text().get());
  credentials.session_token = Secret(node.child("SessionToken").text().get());
  credentials.expires = parse_iso8601(node.child("Expiration").text().get());
  credentials.account_id =
      account_of_arn(result.child("AssumedRoleUser").child("Arn").text().get());
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty() ||
      credentials.session_token.empty() || !credentials.expires)
    return fail(ErrorKind::kCredentials, "STS answered without complete credentials");
  return credentials;
}

class Form {
 public:
  explicit Form(std::string_view action) : text_("Version=2011-06-15") { add("Action", action); }
  void add(std::string_view name, std::string_view value) {
    text_ += '&';
    text_ += name;
    text_ += '=';
    append_uri_encoded(text_, value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

Result<CallSpec> sts_call(const ProviderContext& context, std::string_view operation, Form form) {
  ServiceEndpointParams where;
  where.region = context.region.value_or("aws-global");
  where.endpoint_url =
      configured_endpoint_url(context.host, context.files, context.profile, "sts").value_or("");
  auto settings = profile_settings(context.host, context.files, context.profile);
  if (!settings) return fail(std::move(settings.error()));
  where.use_fips = settings->use_fips_endpoint.value_or(false);
  where.use_dualstack = settings->use_dualstack_endpoint.value_or(false);
  auto endpoint = resolve_sts_endpoint(where);
  if (!endpoint) return fail(std::move(endpoint.error()));
  CallSpec spec;
  spec.operation = operation;
  spec.method = http::Method::kPost;
  spec.endpoint = std::make_shared<const Endpoint>(std::move(*endpoint));
  spec.headers.add("content-type", "application/x-www-form-urlencoded; charset=utf-8");
  spec.headers.add("accept", "application/xml");
  spec.body = form.take();
  return spec;
}

std::string session_name_or_default(const ProviderContext& context, const std::string& name) {
  if (!name.empty()) return name;
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
      context.runtime.wall_now().time_since_epoch());
  return fmt::format("s3ferry-{}", now.count());
}

constexpr int kAttempts = 3;

}  // namespace

Task<Result<Credentials>> assume_role(ProviderContext& context, Credentials source, RolePlan role,
                                      Secret mfa_code) {
  Form form("AssumeRole");
  form.add("RoleArn", role.role_arn);
  form.add("RoleSessionName", session_name_or_default(context, role.session_name));
  if (role.duration_seconds) form.add("DurationSeconds", std::to_string(*role.duration_seconds));
  if (!role.external_id.empty()) form.add("ExternalId", role.external_id);
  if (!role.mfa_serial.empty()) {
    form.add("SerialNumber", role.mfa_serial);
    form.add("TokenCode", mfa_code.reveal());
  }
  auto spec = sts_call(context, "AssumeRole", std::move(form));
  if (!spec) co_return fail(std::move(spec.error()));
  CallSpec call = std::move(*spec);
  auto answer = co_await call_service(context, std::move(call), judge_sts, kAttempts, &source);
  if (!answer) co_return fail(std::move(answer.error()));
  auto credentials = read_credentials(*answer, "AssumeRole");
  if (credentials)
    credentials->source = fmt::format("role {} of profile {}", role.role_arn, role.profile);
  co_return credentials;
}

Task<Result<Credentials>> assume_role_with_web_identity(ProviderContext& context,
                                                        WebIdentityPlan identity) {
  const std::string path = context.host.expand_home(identity.token_file);
  const auto token = context.host.read_file(path);
  if (!token) co_return fail(ErrorKind::kConfig, token.error().message());
  if (!*token || trim_ascii(**token).empty())
    co_return fail(ErrorKind::kConfig,
                   fmt::format("the web identity token file {} is {}", escape_for_display(path),
                               *token ? "empty" : "missing"));
  Form form("AssumeRoleWithWebIdentity");
  form.add("RoleArn", identity.role_arn);
  form.add("RoleSessionName", session_name_or_default(context, identity.session_name));
  form.add("WebIdentityToken", trim_ascii(**token));
  auto spec = sts_call(context, "AssumeRoleWithWebIdentity", std::move(form));
  if (!spec) co_return fail(std::move(spec.error()));
  CallSpec call = std::move(*spec);
  auto answer = co_await call_service(context, std::move(call), judge_sts, kAttempts);
  if (!answer) co_return fail(std::move(answer.error()));
  auto credentials = read_credentials(*answer, "AssumeRoleWithWebIdentity");
  if (credentials) credentials->source = "web identity, role " + identity.role_arn;
  co_return credentials;
}

}  // namespace s3ferry::aws
