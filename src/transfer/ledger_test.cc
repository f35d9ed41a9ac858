#include "transfer/ledger.h"

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "transfer/counters_text.h"

namespace s3ferry {
namespace {

TEST(Ledger, AChunkIsFinishedOnceClosedAndSettled) {
  std::vector<std::string> finished;
  Ledger ledger([&](Chunk& chunk) { finished.push_back(chunk.up_to.value_or("end")); });
  Chunk& first = ledger.begin(std::nullopt);
  ledger.add_work(first);
  ledger.end_work(first);
  EXPECT_TRUE(finished.empty()) << "the walk is still in it";
  ledger.add_work(first);
  first.planned_deletes.resize(3);
  ledger.close(first, "m");
  EXPECT_EQ(ledger.held_deletes(), 3u);
  Chunk& second = ledger.begin("m");
  ledger.close(second, std::nullopt);
  EXPECT_EQ(finished, std::vector<std::string>{"end"}) << "it does not wait for the one before";
  ledger.end_work(first);
  EXPECT_EQ(finished, (std::vector<std::string>{"end", "m"}));
  EXPECT_EQ(ledger.chunks(), 0u);
  EXPECT_EQ(ledger.held_deletes(), 0u);
}

TEST(Ledger, WhatWasNotTriedKeepsItsChunkOpen) {
  int finished = 0;
  Ledger ledger([&](Chunk&) { ++finished; });
  Chunk& chunk = ledger.begin(std::nullopt);
  ledger.add_work(chunk);
  ledger.close(chunk, "z");
  chunk.open = true;
  ledger.end_work(chunk);
  EXPECT_EQ(finished, 0);
  EXPECT_EQ(ledger.chunks(), 1u);
}

// Random walks with copies that end in any order, against a plain list of what happened to each
// chunk. The finished ones are exactly those without a key left over, and hold its figures.
TEST(Ledger, AgreesWithAPlainListOnRandomWalks) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  struct Known {
    std::size_t copies = 0, ended = 0;
    bool closed = false, open = false;
    bool done() const { return closed && !open && copies == ended; }
  };
  for (int round = 0; round < 200; ++round) {
    std::map<int, Known> known;  // by number, which is the upper key
    std::map<int, std::uint64_t> finished;
    Ledger ledger(
        [&](Chunk& chunk) { finished[std::stoi(*chunk.up_to)] = chunk.counters.copied.objects; });
    std::vector<std::pair<int, Chunk*>> in_flight;
    Chunk* walking = nullptr;
    int number = 0;
    for (int step = 0; step < 300; ++step) {
      const auto what = random() % 10;
      if (walking == nullptr) {
        walking = &ledger.begin(number == 0 ? std::nullopt : std::optional(std::to_string(number)));
        known[++number] = Known();
      } else if (what < 4) {
        ledger.add_work(*walking);
        ++known[number].copies;
        in_flight.emplace_back(number, walking);
      } else if (what < 6) {
        known[number].closed = true;
        ledger.close(*walking, std::to_string(number));
        walking = nullptr;
      } else if (!in_flight.empty()) {
        const std::size_t at = random() % in_flight.size();
        const auto [of, chunk] = in_flight[at];
        in_flight.erase(in_flight.begin() + static_cast<std::ptrdiff_t>(at));
        chunk->counters.copied.add(1);
        if (random() % 40 == 0) known[of].open = chunk->open = true;
        ++known[of].ended;
        ledger.end_work(*chunk);
      }
      std::size_t under_way = 0;
      for (const auto& [of, one] : known) {
        EXPECT_EQ(finished.contains(of), one.done()) << of;
        if (one.done()) EXPECT_EQ(finished[of], one.copies);
        under_way += !one.done();
      }
      ASSERT_EQ(ledger.chunks(), under_way);
    }
  }
}

TEST(CountersText, EveryFigureComesBack) {
  RunCounters all;
  std::uint64_t n = 1;
  for (Tally* tally : {&all.listed_source,
                       &all.listed_target,
                       &all.excluded_source,
                       &all.excluded_target,
                       &all.ignored_markers_source,
                       &all.ignored_markers_target,
                       &all.source_only,
                       &all.target_only,
                       &all.both,
                       &all.planned_copies,
                       &all.planned_deletes,
                       &all.copied,
                       &all.relayed,
                       &all.same,
                       &all.deleted,
                       &all.extras_kept,
                       &all.skipped,
                       &all.failed,
                       &all.skipped_deletes,
                       &all.failed_deletes})
    *tally = {++n, n << 40};
  for (std::uint64_t* figure :
       {&all.late, &all.conflicts, &all.not_reproducible, &all.requeued, &all.etag_incomparable,
        &all.list_pages_source, &all.list_pages_target})
    *figure = ++n;
  for (auto& count : all.copied_because) count = ++n;
  for (auto& count : all.skipped_because) count = ++n;
  const std::string text = counters_to_text(all);
  const auto back = counters_from_text(text);
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(counters_to_text(*back), text);
  EXPECT_EQ(back->skipped_because, all.skipped_because);
  EXPECT_EQ(back->failed_deletes.bytes, all.failed_deletes.bytes);
  EXPECT_EQ(back->list_pages_target, all.list_pages_target);
  RunCounters twice = all;
  add_counters(twice, *back);
  EXPECT_EQ(twice.copied.objects, 2 * all.copied.objects);
  EXPECT_EQ(twice.skipped_because[0], 2 * all.skipped_because[0]);
  EXPECT_EQ(twice.late, 2 * all.late);
}

TEST(CountersText, OtherVersionsAreReadAndNonsenseIsNot) {
  const auto newer = counters_from_text(R"({"copied":[2,30],"of_tomorrow":{"a":1}})");
  ASSERT_TRUE(newer);
  EXPECT_EQ(newer->copied.objects, 2u);
  EXPECT_EQ(newer->copied.bytes, 30u);
  EXPECT_TRUE(counters_from_text("{}"));
  for (const char* bad : {"", "[]", "{", R"({"copied":[1]})", R"({"copied":"x"})",
                          R"({"late":"x"})", R"({"skipped_because":{"archived":"x"}})"})
    EXPECT_FALSE(counters_from_text(bad)) << bad;
}

}  // namespace
}  // namespace s3ferry
