#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/work_store.h"
#include "transfer/upload_log.h"

namespace s3ferry {

// The uploads of a recorded run in its WorkStore: written down before they happen, known again to
// the next try. Memory: one entry for each that is open. One run, one shard; the store outlives it.
class UploadBook final : public UploadLog {
 public:
  // Reads what earlier tries, and earlier runs of the task, left. What was begun before the first
  // try of this run, at `run_began` (absent: this is the first), may have been begun under other
  // options: such uploads are not gone on with but aborted.
  static Task<Result<std::unique_ptr<UploadBook>>> open(WorkStore& store,
                                                        std::optional<WallTime> run_began);

  bool is_durable() const override { return true; }
  Task<Status> begin(PlannedUpload intent) override;
  Task<Status> created(ObjectKey key, UploadId upload, bool by_key) override;
  Task<Status> ended(ObjectKey key) override;
  std::optional<PlannedUpload> find(const ObjectKey& key) const override;

  // All that have not ended, in key order.
  std::vector<PlannedUpload> not_ended() const;

 private:
  explicit UploadBook(WorkStore& store) : store_(store) {}
  WorkStore& store_;
  std::map<std::string, PlannedUpload> open_;
};

// What is stored of an intent beside its key and id: a JSON object (docs/formats/journal.md).
std::string upload_facts(const PlannedUpload& intent);
// kIo for what is none.
Status read_upload_facts(std::string_view text, PlannedUpload& intent);

}  // namespace s3ferry
