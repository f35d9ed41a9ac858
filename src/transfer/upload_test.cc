// What can go wrong with an upload: lost answers, wrong parts, a source that changes, a kill.

#include <memory>
#include <string>
#include <vector>

#include "runtime/scope.h"
#include "transfer/upload_test_support.h"

namespace s3ferry {
namespace {

using sim::Fault;
using sim::Operation;
using testing::kSourceBucket;
using testing::kTargetBucket;
using testing::RecordingSink;
using testing::SimPair;
using Names = std::vector<std::string>;

TEST_F(UploadTest, APartThatWasLostOrSwappedOnceIsSentAgain) {
  for (const auto what : {Fault::Mischief::kLost, Fault::Mischief::kSwapped}) {
    const std::string key = what == Fault::Mischief::kLost ? "lost" : "swapped";
    mischief(what, 1);
    put(key, 5 * kPart);
    options_.concurrency = 1;  // in order, so that part 2 is there when part 3 comes
    EXPECT_EQ(run().exit_code(), 0);
    EXPECT_TRUE(arrived(key));
  }
  EXPECT_TRUE(world_.sim().all_faults_fired());
}

TEST_F(UploadTest, APartThatIsNeverRightIsNeverCompleted) {
  options_.concurrency = 1;
  for (const auto what :
       {Fault::Mischief::kLost, Fault::Mischief::kSwapped, Fault::Mischief::kRepeated}) {
    world_.sim().clear_faults();
    mischief(what, -1);
    put("k", 5 * kPart);
    EXPECT_EQ(run().exit_code(), 1);
    EXPECT_EQ(etag_of(kTargetBucket, "k"), "");
    EXPECT_NE(sink_.errors.at(0).message().find("nothing was completed"), std::string::npos);
  }
  EXPECT_EQ(count(Operation::kCompleteMultipartUpload), 0u);
}

// With cuts of our own no ETag of the object tells; the checksum over the whole does.
TEST_F(UploadTest, ARepeatedPartFailsTheChecksumOverTheWhole) {
  options_.multipart.etag = EtagPolicy::kAny;
  options_.concurrency = 1;
  mischief(Fault::Mischief::kRepeated, -1);
  put("k", 5 * kPart);
  EXPECT_EQ(run().exit_code(), 1);
  EXPECT_EQ(etag_of(kTargetBucket, "k"), "");
  EXPECT_EQ(count(Operation::kGetObject), 0u);
}

class OwnCutsTest : public UploadTest {
 protected:
  OwnCutsTest() {
    options_.concurrency = 1;
    sim::Quirks quirks;
    quirks.no_checksums = true;
    world_.sim().set_quirks(quirks);
  }
  void put_whole(std::string key) {
    sim::ObjectSpec spec = object(std::move(key), 5 * kPart);
    spec.part_size = 0;
    put(spec);
  }
};

constexpr Fault::Mischief kMischiefs[] = {Fault::Mischief::kLost, Fault::Mischief::kRepeated,
                                          Fault::Mischief::kSwapped};

// Neither an ETag to keep nor a checksum: what the server holds, and a few bytes of the source.
TEST_F(OwnCutsTest, AWrongPartIsSentAgain) {
  put_whole("calm");
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(count(Operation::kGetObject), 0u);
  for (const auto what : kMischiefs) {
    const std::string key = "k" + std::to_string(static_cast<int>(what));
    mischief(what, 1);
    put_whole(key);
    EXPECT_EQ(run().exit_code(), 0);
    EXPECT_EQ(etag_of(kTargetBucket, key), etag_of(kTargetBucket, "calm"));
  }
  EXPECT_TRUE(world_.sim().all_faults_fired());
}

TEST_F(OwnCutsTest, APartThatIsNeverRightIsNeverCompleted) {
  for (const auto what : kMischiefs) {
    world_.sim().clear_faults();
    mischief(what, -1);
    put_whole("k");
    EXPECT_EQ(run().exit_code(), 1);
    EXPECT_NE(sink_.errors.at(0).message().find("nothing was completed"), std::string::npos);
  }
  EXPECT_EQ(count(Operation::kCompleteMultipartUpload), 0u);
}

// Where nobody may list parts the server compares what it holds with what it had answered.
TEST_F(OwnCutsTest, SoItIsWherePartsMayNotBeListed) {
  world_.sim().add_fault(fault(Operation::kListParts, 403, "AccessDenied"));
  for (const auto what : kMischiefs) {
    mischief(what, -1);
    put_whole("k");
    EXPECT_EQ(run().exit_code(), 1);
    EXPECT_EQ(etag_of(kTargetBucket, "k"), "");
  }
}

// Content that repeats is no fault: the source holds the same bytes there.
TEST_F(OwnCutsTest, PartsThatAreAlikeAreFine) {
  sim::ObjectSpec spec = object("zeros", 0);
  spec.part_size = 0;
  spec.content = std::string(4 * 5 * kMiB, '\0');
  put(spec);
  options_.multipart.threshold = options_.multipart.part_bytes = 5 * kMiB;
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(count(Operation::kGetObject), 4u);
  EXPECT_EQ(count(Operation::kUploadPartCopy), 4u);
  EXPECT_EQ(world_.sim().find_object(kTargetBucket, "zeros")->parts.size(), 4u);
  // Who may copy need not be who may read.
  spec.key = "more zeros";
  put(spec);
  world_.sim().add_fault(fault(Operation::kGetObject, 403, "AccessDenied"));
  EXPECT_EQ(run().exit_code(), 0);
}

TEST_F(OwnCutsTest, ManyPartsThatAreAlikeCostTheSourceLittle) {
  sim::ObjectSpec spec = object("zeros", 0);
  spec.part_size = 0;
  spec.content = std::string(70 * 5 * kMiB, '\0');
  put(std::move(spec));
  options_.multipart.threshold = options_.multipart.part_bytes = 5 * kMiB;
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(count(Operation::kUploadPartCopy), 70u);
  EXPECT_EQ(count(Operation::kGetObject), 65u);
}

// A service that ignores conditions: the listed ETag is there again when all parts have arrived.
TEST_F(OwnCutsTest, ASourceThatWasAnotherForAWhileIsCopiedAnew) {
  sim::Quirks quirks;
  quirks.ignores_copy_conditions = quirks.no_checksums = true;
  world_.sim().set_quirks(quirks);
  world_.sim().add_latency({std::nullopt, std::chrono::seconds(1), {}, 0});
  put_whole("calm");
  EXPECT_EQ(run().exit_code(), 0);
  put_whole("k");
  bool done = false;
  world_.sim().before_request([&](const sim::RequestInfo& request) {
    if (done || request.operation != Operation::kUploadPartCopy) return;
    done = request.part == 4;
    sim::ObjectSpec spec = object("k", 5 * kPart, request.part == 3 ? 2 : 1);
    spec.part_size = 0;
    if (request.part >= 3) put(spec);
  });
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_TRUE(done);
  EXPECT_EQ(etag_of(kTargetBucket, "k"), etag_of(kTargetBucket, "calm"));
}

TEST_F(UploadTest, ASourceReplacedInTheMiddleIsNeverStitched) {
  for (const bool honours : {true, false}) {
    sim::Quirks quirks;
    quirks.ignores_copy_conditions = quirks.no_checksums = !honours;
    world_.sim().set_quirks(quirks);
    const std::string key = honours ? "honoured" : "ignored";
    put(key, 5 * kPart, 1);
    auto done = std::make_shared<bool>(false);
    world_.sim().before_request([this, key, done](const sim::RequestInfo& request) {
      if (*done || request.operation != Operation::kUploadPartCopy || request.part != 3) return;
      if (request.key != key) return;
      *done = true;
      put(key, 5 * kPart, 2);
    });
    const SyncResult result = run();
    EXPECT_EQ(result.exit_code(), 0);
    EXPECT_EQ(sink_.late, Names{key});
    EXPECT_TRUE(*done);
    EXPECT_TRUE(arrived(key));
  }
}

TEST_F(UploadTest, ASourceThatNeverStaysIsSkipped) {
  put("k", 3 * kPart, 1);
  std::uint64_t seed = 1;
  world_.sim().before_request([this, &seed](const sim::RequestInfo& request) {
    if (request.operation == Operation::kUploadPartCopy && request.part == 2)
      put("k", 3 * kPart, ++seed);
  });
  EXPECT_EQ(run().exit_code(), 2);
  EXPECT_EQ(sink_.skipped, Names{"changed-meanwhile k"});
  EXPECT_EQ(etag_of(kTargetBucket, "k"), "");
}

TEST_F(UploadTest, AnErrorInsideA200IsAnError) {
  for (const auto operation : {Operation::kUploadPartCopy, Operation::kCompleteMultipartUpload}) {
    Fault inside = fault(operation, 200, "InternalError");
    inside.times = 1;
    world_.sim().add_fault(inside);
  }
  put("k", 3 * kPart);
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_TRUE(arrived("k"));
  EXPECT_TRUE(world_.sim().all_faults_fired());
}

TEST_F(UploadTest, ACompletionWhoseAnswerIsLostIsLookedUp) {
  for (const bool guarded : {true, false}) {
    Fault lost = fault(Operation::kCompleteMultipartUpload);
    lost.times = 1;
    lost.drop = Fault::Drop::kAfter;
    world_.sim().add_fault(lost);
    sim::Quirks quirks;
    quirks.ignores_write_conditions = !guarded;
    world_.sim().set_quirks(quirks);
    const std::string key = guarded ? "guarded" : "free";
    put(key, 3 * kPart);
    world_.sim().reset_counters();
    EXPECT_EQ(run().exit_code(), 0);
    EXPECT_TRUE(arrived(key));
    EXPECT_EQ(count(Operation::kCreateMultipartUpload), 1u);
  }
}

TEST_F(UploadTest, AnUploadThatIsGoneMayHaveSucceeded) {
  Fault gone = fault(Operation::kCompleteMultipartUpload, 404, "NoSuchUpload");
  gone.take_effect = true;
  gone.times = 1;
  world_.sim().add_fault(gone);
  put("k", 3 * kPart);
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 1u);
  EXPECT_TRUE(arrived("k"));
}

TEST_F(UploadTest, AnUploadThatSomeoneAbortedIsDoneAnew) {
  bool done = false;
  world_.sim().before_request([&](const sim::RequestInfo& request) {
    if (done || request.operation != Operation::kCompleteMultipartUpload) return;
    done = true;
    world_.sim().erase_uploads(kTargetBucket);
  });
  put("k", 3 * kPart);
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 2u);
  EXPECT_TRUE(arrived("k"));
}

