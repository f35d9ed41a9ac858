#include "sim/auth.h"

#include <charconv>
#include <chrono>
#include <span>

#include <fmt/format.h>

#include "base/text.h"
#include "sim/digest.h"

namespace s3ferry::sim {
namespace {

constexpr auto kSkewLimit = std::chrono::minutes(15);

ServiceError malformed_region(const std::string& said, const std::string& wanted) {
  return service_error("AuthorizationHeaderMalformed")
      .saying(fmt::format("The authorization header is malformed; the region '{}' is wrong; "
                          "expecting '{}'",
                          said, wanted))
      .with("Region", wanted)
      .with_header("x-amz-bucket-region", wanted);
}

ServiceError redirect(const Call& call) {
  const std::string& region = call.bucket->region;
  return service_error("PermanentRedirect")
      .with("Endpoint", fmt::format("{}.s3.{}.amazonaws.com", call.bucket->name, region))
      .with("Bucket", call.bucket->name)
      .with_header("x-amz-bucket-region", region);
}

Outcome<void> check_region(const State& state, const Call& call, const std::string& region) {
  if (!call.endpoint_region.empty() && region != call.endpoint_region)
    return refuse(malformed_region(region, call.endpoint_region));
  if (call.bucket == nullptr || call.operation == Operation::kGetBucketLocation) return {};
  if (!call.endpoint_region.empty()) {
    if (call.endpoint_region != call.bucket->region) return refuse(redirect(call));
    return {};
  }
  if (region == call.bucket->region) return {};
  if (state.redirect_wrong_region) return refuse(redirect(call));
  return refuse(malformed_region(region, call.bucket->region));
}

Outcome<void> check_clock(const Call& call, const aws::ReceivedSignature& said,
                          std::string_view amz_date) {
  const auto time = parse_amz_date(amz_date);
  if (!time)
    return refuse("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header");
  if (said.presigned) {
    if (call.now > *time + std::chrono::seconds(said.expires_seconds))
      return refuse("AccessDenied", "Request has expired");
  } else if (call.now - *time > kSkewLimit || *time - call.now > kSkewLimit) {
    return refuse(service_error("RequestTimeTooSkewed")
                      .with("RequestTime", std::string(amz_date))
                      .with("ServerTime", format_iso8601(call.now))
                      .with("MaxAllowedSkewMilliseconds", "900000"));
  }
  return {};
}

Outcome<void> check_token(const Call& call, const AccessKey& key, std::string_view token) {
  if (key.session_token.reveal() != token) return refuse("InvalidToken");
  if (key.expires && call.now >= *key.expires) return refuse("ExpiredToken");
  return {};
}

Outcome<void> check_body(const Call& call, std::string_view payload_hash) {
  if (payload_hash.size() != 64) return {};  // UNSIGNED-PAYLOAD and its kin
  if (call.body.empty() && payload_hash == aws::kEmptyPayloadSha256) return {};
  if (sha256_hex(call.body) == payload_hash) return {};
  return refuse("XAmzContentSHA256Mismatch");
}

Outcome<void> check_signature(State& state, const Call& call, const aws::ReceivedSignature& said,
                              std::string_view payload_hash) {
  const http::Headers& headers = call.request.headers;
  const std::string authority = call.request.origin.authority();
  aws::SigningRequest request;
  request.method = http::to_string(call.request.method);
  request.host = call.header("host").value_or(authority);
  request.target = call.request.target;
  const std::vector<aws::HeaderField> fields(headers.begin(), headers.end());
  request.headers = fields;
  request.payload_hash = payload_hash;
  request.rules = said.service == "s3" ? aws::UriRules::kS3 : aws::UriRules::kNormalized;
  const std::string_view loose = aws::first_unsigned_amz_header(request, said.signed_headers);
  if (!loose.empty() && said.service == "s3")
    return refuse(service_error("AccessDenied")
                      .saying("There were headers present in the request which were not signed")
                      .with("HeadersNotSigned", std::string(loose)));
  if (aws::verify(state.signer, request, said, call.access_key->secret)) return {};
  return refuse(service_error("SignatureDoesNotMatch").with("AWSAccessKeyId", said.access_key_id));
}

}  // namespace

Outcome<void> authenticate(State& state, Call& call) {
  const auto header = call.header("authorization");
  const bool presigned = !header && aws::is_presigned(call.request.target);
  if (!header && !presigned) {
    if (call.bucket == nullptr && call.bucket_name.empty()) return refuse("AccessDenied");
    return {};
  }
  Result<aws::ReceivedSignature> said =
      presigned ? aws::parse_presigned(call.request.target) : aws::parse_authorization(*header);
  if (!said) return refuse("AuthorizationHeaderMalformed", said.error().message());
  const auto found = state.keys.find(said->access_key_id);
  if (found == state.keys.end())
    return refuse(service_error("InvalidAccessKeyId").with("AWSAccessKeyId", said->access_key_id));
  call.access_key = found->second.get();
  call.principal = call.access_key->principal;
  if (!state.check_signatures) return {};

  if (!presigned) said->amz_date = std::string(call.header("x-amz-date").value_or(""));
  if (auto fine = check_region(state, call, said->region); !fine) return fine;
  if (auto fine = check_clock(call, *said, said->amz_date); !fine) return fine;
  const std::string_view token = presigned ? std::string_view(said->security_token)
                                           : call.header("x-amz-security-token").value_or("");
  if (auto fine = check_token(call, *call.access_key, token); !fine) return fine;
  std::string computed;
  std::string_view hash = call.header("x-amz-content-sha256").value_or("");
  if (presigned) {
    hash = aws::kUnsignedPayload;
  } else if (hash.empty()) {
    if (said->service == "s3")
      return refuse("InvalidRequest",
                    "Missing required header for this request: x-amz-content-sha256");
    computed = sha256_hex(call.body);
    hash = computed;
  }
  if (auto fine = check_signature(state, call, *said, hash); !fine) return fine;
  return check_body(call, hash);
}

Outcome<void> decode_streaming_body(Call& call) {
  if (!call.header("x-amz-content-sha256").value_or("").starts_with("STREAMING-")) return {};
  std::string_view framed = call.body;
  std::string plain;
  while (true) {
    const std::size_t end = framed.find("\r\n");
    if (end == std::string_view::npos) return refuse("IncompleteBody");
    std::string_view size_text = framed.substr(0, std::min(end, framed.find(';')));
    std::size_t size = 0;
    const auto parsed =
        std::from_chars(size_text.data(), size_text.data() + size_text.size(), size, 16);
    if (parsed.ec != std::errc()) return refuse("IncompleteBody");
    framed.remove_prefix(end + 2);
    if (size == 0) break;
    if (framed.size() < size + 2) return refuse("IncompleteBody");
    plain.append(framed.substr(0, size));
    framed.remove_prefix(size + 2);
  }
  // The trailer's fields count as the request's own.
  while (true) {
    const std::size_t end = framed.find("\r\n");
    const std::string_view line = framed.substr(0, end);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) break;
    call.request.headers.add(to_lower_ascii(line.substr(0, colon)),
                             std::string(trim_ascii(line.substr(colon + 1))));
    if (end == std::string_view::npos) break;
    framed.remove_prefix(end + 2);
  }
  if (const auto length = call.header("x-amz-decoded-content-length"))
    if (parse_u64(*length) != plain.size()) return refuse("IncompleteBody");
  call.body = std::move(plain);
  return {};
}

}  // namespace s3ferry::sim
