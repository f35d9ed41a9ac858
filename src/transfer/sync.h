#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/rate_schedule.h"
#include "diff/compare.h"
#include "diff/filters.h"
#include "diff/folder_markers.h"
#include "runtime/runtime.h"
#include "transfer/counters.h"
#include "transfer/drain.h"
#include "transfer/events.h"
#include "transfer/key_set.h"
#include "transfer/pair.h"

namespace s3ferry {

enum class CopyAs : std::uint8_t { kAuto, kSource, kTarget };
std::string_view to_string(CopyAs copy_as);  // "auto", "source", "target"

// What is sent with each copy (rule 11). Empty texts are not sent.
struct AttributeOptions {
  std::string storage_class;  // empty: the source's is kept, REDUCED_REDUNDANCY becomes STANDARD
  std::string acl;            // canned, as asked; never by default
  std::string sse;            // AES256, aws:kms, aws:kms:dsse
  std::string sse_kms_key_id;
  std::string checksum_algorithm;
  enum class Props : std::uint8_t {
    kDefault,
    kMetadataDirective,
    kNone
  } copy_props = Props::kDefault;
  bool replace_metadata = false;  // --metadata-directive REPLACE
  // With REPLACE: "content-type", "cache-control", …, "x-amz-meta-NAME" and their values.
  std::vector<std::pair<std::string, std::string>> replacement_headers;
  bool full = false;  // --attributes full: a HEAD an object, for the website redirect and its kin
  bool without_locks = false;  // the target bucket takes none
};

// What becomes of the ETag of an object that was uploaded in parts (DESIGN: copy strategies). Above
// 5 GiB all three copy in parts; kAny then cuts by a size of its own.
enum class EtagPolicy : std::uint8_t {
  kAuto,  // kept where that costs at most one request per 64 MiB, and where it can be
  kKeep,  // kept, or the object fails
  kAny,   // whatever comes out
};
inline constexpr ByteCount kBytesWorthARequest = 64 * kMiB;

struct MultipartOptions {
  ByteCount threshold = kMaxCopyObjectBytes;  // copied in parts above it; never more than 5 GiB
  ByteCount part_bytes = 64 * kMiB;  // of layouts of our own; more where 10,000 parts demand it
  EtagPolicy etag = EtagPolicy::kAuto;
};

// Bytes through this host, where the server cannot copy between the two sides.
struct RelayOptions {
  bool allowed = false;
  RateSchedule max_bandwidth;  // bytes a second over all that passes
};

// How many planned deletions are too many. Default: more than 1,000 that are also more than 1 % of
// the target's listed objects.
struct MaxDelete {
  std::optional<std::uint64_t> count;
  std::optional<double> percent;  // of the target's listed objects
};

struct SyncOptions {
  Filters filters;
  CompareRules compare;
  FolderMarkers folder_markers = FolderMarkers::kCopy;
  AttributeOptions attributes;
  MultipartOptions multipart;
  RelayOptions relay;
  CopyAs copy_as = CopyAs::kAuto;
  bool dry_run = false;
  bool ignore_glacier_warnings = false;
  bool force_glacier_transfer = false;
  bool delete_extras = false;
  bool allow_empty_source = false;
  MaxDelete max_delete;
  std::size_t concurrency = 256;           // copies in flight, at most
  std::size_t first_concurrency = 65'536;  // … and when it begins; more as copies come through
  std::size_t list_concurrency = 64;       // LISTs in flight over both sides, at most
  std::uint32_t page_size = 1000;
  std::string spool_dir;  // for planned deletions; empty: /tmp
  // What a run puts up with. None of it changes what the run does to an object.
  Duration settle{};  // so long after its start a 403 is tried again; zero: not
  // So many failures of one kind and code in a row end the run; 0: none do.
  std::uint64_t max_failures_in_a_row = 100;
  DrainSignal* drain = nullptr;  // asks it to end in good order; may be null
};

enum class DeletionsOutcome : std::uint8_t {
  kNotAsked,
  kNothingToDelete,
  kDone,  // all planned were tried
  kDryRun,
  kRefusedCap,  // --max-delete
  kRefusedEmptySource,
  kRefusedListing,  // a listing failed or was denied, or what it said could not be planned
  kStopped,         // the run was stopped or cancelled before or while deleting
};
std::string_view to_string(DeletionsOutcome outcome);

struct SyncResult {
  RunCounters counters;
  DeletionsOutcome deletions = DeletionsOutcome::kNotAsked;
  std::string deletions_message;  // why refused and which flag allows it; else empty
  // What ended the run before its time: a listing that failed, expired credentials, an ACL that the
  // bucket does not take, kCancelled. What was copied until then stays.
  std::optional<Error> stopped;
  CopyAs copied_as = CopyAs::kAuto;  // what auto settled on
  bool source_condition_ignored = false;
  bool conditional_writes = true;  // the target honoured (or was never seen to refuse) them
  // … and is known to honour them: AWS, or it refused a copy for that reason. Where it is not, a
  // foreign write during the run may have been overwritten.
  bool conditional_writes_known = false;
  SetAside set_aside;
  WallTime began{};         // of the first try; by the target's clock where it was seen, else ours
  std::uint32_t tries = 1;  // of a recorded run, this one included
  RunCounters earlier;      // of counters: what the tries before this one finished
  // 130 cancelled; 253 the credentials ran out; 1 anything failed, was refused or stopped the run;
  // 2 warnings; 0.
  int exit_code() const;
};

class RunBook;

// Credentials that expired and could not be renewed, or that a provider did not give.
bool credentials_ran_out(const Error& error);

// Makes the pair's target like its source, as `aws s3 sync` would. Streams: memory is bounded by
// two pages a side of each range that is listed and `concurrency` objects, whatever the buckets
// hold; planned deletions are spooled to a file. Never throws for a failure of S3; every failure is
// in the result and was told to `sink`. All references outlive the call. Cancel by the calling
// task's scope.
//
// With a `book` the run is recorded: it goes on where the book's earlier tries stopped, and where
// it comes to its end the book is closed. Not together with dry_run.
Task<SyncResult> run_sync(Runtime& runtime, const Pair& pair, const SyncOptions& options,
                          EventSink& sink, RunBook* book = nullptr);

}  // namespace s3ferry
