#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "transfer/delete_caps.h"
#include "transfer/delete_spool.h"
#include "transfer/look_up.h"

namespace s3ferry {
namespace {

DeleteFacts facts(std::uint64_t planned, std::uint64_t listed) {
  DeleteFacts out;
  out.planned = planned;
  out.target_listed = listed;
  out.source_objects = 1;
  out.source_listed_whole = out.target_listed_whole = out.planned_whole = true;
  return out;
}
bool refused(const DeleteFacts& f, const MaxDelete& cap = {}) {
  const auto refusal = refuse_deletions(f, cap, false);
  return refusal && refusal->outcome == DeletionsOutcome::kRefusedCap;
}

TEST(DeleteCaps, DefaultNeedsBothManyAndMuch) {
  EXPECT_FALSE(refused(facts(1000, 1000)));
  EXPECT_TRUE(refused(facts(1001, 1001)));
  EXPECT_FALSE(refused(facts(1001, 100'100)));  // exactly 1 %
  EXPECT_TRUE(refused(facts(1001, 100'099)));
}

TEST(DeleteCaps, ExplicitCountAndPercent) {
  MaxDelete three;
  three.count = 3;
  EXPECT_FALSE(refused(facts(3, 3), three));
  EXPECT_TRUE(refused(facts(4, 1'000'000), three));
  MaxDelete none;
  none.count = 0;
  EXPECT_FALSE(refused(facts(0, 9), none));
  EXPECT_TRUE(refused(facts(1, 9), none));
  MaxDelete all;
  all.percent = 100;
  EXPECT_FALSE(refused(facts(5000, 5000), all));
  MaxDelete tenth;
  tenth.percent = 10;
  EXPECT_FALSE(refused(facts(10, 100), tenth));
  EXPECT_TRUE(refused(facts(11, 100), tenth));
}

TEST(DeleteCaps, HolesAndEmptySourcesRefuseWhateverTheCap) {
  MaxDelete all;
  all.percent = 100;
  DeleteFacts hole = facts(1, 1);
  hole.target_listed_whole = false;
  EXPECT_EQ(refuse_deletions(hole, all, true)->outcome, DeletionsOutcome::kRefusedListing);
  hole.target_listed_whole = true;
  hole.source_listed_whole = false;
  EXPECT_EQ(refuse_deletions(hole, all, true)->outcome, DeletionsOutcome::kRefusedListing);
  hole.source_listed_whole = true;
  hole.planned_whole = false;
  EXPECT_EQ(refuse_deletions(hole, all, true)->outcome, DeletionsOutcome::kRefusedListing);
  DeleteFacts empty = facts(1, 1);
  empty.source_objects = 0;
  EXPECT_EQ(refuse_deletions(empty, all, false)->outcome, DeletionsOutcome::kRefusedEmptySource);
  EXPECT_FALSE(refuse_deletions(empty, all, true));
  empty.planned = 0;
  EXPECT_FALSE(refuse_deletions(empty, all, false));
}

// Random records, many times the spool's memory, come back as they went in.
TEST(DeleteSpool, GivesBackWhatItTook) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  for (const std::size_t count : {0, 1, 10, 20'000}) {
    std::mt19937_64 random(seed);
    std::vector<PlannedDelete> in(count);
    DeleteSpool spool("");
    for (PlannedDelete& one : in) {
      one.key.resize(random() % 200);
      for (char& c : one.key) c = static_cast<char>(random());
      one.etag = std::to_string(random());
      one.size = random();
      one.source_rank = random();
      one.target_rank = random();
      one.modified = WallTime(std::chrono::milliseconds(random() % 4'000'000'000'000));
      ASSERT_TRUE(spool.add(one));
    }
    EXPECT_EQ(spool.size(), count);
    ASSERT_TRUE(spool.rewind());
    std::size_t at = 0;
    std::vector<PlannedDelete> batch;
    do {
      ASSERT_TRUE(spool.read(777, batch));
      for (const PlannedDelete& one : batch) {
        ASSERT_LT(at, count);
        EXPECT_EQ(one.key, in[at].key);
        EXPECT_EQ(one.etag, in[at].etag);
        EXPECT_EQ(one.size, in[at].size);
        EXPECT_EQ(one.modified, in[at].modified);
        EXPECT_EQ(one.source_rank, in[at].source_rank);
        EXPECT_EQ(one.target_rank, in[at++].target_rank);
      }
    } while (!batch.empty());
    EXPECT_EQ(at, count);
  }
}

TEST(DeleteSpool, ADirectoryThatIsNotThereIsAnError) {
  DeleteSpool spool("/nonexistent/directory");
  PlannedDelete planned;
  planned.key.assign(1000, 'k');
  Status added;
  for (int i = 0; i < 1000 && added; ++i) added = spool.add(planned);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().kind(), ErrorKind::kIo);
}

// Half a list must never be read as a whole one, also where the disk has room again.
TEST(DeleteSpool, TheFirstErrorStays) {
  std::string directory = std::filesystem::temp_directory_path() / "spool-XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  PlannedDelete planned;
  planned.key.assign(1000, 'k');
  std::vector<PlannedDelete> batch;
  DeleteSpool spool(directory + "/later");
  Status added;
  for (int i = 0; i < 1000 && added; ++i) added = spool.add(planned);
  ASSERT_FALSE(added);
  std::filesystem::create_directory(directory + "/later");
  EXPECT_FALSE(spool.add(planned));
  EXPECT_FALSE(spool.rewind());
  EXPECT_FALSE(spool.read(10, batch));
  EXPECT_TRUE(batch.empty());
  std::filesystem::remove_all(directory);
}

TEST(LookUp, RanksAreComparedWithinAWalkOnly) {
  std::vector<PlannedDelete> keys(3);
  keys[0].source_rank = 5;
  keys[1].source_rank = 25;
  keys[2].source_rank = 20;  // a later try's
  EXPECT_EQ(listed_between(keys, &PlannedDelete::source_rank), 20u);
  EXPECT_TRUE(same_walk(5, 25));
  EXPECT_FALSE(same_walk(5, 5 + (std::uint64_t{1} << kRankBits)));
}

TEST(LookUp, ListsWhereKeysAreDense) {
  EXPECT_FALSE(listing_is_cheaper(1, 0));
  EXPECT_FALSE(listing_is_cheaper(13, 0));
  EXPECT_TRUE(listing_is_cheaper(14, 0));
  EXPECT_TRUE(listing_is_cheaper(1000, 10'000));
  EXPECT_FALSE(listing_is_cheaper(1000, 1'000'000));
}

}  // namespace
}  // namespace s3ferry
