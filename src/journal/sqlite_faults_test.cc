// A disk that is full or breaks at each write of the journal in turn: the store says so once,
// writes no more, and the next process finds everything that was acknowledged, and nothing by
// halves.

#include <map>
#include <set>

#include <gmock/gmock.h>

#include "journal/fault_vfs_test_support.h"
#include "journal/store_test_support.h"
#include "journal/work_store_conformance.h"

namespace s3ferry {
namespace {

using conformance::planned;
using conformance::range;
using conformance::request;
using conformance::span;
using testing::HasSubstr;

// What a run was told, against what is found afterwards.
struct Told {
  int spans = 0;                        // finished and flushed
  std::map<std::string, bool> uploads;  // acknowledged; true: with its id
  std::set<std::string> uploads_ended;  // asked for: may be there or not
  int tried_spans = 0;
  std::optional<Error> error;
};

std::string key_of(int i) {
  return "key-" + std::to_string(100 + i);
}
std::optional<std::string> before(int i) {
  return i == 0 ? std::nullopt : std::optional<std::string>(key_of(i - 1));
}
constexpr int kSpans = 5;

FinishedSpan nth_span(int i) {
  FinishedSpan out = span(range(before(i), key_of(i)), std::to_string(i + 1));
  for (int n = 0; n < 20; ++n)
    out.planned_deletes.push_back(planned(key_of(i) + std::string(100, '-') + std::to_string(n)));
  out.failures = {conformance::failed(FailedWork::kCopy, key_of(i))};
  return out;
}

Task<Status> one_round(WorkStore& store, const Claim& claim, int i, Told& told) {
  const std::string upload = "upload-" + std::to_string(i);
  Status done = co_await store.put_upload(upload, "facts");
  if (!done) co_return done;
  told.uploads[upload] = false;
  done = co_await store.upload_created(upload, "id");
  if (!done) co_return done;
  told.uploads[upload] = true;
  told.tried_spans = i + 1;
  done = store.advance(claim, nth_span(i));
  if (done) done = co_await store.flush();
  if (!done) co_return done;
  told.spans = i + 1;
  if (i % 2 == 1) {
    told.uploads_ended.insert(upload);
    done = store.upload_ended(upload);
    if (done) done = co_await store.flush();
    if (done) told.uploads.erase(upload);
  }
  co_return done;
}

Task<Status> run_rounds(WorkStore& store, Told& told) {
  RunRequest wanted = request();
  const Result<RunRecord> record = co_await store.open_run(std::move(wanted));
  if (!record) co_return fail(record.error());
  KeyRange everything = range({}, {});
  const Result<Claim> claim = co_await store.claim(std::move(everything));
  if (!claim) co_return fail(claim.error());
  for (int i = 0; i < kSpans; ++i) {
    const Status done = co_await one_round(store, *claim, i, told);
    if (!done) co_return done;
  }
  co_return Status();
}

SqliteStoreOptions faulty() {
  SqliteStoreOptions options;
  options.file.vfs = FaultVfs::kName;
  options.file.checkpoint_pages = 4;
  return options;
}

Told run_on_faulty_disk(Runtime& runtime, const std::string& path, FaultPlan& plan) {
  Told told;
  const FaultVfs layer(plan);
  auto store = open_store(runtime, path, faulty());
  if (!store) {
    told.error = store.error();
    return told;
  }
  std::optional<Error> heard;
  (*store)->when_sick([&heard](const Error& why) { heard = why; });
  const Status done = runtime.run(run_rounds(**store, told));
  if (!done) {
    told.error = done.error();
    EXPECT_TRUE((*store)->sick());
    EXPECT_TRUE(heard);
    // It stays so: nothing is written behind a hole.
    EXPECT_FALSE(runtime.run((*store)->put_upload("later", "")));
    EXPECT_FALSE((*store)->advance(Claim(), FinishedSpan()));
  }
  (void)runtime.run((*store)->close());
  return told;
}

void expect_found(Runtime& runtime, const std::string& path, const Told& told) {
  FaultPlan none;
  const FaultVfs layer(none);
  auto store = open_store(runtime, path, faulty());
  ASSERT_TRUE(store) << store.error().message();
  const auto record = runtime.run((*store)->open_run(request()));
  ASSERT_TRUE(record) << record.error().message();
  // Whole spans: those that were flushed, and at most the one that was on its way.
  int found = 0;
  if (!record->finished.empty()) {
    ASSERT_EQ(record->finished.size(), 1U);
    for (int i = 0; i < kSpans; ++i)
      if (record->finished[0] == range({}, key_of(i))) found = i + 1;
    EXPECT_GT(found, 0);
  }
  EXPECT_GE(found, told.spans);
  EXPECT_LE(found, told.tried_spans);
  EXPECT_EQ(record->planned_deletes, 20U * static_cast<unsigned>(found));
  EXPECT_EQ(record->failures, static_cast<unsigned>(found));
  if (found > 0) EXPECT_EQ(record->counters, std::vector<std::string>{std::to_string(found)});
  for (const auto& [key, created] : told.uploads) {
    const auto upload = runtime.run((*store)->find_upload(key)).value();
    if (!upload) EXPECT_TRUE(told.uploads_ended.contains(key)) << key;
    if (upload && created) EXPECT_EQ(upload->upload_id, "id");
  }
  EXPECT_FALSE(runtime.run((*store)->find_upload("later")).value());
  // And it goes on from there.
  EXPECT_TRUE(runtime.run((*store)->put_upload("next", "")));
  EXPECT_TRUE(runtime.run((*store)->close()));
}

void break_each_write(bool disk_full, bool stays) {
  long n = 0;
  int told_errors = 0;
  for (bool struck = true; struck; ++n) {
    SCOPED_TRACE(testing::Message() << "operation " << n);
    ScratchFolder folder;
    VirtualRuntime runtime(1);
    FaultPlan plan;
    plan.at = n;
    plan.disk_full = disk_full;
    plan.stays = stays;
    const Told told = run_on_faulty_disk(runtime, folder.path(), plan);
    struck = plan.struck;
    if (told.error) {
      ++told_errors;
      EXPECT_TRUE(told.error->is(ErrorKind::kIo)) << told.error->message();
      EXPECT_THAT(told.error->message(), HasSubstr("run the same command again"));
      if (disk_full && plan.first_was_write) EXPECT_THAT(told.error->message(), HasSubstr("full"));
    }
    expect_found(runtime, folder.path(), told);
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(n, 100);
  EXPECT_GT(told_errors, 50);
}

TEST(JournalFaults, ADiskThatFillsUp) {
  break_each_write(true, true);
}
TEST(JournalFaults, ADiskThatIsFullForAMoment) {
  break_each_write(true, false);
}
TEST(JournalFaults, ADiskThatBreaks) {
  break_each_write(false, true);
}
TEST(JournalFaults, ADiskThatFailsOnce) {
  break_each_write(false, false);
}

}  // namespace
}  // namespace s3ferry
