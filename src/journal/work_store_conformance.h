#pragma once

// What every WorkStore has to keep, as tests: instantiate WorkStoreConformance with a type that has
//   Runtime& runtime();
//   std::unique_ptr<WorkStore> open();   // of one task, again and again; the one before may be
//   open
// Used by sqlite_store_test.cc; another implementation brings its own.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "journal/work_store.h"
#include "runtime/runtime.h"

namespace s3ferry::conformance {

inline KeyRange range(std::optional<std::string> after, std::optional<std::string> up_to) {
  return KeyRange{std::move(after), std::move(up_to)};
}
inline FinishedSpan span(KeyRange keys, std::string counters) {
  FinishedSpan out;
  out.range = std::move(keys);
  out.counters = std::move(counters);
  return out;
}
inline PlannedDelete planned(std::string key) {
  PlannedDelete out;
  out.key = std::move(key);
  out.etag = "e-" + out.key;
  out.size = 5'000'000'000'000;
  out.modified = WallTime(std::chrono::milliseconds(1'700'000'000'123));
  out.source_rank = 7;
  out.target_rank = 8;
  return out;
}
inline FailedObject failed(FailedWork work, std::string key) {
  return FailedObject(work, key, 3, Error(ErrorKind::kAccessDenied, "no").with_status(403));
}
inline RunRequest request(std::string settings = "--delete=yes\n") {
  RunRequest out;
  out.identity = "source=s3://a/\ntarget=s3://b/\n";
  out.settings = std::move(settings);
  return out;
}
inline std::vector<std::string> keys_of(const std::vector<PlannedDelete>& all) {
  std::vector<std::string> out;
  for (const PlannedDelete& one : all) out.push_back(one.key);
  return out;
}

template <class World>
class WorkStoreConformance : public testing::Test {
 protected:
  template <class T>
  T run(Task<T> task) {
    return world.runtime().run(std::move(task));
  }
  // The store of a process that begins, and of one that died: closed without finish_run().
  RunRecord begin(RunRequest what = request()) {
    store = world.open();
    Result<RunRecord> record = run(store->open_run(std::move(what)));
    EXPECT_TRUE(record) << record.error().message();
    return record ? std::move(*record) : RunRecord();
  }
  void end() {
    const Status closed = run(store->close());
    EXPECT_TRUE(closed) << closed.error().message();
    store.reset();
  }
  Claim claim(KeyRange keys) {
    Result<Claim> made = run(store->claim(std::move(keys)));
    EXPECT_TRUE(made) << made.error().message();
    return made ? std::move(*made) : Claim();
  }
  void TearDown() override {
    if (store) (void)run(store->close());
  }

