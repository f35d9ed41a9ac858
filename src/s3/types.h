#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "base/types.h"
#include "http/message.h"

namespace s3ferry::aws {
class AttemptWatch;
class SentNote;
}  // namespace s3ferry::aws

namespace s3ferry::s3 {

// Requests and results of the operations. An empty text means "not sent" or "not said"; where empty
// and absent differ the member is optional. Types that callers build in place have constructors.

using NameValues = std::vector<std::pair<std::string, std::string>>;

// The headers that describe the content, and what else a copy should carry (s3-facts.md §2).
struct ContentHeaders {
  std::string content_type, cache_control, content_disposition, content_encoding, content_language;
  std::string expires;  // the header's text, as it is
};

// A checksum as S3 writes it: algorithm "CRC64NVME", value base64 ("…-3" where composite).
struct Checksum {
  std::string algorithm, value;
  friend bool operator==(const Checksum&, const Checksum&) = default;
};

// What a write sends with an object. Everything is optional; nothing is sent that is not set here
// (rule 11: the source's KMS key never comes in by itself).
struct WriteAttributes {
  ContentHeaders content;
  NameValues metadata;  // names without "x-amz-meta-"
  std::string storage_class;
  std::string sse;             // "AES256", "aws:kms", "aws:kms:dsse"
  std::string sse_kms_key_id;  // only with a kms `sse`
  std::optional<bool> bucket_key_enabled;
  std::string acl;  // canned
  std::string grant_full_control, grant_read, grant_read_acp, grant_write_acp;
  std::string website_redirect;
  std::string lock_mode;  // "GOVERNANCE", "COMPLIANCE"
  std::optional<WallTime> lock_retain_until;
  std::string legal_hold;                         // "ON", "OFF"
  NameValues tags;                                // sent as x-amz-tagging
  std::string checksum_algorithm, checksum_type;  // "CRC64NVME", "FULL_OBJECT"
};

// What HEAD and GET say about an object.
struct ObjectInfo {
  ByteCount size = 0;  // of this answer's body; a part's or a range's where one was asked for
  ETag etag;
  std::optional<WallTime> last_modified;
  VersionId version_id;
  bool delete_marker = false;
  ContentHeaders content;
  NameValues metadata;             // names without "x-amz-meta-", as they came
  std::uint32_t missing_meta = 0;  // withheld by the server: the object cannot be reproduced
  std::string storage_class;       // empty: STANDARD
  std::string archive_status, restore;
  std::string sse, sse_kms_key_id, sse_customer_algorithm;
  std::string website_redirect;
  std::string lock_mode, legal_hold;
  std::optional<WallTime> lock_retain_until;
  std::optional<std::uint32_t> tag_count;    // absent: none, or the server does not say
  std::optional<std::uint32_t> parts_count;  // only after a request for a part
  std::vector<Checksum> checksums;
  std::string checksum_type;
  std::string replication_status;
  std::optional<std::pair<ByteCount, ByteCount>> range;  // first and last byte of this answer
  std::optional<ByteCount> full_size;                    // of the whole object, beside a range
  bool accepts_no_ranges = false;

