#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "report/output.h"
#include "report/run_report.h"
#include "runtime/runtime.h"
#include "transfer/events.h"

namespace s3ferry {

// A run as NDJSON on one output, nothing else in it: one object a line, the last one is the
// summary. docs/formats/events.md is its description. One shard's thread.
class JsonEvents final : public EventSink {
 public:
  JsonEvents(Runtime& runtime, Output& out) : runtime_(runtime), out_(out) {}

  void on_begin(const Pair& pair, const RunCounters& counters) override;
  void on_resumed(const ResumedEvent& event) override;
  void on_phase(Phase phase) override;
  void on_copied(const CopiedEvent& event) override;
  void on_deleted(const DeletedEvent& event) override;
  void on_skipped(const SkippedEvent& event) override;
  void on_failed(const FailedEvent& event) override;
  void on_warning(const WarningEvent& event) override;
  void on_difference(const DifferenceEvent& event) override;

  // The events after the engine's: check, error, and the summary. The last call.
  void finish(const RunReport& report);

 private:
  using Json = nlohmann::ordered_json;
  Json begin(std::string_view event) const;
  void put(const Json& event);
  void put_check(const RunReport& report);

  Runtime& runtime_;
  Output& out_;
  bool begun_ = false;
};

}  // namespace s3ferry