TEST_F(UploadTest, AForeignWriteIsNotOverwritten) {
  world_.sim().before_request([this](const sim::RequestInfo& request) {
    if (request.operation != Operation::kCompleteMultipartUpload) return;
    if (etag_of(kTargetBucket, "k").empty()) world_.put_target("k", 7, 0, 9);
  });
  put("k", 3 * kPart);
  const SyncResult result = run();
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_EQ(result.counters.conflicts, 1u);
  EXPECT_EQ(world_.sim().find_object(kTargetBucket, "k")->size, 7u);
}

TEST_F(UploadTest, WhereIfMatchIsDeniedTheUploadIsNotRepeated) {
  world_.put_target("k", 7, 5000, 9);
  Fault denied = fault(Operation::kCompleteMultipartUpload, 403, "AccessDenied");
  denied.times = 1;
  world_.sim().add_fault(denied);
  put("k", 3 * kPart);
  options_.copy_as = CopyAs::kSource;
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 1u);
  EXPECT_TRUE(sink_.warned_of(WarningKind::kNoConditionalWrites));
}

TEST_F(UploadTest, ARaceAtTheCompletionIsDoneAnew) {
  Fault race = fault(Operation::kCompleteMultipartUpload, 409, "ConditionalRequestConflict");
  race.times = 1;
  world_.sim().add_fault(race);
  put("k", 3 * kPart);
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 2u);
}