  // Encrypted by a key: the ETag says nothing about the content.
  bool etag_is_opaque() const;
};

struct HeadRequest {
  explicit HeadRequest(ObjectKey k) : key(std::move(k)) {}
  ObjectKey key;
  VersionId version_id;
  ETag if_match;
  std::optional<std::uint32_t> part_number;
  bool checksum_mode = false;
  int attempts_before = 0;  // requests made for it before it was given back (kRetryBudget)
};

struct GetRequest {
  explicit GetRequest(ObjectKey k) : key(std::move(k)) {}
  ObjectKey key;
  VersionId version_id;
  ETag if_match;  // 412 (kPreconditionFailed) where the object is another one by now
  std::optional<std::uint32_t> part_number;
  std::optional<std::pair<ByteCount, ByteCount>> range;  // first and last byte, both included
  bool checksum_mode = false;
};

// The body is read by the caller, to its end. Dropping it earlier closes the connection.
struct ObjectStream {
  ObjectInfo info;
  std::unique_ptr<http::BodyReader> body;
};

struct ListRequest {
  ListRequest() = default;
  std::string prefix;
  std::string delimiter;
  std::string start_after;         // raw key bytes; exclusive
  std::string continuation_token;  // of the page before; start_after is then not needed
  std::optional<std::uint32_t> max_keys;
  int attempts_before = 0;
  aws::SentNote* sent = nullptr;  // of whoever asks how long it takes; may be null
};

struct BucketEntry {
  BucketName name;
  std::optional<WallTime> created;
  std::string region;  // empty where the server does not say
};
struct BucketList {
  std::vector<BucketEntry> buckets;
  std::string next_token;  // empty: the end
  std::string owner_id;
};

// An optional question to a server that may not know it. kUnknown: it answered something else (a
// listing, nothing, 403, 405, 501), which stops nothing (s3-facts.md §5: "not configured" and "not
// permitted" are different things).
enum class ProbeState { kPresent, kAbsent, kUnknown };
template <class T>
struct Probed {
  Probed() = default;
  Probed(ProbeState s, T v) : state(s), value(std::move(v)) {}
  ProbeState state = ProbeState::kUnknown;
  T value{};        // meaningful when present
  std::string why;  // when unknown: what the server said
  bool known() const { return state != ProbeState::kUnknown; }
};

enum class Versioning { kNever, kEnabled, kSuspended };

// ---- writes ----

// The object to copy from. `etag` goes out as x-amz-copy-source-if-match (rule 3).
struct CopySource {
  CopySource() = default;
  CopySource(BucketName b, ObjectKey k, ETag e)
      : bucket(std::move(b)), key(std::move(k)), etag(std::move(e)) {}
  BucketName bucket;
  ObjectKey key;
  ETag etag;
  VersionId version_id;
  std::string expected_owner;  // 12 digits
};

enum class Directive { kUnset, kCopy, kReplace };

// Guards a write against what others wrote there meanwhile (rule 3).
struct WriteCondition {
  bool only_if_missing = false;  // If-None-Match: *
  ETag only_if_match;            // If-Match
};

struct CopyRequest {
  CopyRequest(ObjectKey k, CopySource s) : key(std::move(k)), source(std::move(s)) {}
  ObjectKey key;
  CopySource source;
  ByteCount source_size = 0;  // for the deadline: 60 s + size / 10 MiB/s
  Directive metadata_directive = Directive::kUnset, tagging_directive = Directive::kUnset;
  WriteAttributes attributes;
  WriteCondition condition;
  // False: a copy that may have happened is not sent again (a versioned target would get a second
  // version); look first. With a condition it never is.
  bool repeatable = true;
  int attempts_before = 0;
  // Told of each try; then kThrottled comes back at once, for whoever watches sets the pace. May be
  // null; lives until the copy has ended.
  aws::AttemptWatch* watch = nullptr;
};
struct CopyResult {
  ETag etag;  // may be empty where a server does not say
  std::optional<WallTime> last_modified;
  VersionId version_id, source_version_id;
  std::vector<Checksum> checksums;
  std::string checksum_type;
  std::string sse, sse_kms_key_id;
};

struct PutRequest {
  PutRequest(ObjectKey k, std::string b) : key(std::move(k)), body(std::move(b)) {}
  PutRequest(ObjectKey k, std::shared_ptr<http::BodySource> s)
      : key(std::move(k)), stream(std::move(s)) {}
  ObjectKey key;
  std::string body;
  std::shared_ptr<http::BodySource> stream;  // instead of `body`
  WriteAttributes attributes;
  WriteCondition condition;
  std::string content_md5;           // base64; empty: not sent
  std::optional<Checksum> checksum;  // sent as x-amz-checksum-…
};
struct PutResult {
  ETag etag;
  VersionId version_id;
  std::vector<Checksum> checksums;
  std::string sse, sse_kms_key_id;
};

struct CreateUploadRequest {
  explicit CreateUploadRequest(ObjectKey k) : key(std::move(k)) {}
  ObjectKey key;
  WriteAttributes attributes;
};

struct CreatedUpload {
  CreatedUpload() = default;
  explicit CreatedUpload(UploadId u) : id(std::move(u)) {}
  operator const UploadId&() const { return id; }
  UploadId id;
  std::string sse, sse_kms_key_id;  // how its object will be encrypted; empty: not said
  std::string checksum_algorithm, checksum_type;  // what will be computed; empty: not said

