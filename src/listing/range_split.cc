#include "listing/range_split.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace s3ferry {
namespace {

// What remains of a range must be worth the half page a side that a border costs.
constexpr double kLeastPages = 4;
// How much a page holds is taken from those that came; so many are thought to have come before
// them, as large as they are asked for.
constexpr double kPagesAsAsked = 2;
// Pages wasted on borders that are put up with: so many, and this part of all. Beyond that a range
// must first have shown so many more pages for each time over.
constexpr double kFreeWaste = 20;
constexpr double kWastePart = 0.02;
constexpr double kProofPages = 4;
// Where the work on the keys is what takes long, a LIST more or less is little.
constexpr double kSpreadMayOverdraw = 4;
constexpr double kLeastSpreadPages = 16;
// How close keys lie on a range's own pages is believed in against what all ranges say from so many
// pages on.
constexpr double kPagesToBelieve = 32;
// A guess so far beyond what was read is more a hope than an estimate, and is probed at several
// places at once.
constexpr double kFarOff = 128;
constexpr int kMostProbes = 6;
// The look back from which a range's rest is guessed covers 4 to 8 pages.
constexpr std::uint64_t kLookBackPages = 4;

}  // namespace

RangeSplit::Id RangeSplit::add(KeyRange keys, std::array<bool, 2> listed) {
  const Id id = next_++;
  Range& made = ranges_[id];
  made.keys = std::move(keys);
  for (std::size_t side = 0; side < 2; ++side) {
    made.sides[side].listed = listed[side];
    made.sides[side].began = !listed[side];
    listed_sides_ += listed[side];
  }
  return id;
}

RangeSplit::Id RangeSplit::split(Id near, std::string at, std::array<bool, 2> listed) {
  Range& range = ranges_.at(near);
  KeyRange far{at, range.keys.up_to};
  // What was read behind the border is read again.
  for (const SideState& side : range.sides) wasted_ += side.keys > 0 && side.last > at;
  range.keys.up_to = std::move(at);
  const bool ended_at_border = std::exchange(range.ends_at_border, true);
  range.guessed = false;
  ++range.probes;
  range.split_at = range.longer_side().pages;
  if (range.stall == Range::Stall::kStalled) range.stall = Range::Stall::kUsed;
  const Id id = add(std::move(far), listed);
  Range& made = ranges_.at(id);
  made.begins_at_border = true;
  made.ends_at_border = ended_at_border;
  return id;
}

void RangeSplit::finished(Id id) {
  const auto found = ranges_.find(id);
  if (found == ranges_.end()) return;
  for (const SideState& side : found->second.sides) listed_sides_ -= side.listed;
  ranges_.erase(found);
}

void RangeSplit::fetched(Id id, const Page& page) {
  const auto found = ranges_.find(id);
  if (found == ranges_.end()) return;
  Range& range = found->second;
  SideState& side = range.sides[static_cast<std::size_t>(page.side)];
  note_size(range, side, page);
  if (!std::exchange(side.began, true) && page.first) side.begins = *page.first;
  // What lies right behind a border says nothing of what lies elsewhere.
  const bool at_border = range.begins_at_border && side.pages == 0;
  for (const auto& key : {page.first, page.middle, page.last})
    if (key)
      alphabet_.learn(*key,
                      at_border ? KeyAlphabet::Came::kWhereLooked : KeyAlphabet::Came::kByItself);
  if (page.keys > 0) {
    note_mark(side, page);
    side.last.assign(*page.last);
    side.keys += page.keys;
    range.rests = range.kept = false;
    range.probes = 0;
  } else if (!page.ended) {
    stalled(id);
  }
  ++side.pages;
  if (page.ended) ended(id, page.side);
  range.guessed = false;
  judge(range);
}

void RangeSplit::ended(Id id, Side side) {
  const auto found = ranges_.find(id);
  if (found == ranges_.end()) return;
  listed_sides_ -= std::exchange(found->second.sides[static_cast<std::size_t>(side)].listed, false);
  found->second.guessed = false;
}

