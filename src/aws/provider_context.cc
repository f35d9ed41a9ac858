#include "aws/provider_context.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace s3ferry::aws {
namespace {

constexpr std::size_t kShortestSecret = 6;  // an MFA code

// Does `message` hold the value of a field of this form ("a=b&c=d")?
bool quotes_form(std::string_view form, std::string_view message) {
  while (!form.empty()) {
    const std::size_t end = std::min(form.find('&'), form.size());
    const std::string_view field = form.substr(0, end);
    const std::size_t equals = field.find('=');
    const std::string_view name = field.substr(0, equals);
    const bool is_public = name == "Action" || name == "Version" || name == "RoleArn" ||
                           name == "RoleSessionName" || name == "DurationSeconds";
    if (!is_public && equals != std::string_view::npos) {
      const auto value = uri_decode(field.substr(equals + 1), true);
      if (value && value->size() >= kShortestSecret &&
          message.find(*value) != std::string_view::npos)
        return true;
    }
    form.remove_prefix(std::min(end + 1, form.size()));
  }
  return false;
}

// The same for a flat JSON object.
bool quotes_json(const std::string& text, std::string_view message) {
  const auto object = nlohmann::json::parse(text, nullptr, false);
  if (!object.is_object()) return true;
  for (const auto& [name, value] : object.items()) {
    const auto* held = value.get_ptr<const std::string*>();
    if (held != nullptr && held->size() >= kShortestSecret && name != "grantType" &&
        message.find(*held) != std::string_view::npos)
      return true;
  }
  return false;
}

bool quotes_headers(const http::Headers& headers, std::string_view message) {
  for (const auto& [name, value] : headers)
    if (value.size() >= kShortestSecret && !iequals_ascii(name, "content-type") &&
        !iequals_ascii(name, "accept") && message.find(value) != std::string_view::npos)
      return true;
  return false;
}

}  // namespace

std::string safe_service_message(const CallSpec& spec, std::string_view code,
                                 std::string_view message) {
  constexpr std::size_t kLongest = 300;
  // These echo the canonical request, which holds the session token.
  if (code == "SignatureDoesNotMatch" || code == "IncompleteSignature" ||
      message.find("anonical") != std::string_view::npos)
    return {};
  if (message.size() > kLongest || quotes_headers(spec.headers, message)) return {};
  const bool is_json = !spec.body.empty() && spec.body[0] == '{';
  if (is_json ? quotes_json(spec.body, message) : quotes_form(spec.body, message)) return {};
  return escape_for_display(trim_ascii(message));
}

Task<Result<Answer>> call_service(ProviderContext& context, CallSpec spec, Judge judge,
                                  int max_attempts, const Credentials* credentials) {
  const auto provider = static_credentials(credentials != nullptr ? *credentials : Credentials());
  spec.anonymous = credentials == nullptr;
  spec.body_limit = 256 * kKiB;
  CallerOptions options;
  options.retry.max_attempts = max_attempts;
  Caller caller(context.runtime, context.transport, *provider, context.budget, options);
  co_return co_await caller.call(std::move(spec), judge);
}

}  // namespace s3ferry::aws
