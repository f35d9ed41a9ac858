#include "transfer/parts_route.h"

#include <algorithm>

#include <fmt/format.h>

#include "diff/compare.h"
#include "transfer/multipart_plan.h"
#include "transfer/part_look.h"

namespace s3ferry {
namespace {

Result<s3::CopyResult> unwrap(Result<std::optional<s3::CopyResult>> kept) {
  if (!kept) return fail(std::move(kept.error()));
  return std::move(**kept);
}

}  // namespace

Task<Result<s3::CopyResult>> PartsRoute::take() {
  const std::string hindrance = why_not_kept();
  if (hindrance.empty() && !was_cut_anew()) {
    auto kept = co_await keep();
    if (!kept || *kept) co_return unwrap(std::move(kept));
    if (must_keep()) co_return fail(cannot_keep(why_));
  } else if (must_keep() && !hindrance.empty()) {
    co_return fail(cannot_keep(hindrance));
  }
  if (must_be_parts()) co_return co_await cut_anew();
  attempt_.at_commit = true;
  attempt_.lost.clear();  // the other way says its own
  co_return co_await way_.whole(attempt_);
}

bool PartsRoute::must_be_parts() const {
  return attempt_.item.size > std::min(options().threshold, kMaxCopyObjectBytes);
}

// Why this ETag cannot come out, or need not; empty: it can.
std::string PartsRoute::why_not_kept() const {
  if (options().etag == EtagPolicy::kAny) return "it was not asked for";
  if (etag_part_count(attempt_.item.etag) == 0) return "it is not one of an object in parts";
  if (facts_.info.etag_is_opaque()) return "the source is encrypted by a key";
  if (attempt_.state().options.attributes.sse.starts_with("aws:kms"))
    return "the target is to be encrypted by a key (--sse)";
  if (attempt_.shared.traits.target_encrypts_by_key) return "the target encrypts by a key";
  return {};
}

Error PartsRoute::cannot_keep(const std::string& why) const {
  return Error(ErrorKind::kRefused,
               fmt::format("its ETag cannot be kept: {}. --etag auto or any copies it with "
                           "another (beside --restart, if the run stopped)",
                           why))
      .with_operation("CreateMultipartUpload")
      .with_key(attempt_.item.key);
}

UploadPlan PartsRoute::plan(PartLayout layout, bool keep) const {
  UploadPlan out;
  out.layout = std::move(layout);
  out.attributes = facts_.attributes;
  out.source_modified = facts_.info.last_modified;
  out.keep_etag = keep;
  out.only_if_kept = keep && (must_keep() || !must_be_parts());
  // Computed by S3 on the way, and compared: the cheapest proof from end to end (s3-facts.md §2).
  const std::string& asked = out.attributes.checksum_algorithm;
  if (way_.computes_checksum && facts_.crc64nvme && (asked.empty() || asked == "CRC64NVME")) {
    out.attributes.checksum_algorithm = "CRC64NVME";
    out.attributes.checksum_type = "FULL_OBJECT";
    out.whole = facts_.crc64nvme;
  }
  return out;
}

// On the source's boundaries. Nothing: the ETag does not come out that way (why_).
Task<PartsRoute::Kept> PartsRoute::keep() {
  auto found =
      co_await find_layouts(attempt_, must_keep() ? way_.guesses_to_keep : way_.guesses_by_the_way);
  if (!found) co_return fail(std::move(found.error()));
  why_ = found->guessed ? "the server does not say how the source was cut into parts, and the "
                          "usual part sizes do not give it"
                        : "the source's parts cannot be made again";
  bool complete = found->complete;
  std::vector<PartLayout> candidates = std::move(found->candidates);
  begin_with_what_is_left(candidates);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    Upload upload(attempt_, plan(candidates[i], true), way_.carrier);
    auto done = co_await upload.run();
    if (done) co_return std::optional<s3::CopyResult>(std::move(*done));
    if (upload.trouble() == Upload::Trouble::kOpaqueTarget) {
      why_ = "the target encrypts by a key";
      break;
    }
    if (upload.trouble() == Upload::Trouble::kNone) co_return fail(std::move(done.error()));
    // It may be the source that changed.
    if (Status same = co_await way_.carrier.before_completing(); !same)
      co_return fail(std::move(same.error()));
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

// The plan of the upload that an earlier try left at the key; empty: none.
std::string PartsRoute::left_there() const {
  const auto left = attempt_.shared.uploads->find(ObjectKey(attempt_.target_key()));
  return left ? left->layout : std::string();
}

// The layouts before the one that an earlier try was at did not give the ETag.
void PartsRoute::begin_with_what_is_left(std::vector<PartLayout>& candidates) const {
  const std::string left = left_there();
  if (left.empty()) return;
  const auto at = std::find_if(candidates.begin(), candidates.end(), [&](const PartLayout& one) {
    return plan(one, true).text() == left;
  });
  if (at != candidates.end()) std::rotate(candidates.begin(), at, candidates.end());
}

// An earlier try had found that the ETag cannot be kept.
bool PartsRoute::was_cut_anew() const {
  const std::string left = left_there();
  if (left.empty() || must_keep() || !must_be_parts()) return false;
  const auto layout = new_layout();
  return layout && plan(*layout, false).text() == left;
}

Result<PartLayout> PartsRoute::new_layout() const {
  auto cut = plan_multipart(options().part_bytes, attempt_.item.size);
  if (!cut) return fail(std::move(cut.error()));
  PartLayout layout = PartLayout::uniform(cut->object_bytes, cut->part_bytes);
  // Another ETag with the same number of parts would be taken for another content.
  while (layout.parts() > 1 && layout.parts() == etag_part_count(attempt_.item.etag) &&
         cut->part_bytes + kMiB <= kMaxPartBytes) {
    cut->part_bytes += kMiB;
    layout = PartLayout::uniform(cut->object_bytes, cut->part_bytes);
  }
  return layout;
}

Task<Result<s3::CopyResult>> PartsRoute::cut_anew() {
  auto layout = new_layout();
  if (!layout) co_return fail(std::move(layout.error()));
  Upload upload(attempt_, plan(std::move(*layout), false), way_.carrier);
  co_return co_await upload.run();
}

}  // namespace s3ferry
