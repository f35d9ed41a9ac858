#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "diff/merge.h"
#include "transfer/run_book.h"

namespace s3ferry {

// The keys of one walk that are written down as stored wrong: a third sorted input beside the two
// listings. Holds a few of them at a time, however many there are, and asks the journal again only
// when those are behind the walk. One walk; the book and the filters outlive it.
class WrongKeys {
 public:
  // Begins behind `after`. `book`: null where the run is not recorded.
  WrongKeys(RunBook* book, std::optional<std::string> after)
      : book_(book != nullptr && book->knows_of_wrong() ? book : nullptr),
        after_(std::move(after)) {}

  // False: pass() would change nothing.
  bool any() const { return !found_.empty() || has_more(); }
  // What becomes of keys that the walk passes and neither side has.
  enum class Absent : std::uint8_t {
    kForget,  // all keys were listed: it is nowhere any more
    kKeep,    // only some keys were looked at
  };
  // The walk has come to `up_to` (absent: its end) with `batch`, which holds every key since the
  // last call that is not hidden.
  Task<Status> pass(std::optional<std::string> up_to, const std::vector<MergedKey>& batch,
                    const Filters& filters, FolderMarkers markers, Absent absent);
  // Positions in that batch, in order.
  const std::vector<std::size_t>& found() const { return found_; }

 private:
  bool has_more() const { return book_ != nullptr && !(ended_ && next_ == page_.size()); }
  Task<Status> read_on();

  RunBook* book_;
  std::optional<std::string> after_;
  std::vector<std::string> page_;
  std::size_t next_ = 0;
  bool ended_ = false;
  std::vector<std::size_t> found_;
};

}  // namespace s3ferry
