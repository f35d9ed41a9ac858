#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/types.h"

namespace s3ferry::s3 {

// CRC-64/NVME, the checksum that S3 gives every object by itself: polynomial 0xAD93D23594C93659,
// reflected, begun and ended inverted. Carry-less multiplication where the processor has it
// (several GB/s), tables elsewhere.
class Crc64Nvme {
 public:
  void update(std::string_view bytes);
  std::uint64_t value() const { return ~state_; }  // of what came so far

 private:
  std::uint64_t state_ = ~std::uint64_t{0};
};

// The checksum of two pieces in a row from theirs; `second_bytes` is the length of the second.
std::uint64_t join_crc64nvme(std::uint64_t first, std::uint64_t second, ByteCount second_bytes);

// As S3 writes it: base64 of the eight bytes, highest first.
std::string crc64nvme_text(std::uint64_t value);

// The way without special instructions, from state to state (inverted values). For tests.
std::uint64_t crc64nvme_by_table(std::uint64_t state, std::string_view bytes);

}  // namespace s3ferry::s3
