// The route in parts that the server copies itself.

#include "s3/source_bucket.h"
#include "s3/target_bucket.h"
#include "transfer/parts_route.h"

namespace s3ferry {
namespace {

// Layouts that are tried where the server does not tell: each wrong one costs a copy of all bytes.
constexpr std::size_t kGuessesToKeep = 4, kGuessesByTheWay = 2;

// UploadPartCopy: each part names the listed ETag (rule 3).
class CopiedParts final : public PartCarrier {
 public:
  CopiedParts(RouteTry& attempt, std::optional<WallTime> source_modified)
      : attempt_(attempt), source_modified_(source_modified) {}

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
    request.watch = attempt_.watch;
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
    if (source->etag.view() == attempt_.item.etag && !source->delete_marker) {
      if (source->last_modified == source_modified_) co_return Status();
      // There may have been other bytes between these and the same ones.
      co_return fail(Error(ErrorKind::kConflict, "the source was written anew meanwhile")
                         .with_operation("HeadObject")
                         .with_key(attempt_.item.key));
    }
    co_return fail(
        Error(ErrorKind::kPreconditionFailed, "the source was replaced while its parts were copied")
            .with_status(412)
            .with_operation("HeadObject")
            .with_key(attempt_.item.key));
  }

 private:
  RouteTry& attempt_;
  const std::optional<WallTime> source_modified_;  // when the upload began
};

}  // namespace

Task<Result<s3::CopyResult>> copy_in_parts(RouteTry& attempt) {
  attempt.at_commit = false;
  Result<SourceFacts> facts = co_await read_source_facts(attempt);
  if (!facts) co_return fail(std::move(facts.error()));
  attempt.lose(facts->lost);
  CopiedParts carrier(attempt, facts->info.last_modified);
  PartsWay way(carrier, copy_whole);
  way.guesses_to_keep = kGuessesToKeep;
  way.guesses_by_the_way = kGuessesByTheWay;
  way.computes_checksum = true;
  PartsRoute route(attempt, std::move(*facts), way);
  co_return co_await route.take();
}

}  // namespace s3ferry
