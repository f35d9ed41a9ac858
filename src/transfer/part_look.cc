#include "transfer/part_look.h"

#include <algorithm>

#include "diff/compare.h"
#include "runtime/scope.h"
#include "s3/source_bucket.h"

namespace s3ferry {
namespace {

constexpr std::size_t kLooksAtOnce = 16;

// The length of one part; nothing where the server does not tell of parts.
Task<Result<std::optional<ByteCount>>> look_at_part(const RouteTry& attempt, std::uint32_t number) {
  using Length = std::optional<ByteCount>;
  s3::HeadRequest request{ObjectKey(attempt.source_key())};
  request.if_match = ETag(attempt.item.etag);
  request.part_number = number;
  auto info = co_await attempt.state().pair.source.head_object(std::move(request));
  if (!info) {
    const int status = info.error().http_status();
    if (status == 400 || status == 405 || status == 416 || status == 501) co_return Length();
    co_return fail(std::move(info.error()));
  }
  const std::uint32_t parts = etag_part_count(attempt.item.etag);
  if (info->parts_count.value_or(0) != parts) co_return Length();
  co_return Length(info->size);
}

// Looks at all parts, some at a time.
class EachPart {
 public:
  EachPart(const RouteTry& attempt, std::uint32_t parts) : attempt_(attempt), lengths_(parts) {}

  Task<void> look() {
    while (!error_ && !untold_ && next_ < lengths_.size()) {
      const std::size_t at = next_++;
      auto length = co_await look_at_part(attempt_, static_cast<std::uint32_t>(at) + 1);
      if (!length) {
        if (!error_) error_ = std::move(length.error());
      } else if (!*length) {
        untold_ = true;
      } else {
        lengths_[at] = **length;
      }
    }
  }

  Result<std::optional<PartLayout>> result() const {
    if (error_) return fail(*error_);
    if (untold_) return std::optional<PartLayout>();
    PartLayout layout = PartLayout::of(lengths_);
    if (layout.object_bytes() != attempt_.item.size || !layout.is_allowed())
      return std::optional<PartLayout>();
    return std::optional<PartLayout>(std::move(layout));
  }

 private:
  const RouteTry& attempt_;
  std::vector<ByteCount> lengths_;
  std::size_t next_ = 0;
  std::optional<Error> error_;
  bool untold_ = false;
};

}  // namespace

Task<Result<std::optional<PartLayout>>> look_at_each_part(const RouteTry& attempt) {
  const std::uint32_t parts = etag_part_count(attempt.item.etag);
  if (parts == 0) co_return std::optional<PartLayout>();
  EachPart all(attempt, parts);
  Scope scope(attempt.state().runtime);
  for (std::size_t i = 0; i < std::min<std::size_t>(kLooksAtOnce, parts); ++i)
    scope.spawn(all.look());
  co_await scope.join();
  co_return all.result();
}

Task<Result<FoundLayouts>> find_layouts(const RouteTry& attempt, std::size_t guesses) {
  FoundLayouts out;
  const ByteCount size = attempt.item.size;
  const std::uint32_t parts = etag_part_count(attempt.item.etag);
  if (parts == 0) co_return out;
  if (parts == 1) {
    out.candidates.push_back(PartLayout::uniform(size, std::max<ByteCount>(1, size)));
    out.complete = true;
    co_return out;
  }
  ServiceTraits& traits = attempt.shared.traits;
  if (!traits.part_number_ignored) {
    std::vector<ByteCount> lengths;
    std::vector<std::uint32_t> numbers = {1, 2};
    if (parts > 2) numbers.push_back(parts);
    for (const std::uint32_t number : numbers) {
      auto length = co_await look_at_part(attempt, number);
      if (!length) co_return fail(std::move(length.error()));
      if (!*length) break;
      lengths.push_back(**length);
    }
    if (lengths.size() == numbers.size()) {
      PartLayout uniform = PartLayout::uniform(size, std::max<ByteCount>(1, lengths.front()));
      const bool fits = uniform.parts() == parts && uniform.part(2).length == lengths[1] &&
                        uniform.part(parts).length == lengths.back() && uniform.is_allowed();
      if (fits) {
        out.candidates.push_back(std::move(uniform));
        out.complete = parts <= 3;
        co_return out;
      }
      auto layout = co_await look_at_each_part(attempt);
      if (!layout) co_return fail(std::move(layout.error()));
      if (*layout) out.candidates.push_back(std::move(**layout));
      out.complete = true;
      co_return out;
    }
    traits.part_number_ignored = true;
  }
  out.candidates = guess_layouts(size, parts, guesses);
  out.guessed = true;
  co_return out;
}

}  // namespace s3ferry
