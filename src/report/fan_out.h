#pragma once

#include <utility>
#include <vector>

#include "transfer/events.h"

namespace s3ferry {

// Hands each event to several sinks, in order. They outlive it.
class FanOut final : public EventSink {
 public:
  void add(EventSink& sink) { sinks_.push_back(&sink); }

  void on_begin(const Pair& pair, const RunCounters& counters) override {
    for (EventSink* sink : sinks_) sink->on_begin(pair, counters);
  }
  void on_end() override {
    for (EventSink* sink : sinks_) sink->on_end();
  }
  void on_resumed(const ResumedEvent& event) override {
    for (EventSink* sink : sinks_) sink->on_resumed(event);
  }
  void on_phase(Phase phase) override {
    for (EventSink* sink : sinks_) sink->on_phase(phase);
  }
  void on_copied(const CopiedEvent& event) override {
    for (EventSink* sink : sinks_) sink->on_copied(event);
  }
  void on_deleted(const DeletedEvent& event) override {
    for (EventSink* sink : sinks_) sink->on_deleted(event);
  }
  void on_skipped(const SkippedEvent& event) override {
    for (EventSink* sink : sinks_) sink->on_skipped(event);
  }
  void on_failed(const FailedEvent& event) override {
    for (EventSink* sink : sinks_) sink->on_failed(event);
  }
  void on_warning(const WarningEvent& event) override {
    for (EventSink* sink : sinks_) sink->on_warning(event);
  }
  void on_difference(const DifferenceEvent& event) override {
    for (EventSink* sink : sinks_) sink->on_difference(event);
  }
  bool wants_compared() const override {
    for (const EventSink* sink : sinks_)
      if (sink->wants_compared()) return true;
    return false;
  }
  void on_compared(const ComparedEvent& event) override {
    for (EventSink* sink : sinks_)
      if (sink->wants_compared()) sink->on_compared(event);
  }
  bool wants_objects() const override {
    for (const EventSink* sink : sinks_)
      if (sink->wants_objects()) return true;
    return false;
  }
  void on_object(Side side, const ObjectView& object) override {
    for (EventSink* sink : sinks_)
      if (sink->wants_objects()) sink->on_object(side, object);
  }

 private:
  std::vector<EventSink*> sinks_;
};

}  // namespace s3ferry
