#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/object_view.h"

namespace s3ferry {

enum class CompareMode : std::uint8_t {
  kAws,   // size differs, or the source is strictly newer
  kEtag,  // kAws, or two comparable ETags differ
  kSize,  // size differs
};

// Which objects present on both sides are copied again (`aws s3 sync`'s rules).
struct CompareRules {
  CompareMode mode = CompareMode::kAws;
  bool size_only = false;         // the time is not looked at
  bool exact_timestamps = false;  // nothing between buckets, but beside size_only it wins
  bool no_overwrite = false;      // only what is missing is copied
};

enum class CopyReason : std::uint8_t {
  kMissing,
  kSizeDiffers,
  kSourceNewer,
  kEtagDiffers,
  kStoredWrong,  // an earlier run found that the target had not stored what was sent
  kCount
};
inline constexpr std::size_t kCopyReasons = static_cast<std::size_t>(CopyReason::kCount);
std::string_view to_string(
    CopyReason reason);  // "missing", "size", "newer", "etag", "stored-wrong"

// What a pair of ETags can say about the content.
enum class EtagRelation : std::uint8_t { kEqual, kDiffer, kIncomparable };

// Comparable are two MD5s (32 hex digits), or two multipart ETags of the same part count; anything
// else (another layout, an opaque text) is not. Equal texts are equal whatever their form. That two
// MD5-shaped ETags differ still proves nothing when a side is encrypted by a key (s3-facts.md §2).
EtagRelation compare_etags(std::string_view source, std::string_view target);
bool is_plain_etag(std::string_view etag);
// The N of `…-N`, or 0.
std::uint32_t etag_part_count(std::string_view etag);

enum class Verdict : std::uint8_t { kSame, kCopy };
struct Comparison {
  Verdict verdict = Verdict::kSame;
  CopyReason reason = CopyReason::kMissing;  // of kCopy
};
// For a key present on both sides.
Comparison compare_objects(const CompareRules& rules, const ObjectView& source,
                           const ObjectView& target);

// GLACIER and DEEP_ARCHIVE: cannot be read before a restore (s3-facts.md §9). GLACIER_IR can.
bool is_archived_class(std::string_view storage_class);

}  // namespace s3ferry
