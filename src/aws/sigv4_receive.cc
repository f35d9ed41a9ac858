#include <algorithm>

#include <openssl/crypto.h>

#include "aws/sigv4.h"
#include "aws/sigv4_canonical.h"
#include "base/text.h"

namespace s3ferry::aws {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

tl::unexpected<Error> malformed(std::string why) {
  return fail(ErrorKind::kInvalidRequest, "the signature is malformed: " + std::move(why));
}

// "AKID/20260314/eu-west-1/s3/aws4_request"; the key id may itself hold slashes.
bool split_credential(std::string_view text, ReceivedSignature& out) {
  std::string_view parts[4];
  for (int i = 3; i >= 0; --i) {
    const auto slash = text.rfind('/');
    if (slash == std::string_view::npos) return false;
    parts[i] = text.substr(slash + 1);
    text = text.substr(0, slash);
  }
  if (text.empty() || parts[3] != "aws4_request" || parts[0].size() != 8) return false;
  out.access_key_id = text;
  out.date = parts[0];
  out.region = parts[1];
  out.service = parts[2];
  return true;
}

bool is_signature(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Status check(const ReceivedSignature& said) {
  if (said.access_key_id.empty()) return malformed("Credential is missing or not a scope");
  if (!is_signature(said.signature)) return malformed("Signature is missing or not 64 hex digits");
  // Without the host a signature could be replayed against another server.
  for (std::string_view rest = said.signed_headers; !rest.empty();) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    if (rest.substr(0, end) == "host") return {};
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return malformed("SignedHeaders does not name host");
}

}  // namespace

Result<ReceivedSignature> parse_authorization(std::string_view value) {
  value = trim_ascii(value);
  if (!value.starts_with(kAlgorithm) || value.size() == kAlgorithm.size() ||
      value[kAlgorithm.size()] != ' ')
    return malformed("only AWS4-HMAC-SHA256 is understood");
  value.remove_prefix(kAlgorithm.size());
  ReceivedSignature said;
  for (std::size_t at = 0; at <= value.size();) {
    const std::size_t end = std::min(value.find(',', at), value.size());
    const std::string_view piece = trim_ascii(value.substr(at, end - at));
    at = end + 1;
    const std::size_t equals = std::min(piece.find('='), piece.size());
    const std::string_view name = piece.substr(0, equals);
    const std::string_view text = equals < piece.size() ? piece.substr(equals + 1) : "";
    if (name == "Credential" && !split_credential(text, said))
      return malformed("Credential is not a scope");
    if (name == "SignedHeaders") said.signed_headers = text;
    if (name == "Signature") said.signature = text;
  }
  if (Status ok = check(said); !ok) return fail(std::move(ok.error()));
  return said;
}

bool is_presigned(std::string_view target) {
  const auto question = target.find('?');
  if (question == std::string_view::npos) return false;
  const std::string query = "&" + std::string(target.substr(question + 1));
  return query.find("&X-Amz-Signature=") != std::string::npos ||
         query.find("&X-Amz-Algorithm=") != std::string::npos;
}

Result<ReceivedSignature> parse_presigned(std::string_view target) {
  ReceivedSignature said;
  said.presigned = true;
  const std::size_t question = std::min(target.find('?'), target.size());
  std::string_view query = target.substr(question);
  if (!query.empty()) query.remove_prefix(1);
  bool algorithm = false;
  for (std::size_t at = 0; at <= query.size();) {
    const std::size_t end = std::min(query.find('&', at), query.size());
    const std::string_view piece = query.substr(at, end - at);
    at = end + 1;
    const std::size_t equals = std::min(piece.find('='), piece.size());
    const std::string_view name = piece.substr(0, equals);
    if (!name.starts_with("X-Amz-")) continue;
    const auto value = uri_decode(equals < piece.size() ? piece.substr(equals + 1) : "");
    if (!value) return malformed("an escape in the query is not %XX");
    if (name == "X-Amz-Algorithm") algorithm = *value == kAlgorithm;
    if (name == "X-Amz-Credential" && !split_credential(*value, said))
      return malformed("X-Amz-Credential is not a scope");
    if (name == "X-Amz-Date") said.amz_date = *value;
    if (name == "X-Amz-SignedHeaders") said.signed_headers = *value;
    if (name == "X-Amz-Signature") said.signature = *value;
    if (name == "X-Amz-Security-Token") said.security_token = *value;
    if (name == "X-Amz-Expires") {
      const auto seconds = parse_u64(*value);
      if (!seconds || *seconds > 604'800) return malformed("X-Amz-Expires is not 0 to 604800");
      said.expires_seconds = static_cast<std::int64_t>(*seconds);
    }
  }
  if (!algorithm) return malformed("only AWS4-HMAC-SHA256 is understood");
  if (said.expires_seconds < 0) return malformed("X-Amz-Expires is missing");
  if (!parse_amz_date(said.amz_date)) return malformed("X-Amz-Date is missing or not a time");
  if (Status ok = check(said); !ok) return fail(std::move(ok.error()));
  return said;
}

bool verify(Signer& signer, const SigningRequest& request, const ReceivedSignature& said,
            const Secret& secret) {
  if (said.amz_date.substr(0, 8) != said.date) return false;
  const SigningScope scope{said.amz_date, said.region, said.service};
  const SigningKey key{said.access_key_id, secret};
  const std::string expected = signer.signature_over(request, said.signed_headers, scope, key);
  return !expected.empty() && equal_in_constant_time(expected, said.signature);
}

std::string_view first_unsigned_amz_header(const SigningRequest& request,
                                           std::string_view signed_headers) {
  for (const auto& [name, value] : request.headers) {
    if (!starts_with_ignoring_case(name, "x-amz-")) continue;
    bool found = false;
    for (std::string_view rest = signed_headers; !rest.empty() && !found;) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      found = iequals_ascii(rest.substr(0, end), name);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (!found) return name;
  }
  return {};
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace s3ferry::aws
