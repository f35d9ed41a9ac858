#include "listing/page_stream.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/virtual_runtime.h"

namespace s3ferry {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

struct Scripted {
  Names keys;
  std::string token;  // not empty: truncated; "none": and yet no token is given
  std::optional<Error> error;
};

// Gives scripted pages in turn, each after 10 ms, and notes what it was asked.
class ScriptedPages final : public PageSource {
 public:
  ScriptedPages(Runtime& runtime, std::vector<Scripted> pages)
      : runtime_(runtime), pages_(std::move(pages)) {}

  Task<Status> fetch(s3::ListRequest request, s3::ListPage& page) override {
    asked.push_back(request.continuation_token.empty() ? "after:" + request.start_after
                                                       : "token:" + request.continuation_token);
    in_flight_most = std::max(in_flight_most, ++in_flight_);
    Status slept = co_await runtime_.sleep_for(10ms);
    --in_flight_;
    if (!slept) co_return slept;
    const Scripted& script = pages_.at(std::min(asked.size(), pages_.size()) - 1);
    if (script.error) co_return fail(*script.error);
    page.entries.clear();
    for (const std::string& key : script.keys) {
      s3::ListEntry entry;
      entry.key = key;
      page.entries.push_back(entry);
    }
    page.truncated = !script.token.empty();
    page.next_token = script.token == "none" ? "" : script.token;
    co_return Status();
  }
  Names asked;
  int in_flight_most = 0;

