#include "sim/digest.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "sim/content.h"

namespace s3ferry::sim {
namespace {

std::string hex(Checksum checksum, std::string_view bytes) {
  return to_hex(checksum_of(checksum, bytes));
}

// The check values of the CRC catalogue, and the standards' digests of "abc".
TEST(Digest, KnownValues) {
  EXPECT_EQ(hex(Checksum::kCrc32, "123456789"), "cbf43926");
  EXPECT_EQ(hex(Checksum::kCrc32c, "123456789"), "e3069283");
  EXPECT_EQ(hex(Checksum::kCrc64Nvme, "123456789"), "ae8b14860a799888");
  EXPECT_EQ(hex(Checksum::kSha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(md5_of("")), "d41d8cd98f00b204e9800998ecf8427e");
}

TEST(Digest, PiecesGiveTheSameAsTheWhole) {
  const std::string text = Content::formula(5, 1000).bytes();
  for (const Checksum checksum : {Checksum::kCrc32, Checksum::kCrc32c, Checksum::kCrc64Nvme,
                                  Checksum::kSha1, Checksum::kSha256}) {
    auto digest = Digest::of(checksum);
    for (std::size_t at = 0; at < text.size(); at += 13)
      digest->update(std::string_view(text).substr(at, 13));
    EXPECT_EQ(digest->finish(), checksum_of(checksum, text)) << to_string(checksum);
  }
}

TEST(Digest, NamesBothWays) {
  EXPECT_EQ(parse_checksum("crc64nvme"), Checksum::kCrc64Nvme);
  EXPECT_EQ(to_string(Checksum::kSha256), "SHA256");
  EXPECT_EQ(header_of(Checksum::kCrc32c), "x-amz-checksum-crc32c");
  EXPECT_FALSE(parse_checksum("MD4"));
}

TEST(Content, AFormulaCanBeReadAtAnyOffset) {
  const Content content = Content::formula(9, 1000);
  const std::string all = content.bytes();
  ASSERT_EQ(all.size(), 1000u);
  for (const ByteCount offset : {0u, 1u, 7u, 8u, 500u, 999u}) {
    std::string part;
    content.read(offset, 1000 - offset, part);
    EXPECT_EQ(part, all.substr(offset)) << offset;
  }
  for (ByteCount offset = 16; offset < 40; ++offset)
    for (ByteCount length = 0; length < 40; ++length) {
      std::string part = "-";
      content.read(offset, length, part);
      EXPECT_EQ(part, "-" + all.substr(offset, length)) << offset << ' ' << length;
    }
  EXPECT_EQ(content.md5(), md5_of(all));
  EXPECT_NE(Content::formula(10, 1000).bytes(), all);
}

TEST(Content, SlicesJoinToTheSameContent) {
  for (const bool declared : {false, true}) {
    const Content whole = Content::formula(3, 10'000, declared);
    const Content joined =
        Content::join({whole.slice(0, 4096), whole.slice(4096, 1), whole.slice(4097, 5903)});
    EXPECT_EQ(joined.size(), whole.size());
    EXPECT_EQ(joined.bytes(), whole.bytes());
    EXPECT_EQ(joined.md5(), whole.md5());
    EXPECT_EQ(joined.checksum(Checksum::kCrc64Nvme), whole.checksum(Checksum::kCrc64Nvme));
  }
}

TEST(Content, MemoryAndFormulaMix) {
  const Content formula = Content::formula(3, 100);
  const Content mixed = Content::join({Content::of_bytes("head"), formula, Content::of_bytes("")});
  EXPECT_EQ(mixed.bytes(), "head" + formula.bytes());
  EXPECT_EQ(mixed.slice(2, 4).bytes(), "ad" + formula.bytes().substr(0, 2));
  EXPECT_EQ(mixed.md5(), md5_of("head" + formula.bytes()));
}

// Five gibibytes cost neither memory nor hashing, and equal content has equal digests.
TEST(Content, LargeFormulasAreDeclared) {
  const Content large = Content::formula(3, 5 * kGiB);
  EXPECT_EQ(large.md5(), Content::formula(3, 5 * kGiB).md5());
  EXPECT_NE(large.md5(), Content::formula(4, 5 * kGiB).md5());
  EXPECT_NE(large.slice(0, kGiB).md5(), large.slice(kGiB, kGiB).md5());
  EXPECT_EQ(large.checksum(Checksum::kCrc64Nvme).size(), 8u);
  std::string end;
  large.read(5 * kGiB - 3, 3, end);
  EXPECT_EQ(end.size(), 3u);
}

}  // namespace
}  // namespace s3ferry::sim
