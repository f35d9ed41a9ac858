#include "aws/sigv4.h"

#include <algorithm>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/evp.h>

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

// OpenSSL fails here only when memory or the provider itself is gone: nothing a caller could
// handle.
void require(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL: SHA-256 or HMAC is not available");
}

// An HMAC key as the two hash states after its padded blocks (RFC 2104), so that a signature starts
// from them: a quarter cheaper than EVP_MAC's own way.
struct HmacKey {
  MdCtxPtr inner, outer;
};

struct CachedKey {
  std::string access_key_id, date, region, service;
  std::string scope_text;  // as it is signed
  Secret secret;
  HmacKey hmac;

  bool is_for(const SigningScope& scope, const SigningKey& key) const {
    return scope.amz_date.substr(0, 8) == date && scope.region == region &&
           scope.service == service && key.access_key_id == access_key_id && key.secret == secret;
  }
};

std::string text_of(const SigningScope& scope) {
  std::string out;
  detail::append_scope(out, scope);
  return out;
}

void append_string_to_sign(std::string& out, std::string_view amz_date, std::string_view scope,
                           const Digest& hash) {
  out += kAlgorithm;
  (out += '\n') += amz_date;
  (out += '\n') += scope;
  out += '\n';
  detail::append_hex(out, hash);
}

}  // namespace

struct Signer::State {
  State()
      : md(EVP_MD_fetch(nullptr, "SHA256", nullptr)),
        digest(EVP_MD_CTX_new()),
        work(EVP_MD_CTX_new()) {
    require(md && digest && work && EVP_DigestInit_ex2(digest.get(), md.get(), nullptr) == 1);
  }

  Digest sha256(std::string_view bytes) {
    require(EVP_DigestInit_ex2(digest.get(), nullptr, nullptr) == 1);
    return finish(digest.get(), bytes);
  }

  static Digest finish(EVP_MD_CTX* ctx, std::string_view bytes) {
    Digest out;
    require(EVP_DigestUpdate(ctx, bytes.data(), bytes.size()) == 1 &&
            EVP_DigestFinal_ex(ctx, out.data(), nullptr) == 1);
    return out;
  }

  HmacKey keyed(std::string_view key) {
    constexpr std::size_t kBlock = 64;
    unsigned char block[kBlock] = {};
    Digest hashed;
    if (key.size() > kBlock) {
      hashed = sha256(key);
      key = {reinterpret_cast<const char*>(hashed.data()), hashed.size()};
    }
    std::copy(key.begin(), key.end(), block);
    const auto absorb = [&](unsigned char pad) {
      for (auto& byte : block) byte ^= pad;
      MdCtxPtr ctx(EVP_MD_CTX_new());
      require(ctx && EVP_DigestInit_ex2(ctx.get(), md.get(), nullptr) == 1 &&
              EVP_DigestUpdate(ctx.get(), block, kBlock) == 1);
      return ctx;
    };
    HmacKey out;
    out.inner = absorb(0x36);
    out.outer = absorb(0x36 ^ 0x5c);  // the inner pad is still in the block
    OPENSSL_cleanse(block, sizeof block);
    OPENSSL_cleanse(hashed.data(), hashed.size());
    return out;
  }

  Digest hmac(const HmacKey& key, std::string_view text) {
    require(EVP_MD_CTX_copy_ex(work.get(), key.inner.get()) == 1);
    const Digest inner = finish(work.get(), text);
    require(EVP_MD_CTX_copy_ex(work.get(), key.outer.get()) == 1);
    return finish(work.get(), {reinterpret_cast<const char*>(inner.data()), inner.size()});
  }

  const CachedKey& derived_key(const SigningScope& scope, const SigningKey& key) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (!keys[i].is_for(scope, key)) continue;
      if (i > 0) std::swap(keys[i], keys[i / 2]);  // what is used moves forward
      return keys[i / 2];
    }
    return derive(scope, key);
  }

  const CachedKey& derive(const SigningScope& scope, const SigningKey& key) {
    std::string start = "AWS4" + key.secret.reveal();
    HmacKey derived = keyed(start);
    OPENSSL_cleanse(start.data(), start.size());
    for (const std::string_view step : {scope.amz_date.substr(0, 8), scope.region, scope.service,
                                        std::string_view("aws4_request")}) {
      Digest next = hmac(derived, step);
      derived = keyed({reinterpret_cast<const char*>(next.data()), next.size()});
      OPENSSL_cleanse(next.data(), next.size());
    }
    if (keys.size() == kCachedKeys) keys.pop_back();
    keys.push_back({std::string(key.access_key_id), std::string(scope.amz_date.substr(0, 8)),
                    std::string(scope.region), std::string(scope.service), text_of(scope),
                    key.secret, std::move(derived)});
    return keys.back();
  }

  // The signature over canonical.text().
  Digest sign_canonical(std::string_view amz_date, const CachedKey& key) {
    to_sign.clear();
    append_string_to_sign(to_sign, amz_date, key.scope_text, sha256(canonical.text()));
    return hmac(key.hmac, to_sign);
  }

  MdPtr md;
  MdCtxPtr digest, work;
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
  const CachedKey& derived = state_->derived_key(scope, key);
  state_->canonical.build(request);
  const Digest signature = state_->sign_canonical(scope.amz_date, derived);
  const std::string_view names = state_->canonical.signed_headers();
  std::string out;
  out.reserve(kAlgorithm.size() + key.access_key_id.size() + derived.scope_text.size() +
              names.size() + 120);
  out += kAlgorithm;
  (out += " Credential=") += key.access_key_id;
  (out += '/') += derived.scope_text;
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
  const Digest signature = state_->sign_canonical(scope.amz_date, state_->derived_key(scope, key));
  if (!token.empty() && !token_signed) add_token();
  target += "&X-Amz-Signature=";
  detail::append_hex(target, signature);
  return target;
}

std::string Signer::signature_over(const SigningRequest& request, std::string_view signed_headers,
                                   const SigningScope& scope, const SigningKey& key) {
  std::string out;
  if (state_->canonical.build(request, signed_headers))
    detail::append_hex(out,
                       state_->sign_canonical(scope.amz_date, state_->derived_key(scope, key)));
  return out;
}

std::string Signer::signature(const SigningScope& scope, const SigningKey& key,
                              std::string_view text) {
  std::string out;
  detail::append_hex(out, state_->hmac(state_->derived_key(scope, key).hmac, text));
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
  append_string_to_sign(out, scope.amz_date, text_of(scope), hash);
  return out;
}

}  // namespace s3ferry::aws
