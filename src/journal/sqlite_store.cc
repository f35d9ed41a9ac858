#include "journal/sqlite_store.h"

#include <numeric>
#include <utility>

namespace s3ferry {
namespace {

// What one step costs beside its bytes.
constexpr std::size_t kStepBytes = 256;

std::size_t cost(const std::vector<FailedObject>& failures, const std::vector<SetAsideKey>& keys) {
  std::size_t bytes = 0;
  for (const FailedObject& one : failures)
    bytes += sizeof one + one.key.size() + one.message.size();
  for (const SetAsideKey& one : keys) bytes += sizeof one + one.key.size();
  return bytes;
}

std::size_t cost(const FinishedSpan& span) {
  std::size_t bytes = kStepBytes + span.counters.size() + cost(span.failures, span.set_aside);
  for (const PlannedDelete& one : span.planned_deletes)
    bytes += sizeof one + one.key.size() + one.etag.size();
  return bytes;
}

std::size_t cost(const SettledDeletes& settled) {
  std::size_t bytes =
      kStepBytes + settled.counters.size() + cost(settled.failures, settled.set_aside);
  for (const std::string& key : settled.keys) bytes += sizeof key + key.size();
  return bytes;
}

// The call does not fit what is stored: nothing of it was written, the others of its transaction
// stand.
bool is_callers_fault(const Error& error) {
  return error.is(ErrorKind::kConflict) || error.is(ErrorKind::kRefused);
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(Runtime& runtime, StateDirectory directory,
                                                       SqliteStoreOptions options) {
  auto database = open_journal_file(directory.journal_path(), options.file);
  if (!database) return fail(std::move(database.error()));
  auto tables = Tables::open(std::move(*database));
  if (!tables) return fail(std::move(tables.error()));
  return std::unique_ptr<SqliteStore>(
      new SqliteStore(runtime, std::move(directory), std::move(*tables), std::move(options)));
}

SqliteStore::SqliteStore(Runtime& runtime, StateDirectory directory, std::unique_ptr<Tables> tables,
                         SqliteStoreOptions options)
    : runtime_(runtime),
      directory_(std::move(directory)),
      options_(std::move(options)),
      tables_(std::move(tables)),
      worker_(runtime.make_worker()),
      writer_(runtime),
      timer_(runtime) {
  writer_.spawn(write_on());
}

SqliteStore::~SqliteStore() = default;

Status SqliteStore::enqueue(std::function<Status(Tables&)> apply, std::size_t bytes) {
  if (sick_) return fail(*sick_);
  if (closing_) return fail(ErrorKind::kConflict, "the journal is closed");
  pending_.emplace_back(std::move(apply), bytes, nullptr);
  pending_bytes_ += bytes;
  if (!timer_runs_) {
    timer_runs_ = true;
    timer_.spawn(commit_later());
  }
  return {};
}

Task<Status> SqliteStore::do_and_wait(std::function<Status(Tables&)> apply) {
  if (sick_) co_return fail(*sick_);
  if (closing_) co_return fail(ErrorKind::kConflict, "the journal is closed");
  Outcome outcome;
  pending_.emplace_back(std::move(apply), kStepBytes, &outcome);
  pending_bytes_ += kStepBytes;
  due_ = true;
  wake_.wake_one();
  // Deaf to cancellation: a commit ends soon, and what the step refers to must outlive it.
  while (!outcome.ended) co_await outcome.waiting.wait_uncancelled();
  co_return std::move(outcome.status);
}

template <class T>
Task<Result<T>> SqliteStore::ask(std::function<Result<T>(Tables&)> question) {
  std::optional<Result<T>> answer;
  std::function<Status(Tables&)> step = [&answer, &question](Tables& tables) -> Status {
    answer.emplace(question(tables));
    return *answer ? Status() : Status(fail(answer->error()));
  };
  const Status done = co_await do_and_wait(std::move(step));
  if (!done) co_return fail(done.error());
  co_return std::move(*answer);
}

Task<void> SqliteStore::commit_later() {
  (void)co_await runtime_.sleep_for(options_.group_commit);  // cancelled: at once
  timer_runs_ = false;
  due_ = true;
  wake_.wake_one();
}

// The one task that writes. Ends once the store closes and nothing is left.
Task<void> SqliteStore::write_on() {
  for (;;) {
    while (!due_ && !closing_) co_await wake_.wait_uncancelled();
    due_ = false;
    if (!pending_.empty())
      co_await commit_batch();
    else if (closing_)
      co_return;
  }
}

Task<void> SqliteStore::commit_batch() {
  Batch batch = std::exchange(pending_, {});
  Status committed;
  if (sick_) {
    committed = fail(*sick_);
  } else {
    Tables& tables = *tables_;
    const WallTime now = runtime_.wall_now();
    std::function<void()> job = [&tables, &batch, &committed, now] {
      committed = run_batch(tables, batch, now);
    };
    co_await worker_->run(std::move(job));
  }
  settle(batch, committed);
}

// On the worker's thread: all steps in one transaction.
Status SqliteStore::run_batch(Tables& tables, Batch& batch, WallTime now) {
  Status done = tables.begin();
  for (Step& step : batch) {
    if (!done) break;
    step.status = step.apply(tables);
    const bool spoilt =
        !step.status && (step.outcome == nullptr || !is_callers_fault(step.status.error()));
    if (spoilt) done = step.status;
  }
  if (done) done = tables.commit(now);
  if (!done) tables.roll_back();
  return done;
}

void SqliteStore::settle(Batch& batch, const Status& committed) {
  if (!committed && !sick_) fall_sick(committed.error());
  for (Step& step : batch) {
    pending_bytes_ -= step.bytes;
    if (step.outcome == nullptr) continue;
    step.outcome->status = committed ? std::move(step.status) : committed;
    step.outcome->ended = true;
    step.outcome->waiting.wake_all();
  }
  if (pending_bytes_ < options_.most_pending_bytes || sick_) room_.wake_all();
}

void SqliteStore::fall_sick(Error why) {
  sick_.emplace(std::move(why));
  due_ = true;  // whoever waits is told
  if (auto tell = std::exchange(when_sick_, nullptr)) tell(*sick_);
}

Task<Status> SqliteStore::wait_for_room() {
  while (!sick_ && pending_bytes_ >= options_.most_pending_bytes) {
    due_ = true;
    wake_.wake_one();
    Status waited = co_await room_.wait();
    if (!waited) co_return waited;
  }
  if (sick_) co_return fail(*sick_);
  co_return Status();
}

Task<Status> SqliteStore::flush() {
  std::function<Status(Tables&)> nothing = [](Tables&) { return Status(); };
  co_return co_await do_and_wait(std::move(nothing));
}

Task<Status> SqliteStore::close() {
  if (closed_) co_return sick_ ? Status(fail(*sick_)) : Status();
  closing_ = true;
  timer_.cancel();
  co_await timer_.join();
  wake_.wake_one();
  co_await writer_.join();
  closed_ = true;
  // Closing writes the log back into the file.
  std::function<void()> job = [this] { tables_.reset(); };
  co_await worker_->run(std::move(job));
  worker_.reset();
  if (sick_) co_return fail(*sick_);
  co_return Status();
}

Task<Result<RunRecord>> SqliteStore::open_run(RunRequest request) {
  const WallTime now = runtime_.wall_now();
  std::function<Result<RunRecord>(Tables&)> question = [&request, now](Tables& tables) {
    return tables.open_run(request, now);
  };
  co_return co_await ask<RunRecord>(std::move(question));
}

Task<Result<Claim>> SqliteStore::claim(KeyRange range) {
  std::function<Result<Claim>(Tables&)> question = [&range](Tables& tables) {
    return tables.claim(range);
  };
  co_return co_await ask<Claim>(std::move(question));
}

Status SqliteStore::advance(const Claim& claim, FinishedSpan span) {
  const std::size_t bytes = cost(span);
  auto held = std::make_shared<const FinishedSpan>(std::move(span));
  return enqueue([claim, held](Tables& tables) { return tables.advance(claim, *held); }, bytes);
}

Task<Status> SqliteStore::complete(Claim claim) {
  std::function<Status(Tables&)> step = [&claim](Tables& tables) { return tables.complete(claim); };
  co_return co_await do_and_wait(std::move(step));
}

Status SqliteStore::set_phase(std::string phase) {
  return enqueue([phase](Tables& tables) { return tables.set_phase(phase); }, kStepBytes);
}

Task<Status> SqliteStore::put_upload(std::string key, std::string facts) {
  const WallTime now = runtime_.wall_now();
  std::function<Status(Tables&)> step = [&key, &facts, now](Tables& tables) {
    return tables.put_upload(key, facts, now);
  };
  co_return co_await do_and_wait(std::move(step));
}

Task<Status> SqliteStore::upload_created(std::string key, std::string upload_id) {
  std::function<Status(Tables&)> step = [&key, &upload_id](Tables& tables) {
    return tables.upload_created(key, upload_id);
  };
  co_return co_await do_and_wait(std::move(step));
}

Status SqliteStore::upload_ended(std::string key) {
  const std::size_t bytes = kStepBytes + key.size();
  return enqueue([name = std::move(key)](Tables& tables) { return tables.upload_ended(name); },
                 bytes);
}

Task<Result<std::optional<UploadIntent>>> SqliteStore::find_upload(std::string key) {
  using Answer = std::optional<UploadIntent>;
  std::function<Result<Answer>(Tables&)> question = [&key](Tables& tables) {
    return tables.find_upload(key);
  };
  co_return co_await ask<Answer>(std::move(question));
}

Task<Result<std::vector<UploadIntent>>> SqliteStore::uploads(std::optional<std::string> after,
                                                             std::size_t most) {
  using Answer = std::vector<UploadIntent>;
  std::function<Result<Answer>(Tables&)> question = [&after, most](Tables& tables) {
    return tables.uploads(after, most);
  };
  co_return co_await ask<Answer>(std::move(question));
}

Status SqliteStore::note_stored_wrong(std::string key) {
  const std::size_t bytes = kStepBytes + key.size();
  return enqueue([name = std::move(key)](Tables& tables) { return tables.note_stored_wrong(name); },
                 bytes);
}

Status SqliteStore::forget_stored_wrong(std::string key) {
  const std::size_t bytes = kStepBytes + key.size();
  return enqueue(
      [name = std::move(key)](Tables& tables) { return tables.forget_stored_wrong(name); }, bytes);
}

Task<Result<std::vector<std::string>>> SqliteStore::stored_wrong(std::optional<std::string> after,
                                                                 std::size_t most) {
  using Answer = std::vector<std::string>;
  std::function<Result<Answer>(Tables&)> question = [&after, most](Tables& tables) {
    return tables.stored_wrong(after, most);
  };
  co_return co_await ask<Answer>(std::move(question));
}

Task<Result<std::vector<PlannedDelete>>> SqliteStore::planned_deletes(
    std::optional<std::string> after, std::size_t most) {
  using Answer = std::vector<PlannedDelete>;
  std::function<Result<Answer>(Tables&)> question = [&after, most](Tables& tables) {
    return tables.planned_deletes(after, most);
  };
  co_return co_await ask<Answer>(std::move(question));
}

Status SqliteStore::settle_deletes(SettledDeletes settled) {
  const std::size_t bytes = cost(settled);
  auto held = std::make_shared<const SettledDeletes>(std::move(settled));
  return enqueue([held](Tables& tables) { return tables.settle_deletes(*held); }, bytes);
}

Task<Result<std::vector<FailedObject>>> SqliteStore::failures(std::uint64_t run,
                                                              std::optional<FailedObject> after,
                                                              std::size_t most) {
  using Answer = std::vector<FailedObject>;
  std::function<Result<Answer>(Tables&)> question = [run, &after, most](Tables& tables) {
    return tables.failures(run, after, most);
  };
  co_return co_await ask<Answer>(std::move(question));
}

Task<Result<std::vector<SetAsideKey>>> SqliteStore::set_aside(std::optional<SetAsideKey> after,
                                                              std::size_t most) {
  using Answer = std::vector<SetAsideKey>;
  std::function<Result<Answer>(Tables&)> question = [&after, most](Tables& tables) {
    return tables.set_aside(after, most);
  };
  co_return co_await ask<Answer>(std::move(question));
}

Status SqliteStore::leave_run(std::string left, std::vector<FailedObject> failures) {
  SettledDeletes costs;
  costs.counters = std::move(left);
  costs.failures = std::move(failures);
  const std::size_t bytes = cost(costs);
  auto held = std::make_shared<const SettledDeletes>(std::move(costs));
  return enqueue(
      [held](Tables& tables) { return tables.leave_run(held->counters, held->failures); }, bytes);
}

Status SqliteStore::forget_run() {
  return enqueue([](Tables& tables) { return tables.forget_run(); }, kStepBytes);
}

Task<Status> SqliteStore::finish_run(std::string result) {
  const WallTime now = runtime_.wall_now();
  std::function<Status(Tables&)> step = [&result, now](Tables& tables) {
    return tables.finish_run(result, now);
  };
  co_return co_await do_and_wait(std::move(step));
}

}  // namespace s3ferry
