#include "s3/crc64nvme.h"

#include <random>

#include <gtest/gtest.h>

namespace s3ferry::s3 {
namespace {

std::uint64_t of(std::string_view bytes) {
  Crc64Nvme crc;
  crc.update(bytes);
  return crc.value();
}

std::string noise(std::size_t size) {
  std::mt19937_64 random(7);
  std::string out(size, '\0');
  for (char& byte : out) byte = static_cast<char>(random());
  return out;
}

TEST(Crc64Nvme, KnownValues) {
  EXPECT_EQ(of(""), 0u);
  EXPECT_EQ(of("123456789"), 0xAE8B14860A799888ULL);
  // The NVM Express specification's own examples: 4 KiB of zeros, of ones.
  EXPECT_EQ(of(std::string(4096, '\0')), 0x6482D367EB22B64EULL);
  EXPECT_EQ(of(std::string(4096, '\xff')), 0xC0DDBA7302ECA3ACULL);
  EXPECT_EQ(crc64nvme_text(0xAE8B14860A799888ULL), "rosUhgp5mIg=");
}

// Each length around the block borders, each way of cutting: the fast way and the tables agree.
TEST(Crc64Nvme, BothWaysAgree) {
  const std::string bytes = noise(3000);
  for (std::size_t size = 0; size < 600; ++size) {
    const std::string_view part = std::string_view(bytes).substr(size % 17, size);
    EXPECT_EQ(of(part), ~crc64nvme_by_table(~std::uint64_t{0}, part)) << size;
  }
  for (const std::size_t cut : {1U, 63U, 64U, 128U, 129U, 1000U, 2999U}) {
    Crc64Nvme crc;
    crc.update(std::string_view(bytes).substr(0, cut));
    crc.update(std::string_view(bytes).substr(cut));
    EXPECT_EQ(crc.value(), of(bytes)) << cut;
  }
}

TEST(Crc64Nvme, PiecesAreJoined) {
  const std::string bytes = noise(100'000);
  const std::string_view all = bytes;
  for (const std::size_t cut : {0U, 1U, 5U, 4096U, 65'537U, 99'999U, 100'000U}) {
    const std::uint64_t joined =
        join_crc64nvme(of(all.substr(0, cut)), of(all.substr(cut)), all.size() - cut);
    EXPECT_EQ(joined, of(all)) << cut;
  }
}

}  // namespace
}  // namespace s3ferry::s3
