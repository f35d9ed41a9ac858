#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "runtime/semaphore.h"
#include "transfer/bandwidth.h"

namespace s3ferry {

// What one relayed stream may hold: the answer's buffer that it reads from (128 KiB), TLS records
// on both sides, and its tasks. Nothing is gathered between the two connections: a piece is asked
// of the source when the target has taken the one before, and the sockets' buffers, the kernel's,
// bridge the way.
inline constexpr ByteCount kRelayStreamBytes = 256 * kKiB;
// … and all of a run together (rule 7).
inline constexpr ByteCount kRelayMemoryBytes = 64 * kMiB;
// A stream that is slower than this may be closed by the server as idle, so a limit on the
// bandwidth also limits how many share it.
inline constexpr ByteCount kSlowestStream = 256 * kKiB;

// What everything that passes through this host shares. A stream takes its permit, and so its
// memory, before its first request. One run, one shard.
struct RelayLanes {
  RelayLanes(Runtime& run_on, const RateSchedule& bytes_per_second)
      : runtime(run_on), rate(bytes_per_second), bandwidth(run_on, bytes_per_second) {}

  // A permit of `streams`, of which there are as many as the rate of this hour lets live.
  Task<Status> enter() {
    streams.set_limit(streams_at(rate.limits() ? rate.at(runtime.wall_now()) : 0));
    return streams.acquire();
  }

  static std::size_t streams_at(ByteCount max_bytes_per_second) {
    const std::size_t most = kRelayMemoryBytes / kRelayStreamBytes;
    if (max_bytes_per_second == 0) return most;
    return std::clamp<std::size_t>(max_bytes_per_second / kSlowestStream, 1, most);
  }

  Runtime& runtime;
  const RateSchedule rate;
  Semaphore streams{streams_at(0)};
  Bandwidth bandwidth;
  // No principal may copy between the two sides, but this host may read the one and write the
  // other: the rest of the run goes so, without asking again.
  bool for_all = false;
  bool worked = false;
  std::uint64_t denied = 0;  // objects, while nothing had worked
};

}  // namespace s3ferry
