// The route in parts that the server copies: on the source's own boundaries, so that the ETag is
// kept, or on some of our own.

#include <algorithm>

#include <fmt/format.h>

#include "diff/compare.h"
#include "s3/source_bucket.h"
#include "s3/target_bucket.h"
#include "transfer/copy_strategy.h"
#include "transfer/multipart_plan.h"
#include "transfer/part_look.h"
#include "transfer/source_facts.h"
#include "transfer/upload.h"

namespace s3ferry {
namespace {

// Layouts that are tried where the server does not tell: each wrong one costs a copy of all bytes.
constexpr std::size_t kGuessesToKeep = 4, kGuessesByTheWay = 2;

// UploadPartCopy: each part names the listed ETag (rule 3).
class CopiedParts final : public PartCarrier {
 public:
  explicit CopiedParts(RouteTry& attempt) : attempt_(attempt) {}

  Task<Result<s3::PartResult>> carry(UploadId upload, PartRange part) override {
    const Pair& pair = attempt_.state().pair;
    s3::CopySource source(pair.source_at.bucket, ObjectKey(attempt_.source_key()),
                          ETag(attempt_.item.etag));
    s3::UploadPartCopyRequest request(ObjectKey(attempt_.target_key()), std::move(upload),
                                      part.number, std::move(source));
    // A range wants a source of more than 5 MB; the whole of it needs none.
    if (part.length < attempt_.item.size)
      request.range = {part.offset, part.offset + part.length - 1};
    request.size = part.length;
    co_return co_await attempt_.writer.upload_part_copy(std::move(request));
  }

  // A server that is not known to honour the parts' condition may have copied from two objects.
  Task<Status> before_completing() override {
    const ServiceTraits& traits = attempt_.shared.traits;
    const bool honoured =
        attempt_.state().pair.conditions_trusted || traits.condition_seen_honoured;
    if (honoured && !traits.condition_ignored) co_return Status();
    s3::HeadRequest request{ObjectKey(attempt_.source_key())};
    auto source = co_await attempt_.state().pair.source.head_object(std::move(request));
    if (!source) co_return fail(std::move(source.error()));
    if (source->etag.view() == attempt_.item.etag && !source->delete_marker) co_return Status();
    co_return fail(
        Error(ErrorKind::kPreconditionFailed, "the source was replaced while its parts were copied")
            .with_status(412)
            .with_operation("UploadPartCopy")
            .with_key(attempt_.item.key));
  }

 private:
  RouteTry& attempt_;
};

class PartsRoute {
 public:
  PartsRoute(RouteTry& attempt, SourceFacts facts)
      : attempt_(attempt), facts_(std::move(facts)), carrier_(attempt) {}

  Task<Result<s3::CopyResult>> take() {
    const std::string hindrance = why_not_kept();
    if (hindrance.empty()) {
      auto kept = co_await keep();
      if (!kept || *kept) co_return unwrap(std::move(kept));
      if (must_keep()) co_return fail(cannot_keep(why_));
    } else if (must_keep()) {
      co_return fail(cannot_keep(hindrance));
    }
    if (must_be_parts()) co_return co_await cut_anew();
    attempt_.at_commit = true;
    attempt_.lost.clear();  // CopyObject brings along by itself what is listed there
    co_return co_await copy_whole(attempt_);
  }

 private:
  using Kept = Result<std::optional<s3::CopyResult>>;
  static Result<s3::CopyResult> unwrap(Kept kept) {
    if (!kept) return fail(std::move(kept.error()));
    return std::move(**kept);
  }

  const MultipartOptions& options() const { return attempt_.state().options.multipart; }
  bool must_keep() const { return options().etag == EtagPolicy::kKeep; }
  bool must_be_parts() const {
    return attempt_.item.size > std::min(options().threshold, kMaxCopyObjectBytes);
  }

