#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/secret.h"
#include "base/time.h"

namespace s3ferry::aws {

// AWS Signature Version 4: what a client signs and what a server checks. Pure; sees only base.
// (Signing guide: "Create a signed AWS API request"; S3 API reference:
// sig-v4-authenticating-requests.)

inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
inline constexpr std::string_view kStreamingPayload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
inline constexpr std::string_view kEmptyPayloadSha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string sha256_hex(std::string_view bytes);

// How the path of the target becomes the canonical one.
enum class UriRules : std::uint8_t {
  kS3,            // as it is on the wire, encoded once, never normalised
  kNormalized,    // every other service: dot segments and double slashes removed, encoded again
  kUnnormalized,  // encoded again, nothing removed
};

using HeaderField = std::pair<std::string_view, std::string_view>;

// One request as it goes over the wire. All views outlive the call.
struct SigningRequest {
  std::string_view method;  // "GET"
  std::string_view host;    // the Host header's value
  std::string_view target;  // path, '?', query: the raw bytes that are sent
  // Without Host (ignored here); x-amz-date, x-amz-content-sha256 and x-amz-security-token are in
  // it already. Signed are all but those that proxies change (authorization, connection, expect,
  // transfer-encoding, user-agent, x-amzn-trace-id).
  std::span<const HeaderField> headers;
  std::string_view payload_hash;  // hex SHA-256 of the body, or kUnsignedPayload and its kin
  UriRules rules = UriRules::kS3;
};

struct SigningScope {
  std::string_view amz_date;  // "20260314T150926Z"
  std::string_view region;
  std::string_view service;
};

struct SigningKey {
  std::string_view access_key_id;
  const Secret& secret;
};

// The steps, for tests, vectors and the receiving side. `signed_headers` is "host;x-amz-date".
std::string signed_header_names(const SigningRequest& request);
std::string canonical_request(const SigningRequest& request, std::string_view signed_headers);
std::string string_to_sign(const SigningScope& scope, std::string_view canonical_request);

// Signs. Keeps derived keys (a few; wiped when it dies) and scratch buffers, so one is made per
// shard and used for all requests; about 1 µs a signature. Not thread-safe.
class Signer {
 public:
  Signer();
  ~Signer();
  Signer(Signer&&) noexcept;
  Signer& operator=(Signer&&) noexcept;

  // The value of the Authorization header.
  std::string authorization(const SigningRequest& request, const SigningScope& scope,
                            const SigningKey& key);
  // The target with the signature in its query (presigned). The token may be empty;
  // `token_signed` false adds it after signing, as some older services want.
  std::string presign(const SigningRequest& request, const SigningScope& scope,
                      const SigningKey& key, const Secret& token, std::int64_t expires_seconds,
                      bool token_signed = true);
  // The signature over exactly the headers named ("host;x-amz-date"); empty when one is missing.
  std::string signature_over(const SigningRequest& request, std::string_view signed_headers,
                             const SigningScope& scope, const SigningKey& key);
  // 64 hex digits over any string to sign.
  std::string signature(const SigningScope& scope, const SigningKey& key, std::string_view text);
  // aws-chunked bodies: the signature of one chunk after `previous` (the seed's at first), and of
  // the trailer's canonical lines ("name:value\n").
  std::string chunk_signature(const SigningScope& scope, const SigningKey& key,
                              std::string_view previous, std::string_view chunk);
  std::string trailer_signature(const SigningScope& scope, const SigningKey& key,
                                std::string_view previous, std::string_view trailer);
  // "20260314T150926Z"; the view is valid until the next call.
  std::string_view amz_date(WallTime time);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// What a received request says about its signature; the server recomputes and compares:
//   auto said = parse_authorization(...); … find the secret of said->access_key_id …
//   ok = verify(signer, request, *said, secret)
struct ReceivedSignature {
  std::string access_key_id;
  std::string date;  // "20260314"
  std::string region;
  std::string service;
  std::string signed_headers;
  std::string signature;
  std::string amz_date;               // presigned: from the query; else set it from x-amz-date
  std::int64_t expires_seconds = -1;  // presigned only
  std::string security_token;         // presigned only
  bool presigned = false;
};
// kInvalidRequest with a text for the answer when malformed.
Result<ReceivedSignature> parse_authorization(std::string_view value);
// True when the query has X-Amz-Signature (or X-Amz-Algorithm).
bool is_presigned(std::string_view target);
Result<ReceivedSignature> parse_presigned(std::string_view target);
// Recomputes over exactly the headers that `said` names (a named one that is missing fails) and
// compares in constant time. For a presigned target the signature's own parameter is left out.
bool verify(Signer& signer, const SigningRequest& request, const ReceivedSignature& said,
            const Secret& secret);
// The first x-amz-… header that the signature does not cover (S3 refuses such a request), or empty.
std::string_view first_unsigned_amz_header(const SigningRequest& request,
                                           std::string_view signed_headers);
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace s3ferry::aws