TEST_F(UploadTest, WhatFailsIsAborted) {
  Fault denied = fault(Operation::kUploadPartCopy, 403, "AccessDenied");
  denied.part = 4;
  world_.sim().add_fault(denied);
  put("k", 6 * kPart);
  EXPECT_EQ(run().exit_code(), 1);  // run() sees that nothing is open
  EXPECT_GE(count(Operation::kAbortMultipartUpload), 1u);
}

TEST_F(UploadTest, ASlowerPaceFailsNoPart) {
  Fault slow = fault(Operation::kUploadPartCopy, 503, "SlowDown");
  slow.times = 100;
  world_.sim().add_fault(slow);
  put("k", 40 * kPart);
  options_.concurrency = 32;
  EXPECT_EQ(run().exit_code(), 0);
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 1u);
}

Task<void> cancel_after(Runtime& runtime, Duration delay, Scope& scope) {
  (void)co_await runtime.sleep_for(delay);
  scope.cancel();
}
Task<void> sync_into(SimPair& world, const SyncOptions& options, RecordingSink& sink) {
  (void)co_await run_sync(world.runtime(), world.pair(), options, sink);
}
Task<void> sync_cancelled(SimPair& world, const SyncOptions& options, RecordingSink& sink,
                          Duration after) {
  Scope scope(world.runtime()), timer(world.runtime());
  scope.spawn(sync_into(world, options, sink));
  timer.spawn(cancel_after(world.runtime(), after, scope));
  co_await scope.join();
  co_await timer.join();
}

TEST_F(UploadTest, ACancelledUploadIsAborted) {
  sim::LatencySpec latency;
  latency.fixed = std::chrono::milliseconds(100);
  world_.sim().add_latency(latency);
  put("k", 60 * kPart);
  for (const int ms : {450, 650, 750, 900, 1300}) {
    world_.runtime().run(sync_cancelled(world_, options_, sink_, std::chrono::milliseconds(ms)));
    EXPECT_EQ(world_.sim().open_uploads(kTargetBucket), 0u) << ms;
    EXPECT_EQ(etag_of(kTargetBucket, "k"), "");
  }
  EXPECT_GE(count(Operation::kCreateMultipartUpload), 3u);
}

}  // namespace
}  // namespace s3ferry
