// What can go wrong with an upload: lost answers, wrong parts, a source that changes, a kill.

#include "transfer/upload.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/run.h"
#include "runtime/scope.h"
#include "transfer/copy_workers.h"
#include "transfer/upload_recovery.h"

namespace s3ferry {
namespace {

using sim::Fault;
using sim::Operation;
using testing::kSourceBucket;
using testing::kTargetBucket;
using testing::RecordingSink;
using testing::SimPair;
using testing::sync;
using Names = std::vector<std::string>;

// Parts so large that objects have digests by formula (sim/content.h), which cost nothing.
constexpr ByteCount kPart = 32 * kMiB;

class UploadTest : public ::testing::Test {
 protected:
  UploadTest() {
    options_.multipart.threshold = kPart;
    options_.multipart.part_bytes = kPart;
    options_.concurrency = 4;
  }
  void put(std::string key, ByteCount size, std::uint64_t seed = 1) {
    sim::ObjectSpec spec;
    spec.key = std::move(key);
    spec.size = size;
    spec.seed = seed;
    spec.part_size = kPart;
    spec.mtime = world_.ago(1000);
    world_.put(kSourceBucket, std::move(spec));
  }
  static Fault fault(Operation operation, int status = 0, std::string code = "") {
    Fault out;
    out.operations = {operation};
    out.status = status;
    out.code = std::move(code);
    return out;
  }
  void mischief(Fault::Mischief what, int times) {
    Fault bad = fault(Operation::kUploadPartCopy);
    bad.part = 3;
    bad.times = times;
    bad.mischief = what;
    world_.sim().add_fault(bad);
  }
  std::uint64_t count(Operation operation) { return world_.count(operation); }
  std::string etag_of(const char* bucket, std::string_view key) {
    const auto info = world_.sim().find_object(bucket, key);
    return info ? info->etag : "";
  }
  bool arrived(std::string_view key) {
    const std::string etag = etag_of(kTargetBucket, key);
    return !etag.empty() && etag == etag_of(kSourceBucket, key);
  }
  SyncResult run() {
    sink_ = RecordingSink();
    SyncResult result = sync(world_, options_, sink_);
    EXPECT_EQ(world_.sim().open_uploads(kTargetBucket), 0u);
    return result;
  }