  // Encrypted by a key: the object's ETag will say nothing about the content.
  bool etag_will_be_opaque() const { return sse.starts_with("aws:kms"); }
};

struct UploadPartRequest {
  UploadPartRequest(ObjectKey k, UploadId u, std::uint32_t n)
      : key(std::move(k)), upload(std::move(u)), part_number(n) {}
  ObjectKey key;
  UploadId upload;
  std::uint32_t part_number;
  std::string body;
  std::shared_ptr<http::BodySource> stream;
  std::string content_md5;
  std::optional<Checksum> checksum;
};

struct UploadPartCopyRequest {
  UploadPartCopyRequest(ObjectKey k, UploadId u, std::uint32_t n, CopySource s)
      : key(std::move(k)), upload(std::move(u)), part_number(n), source(std::move(s)) {}
  ObjectKey key;
  UploadId upload;
  std::uint32_t part_number;
  CopySource source;
  std::optional<std::pair<ByteCount, ByteCount>> range;  // none: the whole source
  ByteCount size = 0;                                    // of the part, for the deadline
  aws::AttemptWatch* watch = nullptr;                    // told of each try; may be null
};
struct PartResult {
  ETag etag;
  std::vector<Checksum> checksums;
};

struct CompletedPart {
  CompletedPart(std::uint32_t n, ETag e) : number(n), etag(std::move(e)) {}
  std::uint32_t number;
  ETag etag;
  std::optional<Checksum> checksum;
};
struct CompleteRequest {
  CompleteRequest(ObjectKey k, UploadId u, std::vector<CompletedPart> p)
      : key(std::move(k)), upload(std::move(u)), parts(std::move(p)) {}
  ObjectKey key;
  UploadId upload;
  std::vector<CompletedPart> parts;
  ByteCount object_size = 0;  // for the deadline; sent as x-amz-mp-object-size if send_size
  bool send_size = false;
  std::string checksum_type;
  std::optional<Checksum> checksum;  // that the whole object must have, else 400
  WriteCondition condition;
};
struct CompleteResult {
  ETag etag;  // empty on servers that leave it out: HEAD has it
  VersionId version_id;
  std::vector<Checksum> checksums;
  std::string checksum_type;
};

struct PartEntry {
  std::uint32_t number = 0;
  ETag etag;
  ByteCount size = 0;
  std::optional<WallTime> last_modified;
  std::vector<Checksum> checksums;
};
struct PartList {
  std::vector<PartEntry> parts;
  bool truncated = false;
  std::uint32_t next_marker = 0;
};
struct UploadEntry {
  ObjectKey key;
  UploadId upload;
  std::optional<WallTime> initiated;
};
struct UploadList {
  std::vector<UploadEntry> uploads;
  bool truncated = false;
  std::string next_key_marker, next_upload_marker;
};

struct DeleteTarget {
  explicit DeleteTarget(ObjectKey k) : key(std::move(k)) {}
  ObjectKey key;
  VersionId version_id;
  ETag if_match;  // the server leaves the object where its ETag is another one
};
// One of DeleteObjects' answers; the n-th stands for the n-th key asked for.
struct DeleteOutcome {
  bool deleted = false;
  std::optional<Error> error;
  VersionId version_id;
  bool delete_marker = false;
};

}  // namespace s3ferry::s3
