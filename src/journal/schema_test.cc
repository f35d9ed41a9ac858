// Journals of an older version: converted by whoever writes, left as they are by whoever looks.

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "journal/reader.h"
#include "journal/store_test_support.h"
#include "journal/work_store_conformance.h"

namespace s3ferry {
namespace {

using conformance::range;
using conformance::request;
using conformance::span;
using testing::ElementsAre;
using testing::HasSubstr;

using Keys = std::vector<std::string>;

FailedObject refused(std::string key, std::string_view operation) {
  return FailedObject(FailedWork::kCopy, key, 3,
                      Error(ErrorKind::kRefused, "not what was sent").with_operation(operation));
}

class OldJournal : public testing::Test {
 protected:
  // A run that came to its end, with these failures.
  void run(std::vector<FailedObject> failures, bool finish = true) {
    auto store = open_store(runtime, folder.path()).value();
    ASSERT_TRUE(runtime.run(store->open_run(request())));
    const Claim all = runtime.run(store->claim(range({}, {}))).value();
    FinishedSpan done = span(range({}, finish ? std::nullopt : std::optional("m")), "{}");
    done.failures = std::move(failures);
    ASSERT_TRUE(store->advance(all, std::move(done)));
    if (finish) ASSERT_TRUE(runtime.run(store->complete(all)));
    if (finish) ASSERT_TRUE(runtime.run(store->finish_run("{}")));
    ASSERT_TRUE(runtime.run(store->close()));
  }
  std::int64_t execute(const std::string& sql) {
    sqlite3* handle = nullptr;
    EXPECT_EQ(sqlite3_open(folder.journal().c_str(), &handle), SQLITE_OK);
    std::int64_t answer = -1;
    const auto take = [](void* to, int, char** values, char**) {
      *static_cast<std::int64_t*>(to) = std::stoll(values[0]);
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), take, &answer, nullptr), SQLITE_OK)
        << sqlite3_errmsg(handle);
    sqlite3_close(handle);
    return answer;
  }
  void make_it_old() { execute("DROP TABLE stored_wrong; PRAGMA user_version=1"); }
  std::int64_t version() { return execute("PRAGMA user_version"); }
  Keys stored_wrong() {
    auto store = open_store(runtime, folder.path());
    EXPECT_TRUE(store) << store.error().message();
    if (!store) return {};
    Keys keys = runtime.run((*store)->stored_wrong({}, 100)).value();
    EXPECT_TRUE(runtime.run((*store)->close()));
    return keys;
  }

  ScratchFolder folder;
  VirtualRuntime runtime{1};
};

TEST_F(OldJournal, IsConvertedWithWhatItSaysOfObjectsStoredWrong) {
  run({refused("long ago", "PutObject")});
  run({refused("a", "CompleteMultipartUpload"), refused("b", "PutObject"),
       refused("nothing stored", "UploadPart"), refused("nor here", "GetObject"),
       conformance::failed(FailedWork::kCopy, "denied")});
  run({refused("c", "PutObject")}, /*finish=*/false);
  make_it_old();
  EXPECT_THAT(stored_wrong(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(version(), 2);
  EXPECT_THAT(stored_wrong(), ElementsAre("a", "b", "c")) << "a second opening changes nothing";
}

TEST_F(OldJournal, IsReadAsItIs) {
  run({refused("a", "PutObject")});
  make_it_old();
  {
    Result<JournalReader> reader = JournalReader::open(folder.path());
    ASSERT_TRUE(reader) << reader.error().message();
    EXPECT_EQ(reader->runs(10).value().size(), 1U);
    EXPECT_EQ(reader->failures(1, {}, 10).value().size(), 1U);
  }
  EXPECT_EQ(version(), 1);
}

TEST_F(OldJournal, ThatIsDamagedIsNotConverted) {
  run({refused("a", "PutObject")});
  make_it_old();
  execute("UPDATE failures SET size=size+1");
  const auto store = open_store(runtime, folder.path());
  ASSERT_FALSE(store);
  EXPECT_TRUE(store.error().is(ErrorKind::kConfig));
  EXPECT_THAT(store.error().message(), HasSubstr("is damaged"));
  EXPECT_THAT(store.error().message(), HasSubstr("--compare etag"));
  EXPECT_EQ(version(), 1);
  EXPECT_EQ(execute("SELECT count(*) FROM sqlite_schema WHERE name='stored_wrong'"), 0);
}

TEST_F(OldJournal, OfAFormatThatNeverWasIsRefused) {
  run({});
  execute("PRAGMA user_version=0");
  const auto store = open_store(runtime, folder.path());
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message(), HasSubstr("damaged (format 0)"));
}

}  // namespace
}  // namespace s3ferry
