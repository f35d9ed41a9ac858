#include "sim/digest.h"

#include <array>

#include <openssl/evp.h>

#include "base/text.h"

namespace s3ferry::sim {
namespace {

// A reflected CRC of 32 or 64 bits, sixteen bytes a step. All three start and end inverted.
template <class Word>
struct CrcTable {
  std::array<std::array<Word, 256>, 16> t{};
  constexpr explicit CrcTable(Word polynomial) {
    for (unsigned i = 0; i < 256; ++i) {
      Word value = static_cast<Word>(i);
      for (int bit = 0; bit < 8; ++bit)
        value = static_cast<Word>((value >> 1) ^ ((value & 1) != 0 ? polynomial : 0));
      t[0][i] = value;
    }
    for (std::size_t slice = 1; slice < t.size(); ++slice)
      for (unsigned i = 0; i < 256; ++i)
        t[slice][i] = static_cast<Word>((t[slice - 1][i] >> 8) ^ t[0][t[slice - 1][i] & 0xff]);
  }
};
const CrcTable<std::uint32_t> kCrc32Table(0xedb88320U);
const CrcTable<std::uint32_t> kCrc32cTable(0x82f63b78U);
const CrcTable<std::uint64_t> kCrc64Table(0x9a6c9329ac4bc9b5ULL);

template <class Word>
class Crc final : public Digest {
 public:
  explicit Crc(const CrcTable<Word>& table) : table_(table) {}
  void update(std::string_view bytes) override {
    const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
    std::size_t left = bytes.size();
    for (; left >= 16; left -= 16, p += 16) {
      const std::uint64_t first = word_at(p) ^ state_, second = word_at(p + 8);
      Word next = 0;
      for (std::size_t i = 0; i < 8; ++i)
        next = static_cast<Word>(next ^ table_.t[15 - i][(first >> (8 * i)) & 0xff] ^
                                 table_.t[7 - i][(second >> (8 * i)) & 0xff]);
      state_ = next;
    }
    for (; left > 0; --left, ++p)
      state_ = static_cast<Word>((state_ >> 8) ^ table_.t[0][(state_ ^ *p) & 0xff]);
  }
  std::string finish() override {
    const Word value = static_cast<Word>(~state_);
    std::string out(sizeof(Word), '\0');
    for (std::size_t i = 0; i < sizeof(Word); ++i)
      out[i] = static_cast<char>((value >> (8 * (sizeof(Word) - 1 - i))) & 0xff);
    return out;
  }

 private:
  static std::uint64_t word_at(const unsigned char* p) {  // little-endian
    std::uint64_t word = 0;
    for (int i = 7; i >= 0; --i) word = (word << 8) | p[i];
    return word;
  }
  const CrcTable<Word>& table_;
  Word state_ = static_cast<Word>(~Word{0});
};

class EvpDigest final : public Digest {
 public:
  explicit EvpDigest(const EVP_MD* method) : context_(EVP_MD_CTX_new()) {
    EVP_DigestInit_ex(context_, method, nullptr);
  }
  ~EvpDigest() override { EVP_MD_CTX_free(context_); }
  EvpDigest(const EvpDigest&) = delete;
  EvpDigest& operator=(const EvpDigest&) = delete;
  void update(std::string_view bytes) override {
    EVP_DigestUpdate(context_, bytes.data(), bytes.size());
  }
  std::string finish() override {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(context_, out, &size);
    return std::string(reinterpret_cast<const char*>(out), size);
  }

 private:
  EVP_MD_CTX* context_;
};

constexpr std::array<std::string_view, 6> kNames = {"",          "CRC32", "CRC32C",
                                                    "CRC64NVME", "SHA1",  "SHA256"};
constexpr std::array<std::string_view, 6> kHeaders = {"",
                                                      "x-amz-checksum-crc32",
                                                      "x-amz-checksum-crc32c",
                                                      "x-amz-checksum-crc64nvme",
                                                      "x-amz-checksum-sha1",
                                                      "x-amz-checksum-sha256"};

}  // namespace

std::optional<Checksum> parse_checksum(std::string_view name) {
  for (std::size_t i = 1; i < kNames.size(); ++i)
    if (iequals_ascii(kNames[i], name)) return static_cast<Checksum>(i);
  return std::nullopt;
}
std::string_view to_string(Checksum checksum) {
  return kNames[static_cast<std::size_t>(checksum)];
}
std::string_view header_of(Checksum checksum) {
  return kHeaders[static_cast<std::size_t>(checksum)];
}
bool is_crc(Checksum checksum) {
  return checksum == Checksum::kCrc32 || checksum == Checksum::kCrc32c ||
         checksum == Checksum::kCrc64Nvme;
}

std::unique_ptr<Digest> Digest::md5() {
  return std::make_unique<EvpDigest>(EVP_md5());
}

std::unique_ptr<Digest> Digest::of(Checksum checksum) {
  switch (checksum) {
    case Checksum::kCrc32:
      return std::make_unique<Crc<std::uint32_t>>(kCrc32Table);
    case Checksum::kCrc32c:
      return std::make_unique<Crc<std::uint32_t>>(kCrc32cTable);
    case Checksum::kSha1:
      return std::make_unique<EvpDigest>(EVP_sha1());
    case Checksum::kSha256:
      return std::make_unique<EvpDigest>(EVP_sha256());
    case Checksum::kNone:
    case Checksum::kCrc64Nvme:
      break;
  }
  return std::make_unique<Crc<std::uint64_t>>(kCrc64Table);
}

std::string md5_of(std::string_view bytes) {
  auto digest = Digest::md5();
  digest->update(bytes);
  return digest->finish();
}

std::string checksum_of(Checksum checksum, std::string_view bytes) {
  auto digest = Digest::of(checksum);
  digest->update(bytes);
  return digest->finish();
}

std::string sha256_hex(std::string_view bytes) {
  return to_hex(checksum_of(Checksum::kSha256, bytes));
}

}  // namespace s3ferry::sim
