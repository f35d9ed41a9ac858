#include "journal/sqlite_store.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "journal/store_test_support.h"
#include "journal/work_store_conformance.h"
#include "runtime/real_runtime.h"

namespace s3ferry {
namespace conformance {
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, WorkStoreConformance, SqliteWorld);
}  // namespace conformance

namespace {

using conformance::range;
using conformance::request;
using conformance::span;
using testing::HasSubstr;

Task<Result<RunRecord>> write_and_read(Runtime& runtime, std::string path) {
  auto store = open_store(runtime, path);
  if (!store) co_return fail(std::move(store.error()));
  RunRequest wanted = request();
  Result<RunRecord> record = co_await (*store)->open_run(std::move(wanted));
  if (record && !record->resumed) {
    KeyRange everything = range({}, {});
    const Result<Claim> claim = co_await (*store)->claim(std::move(everything));
    for (int i = 0; i < 200; ++i) {
      const std::string low(static_cast<std::size_t>(i), 'a');
      (void)(*store)->advance(*claim, span(range(low, low + "a"), "1"));
      if (i % 20 == 0) (void)co_await (*store)->put_upload(low + "u", "");
    }
  }
  const Status closed = co_await (*store)->close();
  if (!closed) co_return fail(closed.error());
  co_return record;
}

TEST(SqliteStore, WritesOnAThreadOfItsOwnInRealTime) {
  ScratchFolder folder;
  RealRuntime runtime;
  ASSERT_TRUE(runtime.run(write_and_read(runtime, folder.path())));
  const Result<RunRecord> again = runtime.run(write_and_read(runtime, folder.path()));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->finished, std::vector<KeyRange>{range("", std::string(200, 'a'))});
  EXPECT_EQ(again->open_uploads, 10U);
}

TEST(SqliteStore, FilesAreTheOwnersAlone) {
  ScratchFolder folder;
  VirtualRuntime runtime(1);
  const std::string path = folder.path() + "/new/deep";
  auto store = open_store(runtime, path);
  ASSERT_TRUE(store) << store.error().message();
  ASSERT_TRUE(runtime.run((*store)->open_run(request())));
  for (const char* name :
       {"/journal.sqlite", "/journal.sqlite-wal", "/journal.sqlite-shm", "/lock"}) {
    struct stat found {};
    ASSERT_EQ(::stat((path + name).c_str(), &found), 0) << name;
    EXPECT_EQ(found.st_mode & 0777U, 0600U) << name;
  }
  for (const std::string& made : {path, folder.path() + "/new"}) {
    struct stat found {};
    ASSERT_EQ(::stat(made.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0700U);
  }
  EXPECT_TRUE(runtime.run((*store)->close()));
}

TEST(SqliteStore, OneProcessATaskAndADeadOnesLockIsNoObstacle) {
  ScratchFolder folder;
  VirtualRuntime runtime(1);
  auto store = open_store(runtime, folder.path());
  ASSERT_TRUE(store);
  EXPECT_TRUE(StateDirectory::is_in_use(folder.path()));
  const auto second = open_store(runtime, folder.path());
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().is(ErrorKind::kConfig));
  EXPECT_THAT(second.error().message(), HasSubstr(std::to_string(::getpid())));
  EXPECT_TRUE(runtime.run((*store)->close()));
  store->reset();
  // The file stays, as after kill -9; its lock does not.
  EXPECT_FALSE(StateDirectory::is_in_use(folder.path()));
  auto third = open_store(runtime, folder.path());
  ASSERT_TRUE(third);
  EXPECT_TRUE(runtime.run((*third)->close()));
}

Task<void> put_under_cancel(WorkStore& store, Status& out) {
  out = co_await store.put_upload("k", "facts");
}
Task<Status> cancel_while_it_waits(Runtime& runtime, WorkStore& store) {
  Status out = fail(ErrorKind::kInternal, "not run");
  Scope scope(runtime);
  scope.spawn(put_under_cancel(store, out));
  scope.cancel();
  co_await scope.join();
  co_return out;
}

TEST(SqliteStore, ACancelledCallerIsToldWhatBecameOfItsCall) {
  ScratchFolder folder;
  VirtualRuntime runtime(1);
  auto store = open_store(runtime, folder.path());
  ASSERT_TRUE(store);
  ASSERT_TRUE(runtime.run((*store)->open_run(request())));
  EXPECT_TRUE(runtime.run(cancel_while_it_waits(runtime, **store)));
  EXPECT_TRUE(runtime.run((*store)->find_upload("k")).value());
  EXPECT_TRUE(runtime.run((*store)->close()));
}

TEST(SqliteStore, EnqueuedWritesShareATransaction) {
  ScratchFolder folder;
  VirtualRuntime runtime(1);
  auto store = open_store(runtime, folder.path());
  ASSERT_TRUE(store);
  ASSERT_TRUE(runtime.run((*store)->open_run(request())));
  const Claim claim = runtime.run((*store)->claim(range({}, {}))).value();
  const auto log_size = [&] {
    struct stat found {};
    return ::stat((folder.journal() + "-wal").c_str(), &found) == 0 ? found.st_size : 0;
  };
  const auto before = log_size();
  for (int i = 0; i < 1000; ++i) {
    const std::string low(static_cast<std::size_t>(i), 'a');
    ASSERT_TRUE((*store)->advance(claim, span(range(low, low + "a"), "1")));
  }
  EXPECT_EQ(log_size(), before);
  EXPECT_TRUE(runtime.run(runtime.sleep_for(std::chrono::milliseconds(99))));
  EXPECT_EQ(log_size(), before);
  EXPECT_TRUE(runtime.run(runtime.sleep_for(std::chrono::milliseconds(2))));
  const auto after = log_size();
  EXPECT_GT(after, before);
  EXPECT_LT(after, before + 20 * 4096);
  EXPECT_TRUE(runtime.run((*store)->close()));
}

}  // namespace
}  // namespace s3ferry
