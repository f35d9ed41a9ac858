#pragma once

// Uploads under test: a world with large objects, and tries that are stopped under way.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/run.h"
#include "transfer/copy_workers.h"
#include "transfer/upload_log.h"

namespace s3ferry {

// Parts so large that objects have digests by formula (sim/content.h), which cost nothing.
inline constexpr ByteCount kPart = 32 * kMiB;

class UploadTest : public ::testing::Test {
 protected:
  explicit UploadTest(testing::SimPairOptions world = {}) : world_(std::move(world)) {
    options_.multipart.threshold = kPart;
    options_.multipart.part_bytes = kPart;
    options_.concurrency = 4;
  }
  sim::ObjectSpec object(std::string key, ByteCount size, std::uint64_t seed = 1) {
    sim::ObjectSpec out;
    out.key = std::move(key);
    out.size = size;
    out.seed = seed;
    out.part_size = kPart;
    out.mtime = world_.ago(1000);
    return out;
  }
  void put(sim::ObjectSpec spec) { world_.put(testing::kSourceBucket, std::move(spec)); }
  void put(std::string key, ByteCount size, std::uint64_t seed = 1) {
    put(object(std::move(key), size, seed));
  }
  static sim::Fault fault(sim::Operation operation, int status = 0, std::string code = "") {
    sim::Fault out;
    out.operations = {operation};
    out.status = status;
    out.code = std::move(code);
    return out;
  }
  void mischief(sim::Fault::Mischief what, int times) {
    sim::Fault bad = fault(sim::Operation::kUploadPartCopy);
    bad.part = 3;
    bad.times = times;
    bad.mischief = what;
    world_.sim().add_fault(bad);
  }
  std::uint64_t count(sim::Operation operation) { return world_.count(operation); }
  std::string etag_of(const char* bucket, std::string_view key) {
    const auto info = world_.sim().find_object(bucket, key);
    return info ? info->etag : "";
  }
  bool arrived(std::string_view key) {
    const std::string etag = etag_of(testing::kTargetBucket, key);
    return !etag.empty() && etag == etag_of(testing::kSourceBucket, key);
  }
  SyncResult run() {
    sink_ = testing::RecordingSink();
    SyncResult result = testing::sync(world_, options_, sink_);
    EXPECT_EQ(world_.sim().open_uploads(testing::kTargetBucket), 0u);
    return result;
  }

  testing::SimPair world_;
  SyncOptions options_;
  testing::RecordingSink sink_;
};

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
  Task<Status> created(ObjectKey key, UploadId upload, bool by_key) override {
    records.at(key.str()).by_key = by_key;
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
inline Task<void> copy_one(RunState& state, UploadLog& log, CopyItem item) {
  CopyWorkers workers(state, 4);
  Chunk& chunk = state.ledger.begin(std::nullopt);
  item.chunk = &chunk;
  workers.log_uploads(log);
  const CopyLanePtr lane = workers.open_lane();
  (void)co_await workers.send(*lane, std::move(item));
  co_await workers.finish();
  state.ledger.close(chunk, std::nullopt);
}

class ResumedUploadTest : public UploadTest {
 protected:
  ResumedUploadTest() = default;
  explicit ResumedUploadTest(testing::SimPairOptions world) : UploadTest(std::move(world)) {}
  CopyItem item(std::string_view key) {
    const auto info = world_.sim().find_object(testing::kSourceBucket, key);
    ObjectView view;
    view.key = key;
    view.etag = info->etag;
    view.size = info->size;
    CopyItem out(view, nullptr, CopyReason::kMissing);
    out.route = CopyRoute::kParts;
    return out;
  }
  void kill() {
    if (state_ != nullptr) state_->stop(Error(ErrorKind::kCancelled, "killed"));
  }
  std::size_t open_uploads() { return world_.sim().open_uploads(testing::kTargetBucket); }
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
      if (kill_at_ > 0 && request.part == kill_at_) kill();
    });
  }
  DurableLog log_;
  RunState* state_ = nullptr;
  int kill_at_ = 0;
};

}  // namespace s3ferry
