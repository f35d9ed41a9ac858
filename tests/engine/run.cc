#include "engine/run.h"

#include <gtest/gtest.h>

namespace s3ferry::testing {

SyncResult sync(SimPair& world, const SyncOptions& options, RecordingSink& sink) {
  SyncResult result = world.runtime().run(run_sync(world.runtime(), world.pair(), options, sink));
  sink.sort();
  // Rules 1 and 13, whatever a test is about.
  EXPECT_EQ(world.counters().source_writes, 0u);
  const RunCounters& c = result.counters;
  EXPECT_EQ(c.copied.objects, sink.copied.size());
  EXPECT_EQ(c.failed.objects, sink.failed.size());
  EXPECT_EQ(c.deleted.objects, sink.deleted.size());
  const std::uint64_t of_source =
      c.skipped.objects - c.skipped_deletes.objects + c.failed.objects - c.failed_deletes.objects;
  EXPECT_EQ(c.listed_source.objects, c.excluded_source.objects + c.ignored_markers_source.objects +
                                         c.copied.objects + c.would_copy.objects + c.same.objects +
                                         of_source);
  EXPECT_EQ(c.target_only.objects, c.extras_kept.objects + c.deleted.objects +
                                       c.would_delete.objects + c.skipped_deletes.objects +
                                       c.failed_deletes.objects);
  return result;
}

}  // namespace s3ferry::testing
