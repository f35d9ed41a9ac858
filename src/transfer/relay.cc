// The route through this host: ranged GETs of the source become the bodies of PUTs at the target.

#include <map>

#include <fmt/format.h>

#include "base/figures.h"
#include "base/text.h"
#include "diff/compare.h"
#include "s3/crc64nvme.h"
#include "s3/source_bucket.h"
#include "s3/target_bucket.h"
#include "transfer/copy_strategy.h"
#include "transfer/parts_route.h"
#include "transfer/relay_body.h"

namespace s3ferry {
namespace {

// A body that does not come to its own ETag is read once more before the object is given up.
constexpr int kReadingsOfAMismatch = 2;

struct PartDigest {
  std::uint64_t crc64nvme = 0;
  ByteCount bytes = 0;
};

bool etags_are_compared(const RouteTry& attempt) {
  return attempt.state().options.multipart.etag != EtagPolicy::kAny;
}

// 16 raw bytes where the ETag is an MD5 in form; whether it is one, encryption decides.
std::string md5_of_etag(std::string_view etag) {
  if (!is_plain_etag(etag)) return {};
  const auto raw = from_hex(etag);
  return raw && raw->size() == 16 ? *raw : std::string();
}

Error refused(const RouteTry& attempt, std::string_view operation, std::string what) {
  return Error(ErrorKind::kRefused, std::move(what))
      .with_operation(operation)
      .with_key(attempt.item.key);
}

// What the target says it stored, against what passed. What is wrong with it; empty: nothing.
std::string why_not_what_was_sent(const RouteTry& attempt, const ETag& etag, bool opaque,
                                  const std::vector<s3::Checksum>& checksums,
                                  const RelayBody& body) {
  const std::string stored = md5_of_etag(etag.view());
  if (!opaque && etags_are_compared(attempt) && !stored.empty() && stored != body.md5())
    return fmt::format(
        "the target answered with the ETag {}, the bytes that were sent have the MD5 {}: what is "
        "stored there is not what was sent (where its ETags are no MD5s: --etag any, and "
        "--restart, if the run stopped)",
        etag.view(), to_hex(body.md5()));
  for (const s3::Checksum& checksum : checksums) {
    if (checksum.algorithm != "CRC64NVME") continue;
    if (checksum.value == s3::crc64nvme_text(body.crc64nvme())) continue;
    return "the target's CRC64NVME is not that of the bytes that were sent: what is stored there "
           "is not what was sent";
  }
  return {};
}

// S3 computes a checksum of its own; another one would have to be sent before the body is known.
void leave_checksum(RouteTry& attempt, s3::WriteAttributes& attributes) {
  const std::string asked = std::move(attributes.checksum_algorithm);
  attributes.checksum_algorithm.clear();
  attributes.checksum_type.clear();
  if (!asked.empty() && asked != "CRC64NVME")
    attempt.lose(fmt::format("no {} is computed for what passes through this host", asked));
}

// UploadPart with bodies that are read from the source, each part from GETs under the listed ETag.
class RelayedParts final : public PartCarrier {
 public:
  explicit RelayedParts(RouteTry& attempt) : attempt_(attempt) {}

  Task<Result<s3::PartResult>> carry(UploadId upload, PartRange part) override {
    RelayLanes& lanes = attempt_.shared.relay;
    Status lane = co_await lanes.enter();
    if (!lane) co_return fail(std::move(lane.error()));
    const Permit permit(lanes.streams);
    auto body =
        std::make_shared<RelayBody>(attempt_.state().pair.source, range_of(part), lanes.bandwidth);
    Status ready = co_await body->prepare();
    if (!ready) co_return fail(std::move(ready.error()));
    s3::UploadPartRequest request(ObjectKey(attempt_.target_key()), std::move(upload), part.number);
    if (part.length > 0) request.stream = body;
    auto stored = co_await attempt_.writer.upload_part(std::move(request));
    if (!stored && body->source_error()) co_return fail(*body->source_error());
    if (!stored) co_return stored;
    const bool opaque = attempt_.shared.traits.target_encrypts_by_key;
    std::string wrong =
        why_not_what_was_sent(attempt_, stored->etag, opaque, stored->checksums, *body);
    // A part alone is no object: nothing stands under the key.
    if (!wrong.empty())
      co_return fail(refused(attempt_, "UploadPart", wrong + "; nothing was completed"));
    digests_[part.number] = PartDigest{body->crc64nvme(), part.length};
    co_return stored;
  }