  World world;
  std::unique_ptr<WorkStore> store;
};
TYPED_TEST_SUITE_P(WorkStoreConformance);

TYPED_TEST_P(WorkStoreConformance, ANewRunKnowsNothing) {
  const RunRecord record = this->begin();
  EXPECT_FALSE(record.resumed);
  EXPECT_EQ(record.run, 1U);
  EXPECT_EQ(record.tries, 1U);
  EXPECT_TRUE(record.finished.empty());
  EXPECT_TRUE(record.counters.empty());
  EXPECT_EQ(record.began, this->world.runtime().wall_now());
  EXPECT_EQ(record.gaps(), std::vector<KeyRange>{range({}, {})});
}

TYPED_TEST_P(WorkStoreConformance, AnOpenRunGoesOnWhereItStopped) {
  const RunRecord first = this->begin();
  const Claim all = this->claim(range({}, {}));
  EXPECT_TRUE(this->store->advance(all, span(range("m", "p"), "3")));
  EXPECT_TRUE(this->store->advance(all, span(range({}, "c"), "5")));
  EXPECT_TRUE(this->store->advance(all, span(range("c", "f"), "9")));
  EXPECT_TRUE(this->store->set_phase("copying"));
  this->end();
  (void)this->run(this->world.runtime().sleep_for(std::chrono::hours(1)));
  const RunRecord record = this->begin();
  EXPECT_TRUE(record.resumed);
  EXPECT_EQ(record.run, first.run);
  EXPECT_GT(record.epoch, first.epoch);
  EXPECT_EQ(record.tries, 2U);
  EXPECT_EQ(record.began, first.began);
  EXPECT_EQ(record.phase, "copying");
  EXPECT_EQ(record.finished, (std::vector<KeyRange>{range({}, "f"), range("m", "p")}));
  EXPECT_EQ(record.counters, std::vector<std::string>{"9"});
}

TYPED_TEST_P(WorkStoreConformance, EachClaimsCountersAreKept) {
  this->begin();
  const Claim low = this->claim(range({}, "m")), high = this->claim(range("m", {}));
  EXPECT_TRUE(this->store->advance(low, span(range({}, "c"), "1")));
  EXPECT_TRUE(this->store->advance(high, span(range("m", "n"), "2")));
  EXPECT_TRUE(this->store->advance(high, span(range("n", "o"), "4")));
  this->end();
  this->begin();
  const Claim later = this->claim(range("c", "m"));
  EXPECT_TRUE(this->store->advance(later, span(range("c", "d"), "8")));
  this->end();
  EXPECT_EQ(this->begin().counters, (std::vector<std::string>{"1", "4", "8"}));
}

TYPED_TEST_P(WorkStoreConformance, AFinishedRunIsFollowedByANewOne) {
  this->begin();
  const Claim all = this->claim(range({}, {}));
  FinishedSpan done = span(range({}, {}), "1");
  done.planned_deletes = {planned("x")};
  done.set_aside = {SetAsideKey(SetAsideKind::kChanged, "y")};
  EXPECT_TRUE(this->store->advance(all, done));
  EXPECT_TRUE(this->run(this->store->complete(all)));
  EXPECT_TRUE(this->run(this->store->finish_run("{}")));
  this->end();
  const RunRecord record = this->begin(request("--delete=no\n"));
  EXPECT_FALSE(record.resumed);
  EXPECT_EQ(record.run, 2U);
  EXPECT_TRUE(record.finished.empty());
  EXPECT_EQ(record.planned_deletes, 0U);
  EXPECT_EQ(record.set_aside, 0U);
}

TYPED_TEST_P(WorkStoreConformance, OtherSettingsAreRefusedByNameAndRestartBeginsAnew) {
  this->begin(request("--compare=aws\n--delete=yes\n"));
  const Claim all = this->claim(range({}, {}));
  FinishedSpan done = span(range({}, "c"), "1");
  done.planned_deletes = {planned("x")};
  EXPECT_TRUE(this->store->advance(all, done));
  this->end();
  this->store = this->world.open();
  RunRequest other = request("--compare=etag\n--delete=yes\n");
  const Result<RunRecord> refused = this->run(this->store->open_run(other));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(ErrorKind::kRefused));
  for (const char* text : {"--compare (was aws, is etag)", "--restart"})
    EXPECT_NE(refused.error().message().find(text), std::string::npos) << refused.error().message();
  EXPECT_EQ(refused.error().message().find("--delete"), std::string::npos);
  EXPECT_FALSE(this->store->sick());
  this->end();
  other.restart = true;
  const RunRecord record = this->begin(other);
  EXPECT_FALSE(record.resumed);
  EXPECT_EQ(record.run, 2U);
  EXPECT_TRUE(record.finished.empty());
  EXPECT_EQ(record.planned_deletes, 0U);
}

TYPED_TEST_P(WorkStoreConformance, AnotherTaskIsRefused) {
  this->begin();
  this->end();
  this->store = this->world.open();
  RunRequest other = request();
  other.identity = "source=s3://a/\ntarget=s3://c/\n";
  const Result<RunRecord> refused = this->run(this->store->open_run(other));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(ErrorKind::kRefused));
}

