#include "transfer/run_book.h"

#include <utility>

#include "transfer/counters_text.h"

namespace s3ferry {
namespace {

constexpr std::size_t kSetAsidePage = 1000;

}  // namespace

RunBook::RunBook(WorkStore& store, RunRecord record)
    : store_(store), record_(std::move(record)), gaps_(record_.gaps()) {}

Task<Result<std::unique_ptr<RunBook>>> RunBook::open(WorkStore& store, RunRecord record) {
  std::unique_ptr<RunBook> book(new RunBook(store, std::move(record)));
  Status read = book->read_counters();
  if (read) read = co_await book->read_set_aside();
  if (read) read = co_await book->see_what_is_wrong();
  if (!read) co_return fail(std::move(read.error()));
  Result<Claim> claim = co_await store.claim(KeyRange());
  if (!claim) co_return fail(std::move(claim.error()));
  book->claim_ = std::move(*claim);
  std::optional<WallTime> began;
  if (book->record_.resumed) began = book->record_.began;
  Result<std::unique_ptr<UploadBook>> uploads = co_await UploadBook::open(store, began);
  if (!uploads) co_return fail(std::move(uploads.error()));
  book->uploads_ = std::move(*uploads);
  co_return book;
}

Status RunBook::read_counters() {
  for (const std::string& text : record_.counters) {
    Result<RunCounters> part = counters_from_text(text);
    if (!part) return fail(std::move(part.error()));
    add_counters(earlier_, *part);
  }
  if (!record_.delete_counters.empty()) {
    Result<RunCounters> part = counters_from_text(record_.delete_counters);
    if (!part) return fail(std::move(part.error()));
    deletes_ = *part;
    add_counters(earlier_, deletes_);
  }
  // Which keys they were is not kept.
  if (earlier_.deleted.objects > 0) set_aside_.deleted.note_missing();
  return {};
}

Task<Status> RunBook::read_set_aside() {
  std::optional<SetAsideKey> after;
  while (record_.set_aside > 0) {
    Result<std::vector<SetAsideKey>> page = co_await store_.set_aside(after, kSetAsidePage);
    if (!page) co_return fail(std::move(page.error()));
    if (page->empty()) break;
    for (const SetAsideKey& key : *page)
      (key.kind == SetAsideKind::kArchived ? set_aside_.archived : set_aside_.changed).add(key.key);
    after = std::move(page->back());
  }
  co_return Status();
}

Task<Status> RunBook::see_what_is_wrong() {
  Result<std::vector<std::string>> first = co_await store_.stored_wrong(std::nullopt, 1);
  if (!first) co_return fail(std::move(first.error()));
  knows_of_wrong_ = !first->empty();
  co_return Status();
}

Task<Result<std::vector<std::string>>> RunBook::stored_wrong(std::optional<std::string> after,
                                                             std::size_t most) {
  return store_.stored_wrong(std::move(after), most);
}

void RunBook::finished(Chunk& chunk) {
  add_counters(walked_, chunk.counters);
  FinishedSpan span;
  span.range.after = std::move(chunk.after);
  span.range.up_to = std::move(chunk.up_to);
  span.counters = counters_to_text(walked_);
  span.planned_deletes = std::move(chunk.planned_deletes);
  span.failures = std::move(chunk.failures);
  span.set_aside = std::move(chunk.set_aside);
  (void)store_.advance(claim_, std::move(span));  // its error is told by when_sick()
}

void RunBook::settled(Portion& deletions) {
  if (deletions.settled_deletes.empty()) return;
  add_counters(deletes_, deletions.counters);
  SettledDeletes settled;
  settled.keys = std::move(deletions.settled_deletes);
  settled.counters = counters_to_text(deletes_);
  settled.failures = std::move(deletions.failures);
  settled.set_aside = std::move(deletions.set_aside);
  (void)store_.settle_deletes(std::move(settled));
}

void RunBook::left(const RunCounters& counters, const Error& why,
                   std::vector<FailedObject> failures) {
  const std::string reason = why.is(ErrorKind::kCancelled) ? "interrupted" : why.describe();
  (void)store_.leave_run(left_to_text(counters, reason), std::move(failures));
}

Task<Result<std::vector<FailedObject>>> RunBook::failed_before(FailedWork work,
                                                               std::optional<std::string> after,
                                                               std::size_t most) {
  std::optional<FailedObject> from;
  if (after || work == FailedWork::kDelete) from.emplace();
  if (after) {
    from->work = work;
    from->key = std::move(*after);
  } else if (from) {
    from->key.assign(kMaxKeyBytes + 1, '\xff');  // behind all copies, which come first
  }
  Result<std::vector<FailedObject>> page =
      co_await store_.failures(record_.retry_of.value_or(0), std::move(from), most);
  if (page) std::erase_if(*page, [&](const FailedObject& one) { return one.work != work; });
  co_return page;
}

Task<Result<std::vector<PlannedDelete>>> RunBook::planned(std::optional<std::string> after,
                                                          std::size_t most) {
  return store_.planned_deletes(std::move(after), most);
}

Task<Status> RunBook::finish_run(const RunCounters& result) {
  Status complete = co_await store_.complete(claim_);
  if (!complete) co_return complete;
  co_return co_await store_.finish_run(counters_to_text(result));
}

}  // namespace s3ferry