 private:
  Runtime& runtime_;
  std::vector<Scripted> pages_;
  int in_flight_ = 0;
};

struct Outcome {
  Names keys;
  std::optional<Error> error;
  TimePoint ended;
};

Task<Outcome> drain(Runtime& runtime, PageSource& source, PageStreamOptions options,
                    Duration work_per_page) {
  Semaphore slots(4);
  PageStream stream(runtime, source, slots, std::move(options));
  stream.start();
  Outcome out;
  for (int turn = 0; turn < 100; ++turn) {
    auto page = co_await stream.next();
    if (!page) {
      out.error = page.error();
      EXPECT_FALSE(co_await stream.next());  // an error stays an error
      EXPECT_FALSE(stream.nothing_behind("\xFF"));
      break;
    }
    if (!*page) break;
    EXPECT_FALSE((*page)->empty());
    for (const ObjectView& view : **page) out.keys.emplace_back(view.key);
    (void)co_await runtime.sleep_for(work_per_page);
  }
  out.ended = runtime.now();
  co_await stream.close();
  co_return out;
}

class PageStreamTest : public testing::Test {
 protected:
  Outcome read(std::vector<Scripted> pages, PageStreamOptions options = {}, Duration work = 0ns) {
    ScriptedPages source(runtime_, std::move(pages));
    Outcome out = runtime_.run(drain(runtime_, source, std::move(options), work));
    asked_ = source.asked;
    return out;
  }
  void expect_broken(std::vector<Scripted> pages, std::string_view words,
                     PageStreamOptions options = {}) {
    const Outcome out = read(std::move(pages), std::move(options));
    ASSERT_TRUE(out.error);
    EXPECT_EQ(out.error->kind(), ErrorKind::kListing);
    EXPECT_NE(out.error->message().find(words), std::string::npos) << out.error->message();
  }
  static PageStreamOptions under(std::string prefix) {
    PageStreamOptions options;
    options.prefix = std::move(prefix);
    return options;
  }
  VirtualRuntime runtime_{3};
  Names asked_;
};

TEST_F(PageStreamTest, ReadsAllPagesByToken) {
  const Outcome out = read({{{"a", "b"}, "t1", {}}, {{"c"}, "t2", {}}, {{"d"}, "", {}}});
  EXPECT_FALSE(out.error);
  EXPECT_EQ(out.keys, (Names{"a", "b", "c", "d"}));
  EXPECT_EQ(asked_, (Names{"after:", "token:t1", "token:t2"}));
}

TEST_F(PageStreamTest, ShortAndEmptyTruncatedPagesAreNotTheEnd) {
  const Outcome out =
      read({{{}, "t1", {}}, {{"a"}, "t2", {}}, {{}, "t3", {}}, {{}, "t4", {}}, {{"b"}, "", {}}});
  EXPECT_FALSE(out.error);
  EXPECT_EQ(out.keys, (Names{"a", "b"}));
}

TEST_F(PageStreamTest, FetchesOnePageAhead) {
  // Three pages of 10 ms each, 10 ms of work on each: 40 ms, not 60.
  const Outcome out = read({{{"a"}, "t1", {}}, {{"b"}, "t2", {}}, {{"c"}, "", {}}}, {}, 10ms);
  EXPECT_EQ(out.ended - TimePoint{}, Duration(40ms));
}

TEST_F(PageStreamTest, KeysAreRelativeToThePrefix) {
  const Outcome out = read({{{"p/", "p//x", "p/a"}, "", {}}}, under("p/"));
  EXPECT_EQ(out.keys, (Names{"", "/x", "a"}));
}

TEST_F(PageStreamTest, StaysInItsRange) {
  PageStreamOptions options = under("p/");
  options.range.after = "b";
  options.range.up_to = "d";
  const Outcome out =
      read({{{"p/c"}, "t1", {}}, {{"p/d", "p/e"}, "t2", {}}, {{"p/f"}, "", {}}}, options);
  EXPECT_EQ(out.keys, (Names{"c", "d"}));
  EXPECT_EQ(asked_, (Names{"after:p/b", "token:t1"}));
}

TEST_F(PageStreamTest, BehindTheLastKeyOfItsRangeNothingIsAsked) {
  PageStreamOptions options;
  options.range.up_to = "b";
  EXPECT_EQ(read({{{"a", "b"}, "t1", {}}, {{"c"}, "", {}}}, options, 20ms).keys, (Names{"a", "b"}));
  EXPECT_EQ(asked_, Names{"after:"});
}

Task<void> lower_the_end(PageSource& source, Runtime& runtime, std::string up_to, Names& later) {
  Semaphore slots(4);
  PageStream stream(runtime, source, slots, {});
  stream.start();
  auto page = co_await stream.next();
  EXPECT_TRUE(page && *page);
  stream.lower_end(up_to);
  for (;;) {
    page = co_await stream.next();
    EXPECT_TRUE(page);
    if (!page || !*page) break;
    for (const ObjectView& view : **page) later.emplace_back(view.key);
  }
  co_await stream.close();
}
TEST_F(PageStreamTest, AnEndThatCameNearerHidesWhatLiesBehind) {
  Names later;
  ScriptedPages source(runtime_, {{{"a", "c"}, "t1", {}}, {{"d", "e"}, "t2", {}}, {{"f"}, "", {}}});
  runtime_.run(lower_the_end(source, runtime_, "d", later));
  EXPECT_EQ(later, Names{"d"});
  EXPECT_EQ(source.asked.size(), 2u);
}
// The page that was on its way is nobody's any more: its failure neither.
TEST_F(PageStreamTest, AnEndWithinWhatWasGivenIsTheEnd) {
  for (const char* up_to : {"b", "c"}) {
    Names later;
    ScriptedPages source(
        runtime_, {{{"a", "c"}, "t1", {}}, {{}, "", Error(ErrorKind::kServer, "internal error")}});
    runtime_.run(lower_the_end(source, runtime_, up_to, later));
    EXPECT_EQ(later, Names());
  }
}

TEST_F(PageStreamTest, BrokenPagesAreErrors) {
  expect_broken({{{"b", "a"}, "", {}}}, "out of order");
  expect_broken({{{"a", "c"}, "t1", {}}, {{"b"}, "", {}}}, "out of order");
  expect_broken({{{"a", "b"}, "t1", {}}, {{"b"}, "", {}}}, "key twice");
  expect_broken({{{"a"}, "t1", {}}, {{}, "t1", {}}}, "repeated");
  expect_broken({{{"a"}, "none", {}}, {{"b"}, "", {}}}, "no token");
  expect_broken({{{"q/a"}, "", {}}}, "prefix", under("p/"));
  PageStreamOptions after;
  after.range.after = "m";
  expect_broken({{{"a"}, "", {}}}, "out of order", after);
}

TEST_F(PageStreamTest, ACycleOfTokensIsSeenEvenWhenItIsLong) {
  std::vector<Scripted> pages{{{"a"}, "start", {}}};
  for (int round = 0; round < 10; ++round)
    for (int i = 0; i < 7; ++i) pages.push_back({{}, "t" + std::to_string(i), {}});
  expect_broken(std::move(pages), "repeated");
}

TEST_F(PageStreamTest, UnsignedBytesAreInOrder) {
  EXPECT_FALSE(read({{{"z", "\xEE\x80\x80", "\xF0\x90\x80\x80"}, "", {}}}).error);
}

TEST_F(PageStreamTest, AFailedPageIsNeverTheEnd) {
  const Outcome out =
      read({{{"a"}, "t1", {}}, {{}, "", Error(ErrorKind::kServer, "internal error")}});
  ASSERT_TRUE(out.error);
  EXPECT_EQ(out.error->kind(), ErrorKind::kServer);
  EXPECT_EQ(out.keys, Names{"a"});
}

Task<void> close_while_fetching(Runtime& runtime, PageSource& source) {
  Semaphore slots(1);
  PageStream stream(runtime, source, slots, {});
  stream.start();
  (void)co_await runtime.sleep_for(1ms);
  co_await stream.close();
  EXPECT_EQ(slots.in_use(), 0u);
}
// Gives its page whether its task was cancelled or not.
class DeafPages final : public PageSource {
 public:
  Task<Status> fetch(s3::ListRequest, s3::ListPage& page) override {
    co_await gate.wait_uncancelled();
    page.add_entry().key = "a";
    co_return Status();
  }
  WaitList gate;
};

Task<std::optional<ErrorKind>> stop_while_fetching(Runtime& runtime, DeafPages& source) {
  Semaphore slots(1);
  PageStream stream(runtime, source, slots, PageStreamOptions());
  stream.start();
  (void)co_await runtime.sleep_for(1ms);
  stream.stop();
  source.gate.wake_all();
  auto page = co_await stream.next();
  co_await stream.close();
  co_return page ? std::nullopt : std::optional(page.error().kind());
}

TEST_F(PageStreamTest, AfterAStopThereIsNoPageWhateverTheSourceDoes) {
  DeafPages source;
  EXPECT_EQ(runtime_.run(stop_while_fetching(runtime_, source)), ErrorKind::kCancelled);
}

TEST_F(PageStreamTest, ClosesInTheMiddleOfAFetch) {
  ScriptedPages source(runtime_, {{{"a"}, "t1", {}}});
  runtime_.run(close_while_fetching(runtime_, source));
  EXPECT_EQ(runtime_.now() - TimePoint{}, Duration(1ms));
}

}  // namespace
}  // namespace s3ferry