TYPED_TEST_P(WorkStoreConformance, ALaterProcessFencesTheEarlier) {
  this->begin();
  const Claim all = this->claim(range({}, {}));
  EXPECT_TRUE(this->store->advance(all, span(range({}, "c"), "1")));
  EXPECT_TRUE(this->run(this->store->flush()));
  std::unique_ptr<WorkStore> earlier = std::move(this->store);
  this->begin();
  std::string told;
  earlier->when_sick([&told](const Error& why) { told = why.message(); });
  (void)earlier->advance(all, span(range("c", "f"), "2"));
  const Status flushed = this->run(earlier->flush());
  ASSERT_FALSE(flushed);
  EXPECT_TRUE(flushed.error().is(ErrorKind::kConflict));
  EXPECT_TRUE(earlier->sick());
  EXPECT_EQ(told, flushed.error().message());
  EXPECT_FALSE(this->run(earlier->put_upload("k", "")));
  (void)this->run(earlier->close());
  EXPECT_EQ(this->run(this->store->find_upload("k")).value(), std::nullopt);
  // An old claim is worth nothing to the later one either.
  (void)this->store->advance(all, span(range("c", "f"), "2"));
  EXPECT_FALSE(this->run(this->store->flush()));
  (void)this->run(this->store->close());
  EXPECT_EQ(this->begin().finished, std::vector<KeyRange>{range({}, "c")});
}

TYPED_TEST_P(WorkStoreConformance, ClaimsDoNotOverlapAndEndOnlyWhenWhole) {
  this->begin();
  const Claim low = this->claim(range({}, "m"));
  EXPECT_TRUE(this->run(this->store->claim(range("l", "p"))).error().is(ErrorKind::kConflict));
  EXPECT_TRUE(this->run(this->store->claim(range({}, {}))).error().is(ErrorKind::kConflict));
  EXPECT_TRUE(this->run(this->store->claim(range("b", "b"))).error().is(ErrorKind::kConflict));
  EXPECT_TRUE(this->run(this->store->claim(range("m", "p"))));
  EXPECT_TRUE(this->store->advance(low, span(range({}, "c"), "1")));
  EXPECT_TRUE(this->store->advance(low, span(range("d", "m"), "2")));
  EXPECT_TRUE(this->run(this->store->complete(low)).error().is(ErrorKind::kConflict));
  EXPECT_TRUE(this->store->advance(low, span(range("c", "d"), "3")));
  EXPECT_TRUE(this->run(this->store->complete(low)));
  EXPECT_TRUE(this->run(this->store->complete(low)).error().is(ErrorKind::kConflict));
  EXPECT_FALSE(this->store->sick());
}

TYPED_TEST_P(WorkStoreConformance, ASpanIsFinishedOnceAndInsideItsClaim) {
  for (const KeyRange& wrong : {range("a", "c"), range("b", "n"), range({}, "c"), range("b", {})}) {
    RunRequest anew = request();
    anew.restart = true;
    this->begin(anew);
    const Claim claimed = this->claim(range("a", "m"));
    EXPECT_TRUE(this->store->advance(claimed, span(range("a", "b"), "1")));
    (void)this->store->advance(claimed, span(wrong, "2"));
    const Status flushed = this->run(this->store->flush());
    EXPECT_FALSE(flushed);
    EXPECT_TRUE(this->store->sick());
    (void)this->run(this->store->close());
  }
}

TYPED_TEST_P(WorkStoreConformance, AnUploadIsRememberedUntilItEnded) {
  this->begin();
  const std::string key("k\0\xff/", 4);
  EXPECT_TRUE(this->run(this->store->put_upload(key, "earlier")));
  EXPECT_TRUE(this->run(this->store->upload_created(key, "id-0")));
  EXPECT_TRUE(this->run(this->store->put_upload(key, "facts")));
  EXPECT_TRUE(this->run(this->store->put_upload("other", "")));
  this->end();
  EXPECT_EQ(this->begin().open_uploads, 2U);
  auto found = this->run(this->store->find_upload(key)).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->upload_id, "");
  EXPECT_EQ(found->facts, "facts");
  const WallTime intended = found->intended;
  EXPECT_TRUE(this->run(this->store->upload_created(key, "id-1")));
  EXPECT_TRUE(
      this->run(this->store->upload_created("never", "id")).error().is(ErrorKind::kConflict));
  EXPECT_TRUE(this->store->upload_ended("other"));
  EXPECT_TRUE(this->store->upload_ended("never"));
  this->end();
  // They are the task's: --restart does not forget them.
  RunRequest anew = request();
  anew.restart = true;
  EXPECT_EQ(this->begin(anew).open_uploads, 1U);
  const auto all = this->run(this->store->uploads({}, 10)).value();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].key, key);
  EXPECT_EQ(all[0].upload_id, "id-1");
  EXPECT_EQ(all[0].facts, "facts");
  EXPECT_EQ(all[0].intended, intended);
  EXPECT_TRUE(this->run(this->store->uploads(key, 10)).value().empty());
}

