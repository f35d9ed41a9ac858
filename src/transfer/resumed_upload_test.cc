// Uploads that an earlier try left: gone on with, aborted, or left alone, and never another's.

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "transfer/upload_test_support.h"

namespace s3ferry {
namespace {

using sim::Fault;
using sim::Operation;
using testing::kSourceBucket;
using testing::kTargetBucket;

TEST_F(ResumedUploadTest, FinishedPartsAreNotCopiedAgain) {
  put("k", 10 * kPart);
  attempt("k", 4);
  EXPECT_EQ(world_.sim().open_uploads(kTargetBucket), 1u);
  const std::uint64_t before = count(Operation::kUploadPartCopy);
  EXPECT_GE(before, 4u);
  EXPECT_LT(before, 10u);
  attempt("k");
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(count(Operation::kUploadPartCopy), 10u);
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 1u);
  EXPECT_EQ(world_.sim().open_uploads(kTargetBucket), 0u);
  EXPECT_TRUE(log_.records.empty());
}

TEST_F(ResumedUploadTest, AnotherObjectsPartsAreAborted) {
  put("k", 10 * kPart, 1);
  attempt("k", 4);
  put("k", 10 * kPart, 2);
  attempt("k");
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(world_.sim().open_uploads(kTargetBucket), 0u);
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 2u);
  EXPECT_TRUE(log_.records.empty());
}

TEST_F(ResumedUploadTest, AnUploadWhoseIdWasNotWrittenIsFoundAndAnotherToolsIsNot) {
  world_.sim().open_upload(kTargetBucket, "k");  // another tool's, before ours
  put("k", 10 * kPart);
  log_.forgets_ids = true;
  attempt("k", 4);
  EXPECT_EQ(world_.sim().open_uploads(kTargetBucket), 2u);
  world_.sim().open_upload(kTargetBucket, "k2");  // another key of the same prefix
  log_.forgets_ids = false;
  attempt("k");
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(world_.sim().open_uploads(kTargetBucket), 2u);
  EXPECT_EQ(world_.sim().open_uploads(kTargetBucket, "k"), 1u);
  EXPECT_TRUE(log_.records.empty());
}

TEST_F(ResumedUploadTest, WhatMayBeAnothersIsLeftAndToldOf) {
  put("k", 10 * kPart);
  log_.forgets_ids = true;
  attempt("k", 4);
  world_.sim().open_upload(kTargetBucket, "k");  // another tool's, after ours
  log_.forgets_ids = false;
  attempt("k");
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(world_.sim().open_uploads(kTargetBucket), 2u);
  EXPECT_TRUE(std::any_of(
      sink_.warning_texts.begin(), sink_.warning_texts.end(),
      [](const std::string& text) { return text.find("left as they are") != std::string::npos; }));
}

TEST_F(ResumedUploadTest, AnUploadThatIsGoneStartsAnew) {
  put("k", 10 * kPart);
  attempt("k", 4);
  world_.sim().erase_uploads(kTargetBucket);
  attempt("k");
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 2u);
}

// ---- what is not final leaves the record ----

TEST_F(ResumedUploadTest, AListOfPartsThatFailsKeepsTheUpload) {
  put("k", 10 * kPart);
  attempt("k", 4);
  const std::uint64_t before = count(Operation::kUploadPartCopy);
  world_.sim().add_fault(fault(Operation::kListParts, 500, "InternalError"));
  attempt("k");
  EXPECT_EQ(sink_.failed.size(), 1u);
  EXPECT_EQ(open_uploads(), 1u);
  EXPECT_FALSE(log_.records.at("k").upload.empty());
  EXPECT_EQ(count(Operation::kUploadPartCopy), before);
  world_.sim().clear_faults();
  attempt("k");
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(count(Operation::kUploadPartCopy), 10u);
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 1u);
}

// Who may not see the parts of an upload may still write them: nothing is aborted for that.
TEST_F(ResumedUploadTest, PartsThatNobodyMaySeeAreCopiedAgain) {
  put("k", 10 * kPart);
  attempt("k", 4);
  world_.sim().add_fault(fault(Operation::kListParts, 403, "AccessDenied"));
  attempt("k");
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 1u);
  EXPECT_EQ(count(Operation::kAbortMultipartUpload), 0u);
  EXPECT_TRUE(log_.records.empty());
}

// The parts may not be listed by anybody, nor written by who copies first.
TEST_F(ResumedUploadTest, AnUploadWhosePartsAreDeniedInEveryWayIsKept) {
  put("k", 10 * kPart);
  attempt("k", 4);
  for (const auto operation : {Operation::kListParts, Operation::kUploadPartCopy})
    world_.sim().add_fault(fault(operation, 403, "AccessDenied"));
  attempt("k");
  EXPECT_EQ(sink_.failed.size(), 1u);
  EXPECT_EQ(count(Operation::kAbortMultipartUpload), 0u);
  EXPECT_EQ(open_uploads(), 1u);
  EXPECT_EQ(log_.records.size(), 1u);
  world_.sim().clear_faults();
  attempt("k");
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 1u);
}

