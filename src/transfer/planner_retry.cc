// The part of Planner that tries again what failed in an earlier run: those keys alone are looked
// up on both sides, each as a listing of that one key, and then treated like listed ones.

#include <algorithm>

#include "s3/source_bucket.h"
#include "s3/target_bucket.h"
#include "transfer/planner.h"

namespace s3ferry {

// One key, and what either side answered.
struct Planner::Failed {
  Failed() = default;
  std::string key;
  ByteCount size = 0;
  s3::ListPage source, target;
  std::optional<ObjectView> at_source, at_target;
  std::optional<Error> error;
};

namespace {

// Both kinds of work, in one order, without duplicates.
class FailedKeys {
 public:
  FailedKeys(RunBook& book, const KeyRange& gap) : book_(book), gap_(gap) {
    for (auto* from : {&copies_, &deletes_}) from->after = gap.after;
  }
  // The next key of the gap; nullopt behind the last.
  Task<Result<std::optional<FailedObject>>> next() {
    for (auto* from : {&copies_, &deletes_}) {
      Status filled =
          co_await fill(*from, from == &copies_ ? FailedWork::kCopy : FailedWork::kDelete);
      if (!filled) co_return fail(std::move(filled.error()));
    }
    if (!copies_.has() && !deletes_.has()) co_return std::optional<FailedObject>();
    const bool both = copies_.has() && deletes_.has();
    const int order =
        both ? copies_.front().key.compare(deletes_.front().key) : (copies_.has() ? -1 : 1);
    std::optional<FailedObject> out;
    if (order >= 0) out = deletes_.take();
    if (order <= 0) {
      const bool also_deleted = out.has_value();
      out = copies_.take();
      if (also_deleted) out->work = FailedWork::kDelete;
    }
    if (gap_.ends_before(out->key)) co_return std::optional<FailedObject>();
    co_return out;
  }

 private:
  static constexpr std::size_t kPage = 500;
  struct From {
    std::vector<FailedObject> page;
    std::size_t at = 0;
    std::optional<std::string> after;
    bool ended = false;
    bool has() const { return at < page.size(); }
    const FailedObject& front() const { return page[at]; }
    FailedObject take() { return std::move(page[at++]); }
  };
  Task<Status> fill(From& from, FailedWork work) {
    if (from.has() || from.ended) co_return Status();
    auto page = co_await book_.failed_before(work, from.after, kPage);
    if (!page) co_return fail(std::move(page.error()));
    from.page = std::move(*page);
    from.at = 0;
    from.ended = from.page.empty();
    if (!from.ended) from.after = from.page.back().key;
    co_return Status();
  }

  RunBook& book_;
  const KeyRange& gap_;
  From copies_, deletes_;
};

bool ends_the_run(const Error& error) {
  return error.is(ErrorKind::kExpiredCredentials) || error.is(ErrorKind::kCredentials) ||
         error.is(ErrorKind::kNoSuchBucket) || error.is(ErrorKind::kCancelled);
}

}  // namespace

Task<Status> Planner::walk_failed(const KeyRange& gap) {
  FailedKeys failed(*state_.book, gap);
  Ranks ranks = next_ranks();
  const CopyLanePtr lane = workers_.open_lane();
  WrongKeys wrong(state_.book, gap.after);
  std::optional<std::string> after = gap.after;
  for (bool at_end = false; !at_end;) {
    Status room = co_await state_.wait_for_room();
    if (!room) co_return room;
    std::vector<Failed> keys;
    std::set<std::string, std::less<>> deletable;
    while (keys.size() < state_.options.page_size && !at_end) {
      auto next = co_await failed.next();
      if (!next) co_return fail(std::move(next.error()));
      at_end = !*next;
      if (at_end) break;
      if ((*next)->work == FailedWork::kDelete) deletable.insert((*next)->key);
      Failed& one = keys.emplace_back();
      one.key = std::move((*next)->key);
      one.size = (*next)->size;
    }
    const std::optional<std::string> up_to = at_end ? gap.up_to : std::optional(keys.back().key);
    if (up_to && after == up_to) break;
    Chunk& chunk = state_.ledger.begin(after);
    deletable_ = &deletable;
    Status tried = co_await retry(chunk, ranks, *lane, keys, wrong);
    deletable_ = nullptr;
    if (!tried) co_return tried;
    if (Status closed = close_chunk(chunk, up_to); !closed) co_return closed;
    after = up_to;
  }
  co_return Status();
}

Task<Status> Planner::retry(Chunk& chunk, Ranks& ranks, CopyLane& lane, std::vector<Failed>& keys,
                            WrongKeys& wrong) {
  std::size_t next = 0;
  Scope looking(state_.runtime);
  for (std::size_t i = 0; i < std::min(list_pace_.limit(), keys.size()); ++i)
    looking.spawn(look_in_turn(keys, next));
  co_await looking.join();
  std::vector<ObjectView> source, target;
  for (const Failed& one : keys) {
    if (one.error && ends_the_run(*one.error)) co_return fail(*one.error);
    if (one.error) {
      state_.count(chunk, [&](RunCounters& c) { c.listed_source.add(one.size); });
      state_.failed(chunk, Side::kSource, one.key, one.size, *one.error);
      continue;
    }
    if (one.at_source) source.push_back(*one.at_source);
    if (one.at_target) target.push_back(*one.at_target);
  }
  Merge merge(state_.options.filters, state_.options.folder_markers);
  std::vector<MergedKey> batch;
  merge.feed_source(source);
  merge.feed_target(target);
  merge.end_source();
  merge.end_target();
  merge.advance(batch);
  count_batch(chunk, batch);
  LeftOut of_source, of_target;
  count_left_out(chunk, merge, of_source, of_target);
  if (wrong.any() && !keys.empty()) {
    Status known = co_await wrong.pass(keys.back().key, batch, state_.options.filters,
                                       state_.options.folder_markers, WrongKeys::Absent::kKeep);
    if (!known) co_return known;
  }
  co_return co_await act_on(chunk, ranks, lane, batch, wrong);
}

Task<void> Planner::look_in_turn(std::vector<Failed>& keys, std::size_t& next) {
  while (next < keys.size()) {
    Failed& one = keys[next++];
    co_await look(one, Side::kSource);
    if (!one.error) co_await look(one, Side::kTarget);
  }
}

Task<void> Planner::look(Failed& one, Side side) {
  const bool is_source = side == Side::kSource;
  const Location& at = is_source ? state_.pair.source_at : state_.pair.target_at;
  s3::ListRequest request;
  request.prefix = at.full_key(one.key);
  request.max_keys = 1;
  const std::string key = request.prefix;
  s3::ListPage& page = is_source ? one.source : one.target;
  Status fetched =
      co_await (is_source ? paced_source_ : paced_target_).fetch(std::move(request), page);
  if (fetched && page.entries.empty() && page.truncated)
    fetched = fail(ErrorKind::kListing, "an empty page does not show whether the key is there");
  if (!fetched) {
    one.error = std::move(fetched.error());
    co_return;
  }
  if (page.entries.empty() || page.entries.front().key != key) co_return;
  ObjectView view = page.entries.front();
  view.key = one.key;
  (is_source ? one.at_source : one.at_target) = view;
}

}  // namespace s3ferry