TYPED_TEST_P(WorkStoreConformance, WhatIsStoredWrongIsKnownToAllRunsUntilItIsForgotten) {
  using Keys = std::vector<std::string>;
  this->begin();
  EXPECT_TRUE(this->run(this->store->stored_wrong({}, 10)).value().empty());
  for (const char* key : {"z\xff", "", "b", "m", "b"})
    EXPECT_TRUE(this->store->note_stored_wrong(key));
  EXPECT_TRUE(this->store->note_stored_wrong("never mind"));
  EXPECT_TRUE(this->store->forget_stored_wrong("never mind"));
  EXPECT_TRUE(this->store->forget_stored_wrong("nobody knows it"));
  this->end();
  // A later try, which walks all keys anew; one that is left behind; one that comes to its end.
  EXPECT_TRUE(this->begin().resumed);
  EXPECT_EQ(this->run(this->store->stored_wrong({}, 3)).value(), (Keys{"", "b", "m"}));
  this->end();
  RunRequest restart = request();
  restart.restart = true;
  EXPECT_FALSE(this->begin(restart).resumed);
  const Claim all = this->claim(range({}, {}));
  EXPECT_TRUE(this->store->advance(all, span(range({}, {}), "1")));
  EXPECT_TRUE(this->run(this->store->complete(all)));
  EXPECT_TRUE(this->run(this->store->finish_run("{}")));
  this->end();
  EXPECT_EQ(this->begin().run, 3U);
  EXPECT_EQ(this->run(this->store->stored_wrong("b", 10)).value(), (Keys{"m", "z\xff"}));
  EXPECT_TRUE(this->store->forget_stored_wrong("m"));
  EXPECT_EQ(this->run(this->store->stored_wrong({}, 10)).value(), (Keys{"", "b", "z\xff"}));
  // A run that never began takes nothing with it.
  EXPECT_TRUE(this->store->forget_run());
  this->end();
  this->begin();
  EXPECT_EQ(this->run(this->store->stored_wrong({}, 10)).value().size(), 3U);
}

TYPED_TEST_P(WorkStoreConformance, PlannedDeletionsComeInKeyOrderAndAreSettledOnce) {
  this->begin();
  const Claim all = this->claim(range({}, {}));
  FinishedSpan high = span(range("m", {}), "1"), low = span(range({}, "m"), "2");
  high.planned_deletes = {planned("z\x7f"), planned("z\xc3\xa9"), planned("\xff")};
  low.planned_deletes = {planned(""), planned("Z"), planned("a"), planned("a/b")};
  EXPECT_TRUE(this->store->advance(all, high));
  EXPECT_TRUE(this->store->advance(all, low));
  this->end();
  EXPECT_EQ(this->begin().planned_deletes, 7U);
  auto batch = this->run(this->store->planned_deletes({}, 3)).value();
  EXPECT_EQ(keys_of(batch), (std::vector<std::string>{"", "Z", "a"}));
  EXPECT_EQ(batch[2].etag, "e-a");
  EXPECT_EQ(batch[2].size, 5'000'000'000'000U);
  EXPECT_EQ(batch[2].modified, planned("").modified);
  EXPECT_EQ(batch[2].source_rank, 7U);
  EXPECT_EQ(batch[2].target_rank, 8U);
  SettledDeletes settled;
  settled.keys = {"", "a"};
  settled.counters = "deleted 2";
  settled.failures = {failed(FailedWork::kDelete, "a")};
  settled.set_aside = {SetAsideKey(SetAsideKind::kDeleted, "")};
  EXPECT_TRUE(this->store->settle_deletes(settled));
  // Reads see what was enqueued before them.
  batch = this->run(this->store->planned_deletes({}, 100)).value();
  EXPECT_EQ(keys_of(batch), (std::vector<std::string>{"Z", "a/b", "z\x7f", "z\xc3\xa9", "\xff"}));
  batch = this->run(this->store->planned_deletes("a/b", 100)).value();
  EXPECT_EQ(batch.size(), 3U);
  this->end();
  const RunRecord record = this->begin();
  EXPECT_EQ(record.planned_deletes, 5U);
  EXPECT_EQ(record.delete_counters, "deleted 2");
  EXPECT_EQ(record.failures, 1U);
  EXPECT_EQ(record.set_aside, 1U);
}