  // The CRC64NVME over all parts; nothing where an earlier try had carried some of them.
  std::optional<std::string> whole_crc64nvme() const {
    std::uint64_t crc = 0;
    ByteCount bytes = 0;
    for (const auto& [number, part] : digests_) {
      crc = bytes == 0 ? part.crc64nvme : s3::join_crc64nvme(crc, part.crc64nvme, part.bytes);
      bytes += part.bytes;
    }
    if (bytes != attempt_.item.size) return std::nullopt;
    return s3::crc64nvme_text(crc);
  }

  void expect_crc64nvme(std::optional<s3::Checksum> source) { source_crc_ = std::move(source); }

  Task<Status> before_completing() override {
    const std::optional<std::string> crc = whole_crc64nvme();
    digests_complete_ = crc;
    digests_.clear();  // the next upload of the object may cut otherwise
    if (!crc || !source_crc_ || source_crc_->value == *crc) co_return Status();
    co_return fail(refused(attempt_, "GetObject",
                           "the CRC64NVME of the bytes that came from the source is not the one "
                           "that the source gives; nothing was completed"));
  }

  Status compare_finished(const s3::CopyResult& result) const {
    std::optional<std::string> expected = digests_complete_;
    if (!expected && source_crc_) expected = source_crc_->value;
    if (!expected || result.checksum_type != "FULL_OBJECT") return {};
    for (const s3::Checksum& checksum : result.checksums)
      if (checksum.algorithm == "CRC64NVME" && checksum.value != *expected)
        return fail(stored_wrong(attempt_, "CompleteMultipartUpload",
                                 "the finished object's CRC64NVME is not that of the source"));
    return {};
  }

 private:
  s3::PinnedRange range_of(const PartRange& part) const {
    ObjectKey key(attempt_.source_key());
    ETag etag(attempt_.item.etag);
    if (part.length == attempt_.item.size)
      return s3::PinnedRange(std::move(key), std::move(etag), part.length);
    return s3::PinnedRange(std::move(key), std::move(etag), part.offset, part.length);
  }

