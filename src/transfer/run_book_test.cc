#include "transfer/run_book.h"

#include <gtest/gtest.h>

#include "journal/store_test_support.h"

namespace s3ferry {
namespace {

// One try: what earlier ones came to, and then a finished chunk behind one that held no key.
Task<void> play(WorkStore& store, const char* after, const char* up_to, RunCounters& earlier) {
  Result<RunRecord> record = co_await store.open_run(RunRequest());
  EXPECT_TRUE(record);
  if (!record) co_return;
  auto book = co_await RunBook::open(store, std::move(*record));
  EXPECT_TRUE(book);
  if (!book) co_return;
  earlier = (*book)->earlier();
  RunCounters in_vain;
  in_vain.list_pages_target = 3;
  (*book)->counted(in_vain);
  Chunk chunk;
  chunk.after = after;
  chunk.up_to = up_to;
  chunk.counters.list_pages_source = 2;
  (*book)->finished(chunk);
  EXPECT_TRUE(co_await store.flush());
  EXPECT_TRUE(co_await store.close());
}

TEST(RunBook, WhatAChunkWithoutKeysCostIsInTheSum) {
  SqliteWorld world;
  RunCounters earlier;
  for (const bool again : {false, true}) {
    const auto store = world.open();
    world.runtime().run(play(*store, again ? "k" : "c", again ? "m" : "k", earlier));
    if (!again) continue;
    EXPECT_EQ(earlier.list_pages_source, 2u);
    EXPECT_EQ(earlier.list_pages_target, 3u);
  }
}

}  // namespace
}  // namespace s3ferry
