#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/key_range.h"
#include "base/side.h"
#include "listing/key_fraction.h"

namespace s3ferry {

// Decides which of the ranges that are being listed is split next, and where, so that all LISTs
// that may be in flight are, and few are wasted. Each split costs about half a page a side (a page
// reaches over the border), a border behind the last key two whole ones. Pure: it is told what was
// fetched and asked what to do; it sees keys and counts, never a clock. Memory: that of the ranges
// and of the alphabet.
//
// It only advises. Whoever asks refuses a border that the walk has passed: a wrong guess costs a
// request, never a key.
class RangeSplit {
 public:
  using Id = std::uint64_t;

  explicit RangeSplit(std::uint32_t page_size) : page_size_(page_size) {}
  virtual ~RangeSplit() = default;
  RangeSplit(const RangeSplit&) = delete;
  RangeSplit& operator=(const RangeSplit&) = delete;

  // A range whose listing begins. `listed` by side: of one that is not, it is known that it has no
  // key there.
  Id add(KeyRange keys, std::array<bool, 2> listed);
  // The part of `near` behind `at` becomes a range of its own.
  Id split(Id near, std::string at, std::array<bool, 2> listed);

  struct Page {
    Side side = Side::kSource;
    std::optional<std::string_view> first;         // as it came, within the range or beyond
    std::optional<std::string_view> middle, last;  // within the range
    std::uint64_t keys = 0;                        // within the range
    std::uint64_t beyond = 0;                      // read in vain: they are another range's
    bool ended = false;                            // the side has no more in the range
  };
  void fetched(Id id, const Page& page);
  // The side has no more in the range, as a border that came nearer decided.
  void ended(Id id, Side side);
  // A page is waited for unusually long, or came empty: what lies beyond is worth a request
  // whatever the estimate says. Once a range.
  void stalled(Id id);
  void finished(Id id);

  struct Advice {
    Id id = 0;
    std::string at;  // the new end of the range, and where the next begins
  };
  // What to split while `slots` LISTs may be in flight; nullopt: nothing is worth it now. Asked
  // again after each split.
  virtual std::optional<Advice> advise(std::size_t slots);
  // The same where LISTs are not what is waited for: how to have so many ranges under way that what
  // is done with their keys is done all over the bucket. Only what waste allows.
  std::optional<Advice> spread(std::size_t ranges);
  // The advice was not followed: the range is left alone until it has gone on.
  void refused(Id id);
  // What was refused may be spread again: walkers have moved on since.
  void spread_anew();

  Id newest() const { return next_ - 1; }
  std::size_t ranges() const { return ranges_.size(); }
  std::size_t listed_sides() const { return listed_sides_; }

 private:
  struct SideState {
    bool listed = false;
    bool began = false;                 // its first page came, or it is known to have no key
    std::optional<std::string> begins;  // the first key behind the border, in the range or not
    std::uint64_t keys = 0, pages = 0;
    std::string last;
    // Where the look back begins from which what is to come is guessed.
    std::string mark, next_mark;
    std::uint64_t keys_at_mark = 0, keys_at_next_mark = 0, pages_at_next_mark = 0;
  };
  struct Range {
    KeyRange keys;
    bool begins_at_border = false, ends_at_border = false;  // at one that was advised
    std::array<SideState, 2> sides;                         // by Side
    bool judged = false;   // what lies behind its border was learnt
    bool rests = true;     // until the next page
    bool kept = false;     // whole, until the next page or spread_anew(): a border was refused
    bool guessed = false;  // `remaining` and `longer` are those of now
    double remaining = 0;  // pages of the longer side
    double to_spread = 0;  // the same, as all ranges together have it
    std::size_t longer = 0;
    int probes = 0;              // splits since the last page
    std::uint64_t split_at = 0;  // pages of the longer side at the last split
    enum class Stall : std::uint8_t { kNone, kStalled, kUsed } stall = Stall::kNone;

    const SideState& longer_side() const { return sides[longer]; }
  };
  static void note_mark(SideState& side, const Page& page);
  void note_size(const Range& range, const SideState& side, const Page& page);
  double keys_a_page() const;
  void judge(Range& range);
  double guess_side(const Range& range, const SideState& side) const;
  void guess(Range& range);
  KeySpan span_of_all() const;
  void guess_together();
  double overdrawn() const;
  bool may_split(const Range& range, double overdrawn) const;
  std::string border(const Range& range, double share) const;
  static double share_to_split(const Range& range);
  bool far_off(const Range& range) const;

  std::uint32_t page_size_;
  KeyAlphabet alphabet_;
  std::map<Id, Range> ranges_;
  Id next_ = 1;
  std::size_t listed_sides_ = 0;
  std::uint64_t pages_ = 0;
  double wasted_ = 0;                             // pages that borders cost
  std::uint64_t full_pages_ = 0, full_keys_ = 0;  // those that did not end with the side
};

}  // namespace s3ferry
