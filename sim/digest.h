#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace s3ferry::sim {

// The additional checksums that S3 knows and this server computes (s3-facts.md §2).
enum class Checksum : std::uint8_t { kNone, kCrc32, kCrc32c, kCrc64Nvme, kSha1, kSha256 };

std::optional<Checksum> parse_checksum(std::string_view name);  // "CRC64NVME", any case
std::string_view to_string(Checksum checksum);                  // "CRC64NVME"
std::string_view header_of(Checksum checksum);                  // "x-amz-checksum-crc64nvme"
// The whole-object type exists only for the CRCs; a composite one for all but CRC64NVME.
bool is_crc(Checksum checksum);

// One digest over bytes that arrive in pieces.
class Digest {
 public:
  static std::unique_ptr<Digest> md5();
  static std::unique_ptr<Digest> of(Checksum checksum);  // not kNone
  virtual ~Digest() = default;
  virtual void update(std::string_view bytes) = 0;
  virtual std::string finish() = 0;  // raw, big-endian for the CRCs; once
};

std::string md5_of(std::string_view bytes);                          // 16 raw bytes
std::string checksum_of(Checksum checksum, std::string_view bytes);  // raw
std::string sha256_hex(std::string_view bytes);

// A fast mixing function; the formulas of synthetic content rest on it.
constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace s3ferry::sim
