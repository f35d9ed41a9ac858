#include "listing/range_walks.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace s3ferry {
namespace {

constexpr Side kSides[] = {Side::kSource, Side::kTarget};
constexpr std::size_t at(Side side) {
  return static_cast<std::size_t>(side);
}

// A page that takes so long is waited for by others than us: delete markers, most likely.
constexpr Duration kStalledAfter = std::chrono::seconds(3);
// Where walkers are behind with what they were given, more ranges make nothing faster, but spread
// the work over the bucket. So many do, and still hold few pages; the last ones come one by one,
// where what was walked meanwhile shows that long ranges are left.
constexpr std::size_t kManyBehind = 16, kMostSpread = 48;
// Where a side's requests are limited, so many times the LISTs that its rate keeps in flight are.
constexpr double kRateHeadroom = 1.5;
constexpr Duration kLookEvery = std::chrono::seconds(1);

}  // namespace

RangeWalk::RangeWalk(Runtime& runtime, std::array<PageSource*, 2> pages, Semaphore& slots,
                     const std::array<PageStreamOptions, 2>& options)
    : keys_(options[0].range),
      source_(runtime, *pages[0], slots, options[0]),
      target_(runtime, *pages[1], slots, options[1]) {}

Task<Result<std::optional<std::span<const ObjectView>>>> RangeWalk::next(Side side) {
  asks_ = true;
  auto page = co_await stream(side).next();
  asks_ = false;
  if (page && !*page) ended_[at(side)] = true;
  co_return page;
}

RangeWalks::RangeWalks(Runtime& runtime, PageSource& source, PageSource& target, ListPace& pace,
                       RangeSplit& split, RangeWalksOptions options, RangeWalker& walker)
    : runtime_(runtime),
      pages_{&source, &target},
      pace_(pace),
      options_(std::move(options)),
      walker_(walker),
      split_(split),
      scope_(runtime) {}

Task<Status> RangeWalks::run(const std::vector<KeyRange>& ranges) {
  waiting_.assign(ranges.begin(), ranges.end());
  open_ = {ranges.size(), ranges.size()};
  Scope watch(runtime_);
  if (options_.split) watch.spawn(watch_for_stalls());
  Status waited;
  while (waited) {
    fill();
    if (walks_.empty()) break;
    waited = co_await changed_.wait();
    changed_.clear();
  }
  if (!waited) end_all(waited.error());
  watch.cancel();
  co_await watch.join();
  co_await scope_.join();
  if (threw_) std::rethrow_exception(threw_);
  if (failed_) co_return fail(*failed_);
  co_return Status();
}

// Begins what waits, then splits what is under way, as far as there is room.
void RangeWalks::fill() {
  changed_.clear();
  if (failed_) return;
  const std::size_t slots = pace_.limit();
  const auto has_room = [&] {
    if (!options_.split) return walks_.empty();
    return split_.listed_sides() < slots && walks_.size() < std::max<std::size_t>(1, slots);
  };
  while (!waiting_.empty() && has_room() && !failed_) {
    KeyRange keys = std::move(waiting_.front());
    waiting_.pop_front();
    begin(std::move(keys));
  }
  if (!waiting_.empty() || !options_.split) return;
  const std::size_t behind = walkers_behind();
  while (!failed_ && !more_would_wait()) {
    std::optional<RangeSplit::Advice> advice;
    if (behind < kManyBehind) advice = split_.advise(slots);
    if (!advice && behind > 0) advice = split_.spread(std::min(slots, spread_));
    if (!advice) break;
    if (!divide(*advice)) split_.refused(advice->id);
  }
}

std::size_t RangeWalks::walkers_behind() const {
  return static_cast<std::size_t>(std::count_if(walks_.begin(), walks_.end(),
                                                [](const RangeWalk& walk) { return !walk.asks_; }));
}

// Of a side with a granted rate as many ranges are listed as keep that rate busy: the LISTs of more
// would wait for their turn, and each border costs one. Those that stall wait for something else.
bool RangeWalks::more_would_wait() const {
  for (const Side side : kSides) {
    const auto rate = static_cast<double>(pages_[at(side)]->granted_a_second());
    if (rate == 0) continue;
    const auto listed = std::count_if(walks_.begin(), walks_.end(), [&](const RangeWalk& walk) {
      return !walk.stream(side).at_end() && !is_stalled(walk.stream(side));
    });
    const std::chrono::duration<double> latency = latency_[at(side)].value_or(Duration::zero());
    const double busy = std::ceil(rate * latency.count() * kRateHeadroom);
    if (static_cast<double>(listed) >= std::max(1.0, busy)) return true;
  }
  return false;
}

bool RangeWalks::is_stalled(const PageStream& stream) const {
  const auto since = stream.waiting_since();
  return since && runtime_.now() - *since >= kStalledAfter;
}