TYPED_TEST_P(WorkStoreConformance, FailuresStayForTheNextRunToRetry) {
  const RunRecord first = this->begin();
  const Claim all = this->claim(range({}, {}));
  FinishedSpan done = span(range({}, {}), "1");
  done.failures = {failed(FailedWork::kDelete, "a"), failed(FailedWork::kCopy, "z"),
                   failed(FailedWork::kCopy, "b"), failed(FailedWork::kCopy, "b")};
  done.set_aside = {SetAsideKey(SetAsideKind::kArchived, "q"),
                    SetAsideKey(SetAsideKind::kChanged, "r"),
                    SetAsideKey(SetAsideKind::kChanged, "r")};
  EXPECT_TRUE(this->store->advance(all, done));
  const auto aside = this->run(this->store->set_aside({}, 10)).value();
  EXPECT_EQ(aside, (std::vector<SetAsideKey>{SetAsideKey(SetAsideKind::kChanged, "r"),
                                             SetAsideKey(SetAsideKind::kArchived, "q")}));
  EXPECT_EQ(this->run(this->store->set_aside(aside[0], 10)).value().size(), 1U);
  EXPECT_TRUE(this->run(this->store->finish_run("failed")));
  this->end();
  RunRequest retry = request("--retry-failed=yes\n");
  retry.retry_failed = true;
  for (int process = 0; process < 2; ++process) {  // killed once on its way
    const RunRecord second = this->begin(retry);
    EXPECT_EQ(second.run, 2U);
    EXPECT_EQ(second.retry_of, first.run);
    const auto copies = this->run(this->store->failures(first.run, {}, 2)).value();
    ASSERT_EQ(copies.size(), 2U);
    EXPECT_EQ(copies[0].key, "b");
    EXPECT_EQ(copies[1].key, "z");
    EXPECT_EQ(copies[1].kind, "access denied");
    EXPECT_EQ(copies[1].http_status, 403);
    EXPECT_EQ(copies[1].size, 3U);
    const auto rest = this->run(this->store->failures(first.run, copies[1], 2)).value();
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0].work, FailedWork::kDelete);
    if (process == 0) this->end();
  }
  EXPECT_TRUE(this->run(this->store->finish_run("well")));
  this->end();
  this->store = this->world.open();
  const Result<RunRecord> nothing = this->run(this->store->open_run(retry));
  ASSERT_FALSE(nothing);
  EXPECT_TRUE(nothing.error().is(ErrorKind::kRefused));
}

TYPED_TEST_P(WorkStoreConformance, WhatATryLeavesIsKnownUntilTheNextOne) {
  const std::uint64_t run = this->begin().run;
  const Claim all = this->claim(range({}, {}));
  FinishedSpan first = span(range({}, "c"), "1");
  first.failures = {failed(FailedWork::kCopy, "b")};
  EXPECT_TRUE(this->store->advance(all, std::move(first)));
  EXPECT_TRUE(this->store->advance(all, span(range("k", "m"), "2")));
  EXPECT_TRUE(this->store->leave_run(
      "interrupted", {failed(FailedWork::kCopy, "d"), failed(FailedWork::kCopy, "z")}));
  this->end();
  this->store = this->world.open();
  auto known = this->run(this->store->failures(run, {}, 10));
  ASSERT_TRUE(known) << known.error().message();
  EXPECT_EQ(known->size(), 3U);
  this->end();
  const RunRecord again = this->begin();
  EXPECT_TRUE(again.resumed);
  EXPECT_EQ(again.result, "");
  EXPECT_EQ(again.failures, 1U) << "what is walked anew has not failed yet";
  known = this->run(this->store->failures(run, {}, 10));
  ASSERT_TRUE(known);
  ASSERT_EQ(known->size(), 1U);
  EXPECT_EQ(known->front().key, "b");
}

