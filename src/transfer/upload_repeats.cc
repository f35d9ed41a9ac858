// The part of Upload that finds a part which was stored in the place of another. A server that put
// the wrong bytes there answers for those, so that its ETag alone does not tell.

#include <algorithm>
#include <map>

#include "s3/crc64nvme.h"
#include "s3/pinned_body.h"
#include "s3/source_bucket.h"
#include "s3/target_bucket.h"
#include "transfer/upload.h"

namespace s3ferry {
namespace {

// Enough to tell parts apart that are not alike; little beside a part.
constexpr ByteCount kSampleBytes = 64 * kKiB;
// An object that is all alike must not cost the source a GET a part.
constexpr std::uint32_t kMostSamples = 64;

struct FirstOfItsKind {
  std::uint32_t number = 0;
  std::optional<std::uint64_t> sample;
};

}  // namespace

// The object's own ETag must come out, or S3 compares the checksum over all parts.
bool Upload::whole_is_proven() const {
  if (plan_.keep_etag) return true;
  return plan_.whole && std::all_of(arrived_.begin(), arrived_.end(),
                                    [](const Arrived& part) { return part.checksum.has_value(); });
}

// Some bytes of the source where that part lies: `place` in [0, 1) says where in it.
Task<Result<std::uint64_t>> Upload::sample_of_source(std::uint32_t number, double place) {
  const PartRange part = plan_.layout.part(number);
  const ByteCount bytes = std::min(kSampleBytes, part.length);
  const auto skipped = static_cast<ByteCount>(static_cast<double>(part.length - bytes) * place);
  s3::PinnedRange range(ObjectKey(attempt_.source_key()), ETag(attempt_.item.etag),
                        part.offset + skipped, bytes);
  s3::PinnedBody body(state().pair.source, std::move(range));
  Status opened = co_await body.open();
  if (!opened) co_return fail(std::move(opened.error()));
  s3::Crc64Nvme crc;
  for (;;) {
    auto piece = co_await body.read();
    if (!piece) co_return fail(std::move(piece.error()));
    if (piece->empty()) co_return crc.value();
    crc.update(*piece);
  }
}

// Parts with one ETag hold the same bytes. Where the source does not hold the same bytes there, one
// of them was stored twice; which, is not known. Costs nothing where all ETags differ, and one
// small GET a part where content repeats, for the first 64 such parts.
Task<Result<std::vector<std::uint32_t>>> Upload::repeated_parts() {
  std::vector<std::uint32_t> out;
  if (whole_is_proven()) co_return out;
  const double place = state().runtime.random_unit();
  std::map<std::string_view, FirstOfItsKind> kinds;
  std::uint32_t samples = 0;
  for (std::uint32_t number = 1; number <= arrived_.size(); ++number) {
    const auto [at, fresh] = kinds.try_emplace(arrived_[number - 1].etag.view());
    FirstOfItsKind& first = at->second;
    if (fresh) first.number = number;
    if (fresh || plan_.layout.part(number).length != plan_.layout.part(first.number).length)
      continue;
    if (++samples > kMostSamples) break;
    if (state().stopped()) co_return fail(ErrorKind::kCancelled, "the run was stopped");
    auto sample = co_await sample_of_source(number, place);
    if (sample && !first.sample) {
      auto of_first = co_await sample_of_source(first.number, place);
      if (of_first)
        first.sample = *of_first;
      else
        sample = fail(std::move(of_first.error()));
    }
    // Who may copy need not be who may read; then nothing tells.
    if (!sample && sample.error().is(ErrorKind::kAccessDenied)) co_return out;
    if (!sample) co_return fail(std::move(sample.error()));
    if (*sample == *first.sample) continue;
    if (out.empty() || out.back() != first.number) out.push_back(first.number);
    out.push_back(number);
  }
  co_return out;
}

}  // namespace s3ferry
