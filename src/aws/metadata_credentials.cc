#include "aws/metadata_credentials.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "aws/credentials_json.h"
#include "base/text.h"

namespace s3ferry::aws {
namespace {

using std::chrono::seconds;

constexpr std::string_view kContainerHost = "169.254.170.2";

std::optional<std::string> non_empty(const Host& host, const char* variable) {
  auto set = host.env(variable);
  if (set && set->empty()) return std::nullopt;
  return set;
}

bool is_trusted_plain_host(const std::string& host) {
  const std::array<std::string_view, 5> named{"localhost", "::1", kContainerHost, "169.254.170.23",
                                              "fd00:ec2::23"};
  if (std::find(named.begin(), named.end(), host) != named.end()) return true;
  // 127.0.0.0/8, written as an address: a name such as 127.example.org is not one.
  return host.substr(0, 4) == "127." && host.find_first_not_of("0123456789.") == std::string::npos;
}

// An answer of either endpoint: success, or one line that names the status. Bodies are not quoted:
// they come from whatever answers at that address.
Status judge_metadata(const CallSpec&, Answer& answer) {
  if (answer.status == 200) return Status();
  const ErrorKind kind = answer.status >= 500   ? ErrorKind::kServer
                         : answer.status == 429 ? ErrorKind::kThrottled
                                                : ErrorKind::kCredentials;
  return fail(kind, fmt::format("it answered {}", answer.status));
}

http::Deadlines short_deadlines(Duration limit) {
  http::Deadlines deadlines;
  deadlines.connect = deadlines.first_byte = deadlines.idle = limit;
  return deadlines;
}

CallSpec metadata_call(std::string_view operation, const http::Url& url, std::string path,
                       Duration limit) {
  CallSpec spec;
  spec.operation = operation;
  Endpoint endpoint;
  endpoint.origin = url.origin;
  spec.endpoint = std::make_shared<const Endpoint>(std::move(endpoint));
  spec.path = std::move(path);
  spec.deadlines = short_deadlines(limit);
  return spec;
}

Error explain(std::string_view who, const Error& error) {
  if (error.is(ErrorKind::kCancelled)) return error;
  return Error(ErrorKind::kCredentials, fmt::format("{}: {}", who, error.message()));
}

Result<std::optional<Secret>> container_authorization(Host& host) {
  std::string token;
  if (const auto path = non_empty(host, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
    const auto text = host.read_file(*path);
    if (!text) return fail(ErrorKind::kConfig, text.error().message());
    if (!*text)
      return fail(ErrorKind::kConfig,
                  fmt::format("the container's authorization token file {} is missing",
                              escape_for_display(*path)));
    token = trim_ascii(**text);
  } else if (const auto set = non_empty(host, "AWS_CONTAINER_AUTHORIZATION_TOKEN")) {
    token = *set;
  } else {
    return std::optional<Secret>();
  }
  if (token.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
    return fail(ErrorKind::kConfig, "the container's authorization token holds a line break");
  return std::optional<Secret>(Secret(std::move(token)));
}

// "8" from the environment, or the profile's property, or the default.
Result<unsigned> metadata_number(const ProviderContext& context, const char* variable,
                                 const char* name, unsigned otherwise) {
  std::optional<std::string> text = non_empty(context.host, variable);
  if (!text)
    if (const Section* section = context.files.profile(context.profile)) text = section->get(name);
  if (!text) return otherwise;
  const auto number = parse_u64(*text);
  if (!number || *number == 0 || *number > 1000)
    return fail(ErrorKind::kConfig,
                fmt::format("{} ({}) must be a number from 1 to 1000", variable, name));
  return static_cast<unsigned>(*number);
}

}  // namespace

Result<std::optional<http::Url>> container_credentials_url(const Host& host) {
  const auto relative = non_empty(host, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const auto full = non_empty(host, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!relative && !full) return std::optional<http::Url>();
  if (relative && (*relative)[0] != '/')
    return fail(ErrorKind::kConfig, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must start with '/'");
  auto url =
      http::parse_url(relative ? fmt::format("http://{}{}", kContainerHost, *relative) : *full);
  if (!url)
    return fail(ErrorKind::kConfig, relative ? "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is no path"
                                             : "AWS_CONTAINER_CREDENTIALS_FULL_URI must be an "
                                               "http:// or https:// URL with a host");
  if (!url->origin.tls && !is_trusted_plain_host(url->origin.host))
    return fail(ErrorKind::kConfig,
                "AWS_CONTAINER_CREDENTIALS_FULL_URI: plain http is allowed only for localhost and "
                "the addresses of ECS and EKS; use https");
  return std::optional<http::Url>(std::move(*url));
}

Task<Result<Credentials>> container_credentials(ProviderContext& context, http::Url url) {
  constexpr std::string_view kWho = "the container's credentials endpoint";
  auto authorization = container_authorization(context.host);
  if (!authorization) co_return fail(std::move(authorization.error()));
  CallSpec spec = metadata_call("GetContainerCredentials", url, url.path, seconds(2));
  std::string_view query = url.query;
  while (!query.empty()) {
    const std::string_view field = query.substr(0, query.find('&'));
    const std::size_t equals = std::min(field.find('='), field.size());
    const std::string_view value = field.substr(std::min(equals + 1, field.size()));
    spec.query.emplace_back(uri_decode(field.substr(0, equals)).value_or(""),
                            uri_decode(value).value_or(""));
    query.remove_prefix(std::min(field.size() + 1, query.size()));
  }
  spec.headers.add("accept", "application/json");
  if (*authorization) spec.headers.add("authorization", (*authorization)->reveal());
  auto answer = co_await call_service(context, std::move(spec), judge_metadata, 3);
  if (!answer) co_return fail(explain(kWho, answer.error()));
  const Secret body(std::move(answer->body));
  CredentialsJson format;
  format.who = kWho;
  format.token_member = "Token";
  format.token_required = true;
  auto credentials = parse_credentials_json(body.reveal(), format);
  if (credentials) credentials->source = "container endpoint";
  co_return credentials;
}

bool is_instance_metadata_disabled(const Host& host) {
  return iequals_ascii(host.env("AWS_EC2_METADATA_DISABLED").value_or(""), "true");
}

Result<http::Url> instance_metadata_url(const Host& host, const ConfigFiles& files,
                                        const std::string& profile,
                                        const InstanceMetadataOverride& override) {
  const Section* section = files.profile(profile);
  const auto setting = [&](const std::optional<std::string>& given, const char* variable,
                           const char* name) {
    std::optional<std::string> text = given;
    if (!text) text = non_empty(host, variable);
    if (!text && section != nullptr) text = section->get(name);
    if (text && text->empty()) text.reset();
    return text;
  };
  const auto endpoint = setting(override.endpoint, "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                                "ec2_metadata_service_endpoint");
  if (endpoint) {
    auto url = http::parse_url(*endpoint);
    if (!url)
      return fail(ErrorKind::kConfig,
                  "AWS_EC2_METADATA_SERVICE_ENDPOINT (ec2_metadata_service_endpoint) must be an "
                  "http:// or https:// URL");
    return url;
  }
  const std::string mode = setting(override.mode, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                                   "ec2_metadata_service_endpoint_mode")
                               .value_or("IPv4");
  if (iequals_ascii(mode, "ipv4")) return http::parse_url("http://169.254.169.254/");
  if (iequals_ascii(mode, "ipv6")) return http::parse_url("http://[fd00:ec2::254]/");
  return fail(ErrorKind::kConfig,
              "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE (ec2_metadata_service_endpoint_mode) must be "
              "IPv4 or IPv6");
}

Task<Result<Credentials>> instance_credentials(ProviderContext& context) {
  constexpr std::string_view kWho = "EC2 instance metadata";
  constexpr std::string_view kRoles = "/latest/meta-data/iam/security-credentials/";
  const auto url = instance_metadata_url(context.host, context.files, context.profile);
  if (!url) co_return fail(url.error());
  const auto attempts = metadata_number(context, "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
                                        "metadata_service_num_attempts", 1);
  if (!attempts) co_return fail(attempts.error());
  const auto timeout =
      metadata_number(context, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout", 1);
  if (!timeout) co_return fail(timeout.error());
  const int tries = static_cast<int>(*attempts);
  const seconds limit(*timeout);
  std::string base = url->path;
  while (!base.empty() && base.back() == '/') base.pop_back();

  CallSpec ask_token = metadata_call("GetMetadataToken", *url, base + "/latest/api/token", limit);
  ask_token.method = http::Method::kPut;
  ask_token.headers.add("x-aws-ec2-metadata-token-ttl-seconds", "21600");
  auto token = co_await call_service(context, std::move(ask_token), judge_metadata, tries);
  if (!token) co_return fail(explain(kWho, token.error()));
  const Secret header(std::string(trim_ascii(token->body)));

  CallSpec ask_role = metadata_call("GetMetadataRole", *url, base + std::string(kRoles), limit);
  ask_role.headers.add("x-aws-ec2-metadata-token", header.reveal());
  auto role = co_await call_service(context, std::move(ask_role), judge_metadata, tries);
  if (!role && role.error().http_status() == 404)
    co_return fail(ErrorKind::kCredentials, "EC2 instance metadata: the instance has no role");
  if (!role) co_return fail(explain(kWho, role.error()));
  const std::string name(trim_ascii(role->body.substr(0, role->body.find('\n'))));
  if (name.empty())
    co_return fail(ErrorKind::kCredentials, "EC2 instance metadata: the instance has no role");

  CallSpec ask_keys = metadata_call("GetMetadataCredentials", *url,
                                    base + std::string(kRoles) + uri_encode(name), limit);
  ask_keys.headers.add("x-aws-ec2-metadata-token", header.reveal());
  auto keys = co_await call_service(context, std::move(ask_keys), judge_metadata, tries);
  if (!keys) co_return fail(explain(kWho, keys.error()));
  const Secret body(std::move(keys->body));
  CredentialsJson format;
  format.who = kWho;
  format.token_member = "Token";
  format.token_required = true;
  auto credentials = parse_credentials_json(body.reveal(), format);
  if (credentials) credentials->source = "EC2 instance role " + escape_for_display(name);
  co_return credentials;
}

}  // namespace s3ferry::aws
