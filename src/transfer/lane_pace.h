#pragma once

#include <array>
#include <cstdint>
#include <mutex>

#include "base/time.h"

namespace s3ferry {

// How fast the copies of one lane go (copy_queue.h). Unlimited until the server says 503 to it;
// then a little less than what it has just served (a few refusals in a hundred are no limit), and
// from there back up: fast to where it was, slowly past it, and faster again where nothing objects:
// the curve of CUBIC (RFC 9438) in parts of that rate. One drop answers all refusals of tries that
// were sent before it. Even distances, no bursts. Lanes of one partition of the server's come to
// share what it serves, as all are refused when one goes too far; so does another program there.
//
// Where refusals stay as many at any rate, they are not about the rate, and are borne with.
//
// Time is passed in; nobody waits in here. Safe from any thread.
class LanePace {
 public:
  // When the next copy may go; not after now: at once.
  TimePoint ready(TimePoint now) const;
  // A copy goes. Tries that nobody asked ready() for make the next ones wait longer.
  void take(TimePoint now);
  // The answer to a try; that of a 503 to one that was sent at `sent`.
  void succeeded(TimePoint now);
  void throttled(TimePoint now, TimePoint sent);

  // Others have met limits: begins at that rate and doubles twice a second until it meets its own.
  // Before the first take().
  void begin_at(TimePoint now, double rate);
  double rate(TimePoint now) const;  // copies a second; infinite: not limited

 private:
  static constexpr std::size_t kBins = 64;
  // Of the newest time that holds enough answers to tell.
  struct Window {
    double taken = 0, refused = 0, seconds = 0;
  };

  double rate_at(TimePoint now) const;
  void turn_bins(TimePoint now);
  Window window(TimePoint now) const;
  bool is_in_vain(TimePoint now, const Window& seen);
  void drop(TimePoint now, double taken, double share);

  mutable std::mutex mutex_;  // guards all below
  bool limited_ = false;
  bool doubles_ = false;  // from floor_ on; no limit was met yet
  double ceiling_ = 0;    // where the last drop came from
  double floor_ = 0;      // where it went to
  TimePoint dropped_{};   // when
  TimePoint next_{};
  std::array<std::uint32_t, kBins> taken_{}, refused_{};  // by kBin
  std::int64_t bin_ = 0;                                  // the newest
  TimePoint first_{};                                     // of the answers
  double lately_refused_ = 0;                             // part of all, on average
  double before_ = 0;        // the ceiling before drops that came one after the other
  double began_ = 0;         // the rate before the first of drops that changed nothing
  int drops_ = 0;            // one after the other
  double most_refused_ = 0;  // in them, of all that was sent
  double tolerated_ = 0;     // what is refused at any rate
  TimePoint tolerated_until_{};
};

}  // namespace s3ferry
