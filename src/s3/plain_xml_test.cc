#include "s3/plain_xml.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "s3/answers.h"
#include "s3/xml.h"

namespace s3ferry::s3 {
namespace {

const std::string kDeclaration = R"(<?xml version="1.0" encoding="UTF-8"?>)";
const std::string kRoot = R"(<CopyObjectResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">)";

TEST(PlainXmlTest, ReadsACopysAnswerAsS3WritesIt) {
  const std::string body = kDeclaration + "\n" + kRoot +
                           "<LastModified>2026-03-14T15:09:26.000Z</LastModified>"
                           "<ETag>&quot;0123456789abcdef0123456789abcdef&quot;</ETag>"
                           "<ChecksumType>FULL_OBJECT</ChecksumType>"
                           "<ChecksumCRC64NVME>AbCd/+0=</ChecksumCRC64NVME></CopyObjectResult>";
  const auto plain = read_plain_xml(body);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->root, "CopyObjectResult");
  ASSERT_EQ(plain->count, 4U);
  EXPECT_EQ(plain->members[1].name, "ETag");
  EXPECT_EQ(plain->members[1].text, "0123456789abcdef0123456789abcdef");
  const auto strict = read_copy_result(http::Headers(), body);
  ASSERT_TRUE(strict);
  CopyResult usual;
  ASSERT_TRUE(read_plain_copy_result(http::Headers(), body, usual));
  for (const CopyResult& copy : {usual, *strict}) {
    EXPECT_EQ(copy.etag, ETag("0123456789abcdef0123456789abcdef"));
    EXPECT_EQ(copy.last_modified, parse_iso8601("2026-03-14T15:09:26.000Z"));
    EXPECT_EQ(copy.checksum_type, "FULL_OBJECT");
    ASSERT_EQ(copy.checksums.size(), 1U);
    EXPECT_EQ(copy.checksums[0], (Checksum{"CRC64NVME", "AbCd/+0="}));
  }
  CopyResult wrong;
  EXPECT_FALSE(read_plain_copy_result(http::Headers(),
                                      "<CopyObjectResult><LastModified>noon"
                                      "</LastModified></CopyObjectResult>",
                                      wrong));
}

TEST(PlainXmlTest, OfACopysHeadersTheFirstOfANameCounts) {
  http::Headers headers;
  headers.add("X-Amz-Version-Id", "v1");
  headers.add("x-amz-version-id", "v2");
  headers.add("x-amz-copy-source-version-id", "s1");
  headers.add("x-amz-server-side-encryption", "aws:kms");
  headers.add("x-amz-server-side-encryption-aws-kms-key-id", "a-key");
  CopyResult out;
  ASSERT_TRUE(read_plain_copy_result(headers, "<CopyObjectResult></CopyObjectResult>", out));
  EXPECT_EQ(out.version_id, VersionId("v1"));
  EXPECT_EQ(out.source_version_id, VersionId("s1"));
  EXPECT_EQ(out.sse, "aws:kms");
  EXPECT_EQ(out.sse_kms_key_id, "a-key");
}

TEST(PlainXmlTest, LeavesEveryOtherFormToTheStrictReader) {
  const std::string good = "<A><B>1</B></A>";
  ASSERT_TRUE(read_plain_xml(good));
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(read_plain_xml(good.substr(0, size))) << size;
  for (const char* other : {"<A><B>1</B></A> ",
                            " <A><B>1</B></A>",
                            "<A>\n<B>1</B></A>",
                            "<A><B>1</C></A>",
                            "<A><B>1</B></AB>",
                            "<A><B>&amp;</B></A>",
                            "<A><B>&quot;1</B></A>",
                            "<A><B>\"1\"</B></A>",
                            "<A><ETag>&quot;1</ETag></A>",
                            "<A><ETag>&quot;1\"</ETag></A>",
                            "<A><ETag>1&quot;</ETag></A>",
                            "<A><B x=\"1\">1</B></A>",
                            "<A><B/></A>",
                            "<A><!-- --></A>",
                            "<A>text</A>",
                            "<n:A></n:A>",
                            "<A><B><C>1</C></B></A>",
                            "<A><1>1</1></A>",
                            "<A></A><A></A>",
                            "<A><B>\x01</B></A>",
                            "<A><B>1</B></A",
                            "<A xmlns=\"other\"></A>",
                            "<A><B>\xC3\xA4</B></A>"})
    EXPECT_FALSE(read_plain_xml(other)) << other;
}

TEST(PlainXmlTest, MoreMembersThanItHoldsAreTheStrictReaders) {
  std::string body = "<A>";
  for (std::size_t i = 0; i < PlainDocument::kMost; ++i) body += "<B>1</B>";
  EXPECT_TRUE(read_plain_xml(body + "</A>"));
  EXPECT_FALSE(read_plain_xml(body + "<B>1</B></A>"));
}

// What is taken for plain is well-formed, and a tree of it says the same. Answers are cut, and
// pieces of them replaced, swapped and doubled.
TEST(PlainXmlTest, SaysWhatATreeSays) {
  const std::vector<std::string> pieces = {kDeclaration,
                                           kRoot,
                                           "<CopyObjectResult>",
                                           "</CopyObjectResult>",
                                           "<ETag>",
                                           "</ETag>",
                                           "&quot;",
                                           "\"",
                                           "0123456789abcdef",
                                           "<LastModified>",
                                           "a b",
                                           "</LastModified>",
                                           "<Checksum>",
                                           "</Che",
                                           "ckSum>",
                                           "<",
                                           ">",
                                           "\n",
                                           "&#x41;",
                                           "<B/>",
                                           "2026-03-14T15:09:26Z"};
  const std::vector<std::size_t> usual = {0, 17, 1, 9, 20, 11, 4, 6, 8, 6, 5, 3};
  std::mt19937_64 random(20260314);
  int taken = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::size_t> order = usual;
    for (std::uint64_t changes = random() % 3; changes > 0; --changes) {
      const std::size_t at = random() % order.size();
      if (random() % 2 == 0)
        order[at] = random() % pieces.size();
      else
        order.erase(order.begin() + static_cast<std::ptrdiff_t>(at));
    }
    std::string body;
    for (const std::size_t piece : order) body += pieces[piece];
    const auto plain = read_plain_xml(body);
    if (!plain) continue;
    ++taken;
    auto tree = XmlDocument::parse(body);
    ASSERT_TRUE(tree) << body;
    EXPECT_EQ(tree->root_name(), plain->root);
    auto child = tree->root().first_child();
    for (const auto& [name, text] : *plain) {
      ASSERT_TRUE(child) << body;
      EXPECT_EQ(xml_local_name(child), name);
      const std::string said = xml_text(child);
      EXPECT_EQ(name == "ETag" ? unquote_etag(said) : said, text);
      child = child.next_sibling();
    }
    EXPECT_FALSE(child) << body;
  }
  EXPECT_GT(taken, 5'000);
}

}  // namespace
}  // namespace s3ferry::s3