// How much of the page a border cost, and how many keys a page holds. A short page is no border's
// fault: a server may give fewer keys than it is asked for.
void RangeSplit::note_size(const Range& range, const SideState& side, const Page& page) {
  ++pages_;
  const std::uint64_t given = page.keys + page.beyond;
  if (page.beyond > 0 && range.ends_at_border)
    wasted_ += static_cast<double>(page.beyond) / static_cast<double>(given);
  else if (given == 0 && page.ended && side.pages == 0 && range.begins_at_border)
    ++wasted_;
  if (page.ended && page.beyond == 0) return;
  ++full_pages_;
  full_keys_ += given;
}

double RangeSplit::keys_a_page() const {
  const double keys = static_cast<double>(full_keys_) + kPagesAsAsked * page_size_;
  return std::max(1.0, keys / (static_cast<double>(full_pages_) + kPagesAsAsked));
}

void RangeSplit::note_mark(SideState& side, const Page& page) {
  if (side.keys == 0) {
    side.mark.assign(*page.first);
    // The first key may lie far before the others.
    side.next_mark.assign(page.middle.value_or(*page.first));
    side.keys_at_next_mark = page.keys / 2;
    side.pages_at_next_mark = side.pages;
    return;
  }
  if (side.pages < side.pages_at_next_mark + kLookBackPages) return;
  side.mark.swap(side.next_mark);
  side.keys_at_mark = side.keys_at_next_mark;
  side.next_mark.assign(side.last);
  side.keys_at_next_mark = side.keys;
  side.pages_at_next_mark = side.pages;
}

// The first pages behind a border tell where there are no keys, once both sides have said so.
void RangeSplit::judge(Range& range) {
  const auto& [source, target] = range.sides;
  if (range.judged || !source.began || !target.began) return;
  range.judged = true;
  const bool both = source.begins && target.begins;
  const std::optional<std::string>& begins = both ? std::min(source.begins, target.begins)
                                                  : (source.begins ? source.begins : target.begins);
  if (range.keys.after) alphabet_.learn_gap(*range.keys.after, begins);
}

void RangeSplit::stalled(Id id) {
  const auto found = ranges_.find(id);
  if (found == ranges_.end() || found->second.stall == Range::Stall::kUsed) return;
  found->second.stall = Range::Stall::kStalled;
}

void RangeSplit::refused(Id id) {
  const auto found = ranges_.find(id);
  if (found == ranges_.end()) return;
  found->second.rests = found->second.kept = true;
  if (found->second.stall == Range::Stall::kStalled) found->second.stall = Range::Stall::kUsed;
}

void RangeSplit::spread_anew() {
  for (auto& [id, range] : ranges_) range.kept = false;
}

double RangeSplit::guess_side(const Range& range, const SideState& side) const {
  if (!side.listed || side.keys == 0) return 0;
  const KeySpan span(alphabet_, side.mark, range.keys.up_to);
  const double from = span.of(side.mark), at = span.of(side.last);
  if (at <= from) return 0;
  const double pages = static_cast<double>(side.keys - side.keys_at_mark) / keys_a_page();
  return (span.end() - at) / (at - from) * pages;
}

void RangeSplit::guess(Range& range) {
  if (std::exchange(range.guessed, true)) return;
  const double source = guess_side(range, range.sides[0]);
  const double target = guess_side(range, range.sides[1]);
  range.longer = target > source ? 1 : 0;
  range.remaining = std::max(source, target);
}

bool RangeSplit::far_off(const Range& range) const {
  return range.remaining > kFarOff * static_cast<double>(range.longer_side().keys) / keys_a_page();
}

// How far the waste is above what is put up with; 0: it is not.
double RangeSplit::overdrawn() const {
  const double granted = kFreeWaste + kWastePart * static_cast<double>(pages_);
  return wasted_ <= granted ? 0 : (wasted_ - granted) / granted;
}

bool RangeSplit::may_split(const Range& range, double over) const {
  if (range.stall == Range::Stall::kStalled) return range.longer_side().keys > 0;
  if (range.rests || range.remaining < kLeastPages * (1 + over)) return false;
  if (range.probes > 0 && (over > 0 || range.probes >= kMostProbes || !far_off(range)))
    return false;
  const auto proof = static_cast<std::uint64_t>(over * kProofPages);
  return range.longer_side().pages >= range.split_at + proof;
}

// Behind that share of what remains; empty: there is no key in between.
std::string RangeSplit::border(const Range& range, double share) const {
  const SideState& side = range.longer_side();
  const KeySpan span(alphabet_, side.mark, range.keys.up_to);
  const double at = span.of(side.last), rest = span.end() - at;
  const std::string out = span.key_at(at + rest * share, rest * share / 16);
  const bool inside = out > side.last && (!range.keys.up_to || out < *range.keys.up_to);
  return inside ? out : std::string();
}