  // Why this ETag cannot come out, or need not; empty: it can.
  std::string why_not_kept() const {
    if (options().etag == EtagPolicy::kAny) return "it was not asked for";
    if (etag_part_count(attempt_.item.etag) == 0) return "it is not one of an object in parts";
    if (facts_.info.etag_is_opaque()) return "the source is encrypted by a key";
    if (attempt_.state().options.attributes.sse.starts_with("aws:kms"))
      return "the target is to be encrypted by a key (--sse)";
    if (attempt_.shared.traits.target_encrypts_by_key) return "the target encrypts by a key";
    return {};
  }

  Error cannot_keep(const std::string& why) const {
    return Error(ErrorKind::kRefused,
                 fmt::format("its ETag cannot be kept: {}. --etag auto or any copies it with "
                             "another",
                             why))
        .with_operation("CreateMultipartUpload")
        .with_key(attempt_.item.key);
  }

  UploadPlan plan(PartLayout layout, bool keep) const {
    UploadPlan out;
    out.layout = std::move(layout);
    out.attributes = facts_.attributes;
    out.keep_etag = keep;
    out.only_if_kept = keep && (must_keep() || !must_be_parts());
    // Computed by S3 on the way, and compared: the cheapest proof from end to end (s3-facts.md §2).
    const std::string& asked = out.attributes.checksum_algorithm;
    if (facts_.crc64nvme && (asked.empty() || asked == "CRC64NVME")) {
      out.attributes.checksum_algorithm = "CRC64NVME";
      out.attributes.checksum_type = "FULL_OBJECT";
      out.whole = facts_.crc64nvme;
    }
    return out;
  }

  // On the source's boundaries. Nothing: the ETag does not come out that way (why_).
  Task<Kept> keep() {
    auto found = co_await find_layouts(attempt_, must_keep() ? kGuessesToKeep : kGuessesByTheWay);
    if (!found) co_return fail(std::move(found.error()));
    why_ = found->guessed ? "the server does not say how the source was cut into parts, and the "
                            "usual part sizes do not give it"
                          : "the source's parts cannot be made again";
    bool complete = found->complete;
    std::vector<PartLayout> candidates = std::move(found->candidates);
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      Upload upload(attempt_, plan(candidates[i], true), carrier_);
      auto done = co_await upload.run();
      if (done) co_return std::optional<s3::CopyResult>(std::move(*done));
      if (upload.trouble() == Upload::Trouble::kOpaqueTarget) {
        why_ = "the target encrypts by a key";
        break;
      }
      if (upload.trouble() == Upload::Trouble::kNone) co_return fail(std::move(done.error()));
      // Every part was looked at, so this is no wrong guess: what arrived is not the source.
      if (complete) co_return fail(std::move(done.error()));
      if (found->guessed) continue;
      auto each = co_await look_at_each_part(attempt_);
      if (!each) co_return fail(std::move(each.error()));
      complete = true;
      if (!*each || **each == candidates[i]) co_return fail(std::move(done.error()));
      candidates.push_back(std::move(**each));
    }
    co_return std::optional<s3::CopyResult>();
  }

  Task<Result<s3::CopyResult>> cut_anew() {
    auto cut = plan_multipart(options().part_bytes, attempt_.item.size);
    if (!cut) co_return fail(std::move(cut.error()));
    PartLayout layout = PartLayout::uniform(cut->object_bytes, cut->part_bytes);
    Upload upload(attempt_, plan(std::move(layout), false), carrier_);
    co_return co_await upload.run();
  }

  RouteTry& attempt_;
  SourceFacts facts_;
  CopiedParts carrier_;
  std::string why_;
};

}  // namespace

Task<Result<s3::CopyResult>> copy_in_parts(RouteTry& attempt) {
  attempt.at_commit = false;
  Result<SourceFacts> facts = co_await read_source_facts(attempt);
  if (!facts) co_return fail(std::move(facts.error()));
  attempt.lose(facts->lost);
  PartsRoute route(attempt, std::move(*facts));
  co_return co_await route.take();
}

}  // namespace s3ferry