TYPED_TEST_P(WorkStoreConformance, ARunThatNeverBeganLeavesNoTrace) {
  const std::uint64_t first = this->begin().run;
  this->claim(range({}, {}));
  EXPECT_TRUE(this->store->forget_run());
  this->end();
  RunRecord next = this->begin(request("--delete=no\n"));
  EXPECT_FALSE(next.resumed) << "other settings are welcome";
  EXPECT_EQ(next.run, first);
  const Claim all = this->claim(range({}, {}));
  EXPECT_TRUE(this->store->advance(all, span(range({}, "c"), "1")));
  EXPECT_TRUE(this->store->forget_run());
  this->end();
  next = this->begin(request("--delete=no\n"));
  EXPECT_TRUE(next.resumed) << "of this one something is written down";
}

TYPED_TEST_P(WorkStoreConformance, RetryFailedIsForARunThatCameToItsEnd) {
  RunRequest retry = request();
  retry.retry_failed = true;
  this->begin();
  this->end();
  this->store = this->world.open();
  const Result<RunRecord> refused = this->run(this->store->open_run(retry));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kRefused);
  EXPECT_NE(refused.error().message().find("without --retry-failed"), std::string::npos);
}

TYPED_TEST_P(WorkStoreConformance, SpansAreDurableWithoutAWaitingCaller) {
  this->begin();
  const Claim all = this->claim(range({}, {}));
  EXPECT_TRUE(this->store->advance(all, span(range({}, "c"), "1")));
  (void)this->run(this->world.runtime().sleep_for(std::chrono::seconds(1)));
  std::unique_ptr<WorkStore> killed = std::move(this->store);  // flushes nothing before we look
  EXPECT_EQ(this->begin().finished, std::vector<KeyRange>{range({}, "c")});
  (void)this->run(killed->close());
}

TYPED_TEST_P(WorkStoreConformance, PendingWritesAreBounded) {
  this->begin();
  const Claim all = this->claim(range({}, {}));
  FinishedSpan large = span(range({}, "a"), std::string(1U << 20U, 'c'));
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(this->run(this->store->wait_for_room()));
    EXPECT_TRUE(this->store->advance(all, large));
    large.range = range(large.range.up_to, *large.range.up_to + "a");
  }
  this->end();
  const RunRecord record = this->begin();
  EXPECT_EQ(record.finished, std::vector<KeyRange>{range({}, std::string(100, 'a'))});
}

TYPED_TEST_P(WorkStoreConformance, AClosedStoreTakesNothing) {
  this->begin();
  const Claim all = this->claim(range({}, {}));
  EXPECT_TRUE(this->run(this->store->close()));
  EXPECT_TRUE(this->run(this->store->close()));
  EXPECT_FALSE(this->store->advance(all, span(range({}, "c"), "1")));
  EXPECT_FALSE(this->run(this->store->flush()));
}

REGISTER_TYPED_TEST_SUITE_P(WorkStoreConformance, ANewRunKnowsNothing,
                            AnOpenRunGoesOnWhereItStopped, EachClaimsCountersAreKept,
                            AFinishedRunIsFollowedByANewOne,
                            OtherSettingsAreRefusedByNameAndRestartBeginsAnew, AnotherTaskIsRefused,
                            ALaterProcessFencesTheEarlier, ClaimsDoNotOverlapAndEndOnlyWhenWhole,
                            ASpanIsFinishedOnceAndInsideItsClaim, AnUploadIsRememberedUntilItEnded,
                            WhatIsStoredWrongIsKnownToAllRunsUntilItIsForgotten,
                            PlannedDeletionsComeInKeyOrderAndAreSettledOnce,
                            FailuresStayForTheNextRunToRetry, WhatATryLeavesIsKnownUntilTheNextOne,
                            ARunThatNeverBeganLeavesNoTrace, RetryFailedIsForARunThatCameToItsEnd,
                            SpansAreDurableWithoutAWaitingCaller, PendingWritesAreBounded,
                            AClosedStoreTakesNothing);

}  // namespace s3ferry::conformance
