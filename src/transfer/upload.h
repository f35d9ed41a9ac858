#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/event.h"
#include "runtime/scope.h"
#include "transfer/copy_route.h"
#include "transfer/part_layout.h"
#include "transfer/upload_log.h"

namespace s3ferry {

// Brings the parts of one upload to the target: by the server's own copying (part_copy) or through
// this host. Outlives its Upload.
class PartCarrier {
 public:
  virtual ~PartCarrier() = default;
  // Brings one part there. Called for several parts at a time, and again for one that came back.
  // kThrottled and kRetryBudget come back after a while; any other error ends the upload.
  // kPreconditionFailed: the source is another object by now.
  virtual Task<Result<s3::PartResult>> carry(UploadId upload, PartRange part) = 0;
  // All parts are there and are about to become an object: an error aborts the upload.
  virtual Task<Status> before_completing() { co_return Status(); }
};

// What an upload makes.
struct UploadPlan {
  UploadPlan() = default;
  // What is written down of it: equal texts are equal cuts of the same generation of the source
  // under the same attributes.
  std::string text() const;

  PartLayout layout;
  s3::WriteAttributes attributes;
  bool keep_etag = false;     // the source's ETag must come out, else nothing is completed
  bool only_if_kept = false;  // … and a target that encrypts by a key is reason to give up at once
  std::optional<s3::Checksum> whole;  // the source's CRC64NVME over all of it
  std::optional<WallTime> source_modified;
};

// One multipart upload from its intent to the finished object: created, parts carried in parallel
// (as far as the pace allows), checked, completed, looked at. Aborts what it cannot finish, also
// when it is cancelled; goes on with the upload that an earlier try of the run left. Used once.
// One shard; memory: an ETag a part.
class Upload {
 public:
  Upload(RouteTry& attempt, UploadPlan plan, PartCarrier& carrier);
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  // The finished object. kConflict: to be done again from the start.
  Task<Result<s3::CopyResult>> run();

  // Why run() failed, where the answer is to cut or to copy differently.
  enum class Trouble : std::uint8_t {
    kNone,
    kOtherEtag,     // these cuts do not give the source's ETag
    kOpaqueTarget,  // the target encrypts by a key, its ETags say nothing
  };
  Trouble trouble() const { return trouble_; }

 private:
  struct Arrived {
    ETag etag;
    std::optional<s3::Checksum> checksum;
    bool done = false;
  };

  // upload.cc
  Task<Status> prepare();
  Task<Status> open();
  Task<Status> create();
  Status target_is_opaque();
  Task<Status> resume_or_clear();
  Task<Status> clear(PlannedUpload left);
  Task<Result<bool>> was_completed();
  bool goes_on_later(const Error& why) const;
  Task<void> give_up(const Error& why);
  void take(std::uint32_t number, ETag etag, const std::vector<s3::Checksum>& checksums);

  // upload_parts.cc
  Task<Status> carry_all();
  Task<void> lane();
  Task<void> carry_one(PartRange part);
  void add_lanes();
  bool next_part(PartRange& part);
  Task<Result<std::vector<s3::PartEntry>>> listed_parts();
  Task<Status> check_parts();
  Task<Result<std::vector<std::uint32_t>>> find_wrong_parts();
  std::vector<std::uint32_t> wrong_parts(const std::vector<s3::PartEntry>& listed) const;

  // upload_repeats.cc
  bool whole_is_proven() const;
  Task<Result<std::vector<std::uint32_t>>> repeated_parts();
  Task<Result<std::uint64_t>> sample_of_source(std::uint32_t number, double place);

  // upload_finish.cc
  Status check_etag();
  Task<Result<s3::CopyResult>> complete();
  Task<Result<s3::CompleteResult>> complete_once();
  Task<bool> is_done();
  Task<Result<s3::CopyResult>> finish(s3::CompleteResult done);
  Task<Result<s3::ObjectInfo>> look_at_target();
  Task<void> put_tags();

  RunState& state() const { return attempt_.state(); }
  Pace& pace() const { return attempt_.shared.pace; }
  UploadLog& log() const { return *attempt_.shared.uploads; }
  ObjectKey key() const { return ObjectKey(attempt_.target_key()); }

  RouteTry& attempt_;
  UploadPlan plan_;
  PartCarrier& carrier_;
  UploadId upload_;
  bool resumed_ = false;          // an earlier try's upload
  bool uncertain_ = false;        // one may exist that its record alone tells of
  bool completed_ = false;        // by an earlier try, whose answer was lost
  std::vector<Arrived> arrived_;  // by part number - 1
  std::uint32_t next_ = 1;
  std::size_t carrying_ = 0;
  WaitList settled_;
  Scope lanes_;
  std::optional<Error> failed_;
  std::string computed_;  // the ETag that must come out; empty: not to be known
  Trouble trouble_ = Trouble::kNone;
};

// A server that has no such listing, or shows it to nobody.
bool cannot_list(const Error& error);

// Lanes of one upload beside its job's own, at most; each waits for the pace as a copy does.
inline constexpr std::size_t kMostLanes = 64;

}  // namespace s3ferry