  RouteTry& attempt_;
  std::map<std::uint32_t, PartDigest> digests_;
  std::optional<std::string> digests_complete_;
  std::optional<s3::Checksum> source_crc_;
};

// What the source says its bytes come to; the target is told of the MD5 beforehand.
void set_expectations(const RouteTry& attempt, const SourceFacts& facts, RelayBody& body,
                      s3::PutRequest& put) {
  if (facts.crc64nvme) body.expect_crc64nvme(facts.crc64nvme->value);
  if (facts.info.etag_is_opaque() || !etags_are_compared(attempt)) return;
  std::string md5 = md5_of_etag(attempt.item.etag);
  if (md5.empty()) return;
  put.content_md5 = to_base64(md5);
  body.expect_md5(std::move(md5));
}

Task<Result<s3::PutResult>> put_body(RouteTry& attempt, s3::PutRequest put,
                                     std::shared_ptr<RelayBody> body) {
  for (int reading = 1;; ++reading) {
    s3::PutRequest once = put;
    attempt.at_commit = true;
    auto stored = co_await attempt.writer.put_object(std::move(once));
    if (stored || !body->source_error()) co_return stored;
    attempt.at_commit = false;
    if (!body->mismatched() || reading >= kReadingsOfAMismatch)
      co_return fail(*body->source_error());
  }
}

// One GET, one PUT: its ETag is the source's where that is the MD5 of the bytes.
Task<Result<s3::CopyResult>> relay_whole(RouteTry& attempt) {
  attempt.at_commit = false;
  RelayLanes& lanes = attempt.shared.relay;
  Status lane = co_await lanes.enter();
  if (!lane) co_return fail(std::move(lane.error()));
  const Permit permit(lanes.streams);
  s3::PinnedRange range(ObjectKey(attempt.source_key()), ETag(attempt.item.etag),
                        attempt.item.size);
  auto body =
      std::make_shared<RelayBody>(attempt.state().pair.source, std::move(range), lanes.bandwidth);
  Status ready = co_await body->prepare();
  if (!ready) co_return fail(explain_unreadable(std::move(ready.error())));
  Result<SourceFacts> facts = co_await gather_source_facts(attempt, body->info());
  if (!facts) co_return fail(std::move(facts.error()));
  attempt.lose(facts->lost);
  leave_checksum(attempt, facts->attributes);
  s3::PutRequest put(ObjectKey(attempt.target_key()), std::string());
  if (attempt.item.size > 0) put.stream = body;
  put.attributes = facts->attributes;
  put.condition = attempt.condition;
  set_expectations(attempt, *facts, *body, put);
  auto stored = co_await put_body(attempt, std::move(put), body);
  if (!stored) co_return fail(std::move(stored.error()));
  const bool opaque = stored->sse.starts_with("aws:kms");
  std::string wrong =
      why_not_what_was_sent(attempt, stored->etag, opaque, stored->checksums, *body);
  if (!wrong.empty()) co_return fail(stored_wrong(attempt, "PutObject", wrong));
  s3::CopyResult result;
  result.etag = stored->etag.empty() ? ETag(to_hex(body->md5())) : std::move(stored->etag);
  result.version_id = std::move(stored->version_id);
  result.checksums = std::move(stored->checksums);
  result.sse = std::move(stored->sse);
  attempt.certain = true;
  co_return result;
}

Task<Result<s3::CopyResult>> relay_in_parts(RouteTry& attempt) {
  Result<SourceFacts> facts = co_await read_source_facts(attempt);
  if (!facts) co_return fail(std::move(facts.error()));
  attempt.lose(facts->lost);
  leave_checksum(attempt, facts->attributes);
  RelayedParts carrier(attempt);
  carrier.expect_crc64nvme(facts->crc64nvme);
  PartsRoute route(attempt, std::move(*facts), PartsWay(carrier, relay_whole));
  Result<s3::CopyResult> result = co_await route.take();
  if (!result) co_return result;
  Status same = carrier.compare_finished(*result);
  if (!same) co_return fail(std::move(same.error()));
  co_return result;
}

}  // namespace

Task<Result<s3::CopyResult>> relay(RouteTry& attempt) {
  attempt.at_commit = false;
  const MultipartOptions& options = attempt.state().options.multipart;
  if (relays_in_parts(options, attempt.item.etag, attempt.item.size))
    co_return co_await relay_in_parts(attempt);
  co_return co_await relay_whole(attempt);
}

Error relay_refused(const Pair& pair, const Tally& sum, bool listed_whole) {
  return Error(
      ErrorKind::kRefused,
      fmt::format("{}: {}{} object{} with {} bytes ({}) would have to pass through this "
                  "host, in and out again{}. Run it again with --relay to allow that",
                  why_relay(pair), listed_whole ? "" : "at least ", display_count(sum.objects),
                  sum.objects == 1 ? "" : "s", display_count(sum.bytes), display_bytes(sum.bytes),
                  listed_whole ? "" : " (a --dryrun lists everything and tells the sum)"));
}

std::string relay_advice(const Pair& pair) {
  const std::string source = "arn:aws:s3:::" + pair.source_at.bucket.str();
  const std::string target = "arn:aws:s3:::" + pair.target_at.bucket.str();
  return fmt::format(
      "to move bytes through this host, the source's principal needs s3:GetObject and "
      "s3:GetObjectTagging on {}/*, and the target's needs s3:PutObject, s3:PutObjectTagging, "
      "s3:AbortMultipartUpload and s3:ListMultipartUploadParts on {}/*; with KMS also kms:Decrypt "
      "on "
      "the source's key, and kms:GenerateDataKey and kms:Decrypt on the target's",
      source, target);
}

}  // namespace s3ferry