RangeWalk& RangeWalks::add(KeyRange keys) {
  std::array<PageStreamOptions, 2> options;
  for (const Side side : kSides) {
    options[at(side)].prefix = options_.prefixes[at(side)];
    options[at(side)].range = keys;
    options[at(side)].page_size = options_.page_size;
  }
  RangeWalk& walk = walks_.emplace_back(runtime_, pages_, pace_.slots(), options);
  for (const Side side : kSides)
    walk.stream(side).when_page(
        [this, &walk, side](const PageSeen& page) { seen(walk, side, page); });
  return walk;
}

void RangeWalks::begin(KeyRange keys) {
  RangeWalk& walk = add(std::move(keys));
  walk.id_ = split_.add(walk.keys_, {true, true});
  for (const Side side : kSides) walk.stream(side).start();
  scope_.spawn(walk_one(walk));
}

void RangeWalks::seen(RangeWalk& range, Side side, const PageSeen& page) {
  RangeSplit::Page told;
  told.side = side;
  told.first = page.first;
  told.middle = page.middle;
  told.last = page.last;
  told.keys = page.keys;
  told.beyond = page.beyond;
  told.ended = page.ended;
  split_.fetched(range.id_, told);
  if (page.took) {
    auto& latency = latency_[at(side)];
    latency = latency ? *latency + (*page.took - *latency) / 8 : *page.took;
  }
  changed_.set();
}

RangeWalk* RangeWalks::find(RangeSplit::Id id) {
  const auto found = std::find_if(walks_.begin(), walks_.end(),
                                  [id](const RangeWalk& walk) { return walk.id_ == id; });
  return found == walks_.end() ? nullptr : &*found;
}

// The one place where a range becomes two. What the near one keeps ends at the border, on both
// sides and in the walker's own hands; the far one begins right behind it. A side of which the near
// one has seen the end, with no key behind the border, need not be listed again.
bool RangeWalks::divide(const RangeSplit::Advice& advice) {
  RangeWalk* near = find(advice.id);
  const std::string& border = advice.at;
  if (near == nullptr || !near->let_go_) return false;
  if (near->keys_.after && border <= *near->keys_.after) return false;
  if (near->keys_.up_to && border >= *near->keys_.up_to) return false;
  std::array<bool, 2> listed{};
  for (const Side side : kSides) listed[at(side)] = !near->stream(side).nothing_behind(border);
  if (!near->let_go_(border)) return false;
  RangeWalk& far = add(KeyRange{border, near->keys_.up_to});
  near->keys_.up_to = border;
  for (const Side side : kSides) {
    near->stream(side).lower_end(border);
    if (near->stream(side).at_end()) split_.ended(near->id_, side);
    ++open_[at(side)];
    listed[at(side)] ? far.stream(side).start() : far.stream(side).start_at_end();
  }
  far.id_ = split_.split(near->id_, border, listed);
  ++splits_;
  scope_.spawn(walk_one(far));
  return true;
}

Task<void> RangeWalks::walk_one(RangeWalk& range) {
  Status walked;
  try {
    walked = co_await walker_.walk(range);
  } catch (...) {
    if (!threw_) threw_ = std::current_exception();
    walked = fail(ErrorKind::kInternal, "a range's walk threw");
  }
  range.let_go_ = nullptr;  // nobody is left to let go
  if (walked && !(range.ended_[0] && range.ended_[1]))
    walked = fail(ErrorKind::kInternal, "a range was left before both of its sides ended");
  co_await range.source_.close();
  co_await range.target_.close();
  for (const Side side : kSides) open_[at(side)] -= range.ended_[at(side)];
  if (!walked) end_all(std::move(walked.error()));
  split_.finished(range.id_);
  walks_.remove_if([&range](const RangeWalk& one) { return &one == &range; });
  changed_.set();
}

// What lies behind a hole in a listing is unknown, so nothing of it is walked further; each walker
// hears of it when it asks for its next page, and finishes what it has in hand.
void RangeWalks::end_all(Error why) {
  if (failed_) return;
  failed_.emplace(std::move(why));
  for (RangeWalk& walk : walks_)
    for (const Side side : kSides) walk.stream(side).stop();
}

Task<void> RangeWalks::watch_for_stalls() {
  while (co_await runtime_.sleep_for(kLookEvery)) {
    if (walkers_behind() > 0) {
      spread_ = std::min(spread_ + 1, kMostSpread);
      split_.spread_anew();
      changed_.set();
    }
    for (const RangeWalk& walk : walks_) {
      for (const Side side : kSides) {
        if (!is_stalled(walk.stream(side))) continue;
        split_.stalled(walk.id_);
        changed_.set();
      }
    }
  }
}

}  // namespace s3ferry
