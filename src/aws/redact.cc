#include "aws/redact.h"

#include <algorithm>

#include "base/text.h"

namespace s3ferry::aws {
namespace {

constexpr std::string_view kHidden = "[hidden]";
constexpr std::size_t kShortestSecret = 8;
constexpr std::string_view kSecretParameters[] = {"x-amz-credential", "x-amz-security-token",
                                                  "x-amz-signature", "awsaccesskeyid", "signature"};
// Elements of S3's error bodies that hold what was signed, or with what.
constexpr std::string_view kSecretElements[] = {"StringToSign",
                                                "StringToSignBytes",
                                                "CanonicalRequest",
                                                "CanonicalRequestBytes",
                                                "AWSAccessKeyId",
                                                "SignatureProvided",
                                                "Token",
                                                "Token-0"};

void hide_all(std::string& text, std::string_view secret) {
  if (secret.size() < kShortestSecret) return;
  for (auto at = text.find(secret); at != std::string::npos;
       at = text.find(secret, at + kHidden.size()))
    text.replace(at, secret.size(), kHidden);
}

void hide_element(std::string& text, std::string_view name) {
  const std::string open = "<" + std::string(name) + ">", close = "</" + std::string(name) + ">";
  for (auto at = text.find(open); at != std::string::npos; at = text.find(open, at)) {
    at += open.size();
    const auto end = std::min(text.find(close, at), text.size());
    text.replace(at, end - at, kHidden);
  }
}

}  // namespace

std::string redact_target(std::string_view target) {
  const auto question = target.find('?');
  if (question == std::string_view::npos) return std::string(target);
  std::string out(target.substr(0, question + 1));
  const std::string_view query = target.substr(question + 1);
  for (std::size_t at = 0; at <= query.size();) {
    const std::size_t end = std::min(query.find('&', at), query.size());
    const std::string_view piece = query.substr(at, end - at);
    const std::string_view name = piece.substr(0, piece.find('='));
    const bool secret =
        std::any_of(std::begin(kSecretParameters), std::end(kSecretParameters),
                    [&](std::string_view hidden) { return iequals_ascii(hidden, name); });
    if (at > 0) out += '&';
    if (secret)
      ((out += name) += '=') += kHidden;
    else
      out += piece;
    at = end + 1;
  }
  return out;
}

std::string redact_quoted(std::string text) {
  for (const std::string_view name : {"X-Amz-Signature=", "X-Amz-Credential=",
                                      "X-Amz-Security-Token=", "Signature=", "Credential="}) {
    for (auto at = text.find(name); at != std::string::npos;
         at = text.find(name, at + name.size())) {
      const auto from = at + name.size();
      const auto to = std::min(text.find_first_of("& ,\"'<\n", from), text.size());
      text.replace(from, to - from, kHidden);
    }
  }
  for (const std::string_view prefix : {"AKIA", "ASIA"}) {
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at + 4)) {
      auto to = at;
      while (to < text.size() &&
             ((text[to] >= 'A' && text[to] <= 'Z') || (text[to] >= '0' && text[to] <= '9')))
        ++to;
      if (to - at >= 16) text.replace(at, to - at, kHidden);
    }
  }
  return text;
}

std::string redact_text(std::string text, std::initializer_list<std::string_view> secrets) {
  text = redact_quoted(std::move(text));
  for (const auto name : kSecretElements) hide_element(text, name);
  for (const auto secret : secrets) hide_all(text, secret);
  return text;
}

Error redact_error(Error error, std::initializer_list<std::string_view> secrets) {
  std::string message = redact_text(error.message(), secrets);
  std::string code = redact_text(error.code(), secrets);
  std::string request_id = redact_text(error.request_id(), secrets);
  return std::move(error)
      .with_message(std::move(message))
      .with_code(std::move(code))
      .with_request_id(std::move(request_id));
}

}  // namespace s3ferry::aws