// The middle of what remains. Where its far end is only hoped for, further places are tried in
// between, in orders of magnitude.
double RangeSplit::share_to_split(const Range& range) {
  return range.probes > 0 ? std::min(0.5, std::pow(std::max(1.0, range.remaining), -0.3)) : 0.5;
}

std::optional<RangeSplit::Advice> RangeSplit::advise(std::size_t slots) {
  while (listed_sides_ < slots && ranges_.size() < slots) {
    const double over = overdrawn();
    Range* best = nullptr;
    Advice out;
    for (auto& [id, range] : ranges_) {
      if (range.rests && range.stall != Range::Stall::kStalled) continue;
      guess(range);
      if (!may_split(range, over) || (best != nullptr && range.remaining <= best->remaining))
        continue;
      best = &range;
      out.id = id;
    }
    if (best == nullptr) return std::nullopt;
    out.at = border(*best, share_to_split(*best));
    if (!out.at.empty()) return out;
    refused(out.id);
  }
  return std::nullopt;
}

KeySpan RangeSplit::span_of_all() const {
  std::string low = ranges_.begin()->second.keys.after.value_or("");
  std::optional<std::string> high = ranges_.begin()->second.keys.up_to;
  for (const auto& [id, range] : ranges_) {
    low = std::min(low, range.keys.after.value_or(""));
    if (!range.keys.up_to) high.reset();
    if (high) high = std::max(high, range.keys.up_to);
  }
  return {alphabet_, low, std::move(high)};
}

// A page or two lie where the border was put, and how much of the range they are depends on the
// guessed weights of letters at many places: off by a factor of ten, this way or that. All ranges'
// pages together err less, so a range is measured by its width, and its own pages count as they
// become more. By logarithms: ranges differ by orders of magnitude.
void RangeSplit::guess_together() {
  struct Seen {
    Range* range;
    double width, density, pages;
  };
  const KeySpan whole = span_of_all();
  std::vector<Seen> seen;
  double sum = 0;
  for (auto& [id, range] : ranges_) {
    range.guessed = false;  // others have taught since what keys look like
    guess(range);
    range.to_spread = range.remaining;
    const SideState& side = range.longer_side();
    if (!side.listed || side.keys == 0) continue;
    const double from = whole.of(side.mark), at = whole.of(side.last);
    const double end = range.keys.up_to ? whole.of(*range.keys.up_to) : whole.end();
    const double looked_at = static_cast<double>(side.keys - side.keys_at_mark) / keys_a_page();
    if (at <= from || looked_at <= 0) continue;
    const double pages = static_cast<double>(side.keys) / keys_a_page();
    seen.push_back({&range, end - at, std::log(looked_at / (at - from)), pages});
    sum += seen.back().density;
  }
  for (const Seen& one : seen) {
    const double of_all = sum / static_cast<double>(seen.size());
    const double density =
        (one.density * one.pages + of_all * kPagesToBelieve) / (one.pages + kPagesToBelieve);
    one.range->to_spread = one.width * std::exp(density);
  }
}

// The longest is halved, however long ago its last page came; one after the other, so that each
// goes by what the one before has found.
std::optional<RangeSplit::Advice> RangeSplit::spread(std::size_t ranges) {
  while (ranges_.size() < ranges && overdrawn() < kSpreadMayOverdraw) {
    const bool all_began = std::all_of(ranges_.begin(), ranges_.end(), [](const auto& entry) {
      return entry.second.sides[0].began && entry.second.sides[1].began;
    });
    if (ranges_.empty() || !all_began) return std::nullopt;
    guess_together();
    std::pair<const Id, Range>* best = nullptr;
    for (auto& entry : ranges_) {
      const Range& range = entry.second;
      if (range.kept || range.to_spread < kLeastSpreadPages) continue;
      if (best == nullptr || range.to_spread > best->second.to_spread) best = &entry;
    }
    if (best == nullptr) return std::nullopt;
    Advice out{best->first, border(best->second, 0.5)};
    if (!out.at.empty()) return out;
    refused(out.id);
  }
  return std::nullopt;
}

}  // namespace s3ferry
