#include "aws/credentials_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace s3ferry::aws {
namespace {

std::string text_of(const nlohmann::json& object, std::string_view name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// The service's own word for what is wrong, fit to be shown.
bool is_code(std::string_view code) {
  return !code.empty() && code.size() <= 64 &&
         code.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") ==
             std::string_view::npos;
}

}  // namespace

Result<Credentials> parse_credentials_json(std::string_view text, const CredentialsJson& format) {
  const auto bad = [&format](std::string_view what) {
    return fail(ErrorKind::kCredentials, fmt::format("{} {}", format.who, what));
  };
  const auto object = nlohmann::json::parse(text, nullptr, false);
  if (!object.is_object()) return bad("gave something that is not a JSON object");
  const std::string code = text_of(object, "Code");
  if (!format.versioned && !code.empty() && code != "Success")
    return bad("gave no credentials" + (is_code(code) ? ": " + code : std::string()));
  if (format.versioned) {
    const auto version = object.find("Version");
    if (version == object.end() || !version->is_number_integer() || *version != 1)
      return bad("gave JSON without \"Version\": 1");
  }
  Credentials credentials;
  credentials.access_key_id = text_of(object, "AccessKeyId");
  credentials.secret_access_key = Secret(text_of(object, "SecretAccessKey"));
  credentials.session_token = Secret(text_of(object, format.token_member));
  credentials.account_id = text_of(object, "AccountId");
  if (credentials.access_key_id.empty()) return bad("gave no AccessKeyId");
  if (credentials.secret_access_key.empty()) return bad("gave no SecretAccessKey");
  const std::string expiration = text_of(object, "Expiration");
  if (!expiration.empty()) {
    credentials.expires = parse_iso8601(expiration);
    if (!credentials.expires) return bad("gave an Expiration that is not a time");
  }
  if (format.token_required && credentials.session_token.empty())
    return bad(fmt::format("gave no {}", format.token_member));
  if (format.token_required && !credentials.expires) return bad("gave no Expiration");
  return credentials;
}

}  // namespace s3ferry::aws
