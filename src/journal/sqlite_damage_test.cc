// Files that are no journal of this version are refused with what to do, and left as they are.

#include <fstream>
#include <random>
#include <sstream>

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

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
using testing::Not;

std::string read_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}
void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}
void execute(const std::string& path, const std::string& sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(handle);
}

// A journal with something in each table.
Task<Status> fill(WorkStore& store) {
  RunRequest wanted = request();
  (void)co_await store.open_run(std::move(wanted));
  KeyRange everything = range({}, {});
  const Result<Claim> claim = co_await store.claim(std::move(everything));
  for (int i = 0; i < 10; ++i) {
    const std::string low = "k" + std::to_string(10 + 2 * i);
    FinishedSpan done = span(range(low, low + "x"), "counters");
    for (int n = 0; n < 30; ++n) done.planned_deletes.push_back(planned(low + std::to_string(n)));
    done.failures = {conformance::failed(FailedWork::kCopy, low + "f")};
    done.set_aside = {SetAsideKey(SetAsideKind::kChanged, low)};
    (void)store.advance(*claim, std::move(done));
    (void)store.note_stored_wrong(low + "w");
    (void)co_await store.put_upload(low, "facts");
  }
  co_return co_await store.close();
}

// Everything that a run could act upon, as one text; an error where any of it is refused.
Task<Result<std::string>> read_all(WorkStore& store) {
  RunRequest wanted = request();
  const Result<RunRecord> record = co_await store.open_run(std::move(wanted));
  if (!record) co_return fail(record.error());
  std::string out = record->settings + std::to_string(record->planned_deletes);
  for (const KeyRange& span : record->finished)
    out += span.after.value_or("<") + ".." + span.up_to.value_or(">") + "\n";
  for (const std::string& counters : record->counters) out += counters + "\n";
  const auto deletes = co_await store.planned_deletes({}, 1000);
  if (!deletes) co_return fail(deletes.error());
  for (const PlannedDelete& one : *deletes)
    out += one.key + one.etag + std::to_string(one.size) + "\n";
  const auto uploads = co_await store.uploads({}, 1000);
  if (!uploads) co_return fail(uploads.error());
  for (const UploadIntent& one : *uploads) out += one.key + one.upload_id + one.facts + "\n";
  const auto wrong = co_await store.stored_wrong({}, 1000);
  if (!wrong) co_return fail(wrong.error());
  for (const std::string& key : *wrong) out += key + "\n";
  const auto failures = co_await store.failures(1, {}, 1000);
  if (!failures) co_return fail(failures.error());
  for (const FailedObject& one : *failures) out += one.key + one.message + "\n";
  const auto aside = co_await store.set_aside({}, 1000);
  if (!aside) co_return fail(aside.error());
  for (const SetAsideKey& one : *aside) out += one.key + "\n";
  co_return out;
}

class JournalDamage : public testing::Test {
 protected:
  void SetUp() override {
    auto store = open();
    ASSERT_TRUE(store);
    ASSERT_TRUE(runtime.run(fill(**store)));
    store->reset();
    whole = read_bytes(folder.journal());
    ASSERT_FALSE(std::filesystem::exists(folder.journal() + "-wal"));
  }
  Result<std::string> try_to_read() {
    auto store = open();
    if (!store) return fail(std::move(store.error()));
    Result<std::string> text = runtime.run(read_all(**store));
    (void)runtime.run((*store)->close());
    return text;
  }
  void expect_refused(const std::string& with) {
    const std::string before = read_bytes(folder.journal());
    const auto store = open();
    ASSERT_FALSE(store);
    EXPECT_TRUE(store.error().is(ErrorKind::kConfig));
    EXPECT_THAT(store.error().message(), HasSubstr(with));
    EXPECT_THAT(store.error().message(), HasSubstr("--state"));
    EXPECT_EQ(read_bytes(folder.journal()), before);
  }

  // Without the wait for a disk.
  Result<std::unique_ptr<SqliteStore>> open() {
    SqliteStoreOptions options;
    options.file.vfs = FaultVfs::kName;
    return open_store(runtime, folder.path(), std::move(options));
  }

  FaultPlan no_faults;
  FaultVfs layer{no_faults};
  ScratchFolder folder;
  VirtualRuntime runtime{1};
  std::string whole;
};