  SimPair world_;
  SyncOptions options_;
  RecordingSink sink_;
};

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

// With cuts of our own no ETag tells of a repeated part; the checksum over the whole does.
TEST_F(UploadTest, ARepeatedPartFailsTheChecksumOverTheWhole) {
  options_.multipart.etag = EtagPolicy::kAny;
  options_.concurrency = 1;
  mischief(Fault::Mischief::kRepeated, -1);
  put("k", 5 * kPart);
  EXPECT_EQ(run().exit_code(), 1);
  EXPECT_EQ(etag_of(kTargetBucket, "k"), "");
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

// A log that outlives the run, as the journal's does.
class DurableLog final : public UploadLog {
 public:
  bool is_durable() const override { return true; }
  Task<Status> begin(PlannedUpload record) override {
    if (records.contains(record.key.str())) co_return fail(ErrorKind::kConflict, "twice");
    const std::string key = record.key.str();
    records.insert_or_assign(key, std::move(record));
    co_return Status();
  }
  Task<Status> created(ObjectKey key, UploadId upload) override {
    if (!forgets_ids) records.at(key.str()).upload = std::move(upload);
    co_return Status();
  }
  Task<Status> ended(ObjectKey key) override {
    records.erase(key.str());
    co_return Status();
  }
  std::optional<PlannedUpload> find(const ObjectKey& key) const override {
    const auto at = records.find(key.str());
    return at == records.end() ? std::nullopt : std::optional(at->second);
  }
  std::map<std::string, PlannedUpload> records;
  bool forgets_ids = false;
};

// One object through the workers, with a log.
Task<void> copy_one(RunState& state, UploadLog& log, CopyItem item) {
  CopyWorkers workers(state, 4);
  Chunk& chunk = state.ledger.begin(std::nullopt);
  item.chunk = &chunk;
  workers.log_uploads(log);
  (void)co_await workers.send(std::move(item));
  co_await workers.finish();
  state.ledger.close(chunk, std::nullopt);
}

class ResumedUploadTest : public UploadTest {
 protected:
  CopyItem item(std::string_view key) {
    const auto info = world_.sim().find_object(kSourceBucket, key);
    ObjectView view;
    view.key = key;
    view.etag = info->etag;
    view.size = info->size;
    CopyItem out(view, nullptr, CopyReason::kMissing);
    out.route = CopyRoute::kParts;
    return out;
  }
  // One try; `kill_at`: the run is stopped before that part is copied.
  void attempt(std::string_view key, int kill_at = 0) {
    RunState state(world_.runtime(), world_.pair(), options_, sink_);
    kill_at_ = kill_at;
    state_ = &state;
    world_.runtime().run(copy_one(state, log_, item(key)));
    state_ = nullptr;
  }
  void SetUp() override {
    options_.concurrency = 1;
    world_.sim().before_request([this](const sim::RequestInfo& request) {
      if (kill_at_ > 0 && request.part == kill_at_ && state_ != nullptr)
        state_->stop(Error(ErrorKind::kCancelled, "killed"));
    });
  }
  DurableLog log_;
  RunState* state_ = nullptr;
  int kill_at_ = 0;
};

TEST_F(ResumedUploadTest, FinishedPartsAreNotCopiedAgain) {
  put("k", 10 * kPart);
  attempt("k", 4);
  EXPECT_EQ(world_.sim().open_uploads(kTargetBucket), 1u);
  const std::uint64_t before = count(Operation::kUploadPartCopy);
  EXPECT_GE(before, 4u);
  EXPECT_LT(before, 10u);
  attempt("k");
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(count(Operation::kUploadPartCopy), 10u);
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 1u);
  EXPECT_EQ(world_.sim().open_uploads(kTargetBucket), 0u);
  EXPECT_TRUE(log_.records.empty());
}

TEST_F(ResumedUploadTest, AnotherObjectsPartsAreAborted) {
  put("k", 10 * kPart, 1);
  attempt("k", 4);
  put("k", 10 * kPart, 2);
  attempt("k");
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(world_.sim().open_uploads(kTargetBucket), 0u);
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 2u);
  EXPECT_TRUE(log_.records.empty());
}

TEST_F(ResumedUploadTest, AnUploadWhoseIdWasNotWrittenIsFoundAndAnotherToolsIsNot) {
  world_.sim().open_upload(kTargetBucket, "k");  // another tool's, before ours
  put("k", 10 * kPart);
  log_.forgets_ids = true;
  attempt("k", 4);
  EXPECT_EQ(world_.sim().open_uploads(kTargetBucket), 2u);
  world_.sim().open_upload(kTargetBucket, "k2");  // another key of the same prefix
  log_.forgets_ids = false;
  attempt("k");
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(world_.sim().open_uploads(kTargetBucket), 2u);
  EXPECT_EQ(world_.sim().open_uploads(kTargetBucket, "k"), 1u);
  EXPECT_TRUE(log_.records.empty());
}

TEST_F(ResumedUploadTest, WhatMayBeAnothersIsLeftAndToldOf) {
  put("k", 10 * kPart);
  log_.forgets_ids = true;
  attempt("k", 4);
  world_.sim().open_upload(kTargetBucket, "k");  // another tool's, after ours
  log_.forgets_ids = false;
  attempt("k");
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(world_.sim().open_uploads(kTargetBucket), 2u);
  EXPECT_TRUE(std::any_of(
      sink_.warning_texts.begin(), sink_.warning_texts.end(),
      [](const std::string& text) { return text.find("left as they are") != std::string::npos; }));
}

TEST_F(ResumedUploadTest, AnUploadThatIsGoneStartsAnew) {
  put("k", 10 * kPart);
  attempt("k", 4);
  world_.sim().erase_uploads(kTargetBucket);
  attempt("k");
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 2u);
}

}  // namespace
}  // namespace s3ferry
