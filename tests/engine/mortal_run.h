#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/recording_sink.h"
#include "engine/sim_pair.h"
#include "journal/records.h"
#include "transfer/sync.h"

namespace s3ferry::testing {

// When a process dies: at this request to the server (from 1), before or after its effect.
struct Death {
  std::uint64_t at_request = 0;
  bool after_effect = false;
  std::optional<sim::Operation> of{};  // only such requests count
};

// A recorded run's tries as processes that may die at any moment, under virtual time: at its death
// nothing more of a process reaches the server, no answer reaches it, and its journal stays as it
// is on the disk at that instant. The next try opens what is left.
class MortalRun {
 public:
  MortalRun(SimPair& world, SyncOptions options);
  ~MortalRun();
  MortalRun(const MortalRun&) = delete;
  MortalRun& operator=(const MortalRun&) = delete;

  struct Try {
    bool died = false;
    RunRecord record;  // as the try found it
    std::optional<SyncResult> result;
    std::optional<Error> error;  // the journal could not be opened
    std::uint64_t requests = 0;
  };
  Try go(std::optional<Death> death = std::nullopt);
  SyncOptions options;
  bool retry_failed = false, restart = false;
  const RecordingSink& told() const { return sink_; }  // by the last try

 private:
  Task<void> process(Try& out);
  Task<void> supervise(Try& out);
  void die();

  SimPair& world_;
  RecordingSink sink_;
  std::string folder_;  // of all generations of the journal
  int generation_ = 0;
  std::optional<Death> death_;
  std::uint64_t requests_ = 0, counted_ = 0;
  bool dead_ = false;
  Event died_;
};

}  // namespace s3ferry::testing
