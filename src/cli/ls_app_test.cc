#include <gmock/gmock.h>

#include "program/test_world.h"

namespace s3ferry {
namespace {

TEST(LsApp, BucketsOfTheAccount) {
  TestWorld world;
  world.add_bucket("another", "222222222222", sim::Side::kNone);
  const Ran ran = world.run({"ls", "--profile", "tobe"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  ASSERT_EQ(ran.lines().size(), 2U) << ran.out;
  EXPECT_EQ(ran.lines()[0], "2026-11-22 19:10:28 another");
  EXPECT_EQ(ran.lines()[1], "2026-11-22 19:10:28 copies");
}

TEST(LsApp, FoldersAndKeysAsTheAwsCliWritesThem) {
  TestWorld world;
  world.put("copies", "top.txt", "12345");
  world.put("copies", "a/b/x", "1");
  world.put("copies", "a/y", "22");
  EXPECT_EQ(world.run({"ls", "s3://copies", "--profile", "tobe"}).out,
            "                           PRE a/\n"
            "2026-01-01 00:00:00          5 top.txt\n");
  EXPECT_EQ(world.run({"ls", "s3://copies/a/", "--profile", "tobe"}).out,
            "                           PRE b/\n"
            "2026-01-01 00:00:00          2 y\n");
  EXPECT_EQ(world.run({"ls", "s3://copies/a", "--profile", "tobe"}).out,
            "                           PRE a/\n");
  EXPECT_EQ(world
                .run({"ls", "s3://copies", "--profile", "tobe", "--recursive", "--summarize",
                      "--page-size", "1"})
                .out,
            "2026-01-01 00:00:00          1 a/b/x\n"
            "2026-01-01 00:00:00          2 a/y\n"
            "2026-01-01 00:00:00          5 top.txt\n"
            "\nTotal Objects: 3\n   Total Size: 8\n");
}

TEST(LsApp, HumanSizes) {
  TestWorld world;
  sim::ObjectSpec object;
  object.mtime = parse_iso8601("2026-01-01T00:00:00Z");
  for (const auto& [key, size] :
       {std::pair<const char*, ByteCount>{"a", 1}, {"b", 1023}, {"c", 1536}, {"d", 5 * kMiB}}) {
    object.key = key;
    object.size = size;
    TestWorld::must(world.simulator.put_object("copies", object));
  }
  EXPECT_EQ(world.run({"ls", "s3://copies", "--profile", "tobe", "--human-readable"}).out,
            "2026-01-01 00:00:00     1 Byte a\n"
            "2026-01-01 00:00:00 1023 Bytes b\n"
            "2026-01-01 00:00:00    1.5 KiB c\n"
            "2026-01-01 00:00:00    5.0 MiB d\n");
}

TEST(LsApp, NothingThereIsOneAndAnEmptyBucketIsZero) {
  TestWorld world;
  EXPECT_EQ(world.run({"ls", "s3://copies/none", "--profile", "tobe"}).code, 1);
  EXPECT_EQ(world.run({"ls", "s3://copies", "--profile", "tobe"}).code, 0);
}

TEST(LsApp, HelpAndVersionAskNobody) {
  TestWorld world;
  EXPECT_THAT(world.run({"--help"}).out, testing::HasSubstr("First steps"));
  EXPECT_THAT(world.run({"sync", "--help"}).out, testing::HasSubstr("--max-delete"));
  EXPECT_THAT(world.run({"version"}).out, testing::StartsWith("s3ferry 0."));
  EXPECT_EQ(world.simulator.counters().requests, 0U);
}

}  // namespace
}  // namespace s3ferry
