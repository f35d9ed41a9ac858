#include "http/certificate.h"

#include <memory>

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace s3ferry::http {
namespace {

template <auto free_function>
struct Free {
  template <class T>
  void operator()(T* p) const {
    free_function(p);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;

constexpr long kTenYearsSeconds = 10L * 365 * 24 * 3600;

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// Without its extensions and signature.
Certificate blank_certificate(EVP_PKEY* key, const char* name) {
  Certificate certificate(X509_new());
  if (!certificate) return nullptr;
  unsigned char serial[8];
  if (RAND_bytes(serial, sizeof serial) != 1) return nullptr;
  std::uint64_t number = 0;
  for (const unsigned char byte : serial) number = number << 8 | byte;
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), number >> 1 | 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kTenYearsSeconds);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

std::string names_extension(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    unsigned char bytes[16];
    const bool ip = inet_pton(AF_INET, name.c_str(), bytes) == 1 ||
                    inet_pton(AF_INET6, name.c_str(), bytes) == 1;
    if (!out.empty()) out += ',';
    out += (ip ? "IP:" : "DNS:") + name;
  }
  return out;
}

template <class Write>
std::string to_pem(Write write) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || write(bio.get()) != 1) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string certificate_pem(X509* certificate) {
  return to_pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

}  // namespace

Result<ThrowawayCertificate> make_throwaway_certificate(const std::vector<std::string>& names) {
  auto failed = [] { return fail(ErrorKind::kTls, "no throwaway certificate could be made"); };
  const Key authority_key(EVP_EC_gen("P-256")), key(EVP_EC_gen("P-256"));
  if (!authority_key || !key || names.empty()) return failed();
  const Certificate authority =
      blank_certificate(authority_key.get(), "s3ferry throwaway authority");
  const Certificate server = blank_certificate(key.get(), "s3ferry throwaway server");
  if (!authority || !server) return failed();
  X509_set_issuer_name(authority.get(), X509_get_subject_name(authority.get()));
  X509_set_issuer_name(server.get(), X509_get_subject_name(authority.get()));
  const bool made =
      add_extension(authority.get(), authority.get(), NID_basic_constraints, "critical,CA:TRUE") &&
      add_extension(authority.get(), authority.get(), NID_key_usage, "critical,keyCertSign") &&
      add_extension(authority.get(), authority.get(), NID_subject_key_identifier, "hash") &&
      add_extension(server.get(), authority.get(), NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(server.get(), authority.get(), NID_ext_key_usage, "serverAuth") &&
      add_extension(server.get(), authority.get(), NID_authority_key_identifier, "keyid") &&
      add_extension(server.get(), authority.get(), NID_subject_alt_name, names_extension(names)) &&
      X509_sign(authority.get(), authority_key.get(), EVP_sha256()) > 0 &&
      X509_sign(server.get(), authority_key.get(), EVP_sha256()) > 0;
  if (!made) return failed();
  ThrowawayCertificate out;
  out.authority = certificate_pem(authority.get());
  out.certificate = certificate_pem(server.get());
  out.key = to_pem([&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return out;
}

}  // namespace s3ferry::http
