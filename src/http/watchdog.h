#pragma once

#include <memory>

#include "http/stream.h"
#include "runtime/runtime.h"

namespace s3ferry::http {

// Interrupts streams whose deadline passed. One timer for a whole client, which looks at all
// entries at most once a second unless one is due sooner: arming costs a clock, and touches no
// other entry.
class Watchdog {
 public:
  // One wait's deadline; lives in its connection, which is listed from the first time that it is
  // armed until it dies.
  class Entry {
   public:
    Entry() = default;
    ~Entry() { leave(); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    void disarm() { deadline_ = TimePoint::max(); }

   private:
    friend class Watchdog;
    void leave();
    Stream* stream_ = nullptr;
    TimePoint deadline_ = TimePoint::max();
    Entry* next_ = nullptr;
    Entry** self_ = nullptr;  // what points to us; null: not listed
  };

  explicit Watchdog(Runtime& runtime);
  ~Watchdog();

  // After `limit` from now the stream is interrupted, unless disarmed or armed anew before.
  void arm(Entry& entry, Stream& stream, Duration limit);

 private:
  struct Timer;
  void schedule(TimePoint when);
  void tick();
  Runtime& runtime_;
  std::shared_ptr<Timer> timer_;
  Entry* first_ = nullptr;
  bool ticking_ = false;
  TimePoint next_tick_{};
};

}  // namespace s3ferry::http
