#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"
#include "sim/digest.h"

namespace s3ferry::sim {

// An object's bytes: in memory, by a formula that can be read at any offset (so 5 GiB cost
// nothing), or pieces of both as a multipart upload joins them. A value; copies share the bytes.
//
// Formula content up to kExactBytes has the true digests of its bytes. Beyond that, and where the
// object itself stands in a synthetic bucket, it is "declared": its digests follow from seed,
// offset and length. Equal content still has equal digests, and a multipart ETag can still be
// reproduced from the same cuts; only hashing the delivered bytes gives something else.
class Content {
 public:
  static constexpr ByteCount kExactBytes = 64 * kMiB;

  Content() = default;
  static Content of_bytes(std::string bytes);
  static Content formula(std::uint64_t seed, ByteCount size, bool declared = false);
  // Bytes that were not kept (DigestedBody), with their digests, both raw; they read as zeros.
  static Content digested(ByteCount size, std::string md5, std::string crc64nvme);
  static Content join(const std::vector<Content>& parts);

  ByteCount size() const { return size_; }
  Content slice(ByteCount offset, ByteCount length) const;                // within size()
  void read(ByteCount offset, ByteCount length, std::string& out) const;  // appends
  std::string bytes() const;                                              // all of it

  std::string md5() const;                         // 16 raw bytes
  std::string checksum(Checksum algorithm) const;  // raw

  // The MD5 that declared content of that seed and size claims, as two numbers.
  static void declared_md5(std::uint64_t seed, ByteCount size, std::uint64_t& high,
                           std::uint64_t& low);

 private:
  struct Kept {
    std::string md5, crc64nvme;
  };
  struct Piece {
    std::shared_ptr<const std::string> memory;  // null: formula
    std::uint64_t seed = 0;
    ByteCount offset = 0, length = 0;
    bool declared = false;
    std::shared_ptr<const Kept> kept;  // instead of bytes: digests of the whole piece
  };
  void append(const Piece& piece);
  bool declared() const;
  std::string declared_digest(std::uint64_t salt, std::size_t size) const;
  void digest_into(Digest& digest) const;
  template <class Visit>
  void for_each_piece(const Visit& visit) const;

  Piece only_;                                        // while there is one piece
  std::shared_ptr<const std::vector<Piece>> pieces_;  // instead, when there are more
  ByteCount size_ = 0;
};

}  // namespace s3ferry::sim
