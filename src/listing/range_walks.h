#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/key_range.h"
#include "base/side.h"
#include "listing/list_pace.h"
#include "listing/page_stream.h"
#include "listing/range_split.h"

namespace s3ferry {

// One range of keys on its way through both listings. Its end may come nearer while it is walked:
// what lies behind has become a range of its own. RangeWalks makes it and outlives it.
class RangeWalk {
 public:
  RangeWalk(Runtime& runtime, std::array<PageSource*, 2> pages, Semaphore& slots,
            const std::array<PageStreamOptions, 2>& options);

  // As it is now. Both ends are final once the sides are at theirs.
  const KeyRange& keys() const { return keys_; }
  // As PageStream::next(). kCancelled where another range has failed.
  Task<Result<std::optional<std::span<const ObjectView>>>> next(Side side);
  std::uint64_t pages(Side side) const { return stream(side).pages(); }

  // The walker lets go of all keys behind `up_to`, those that it was given and has not walked
  // included; false: it has walked beyond already. A range whose walker sets nothing is not split.
  using LetGo = std::function<bool(std::string_view up_to)>;
  void when_cut(LetGo let_go) { let_go_ = std::move(let_go); }

 private:
  friend class RangeWalks;
  PageStream& stream(Side side) { return side == Side::kSource ? source_ : target_; }
  const PageStream& stream(Side side) const { return side == Side::kSource ? source_ : target_; }

  KeyRange keys_;
  PageStream source_, target_;
  std::array<bool, 2> ended_{false, false};
  bool asks_ = true;  // for a page; else its walker is busy with what it has
  LetGo let_go_;
  RangeSplit::Id id_ = 0;
};

// What is done with the keys of a range.
class RangeWalker {
 public:
  virtual ~RangeWalker() = default;
  // Walks both sides to their ends; success only then. Many ranges are under way at once.
  virtual Task<Status> walk(RangeWalk& range) = 0;
};

struct RangeWalksOptions {
  RangeWalksOptions() = default;
  std::array<std::string, 2> prefixes;  // by Side
  std::uint32_t page_size = 1000;
  bool split = true;  // false: one range after the other, each from its first key to its last
};

// Walks ranges of keys over both sides, many at once: each is split while LISTs could be in flight
// that are not. The ranges under way always tile what was asked for: every key lies in exactly one
// of them, on both sides alike, whatever was split when. Bounds: at most as many ranges as LISTs
// may be in flight; two pages a side each. One run, one shard; all that is referred to outlives it.
class RangeWalks {
 public:
  RangeWalks(Runtime& runtime, PageSource& source, PageSource& target, ListPace& pace,
             RangeSplit& split, RangeWalksOptions options, RangeWalker& walker);

  // `ranges` in key order, apart from each other. The first failure ends all of them and is
  // returned; kCancelled as everywhere. Success: both sides of every range were walked to the end.
  // What a walker throws ends all of them, too, and comes out here.
  Task<Status> run(const std::vector<KeyRange>& ranges);

  // Of what was asked for, nothing of that side is left to list.
  bool listed_whole(Side side) const { return open_[static_cast<std::size_t>(side)] == 0; }
  std::uint64_t splits() const { return splits_; }

 private:
  using Walks = std::list<RangeWalk>;
  RangeWalk& add(KeyRange keys);
  void begin(KeyRange keys);
  void fill();
  bool more_would_wait() const;
  bool is_stalled(const PageStream& stream) const;
  bool divide(const RangeSplit::Advice& advice);
  std::size_t walkers_behind() const;
  RangeWalk* find(RangeSplit::Id id);
  Task<void> walk_one(RangeWalk& range);
  Task<void> watch_for_stalls();
  void seen(RangeWalk& range, Side side, const PageSeen& page);
  void end_all(Error why);

  Runtime& runtime_;
  std::array<PageSource*, 2> pages_;
  ListPace& pace_;
  RangeWalksOptions options_;
  RangeWalker& walker_;
  RangeSplit& split_;
  Scope scope_;
  Event changed_;
  Walks walks_;
  std::deque<KeyRange> waiting_;
  std::array<std::uint64_t, 2> open_{1, 1};         // ranges whose side was not listed to its end
  std::array<std::optional<Duration>, 2> latency_;  // of a LIST, by Side
  std::optional<Error> failed_;
  std::exception_ptr threw_;
  std::uint64_t splits_ = 0;
  std::size_t spread_ = 32;  // ranges to have under way where walkers are behind
};

}  // namespace s3ferry