TEST_F(JournalDamage, FlippedBytesAreFoundOrDoNotMatter) {
  const std::string right = try_to_read().value();
  ASSERT_EQ(right.find("k10"), right.find("k10..k10x"));
  write_bytes(folder.journal(), whole);
  std::mt19937 random(42);
  int refused = 0;
  for (int i = 0; i < 150; ++i) {
    SCOPED_TRACE(testing::Message() << "case " << i);
    std::string bytes = whole;
    for (int flips = i % 3; flips >= 0; --flips)
      bytes[random() % bytes.size()] ^= static_cast<char>(1U << (random() % 8));
    write_bytes(folder.journal(), bytes);
    for (const char* suffix : {"-wal", "-shm", "-journal"})
      std::filesystem::remove(folder.journal() + suffix);
    const Result<std::string> text = try_to_read();
    if (text) {
      EXPECT_EQ(*text, right);
      continue;
    }
    ++refused;
    EXPECT_TRUE(text.error().is(ErrorKind::kConfig) || text.error().is(ErrorKind::kRefused))
        << text.error().message();
    EXPECT_THAT(text.error().message(), Not(HasSubstr("\n"))) << "one line";
  }
  EXPECT_GT(refused, 40);
}

TEST_F(JournalDamage, ATruncatedFileIsRefused) {
  std::mt19937 random(43);
  for (int i = 0; i < 25; ++i) {
    const std::size_t size = i == 0 ? 0 : i == 1 ? 99 : random() % whole.size();
    SCOPED_TRACE(testing::Message() << "cut to " << size);
    write_bytes(folder.journal(), whole.substr(0, size));
    expect_refused("left as it");
  }
}

TEST_F(JournalDamage, OtherContentsAreRefused) {
  std::mt19937 random(44);
  std::string noise(20'000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  write_bytes(folder.journal(), noise);
  expect_refused("left as it");
  write_bytes(folder.journal(), "");
  expect_refused("is damaged (it is empty)");
  write_bytes(folder.journal(), "a text file\n");
  expect_refused("left as it");
  std::filesystem::remove(folder.journal());
  execute(folder.journal(), "CREATE TABLE cookies(host TEXT)");
  expect_refused("another program");
}

TEST_F(JournalDamage, ANewerFormatIsRefused) {
  execute(folder.journal(), "PRAGMA user_version=3");
  expect_refused("newer s3ferry (format 3");
}

TEST_F(JournalDamage, AFolderOrALinkInItsPlaceIsRefused) {
  std::filesystem::rename(folder.journal(), folder.path() + "/elsewhere");
  std::filesystem::create_symlink(folder.path() + "/elsewhere", folder.journal());
  EXPECT_THAT(open().error().message(), HasSubstr("is not a file"));
  std::filesystem::remove(folder.journal());
  std::filesystem::create_directory(folder.journal());
  EXPECT_THAT(open().error().message(), HasSubstr("is not a file"));
  const auto file_as_folder = open_store(runtime, folder.path() + "/elsewhere/deep");
  ASSERT_FALSE(file_as_folder);
  EXPECT_TRUE(file_as_folder.error().is(ErrorKind::kConfig));
  EXPECT_THAT(file_as_folder.error().message(), HasSubstr("--state"));
}

TEST_F(JournalDamage, WithoutPermissionItSaysSo) {
  const bool root = ::geteuid() == 0;
  // A folder of ours that all may enter, with files that only their owner may open.
  ASSERT_EQ(::chmod(folder.path().c_str(), 0777), 0);
  ASSERT_EQ(::chmod((folder.path() + "/lock").c_str(), 0666), 0);
  ASSERT_EQ(::chmod(folder.journal().c_str(), root ? 0600 : 0), 0);
  if (root) ASSERT_EQ(::seteuid(65534), 0);
  const auto store = open();
  const auto no_folder = open_store(runtime, "/proc/self/state");
  if (root) ASSERT_EQ(::seteuid(0), 0);
  ASSERT_FALSE(store);
  EXPECT_TRUE(store.error().is(ErrorKind::kConfig));
  EXPECT_THAT(store.error().message(), HasSubstr("--state"));
  ASSERT_FALSE(no_folder);
  EXPECT_TRUE(no_folder.error().is(ErrorKind::kConfig));
}

TEST_F(JournalDamage, ADraftThatAKillLeftIsNoObstacle) {
  std::filesystem::rename(folder.journal(), folder.journal() + ".new");
  auto store = open();
  ASSERT_TRUE(store) << store.error().message();
  EXPECT_FALSE(runtime.run((*store)->open_run(request())).value().resumed);
  EXPECT_TRUE(runtime.run((*store)->close()));
}

}  // namespace
}  // namespace s3ferry