TEST_F(ResumedUploadTest, ANewUploadWaitsUntilTheLastOneIsAborted) {
  put("k", 10 * kPart, 1);
  attempt("k", 4);
  put("k", 10 * kPart, 2);
  Fault broken = fault(Operation::kAbortMultipartUpload, 500, "InternalError");
  broken.times = 10;  // more than one call's tries
  world_.sim().add_fault(broken);
  world_.sim().before_request([this](const sim::RequestInfo& request) {
    if (request.operation == Operation::kCreateMultipartUpload) EXPECT_EQ(open_uploads(), 0u);
  });
  attempt("k");
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(open_uploads(), 0u);
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 2u);
  EXPECT_TRUE(log_.records.empty());
}

TEST_F(ResumedUploadTest, AnAbortThatIsDeniedIsToldAndHoldsNothingUp) {
  put("k", 10 * kPart, 1);
  attempt("k", 4);
  put("k", 10 * kPart, 2);
  world_.sim().add_fault(fault(Operation::kAbortMultipartUpload, 403, "AccessDenied"));
  attempt("k");
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(open_uploads(), 1u);
  EXPECT_TRUE(log_.records.empty());
  EXPECT_TRUE(sink_.warned_of(WarningKind::kOther));
}

TEST_F(ResumedUploadTest, ACompletionThatNobodyHeardOfIsNotDoneAgain) {
  put("k", 3 * kPart);
  Fault lost = fault(Operation::kCompleteMultipartUpload);
  lost.drop = Fault::Drop::kAfter;
  world_.sim().add_fault(lost);
  Fault blind = fault(Operation::kHeadObject, 500, "InternalError");
  blind.on = Fault::On::kTarget;
  world_.sim().add_fault(blind);
  world_.sim().before_request([this](const sim::RequestInfo& request) {
    if (request.operation == Operation::kCompleteMultipartUpload) kill();
  });
  attempt("k");
  attempt("k");  // still nobody knows
  EXPECT_TRUE(sink_.copied.empty());
  EXPECT_EQ(log_.records.size(), 1u);
  world_.sim().clear_faults();
  attempt("k");
  EXPECT_EQ(sink_.copied.size(), 1u);
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 1u);
  EXPECT_TRUE(log_.records.empty());
}

// ---- what is gone on with is what would be begun anew ----

TEST_F(ResumedUploadTest, OtherAttributesUnderTheSameEtagBeginAnew) {
  sim::ObjectSpec spec = object("k", 10 * kPart);
  const WallTime modified = *spec.mtime;
  put(spec);
  const std::vector<std::map<std::string, std::string>> changes = {
      {}, {{"owner", "a"}}, {{"owner", "b"}}, {{"owner", "b"}}};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    spec.metadata = changes[i];
    spec.mtime = modified;  // the time stamp does not tell
    put(spec);
    attempt("k", i + 1 < changes.size() ? 4 : 0);
  }
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(world_.sim().find_object(kTargetBucket, "k")->metadata.at("owner"), "b");
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 3u);
  EXPECT_EQ(count(Operation::kAbortMultipartUpload), 2u);
  EXPECT_EQ(open_uploads(), 0u);
}

TEST_F(ResumedUploadTest, SoDoOtherTagsAndAnotherClass) {
  sim::ObjectSpec spec = object("k", 10 * kPart);
  put(spec);
  attempt("k", 4);
  spec.tags = {{"a", "b"}};
  put(spec);
  attempt("k", 4);
  options_.attributes.storage_class = "STANDARD_IA";
  attempt("k");
  EXPECT_TRUE(arrived("k"));
  const auto there = *world_.sim().find_object(kTargetBucket, "k");
  EXPECT_EQ(there.tags, spec.tags);
  EXPECT_EQ(there.storage_class, "STANDARD_IA");
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 3u);
}

// A service that ignores conditions, and a source that had other bytes for a while: what was copied
// then must not be joined to the rest, though the ETag be the listed one again.
TEST_F(ResumedUploadTest, BytesOfAnotherGenerationAreNotGoneOnWith) {
  sim::Quirks quirks;
  quirks.ignores_copy_conditions = quirks.no_checksums = true;
  world_.sim().set_quirks(quirks);
  options_.multipart.etag = EtagPolicy::kAny;
  put("k", 10 * kPart, 1);
  put("calm", 10 * kPart, 1);
  attempt("calm");
  bool replaced = false;
  world_.sim().before_request([&](const sim::RequestInfo& request) {
    if (request.part == 2 && !std::exchange(replaced, true)) put("k", 10 * kPart, 2);
  });
  attempt("k", 4);
  ASSERT_TRUE(replaced);
  (void)world_.runtime().run(world_.runtime().sleep_for(std::chrono::seconds(5)));
  put("k", 10 * kPart, 1);
  const std::uint64_t before = count(Operation::kCreateMultipartUpload);
  attempt("k");
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), before + 1);
  EXPECT_EQ(etag_of(kTargetBucket, "k"), etag_of(kTargetBucket, "calm"));
}

