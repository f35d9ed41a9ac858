#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "base/time.h"
#include "base/types.h"
#include "sim/operation.h"

namespace s3ferry::sim {

// How a simulated S3 is described: plain values, handed to Simulator::add_… or read from JSON
// (README.md names the members).

struct AccountSpec {
  std::string id;            // 12 digits
  std::string canonical_id;  // empty: derived from the id
  std::string name;
};

struct UserSpec {
  std::string account;
  std::string name;                   // "root" is the account itself
  std::vector<std::string> policies;  // identity policies, JSON; none: everything is allowed
};

// A role, for AssumeRole.
struct RoleSpec {
  std::string account;
  std::string name;
  std::vector<std::string> policies;  // as UserSpec's
  std::vector<std::string> trusted;   // account ids, ARNs, "*"; none: its own account
};

struct KeySpec {
  std::string account, user;
  std::string access_key_id;
  Secret secret;
  Secret session_token;             // not empty: requests must carry it
  std::optional<WallTime> expires;  // afterwards: ExpiredToken
};

enum class Ownership : std::uint8_t { kBucketOwnerEnforced, kBucketOwnerPreferred, kObjectWriter };
enum class Versioning : std::uint8_t { kOff, kEnabled, kSuspended };
// Which part a bucket plays in a migration; counters and faults go by it.
enum class Side : std::uint8_t { kNone, kSource, kTarget };

enum class Layout : std::uint8_t {
  kFlat,          // obj-1, obj-10, obj-100 …: a counter without padding
  kPadded,        // obj-000000000001
  kDates,         // logs/2024/01/31/07/part-00042.gz
  kHashPrefixes,  // 3f/a0/3fa0c1…: evenly spread hexadecimal digits
  kUuids,         // 3fa0c1d2-…
  kOneDirectory,  // 90 % below one directory, the rest before and after it
  kLongPrefixes,  // hundreds of bytes in common
  kKorean,        // Hangul syllables and emoji
};

// A bucket's content by formula: `count` keys in byte order and their attributes follow from the
// index, so tens of millions cost no memory. Writes go to an overlay. ETags and checksums are
// formulas too, not digests of the bytes that GET delivers.
struct SyntheticSpec {
  Layout layout = Layout::kPadded;
  std::uint64_t count = 0;
  std::string prefix;
  std::uint64_t seed = 1;  // two buckets with equal seeds hold equal objects
  ByteCount min_size = 1024, max_size = 1024;
  WallTime first_mtime{};  // modified within `mtime_span` from here on
  Duration mtime_span{};
  std::string storage_class = "STANDARD";
  std::uint64_t missing_every = 0;  // n > 1: each n-th object of the formula is absent
  std::uint64_t changed_every = 0;  // n > 0: each n-th object has another size and ETag
};

struct BucketSpec {
  std::string name;
  std::string owner;  // account id
  std::string region = "us-east-1";
  std::string policy;  // JSON; empty: none
  Ownership ownership = Ownership::kBucketOwnerEnforced;
  Versioning versioning = Versioning::kOff;
  std::string encryption = "AES256";  // the default: AES256 or aws:kms
  std::string kms_key;                // for aws:kms; empty: the account's aws/s3 key
  Side side = Side::kNone;
  bool website = false, object_lock = false;  // configured; objects keep what they are sent
  std::optional<SyntheticSpec> synthetic;
};

struct ObjectSpec {
  std::string key;
  std::optional<std::string> content;  // else `size` bytes by the formula of `seed`
  ByteCount size = 0;
  std::uint64_t seed = 0;                       // 0: from the key
  std::optional<WallTime> mtime;                // else now
  std::string etag;                             // without quotes; empty: by S3's rules
  std::vector<ByteCount> parts;                 // sizes; not empty: a multipart object
  ByteCount part_size = 0;                      // instead: uploaded in parts of this size
  std::map<std::string, std::string> metadata;  // without x-amz-meta-
  // Content-Type, Cache-Control, Content-Disposition, Content-Encoding, Content-Language, Expires,
  // x-amz-website-redirect-location; names in lower case.
  std::map<std::string, std::string> headers;
  std::map<std::string, std::string> tags;
  std::string storage_class = "STANDARD";
  std::string owner;            // account id; empty: the bucket's owner
  std::string acl = "private";  // canned
  std::string checksum;         // algorithm; empty: CRC64NVME as S3 adds it; "none": an old object
  std::string encryption;       // empty: the bucket's default; AES256, aws:kms
  std::string kms_key;
  bool restored = false;  // an archived class that reads at present
};

// What a test may look at.
struct ObjectInfo {
  std::string key, etag, storage_class, owner, version_id, encryption, kms_key, acl;
  ByteCount size = 0;
  WallTime mtime{};
  std::map<std::string, std::string> metadata, headers, tags;
  std::vector<ByteCount> parts;  // empty: not a multipart object
};

// Time that operations take, slept through the Runtime before the answer.
struct LatencySpec {
  std::optional<Operation> operation;  // none: every operation without its own entry
  Duration fixed{};
  Duration jitter{};                    // added: uniform in [0, jitter)
  ByteCount copy_bytes_per_second = 0;  // copies: added by size; 0: none
};

// Requests per second that one partition of a bucket serves before it answers 503 SlowDown. A
// partition is the keys with the same first `prefix_bytes` bytes.
struct RateSpec {
  std::string bucket;  // empty: each bucket
  std::size_t prefix_bytes = 0;
  double reads_per_second = 0;   // 0: no limit
  double writes_per_second = 0;  // copies, puts, deletes
  double burst_seconds = 1;      // an idle partition saves up this much
};

// Where a service differs from AWS; all off: AWS.
struct Quirks {
  bool ignores_copy_conditions = false;   // x-amz-copy-source-if-…
  bool ignores_part_number = false;       // HEAD and GET of a part answer with the whole
  bool ignores_write_conditions = false;  // If-Match and If-None-Match on copies and completions
  bool loses_tags_at_create = false;      // those of CreateMultipartUpload
  bool empty_completion_etag = false;     // CompleteMultipartUpload's answer has none
  bool no_checksums = false;              // none is computed, taken or told
};

// One entry of a fault script: which requests, and what happens to them. The `fault` member of the
// sync cases, and more.
struct Fault {
  enum class On : std::uint8_t { kBoth, kSource, kTarget };
  enum class Drop : std::uint8_t {
    kNone,
    kBefore,  // the connection breaks before anything was done
    kAfter,   // … after the request took effect, without an answer
  };
  // Which requests. A copy is a request on its target and, with kSource, on the object it reads.
  On on = On::kBoth;
  std::string bucket;                 // empty: any
  std::vector<Operation> operations;  // empty: any
  std::optional<std::string> key;     // of a DeleteObjects: that key alone is refused
  int page = 0;                       // listings: this page; 0: any
  int part = 0;                       // part requests: this number; 0: any
  int after = 0;                      // skip that many matches first
  int times = -1;                     // at most so often; -1: always

  // What the answer is. status 0: the true one.
  int status = 0;
  std::string code, message;
  std::map<std::string, std::string> headers;
  std::optional<std::string> body;
  bool cut_body = false;     // the true body, cut in the middle of an element
  bool take_effect = false;  // with a status: the request is performed, then answered so
  Drop drop = Drop::kNone;
  std::optional<ByteCount> break_after_bytes;  // the connection breaks there in the body
  Duration delay{};                            // before the answer
  ByteCount slow_chunk_bytes = 0;              // the body arrives so many bytes at a time …
  Duration slow_every{};                       // … with this pause before each

  // Parts that do not arrive as they are answered for: this one is dropped, holds what the one
  // before it holds, or changes places with that one.
  enum class Mischief : std::uint8_t { kNone, kLost, kRepeated, kSwapped };
  Mischief mischief = Mischief::kNone;

  // Listings that lie.
  bool same_token = false;                      // the continuation token repeats
  bool truncated_no_token = false;              // IsTruncated without a token
  std::vector<std::vector<std::string>> pages;  // the keys of each page, whatever the order
};

}  // namespace s3ferry::sim
