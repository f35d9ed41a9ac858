#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "transfer/events.h"

namespace s3ferry::testing {

// Remembers what a run told, as short lines, and that each object was told only once.
class RecordingSink final : public EventSink {
 public:
  void on_begin(const Pair&, const RunCounters& counters) override { live = &counters; }
  void on_end() override { live = nullptr; }
  void on_phase(Phase phase) override { phases.emplace_back(to_string(phase)); }
  void on_copied(const CopiedEvent& e) override {
    (e.dry_run ? would_copy : copied).emplace_back(e.key);
    if (e.late) late.emplace_back(e.key);
  }
  void on_deleted(const DeletedEvent& e) override {
    (e.dry_run ? would_delete : deleted).emplace_back(e.key);
  }
  void on_skipped(const SkippedEvent& e) override {
    skipped.push_back(std::string(to_string(e.reason)) + " " + std::string(e.key));
  }
  void on_failed(const FailedEvent& e) override {
    failed.emplace_back(e.key);
    errors.push_back(e.error);
  }
  void on_warning(const WarningEvent& e) override {
    warnings.emplace_back(to_string(e.kind));
    warning_texts.emplace_back(e.message);
  }
  void on_difference(const DifferenceEvent& e) override {
    differences.push_back(std::string(to_string(e.kind)) + " " + std::string(e.key) +
                          (e.late ? " late" : "") + (e.excused ? " excused" : ""));
  }
  bool wants_compared() const override { return true; }
  void on_compared(const ComparedEvent& e) override {
    compared.push_back(std::string(1, e.letter) + std::string(e.key));
  }
  bool wants_objects() const override { return true; }
  void on_object(Side side, const ObjectView& object) override {
    objects.push_back(std::string(to_string(side)) + " " + std::string(object.key));
  }
  bool warned_of(WarningKind kind) const {
    return std::find(warnings.begin(), warnings.end(), to_string(kind)) != warnings.end();
  }
  void sort() {
    for (auto* list : {&copied, &would_copy, &deleted, &would_delete, &skipped, &failed, &late})
      std::sort(list->begin(), list->end());
  }

  const RunCounters* live = nullptr;
  std::vector<std::string> phases, copied, would_copy, deleted, would_delete, skipped, failed, late;
  std::vector<std::string> warnings, warning_texts, differences, compared, objects;
  std::vector<Error> errors;
};

}  // namespace s3ferry::testing
