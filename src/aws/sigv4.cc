#include "aws/sigv4.h"

#include <stdexcept>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "aws/sigv4_canonical.h"
#include "base/text.h"

namespace s3ferry::aws {
namespace {

using detail::Digest;

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t kCachedKeys = 16;

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* p) const { Free(p); }
};
using MdPtr = std::unique_ptr<EVP_MD, Freed<EVP_MD, EVP_MD_free>>;
using MdCtxPtr = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX, EVP_MD_CTX_free>>;
using MacPtr = std::unique_ptr<EVP_MAC, Freed<EVP_MAC, EVP_MAC_free>>;
using MacCtxPtr = std::unique_ptr<EVP_MAC_CTX, Freed<EVP_MAC_CTX, EVP_MAC_CTX_free>>;

// OpenSSL fails here only when memory or the provider itself is gone: nothing a caller could
// handle.
void require(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL: SHA-256 or HMAC is not available");
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

struct CachedKey {
  std::string access_key_id, date, region, service;
  Secret secret;
  MacCtxPtr mac;  // holds the derived key

  bool is_for(const SigningScope& scope, const SigningKey& key) const {
    return scope.amz_date.substr(0, 8) == date && scope.region == region &&
           scope.service == service && key.access_key_id == access_key_id && key.secret == secret;
  }
};

void append_string_to_sign(std::string& out, const SigningScope& scope, const Digest& hash) {
  out += kAlgorithm;
  (out += '\n') += scope.amz_date;
  out += '\n';
  detail::append_scope(out, scope);
  out += '\n';
  detail::append_hex(out, hash);
}

}  // namespace

struct Signer::State {
  State()
      : md(EVP_MD_fetch(nullptr, "SHA256", nullptr)), mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr)) {
    digest.reset(EVP_MD_CTX_new());
    require(md && mac && digest && EVP_DigestInit_ex2(digest.get(), md.get(), nullptr) == 1);
  }

  Digest sha256(std::string_view bytes) {
    Digest out;
    require(EVP_DigestInit_ex2(digest.get(), nullptr, nullptr) == 1 &&
            EVP_DigestUpdate(digest.get(), bytes.data(), bytes.size()) == 1 &&
            EVP_DigestFinal_ex(digest.get(), out.data(), nullptr) == 1);
    return out;
  }

  MacCtxPtr keyed(const unsigned char* key, std::size_t size) {
    MacCtxPtr ctx(EVP_MAC_CTX_new(mac.get()));
    char name[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end()};
    require(ctx && EVP_MAC_init(ctx.get(), key, size, parameters) == 1);
    return ctx;
  }

  static Digest hmac(EVP_MAC_CTX* ctx, std::string_view text) {
    Digest out;
    std::size_t size = 0;
    // Without a key the context starts again with the one it has.
    require(EVP_MAC_init(ctx, nullptr, 0, nullptr) == 1 &&
            EVP_MAC_update(ctx, bytes_of(text), text.size()) == 1 &&
            EVP_MAC_final(ctx, out.data(), &size, out.size()) == 1);
    return out;
  }

  EVP_MAC_CTX* derived_key(const SigningScope& scope, const SigningKey& key) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (!keys[i].is_for(scope, key)) continue;
      if (i > 0) std::swap(keys[i], keys[i / 2]);  // what is used moves forward
      return keys[i / 2].mac.get();
    }
    return derive(scope, key);
  }

  EVP_MAC_CTX* derive(const SigningScope& scope, const SigningKey& key) {
    std::string start = "AWS4" + key.secret.reveal();
    MacCtxPtr ctx = keyed(bytes_of(start), start.size());
    OPENSSL_cleanse(start.data(), start.size());
    for (const std::string_view step : {scope.amz_date.substr(0, 8), scope.region, scope.service,
                                        std::string_view("aws4_request")}) {
      Digest next = hmac(ctx.get(), step);
      ctx = keyed(next.data(), next.size());
      OPENSSL_cleanse(next.data(), next.size());
    }
    if (keys.size() == kCachedKeys) keys.pop_back();
    keys.push_back({std::string(key.access_key_id), std::string(scope.amz_date.substr(0, 8)),
                    std::string(scope.region), std::string(scope.service), key.secret,
                    std::move(ctx)});
    return keys.back().mac.get();
  }

  // The signature over canonical.text().
  Digest sign_canonical(const SigningScope& scope, const SigningKey& key) {
    to_sign.clear();
    append_string_to_sign(to_sign, scope, sha256(canonical.text()));
    return hmac(derived_key(scope, key), to_sign);
  }

  MdPtr md;
  MacPtr mac;
  MdCtxPtr digest;
  std::vector<CachedKey> keys;
  detail::Canonicalizer canonical;
  std::string to_sign, date_text;
  std::chrono::sys_seconds date_second{std::chrono::seconds(-1)};
};