// ---- whose it is ----

TEST_F(ResumedUploadTest, AnUploadBegunMuchLaterThanOursIsAnotherTools) {
  put("k", 10 * kPart);
  log_.forgets_ids = true;
  attempt("k", 4);
  world_.sim().erase_uploads(kTargetBucket);  // as if ours had never been created
  (void)world_.runtime().run(world_.runtime().sleep_for(std::chrono::hours(2)));
  ASSERT_TRUE(world_.sim().open_upload(kTargetBucket, "k"));
  log_.forgets_ids = false;
  attempt("k");
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(world_.sim().open_uploads(kTargetBucket, "k"), 1u);
  EXPECT_EQ(count(Operation::kAbortMultipartUpload), 0u);
  EXPECT_TRUE(log_.records.empty());
}

class PulledUploadTest : public ResumedUploadTest {
 protected:
  static testing::SimPairOptions pulled() {
    testing::SimPairOptions out;
    out.push = false;
    out.pull = true;
    return out;
  }
  PulledUploadTest() : ResumedUploadTest(pulled()) {}
};

// The source's principal is asked first in each try, and refused.
TEST_F(PulledUploadTest, AnUploadIsKeptForThePrincipalThatBeganIt) {
  put("k", 10 * kPart);
  attempt("k", 4);
  EXPECT_EQ(open_uploads(), 1u);
  const std::uint64_t created = count(Operation::kCreateMultipartUpload);
  attempt("k");
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), created);
  EXPECT_EQ(count(Operation::kAbortMultipartUpload), 0u);
  EXPECT_LE(count(Operation::kUploadPartCopy), 11u);  // the refused one
}

// ---- the way that was taken before ----

class KeyedTargetTest : public ResumedUploadTest {
 protected:
  static testing::SimPairOptions keyed() {
    testing::SimPairOptions out;
    out.target_encryption = "aws:kms";
    return out;
  }
  KeyedTargetTest() : ResumedUploadTest(keyed()) {}
};

// Only the answer to the create says that the parts' ETags are no digests.
TEST_F(KeyedTargetTest, TheNextTryKnowsThatNoEtagComesOut) {
  put("k", 10 * kPart);
  attempt("k", 4);
  EXPECT_TRUE(log_.records.at("k").by_key);
  attempt("k");
  EXPECT_EQ(sink_.failed.size(), 0u);
  EXPECT_FALSE(etag_of(kTargetBucket, "k").empty());
  EXPECT_EQ(count(Operation::kUploadPartCopy), 10u);
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 1u);
  EXPECT_TRUE(log_.records.empty());
}

class GuessedLayoutTest : public ResumedUploadTest {
 protected:
  GuessedLayoutTest() {
    sim::Quirks quirks;
    quirks.ignores_part_number = quirks.no_checksums = true;
    world_.sim().set_quirks(quirks);
  }
  // Tries, one of them stopped after so many part copies over all.
  void attempt_until(std::uint64_t copies) {
    world_.sim().before_request([this, copies](const sim::RequestInfo& request) {
      if (request.operation == Operation::kUploadPartCopy && count(request.operation) == copies)
        kill();
    });
    attempt("k");
    attempt("k");
  }
};

// The usual 40 MiB fit too, and are tried first.
TEST_F(GuessedLayoutTest, AWrongGuessIsNotTriedTwice) {
  sim::ObjectSpec spec = object("k", 5 * 36 * kMiB);
  spec.part_size = 36 * kMiB;
  put(spec);
  attempt_until(8);
  EXPECT_TRUE(arrived("k"));
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 2u);
  EXPECT_EQ(count(Operation::kUploadPartCopy), 10u);
}

TEST_F(GuessedLayoutTest, CutsOfOurOwnAreGoneOnWith) {
  sim::ObjectSpec spec = object("k", 5 * 36 * kMiB);
  spec.part_size = 36 * kMiB + 12'345;
  put(spec);
  attempt_until(13);
  EXPECT_EQ(world_.sim().find_object(kTargetBucket, "k")->parts.size(), 6u);
  EXPECT_EQ(count(Operation::kCreateMultipartUpload), 3u);
  EXPECT_EQ(count(Operation::kUploadPartCopy), 16u);
}

}  // namespace
}  // namespace s3ferry
