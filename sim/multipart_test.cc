#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/digest.h"
#include "sim/testing.h"

namespace s3ferry::sim::testing {
namespace {

constexpr ByteCount kPart = 5 * kMiB;

class Multipart : public ::testing::Test {
 protected:
  std::string create(HeaderList headers = {}) {
    const Got got = world.post("/source-bucket/m?uploads", "", std::move(headers));
    EXPECT_EQ(got.status, 200) << got.body;
    return got.element("UploadId");
  }
  Got part(const std::string& id, int number, const std::string& body, HeaderList headers = {}) {
    return world.put(fmt::format("/source-bucket/m?partNumber={}&uploadId={}", number, id), body,
                     std::move(headers));
  }
  static std::string entry(int number, const std::string& etag) {
    return fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", number, etag);
  }
  Got complete(const std::string& id, const std::string& entries, HeaderList headers = {}) {
    return world.post("/source-bucket/m?uploadId=" + id,
                      "<CompleteMultipartUpload>" + entries + "</CompleteMultipartUpload>",
                      std::move(headers));
  }
  // Two parts of 5 MiB and 3 bytes, completed.
  Got whole(HeaderList at_create = {}, HeaderList at_complete = {}) {
    const std::string id = create(std::move(at_create));
    const std::string one = part(id, 1, big).header("etag");
    const std::string two = part(id, 2, "end").header("etag");
    return complete(id, entry(1, one) + entry(2, two), std::move(at_complete));
  }
  std::string raw_md5(std::string_view bytes) { return md5_of(bytes); }
  World world;
  std::string big = std::string(kPart, 'x');
};

TEST_F(Multipart, TheETagIsTheMd5OfMd5s) {
  const Got got = whole({{"content-type", "text/x"},
                         {"x-amz-meta-a", "b"},
                         {"x-amz-tagging", "t=1"},
                         {"x-amz-storage-class", "STANDARD_IA"}});
  ASSERT_EQ(got.status, 200) << got.body;
  const std::string etag = to_hex(md5_of(raw_md5(big) + raw_md5("end"))) + "-2";
  EXPECT_EQ(got.element("ETag"), "&quot;" + etag + "&quot;");
  const ObjectInfo object = *world.sim.find_object("source-bucket", "m");
  EXPECT_EQ(object.etag, etag);
  EXPECT_EQ(object.size, kPart + 3);
  EXPECT_EQ(object.headers.at("content-type"), "text/x");
  EXPECT_EQ(object.metadata.at("a"), "b");
  EXPECT_EQ(object.tags.at("t"), "1");
  EXPECT_EQ(object.storage_class, "STANDARD_IA");
  EXPECT_EQ(world.sim.open_uploads("source-bucket"), 0u);
}

TEST_F(Multipart, PartNumberOnHeadAndGet) {
  whole();
  Got got = world.head("/source-bucket/m?partNumber=1");
  EXPECT_EQ(got.status, 206);
  EXPECT_EQ(got.header("content-length"), std::to_string(kPart));
  EXPECT_EQ(got.header("x-amz-mp-parts-count"), "2");
  got = world.get("/source-bucket/m?partNumber=2");
  EXPECT_EQ(got.body, "end");
  EXPECT_EQ(got.header("content-range"),
            fmt::format("bytes {}-{}/{}", kPart, kPart + 2, kPart + 3));
  EXPECT_EQ(world.get("/source-bucket/m?partNumber=3").status, 416);
  EXPECT_EQ(world.head("/source-bucket/m").header("x-amz-mp-parts-count"), "");
  world.object("source-bucket", "plain", "one");
  got = world.get("/source-bucket/plain?partNumber=1");
  EXPECT_EQ(got.body, "one");
  EXPECT_EQ(got.header("x-amz-mp-parts-count"), "");
}

TEST_F(Multipart, PartsAreCheckedAtCompletion) {
  const std::string id = create();
  const std::string small = part(id, 1, "small").header("etag");
  const std::string large = part(id, 2, big).header("etag");
  EXPECT_EQ(complete(id, entry(2, large) + entry(1, small)).code(), "InvalidPartOrder");
  EXPECT_EQ(complete(id, entry(1, "\"0\"")).code(), "InvalidPart");
  EXPECT_EQ(complete(id, entry(3, large)).code(), "InvalidPart");
  EXPECT_EQ(complete(id, "").code(), "MalformedXML");
  const Got got = complete(id, entry(1, small) + entry(2, large));
  EXPECT_EQ(got.code(), "EntityTooSmall");
  EXPECT_EQ(got.element("PartNumber"), "1");
  EXPECT_EQ(complete(id, entry(2, large), {{"x-amz-mp-object-size", "7"}}).code(),
            "InvalidRequest");
  EXPECT_EQ(complete(id, entry(2, large), {{"x-amz-mp-object-size", std::to_string(kPart)}}).status,
            200);
  EXPECT_EQ(world.sim.find_object("source-bucket", "m")->parts.size(), 1u);
  EXPECT_TRUE(world.sim.find_object("source-bucket", "m")->etag.ends_with("-1"));
}

TEST_F(Multipart, ARepeatedCompletionAnswersTheSame) {
  const std::string id = create();
  const std::string etag = part(id, 1, "x").header("etag");
  const Got first = complete(id, entry(1, etag));
  const Got again = complete(id, entry(1, etag));
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.element("ETag"), first.element("ETag"));
  EXPECT_EQ(part(id, 2, "y").code(), "NoSuchUpload");
}

TEST_F(Multipart, ConditionsHoldAtCompletion) {
  world.object("source-bucket", "m", "there");
  const std::string id = create();
  const std::string etag = part(id, 1, "x").header("etag");
  EXPECT_EQ(complete(id, entry(1, etag), {{"if-none-match", "*"}}).status, 412);
  EXPECT_EQ(*world.sim.read_object("source-bucket", "m"), "there");
  EXPECT_EQ(complete(id, entry(1, etag), {{"if-match", to_hex(md5_of("there"))}}).status, 200);
}

TEST_F(Multipart, ItCarriesItsInitiationTime) {
  const WallTime before = std::chrono::floor<std::chrono::seconds>(world.runtime.wall_now());
  const std::string id = create();
  const std::string etag = part(id, 1, "x").header("etag");
  (void)world.runtime.run(world.runtime.sleep_for(std::chrono::minutes(5)));
  complete(id, entry(1, etag));
  EXPECT_EQ(world.sim.find_object("source-bucket", "m")->mtime, before);
}

TEST_F(Multipart, PartsAreCopiedByRange) {
  ObjectSpec spec;
  spec.key = "source";
  spec.size = 3 * kPart + 17;
  spec.parts = {kPart, kPart, kPart, 17};
  ASSERT_TRUE(world.sim.put_object("source-bucket", spec));
  const std::string id = create();
  std::string entries;
  for (int i = 0; i < 4; ++i) {
    const ByteCount from = kPart * static_cast<unsigned>(i);
    const ByteCount to = std::min<ByteCount>(from + kPart, spec.size) - 1;
    const Got got = part(id, i + 1, "",
                         {{"x-amz-copy-source", "/source-bucket/source"},
                          {"x-amz-copy-source-range", fmt::format("bytes={}-{}", from, to)}});
    ASSERT_EQ(got.status, 200) << got.body;
    entries += entry(i + 1, got.element("ETag"));
  }
  const Got got = complete(id, entries);
  ASSERT_EQ(got.status, 200) << got.body;
  // The same cuts give the same ETag, and the bytes are the source's.
  EXPECT_EQ(world.sim.find_object("source-bucket", "m")->etag,
            world.sim.find_object("source-bucket", "source")->etag);
  EXPECT_EQ(*world.sim.read_object("source-bucket", "m"),
            *world.sim.read_object("source-bucket", "source"));
  EXPECT_EQ(world.sim.counters().source_bytes_by_copy, spec.size);
}

TEST_F(Multipart, PartCopyLimitsAndConditions) {
  world.object("source-bucket", "small", "tiny");
  ObjectSpec spec;
  spec.key = "huge";
  spec.size = 6 * kGiB;
  ASSERT_TRUE(world.sim.put_object("source-bucket", spec));
  const std::string id = create();
  const auto copy = [&](std::string from, std::string range, std::string match = "*") {
    HeaderList headers{{"x-amz-copy-source", std::move(from)},
                       {"x-amz-copy-source-if-match", std::move(match)}};
    if (!range.empty()) headers.emplace_back("x-amz-copy-source-range", std::move(range));
    return part(id, 1, "", std::move(headers));
  };
  EXPECT_EQ(copy("/source-bucket/small", "bytes=0-1").code(), "InvalidRequest");
  EXPECT_EQ(copy("/source-bucket/small", "").status, 200);
  EXPECT_EQ(copy("/source-bucket/small", "", "\"other\"").status, 412);
  EXPECT_EQ(copy("/source-bucket/huge", "").code(), "InvalidRequest");
  EXPECT_EQ(copy("/source-bucket/huge", "bytes=0-").code(), "InvalidArgument");
  EXPECT_EQ(copy("/source-bucket/huge", fmt::format("bytes=0-{}", 6 * kGiB)).code(),
            "InvalidArgument");
  EXPECT_EQ(copy("/source-bucket/huge", fmt::format("bytes=0-{}", 5 * kGiB - 1)).status, 200);
}

TEST_F(Multipart, ListingsAndAbort) {
  const std::string id = create();
  part(id, 1, "a");
  part(id, 3, "ccc");
  Got got = world.get("/source-bucket/m?uploadId=" + id + "&max-parts=1");
  EXPECT_EQ(got.element("PartNumber"), "1");
  EXPECT_EQ(got.element("IsTruncated"), "true");
  got = world.get("/source-bucket/m?uploadId=" + id + "&part-number-marker=1");
  EXPECT_EQ(got.element("PartNumber"), "3");
  EXPECT_EQ(got.element("Size"), "3");
  EXPECT_EQ(got.element("IsTruncated"), "false");
  got = world.get("/source-bucket?uploads");
  EXPECT_EQ(got.element("UploadId"), id);
  EXPECT_EQ(got.element("Key"), "m");
  EXPECT_EQ(world.get("/source-bucket?uploads&prefix=x").count("<Upload>"), 0u);
  EXPECT_EQ(world.remove("/source-bucket/m?uploadId=" + id).status, 204);
  EXPECT_EQ(world.remove("/source-bucket/m?uploadId=" + id).code(), "NoSuchUpload");
  EXPECT_EQ(world.get("/source-bucket?uploads").count("<Upload>"), 0u);
  EXPECT_FALSE(world.sim.find_object("source-bucket", "m"));
}

TEST_F(Multipart, ChecksumsWholeAndComposite) {
  Got got = whole();
  EXPECT_EQ(got.element("ChecksumType"), "FULL_OBJECT");
  const std::string expected = to_base64(checksum_of(Checksum::kCrc64Nvme, big + "end"));
  EXPECT_EQ(got.element("ChecksumCRC64NVME"), expected);
  got = whole({{"x-amz-checksum-algorithm", "SHA256"}});
  EXPECT_EQ(got.element("ChecksumType"), "COMPOSITE");
  EXPECT_EQ(got.element("ChecksumSHA256"),
            to_base64(checksum_of(Checksum::kSha256, checksum_of(Checksum::kSha256, big) +
                                                         checksum_of(Checksum::kSha256, "end"))) +
                "-2");
  got = whole({{"x-amz-checksum-algorithm", "CRC64NVME"}, {"x-amz-checksum-type", "FULL_OBJECT"}},
              {{"x-amz-checksum-crc64nvme", "AAAAAAAAAAA="}});
  EXPECT_EQ(got.code(), "BadDigest");
  EXPECT_EQ(
      world
          .post("/source-bucket/m?uploads", "",
                {{"x-amz-checksum-algorithm", "CRC64NVME"}, {"x-amz-checksum-type", "COMPOSITE"}})
          .code(),
      "InvalidRequest");
}

TEST_F(Multipart, QuirksMakeAnotherService) {
  Quirks quirks;
  quirks.ignores_copy_conditions = quirks.ignores_part_number = true;
  quirks.loses_tags_at_create = quirks.empty_completion_etag = quirks.no_checksums = true;
  world.sim.set_quirks(quirks);
  const Got done = whole({{"x-amz-tagging", "t=1"}}, {{"if-none-match", "*"}});
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(done.element("ETag"), "");
  EXPECT_EQ(done.count("Checksum"), 0u);
  EXPECT_TRUE(world.sim.find_object("source-bucket", "m")->tags.empty());
  const Got part = world.head("/source-bucket/m?partNumber=2");
  EXPECT_EQ(part.header("content-length"), std::to_string(kPart + 3));
  EXPECT_EQ(part.header("x-amz-mp-parts-count"), "");
  EXPECT_EQ(world.head("/source-bucket/m", {{"x-amz-checksum-mode", "ENABLED"}})
                .header("x-amz-checksum-crc64nvme"),
            "");
  EXPECT_EQ(world
                .copy("/source-bucket/m", "/source-bucket/n",
                      {{"x-amz-copy-source-if-match", "\"another\""}})
                .status,
            200);
  EXPECT_EQ(whole({}, {{"if-none-match", "*"}}).status, 412);
  quirks.ignores_write_conditions = true;
  world.sim.set_quirks(quirks);
  EXPECT_EQ(whole({}, {{"if-none-match", "*"}}).status, 200);
}

TEST_F(Multipart, MischiefBefallsAPart) {
  const auto listed = [&](Fault::Mischief what) {
    world.sim.clear_faults();
    Fault fault;
    fault.part = 2;
    fault.mischief = what;
    world.sim.add_fault(fault);
    const std::string id = create();
    std::string answered;
    for (int number = 1; number <= 3; ++number)
      answered += part(id, number, std::string(1, static_cast<char>('a' + number))).header("etag");
    const Got list = world.get("/source-bucket/m?uploadId=" + id);
    std::string held;
    for (std::size_t at = list.body.find("<ETag>"); at != std::string::npos;
         at = list.body.find("<ETag>", at + 1))
      held += '"' + list.body.substr(at + 12, 32) + '"';
    return std::pair(answered, held);
  };
  const auto [said, fine] = listed(Fault::Mischief::kNone);
  EXPECT_EQ(said, fine);
  const std::string one = fine.substr(0, 34), two = fine.substr(34, 34), three = fine.substr(68);
  EXPECT_EQ(listed(Fault::Mischief::kLost), (std::pair(said, one + three)));
  EXPECT_EQ(listed(Fault::Mischief::kSwapped), (std::pair(said, two + one + three)));
  EXPECT_EQ(listed(Fault::Mischief::kRepeated), (std::pair(one + one + three, one + one + three)));
}

TEST(ObjectsByFormula, PartsOfOneSize) {
  World world;
  ObjectSpec spec;
  spec.key = "k";
  spec.size = 10'000 * (5 * kGiB);
  spec.part_size = 5 * kGiB;
  ASSERT_TRUE(world.sim.put_object("source-bucket", spec));
  const ObjectInfo object = *world.sim.find_object("source-bucket", "k");
  EXPECT_EQ(object.parts.size(), 10'000u);
  EXPECT_TRUE(object.etag.ends_with("-10000"));
  EXPECT_EQ(world.head("/source-bucket/k?partNumber=10000").header("content-length"),
            std::to_string(5 * kGiB));
  ++spec.size;
  EXPECT_FALSE(world.sim.put_object("source-bucket", spec));
}

}  // namespace
}  // namespace s3ferry::sim::testing