Signer::Signer() : state_(std::make_unique<State>()) {}
Signer::~Signer() = default;
Signer::Signer(Signer&&) noexcept = default;
Signer& Signer::operator=(Signer&&) noexcept = default;

std::string Signer::authorization(const SigningRequest& request, const SigningScope& scope,
                                  const SigningKey& key) {
  state_->canonical.build(request);
  const Digest signature = state_->sign_canonical(scope, key);
  const std::string_view names = state_->canonical.signed_headers();
  std::string out;
  out.reserve(kAlgorithm.size() + key.access_key_id.size() + scope.region.size() +
              scope.service.size() + names.size() + 140);
  out += kAlgorithm;
  (out += " Credential=") += key.access_key_id;
  out += '/';
  detail::append_scope(out, scope);
  (out += ", SignedHeaders=") += names;
  out += ", Signature=";
  detail::append_hex(out, signature);
  return out;
}

std::string Signer::presign(const SigningRequest& request, const SigningScope& scope,
                            const SigningKey& key, const Secret& token,
                            std::int64_t expires_seconds, bool token_signed) {
  std::string credential(key.access_key_id);
  credential += '/';
  detail::append_scope(credential, scope);
  std::string target(request.target);
  target += target.find('?') == std::string::npos ? '?' : '&';
  target += "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=";
  append_uri_encoded(target, credential);
  (target += "&X-Amz-Date=") += scope.amz_date;
  target += "&X-Amz-SignedHeaders=";
  append_uri_encoded(target, signed_header_names(request));
  target += "&X-Amz-Expires=" + std::to_string(expires_seconds);
  const auto add_token = [&] {
    target += "&X-Amz-Security-Token=";
    append_uri_encoded(target, token.reveal());
  };
  if (!token.empty() && token_signed) add_token();
  SigningRequest with_query = request;
  with_query.target = target;
  state_->canonical.build(with_query);
  const Digest signature = state_->sign_canonical(scope, key);
  if (!token.empty() && !token_signed) add_token();
  target += "&X-Amz-Signature=";
  detail::append_hex(target, signature);
  return target;
}

std::string Signer::signature_over(const SigningRequest& request, std::string_view signed_headers,
                                   const SigningScope& scope, const SigningKey& key) {
  std::string out;
  if (state_->canonical.build(request, signed_headers))
    detail::append_hex(out, state_->sign_canonical(scope, key));
  return out;
}

std::string Signer::signature(const SigningScope& scope, const SigningKey& key,
                              std::string_view text) {
  std::string out;
  detail::append_hex(out, State::hmac(state_->derived_key(scope, key), text));
  return out;
}

std::string Signer::chunk_signature(const SigningScope& scope, const SigningKey& key,
                                    std::string_view previous, std::string_view chunk) {
  std::string text = "AWS4-HMAC-SHA256-PAYLOAD\n";
  (text += scope.amz_date) += '\n';
  detail::append_scope(text, scope);
  ((text += '\n') += previous) += '\n';
  (text += kEmptyPayloadSha256) += '\n';
  detail::append_hex(text, state_->sha256(chunk));
  return signature(scope, key, text);
}

std::string Signer::trailer_signature(const SigningScope& scope, const SigningKey& key,
                                      std::string_view previous, std::string_view trailer) {
  std::string text = "AWS4-HMAC-SHA256-TRAILER\n";
  (text += scope.amz_date) += '\n';
  detail::append_scope(text, scope);
  ((text += '\n') += previous) += '\n';
  detail::append_hex(text, state_->sha256(trailer));
  return signature(scope, key, text);
}

std::string_view Signer::amz_date(WallTime time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  if (second != state_->date_second) {
    state_->date_second = second;
    state_->date_text = format_amz_date(time);
  }
  return state_->date_text;
}

std::string sha256_hex(std::string_view bytes) {
  Digest digest;
  require(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) ==
          1);
  std::string out;
  detail::append_hex(out, digest);
  return out;
}

std::string signed_header_names(const SigningRequest& request) {
  detail::Canonicalizer canonical;
  canonical.build(request);
  return std::string(canonical.signed_headers());
}

std::string canonical_request(const SigningRequest& request, std::string_view signed_headers) {
  detail::Canonicalizer canonical;
  return canonical.build(request, signed_headers) ? canonical.text() : std::string();
}

std::string string_to_sign(const SigningScope& scope, std::string_view canonical_request) {
  Digest hash;
  require(EVP_Digest(canonical_request.data(), canonical_request.size(), hash.data(), nullptr,
                     EVP_sha256(), nullptr) == 1);
  std::string out;
  append_string_to_sign(out, scope, hash);
  return out;
}

}  // namespace s3ferry::aws
