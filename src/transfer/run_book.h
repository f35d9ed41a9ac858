#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "journal/work_store.h"
#include "transfer/counters.h"
#include "transfer/counters_text.h"
#include "transfer/key_set.h"
#include "transfer/ledger.h"
#include "transfer/upload_book.h"

namespace s3ferry {

// What a run wrote into its WorkStore and writes there from now on: the engine's words on one side,
// the store's records on the other. One run, one shard; the store outlives it. An error of the
// store is told by when_sick(), whoever noticed it first.
class RunBook {
 public:
  // Takes up all that `record` leaves to do. kIo where a record cannot be read.
  static Task<Result<std::unique_ptr<RunBook>>> open(WorkStore& store, RunRecord record);
  RunBook(const RunBook&) = delete;
  RunBook& operator=(const RunBook&) = delete;

  // As the earlier tries left it.
  bool resumed() const { return record_.resumed; }
  WallTime began() const { return record_.began; }  // of the first try
  std::uint32_t tries() const { return record_.tries; }
  const std::vector<KeyRange>& gaps() const { return gaps_; }
  const RunCounters& earlier() const { return earlier_; }
  SetAside take_set_aside() { return std::move(set_aside_); }

  // Set: the keys that failed in that run are tried again, and no others.
  const std::optional<std::uint64_t>& retry_of() const { return record_.retry_of; }
  // Its failures of one kind of work, behind `after`, in key order.
  Task<Result<std::vector<FailedObject>>> failed_before(FailedWork work,
                                                        std::optional<std::string> after,
                                                        std::size_t most);

  // Keys under which an earlier run, or an earlier try, found that the target had stored something
  // else than it was sent: those behind `after`, in key order. Whether there were any when the run
  // was opened: those of this try are of no use to it.
  bool knows_of_wrong() const { return knows_of_wrong_; }
  Task<Result<std::vector<std::string>>> stored_wrong(std::optional<std::string> after,
                                                      std::size_t most);
  // Neither waits: durable within 100 ms, whatever becomes of the chunk.
  void note_stored_wrong(std::string_view key) {
    (void)store_.note_stored_wrong(std::string(key));  // its error is told by when_sick()
  }
  void forget_stored_wrong(std::string_view key) {
    (void)store_.forget_stored_wrong(std::string(key));
  }

  void enter(std::string_view phase) { (void)store_.set_phase(std::string(phase)); }
  // Neither waits: what is told is durable within 100 ms, whole or not at all.
  void finished(Chunk& chunk);
  // Of a chunk that held no key; becomes durable with the next that is finished.
  void counted(const RunCounters& counters) { add_counters(walked_, counters); }
  void settled(Portion& deletions);

  // Planned deletions that are not settled, behind `after`, in key order.
  Task<Result<std::vector<PlannedDelete>>> planned(std::optional<std::string> after,
                                                   std::size_t most);
  Task<Status> wait_for_room() { return store_.wait_for_room(); }
  void when_sick(std::function<void(const Error&)> then) { store_.when_sick(std::move(then)); }

  // The run stays open for a later try: why, what it has come to, and what failed among keys that
  // are not finished. Of a first try that met nothing no trace stays. Neither waits.
  void left(const RunCounters& counters, const Error& why, std::vector<FailedObject> failures);
  void never_began() { (void)store_.forget_run(); }

  // The run came to its end: the next one begins anew. `result` is what came out of all tries.
  Task<Status> finish_run(const RunCounters& result);
  // What was told is durable on success.
  Task<Status> flush() { return store_.flush(); }

  UploadBook& uploads() { return *uploads_; }

 private:
  RunBook(WorkStore& store, RunRecord record);
  Status read_counters();
  Task<Status> read_set_aside();
  Task<Status> see_what_is_wrong();

  WorkStore& store_;
  RunRecord record_;
  std::vector<KeyRange> gaps_;
  Claim claim_;
  RunCounters earlier_;
  RunCounters walked_;   // finished under this claim
  RunCounters deletes_;  // settled deletions of all tries
  SetAside set_aside_;
  bool knows_of_wrong_ = false;
  std::unique_ptr<UploadBook> uploads_;
};

}  // namespace s3ferry
