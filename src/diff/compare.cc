#include "diff/compare.h"

#include "base/text.h"

namespace s3ferry {
namespace {

bool is_lower_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool is_md5(std::string_view text) {
  if (text.size() != 32) return false;
  for (const char c : text)
    if (!is_lower_hex(c)) return false;
  return true;
}

}  // namespace

std::string_view to_string(CopyReason reason) {
  switch (reason) {
    case CopyReason::kMissing:
      return "missing";
    case CopyReason::kSizeDiffers:
      return "size";
    case CopyReason::kSourceNewer:
      return "newer";
    case CopyReason::kEtagDiffers:
      return "etag";
    case CopyReason::kStoredWrong:
      return "stored-wrong";
    case CopyReason::kCount:
      break;
  }
  return "unknown";
}

bool is_plain_etag(std::string_view etag) {
  return is_md5(etag);
}

std::uint32_t etag_part_count(std::string_view etag) {
  if (etag.size() < 34 || etag.size() > 38 || etag[32] != '-' || !is_md5(etag.substr(0, 32)))
    return 0;
  return static_cast<std::uint32_t>(parse_u64(etag.substr(33)).value_or(0));
}

EtagRelation compare_etags(std::string_view source, std::string_view target) {
  if (source.empty() || target.empty()) return EtagRelation::kIncomparable;
  if (source == target) return EtagRelation::kEqual;
  if (is_md5(source) && is_md5(target)) return EtagRelation::kDiffer;
  const std::uint32_t parts = etag_part_count(source);
  if (parts != 0 && parts == etag_part_count(target)) return EtagRelation::kDiffer;
  return EtagRelation::kIncomparable;
}

Comparison compare_objects(const CompareRules& rules, const ObjectView& source,
                           const ObjectView& target) {
  if (rules.no_overwrite) return {};
  if (source.size != target.size) return {Verdict::kCopy, CopyReason::kSizeDiffers};
  const bool size_only = rules.size_only && !rules.exact_timestamps;
  if (size_only || rules.mode == CompareMode::kSize) return {};
  if (source.modified > target.modified) return {Verdict::kCopy, CopyReason::kSourceNewer};
  if (rules.mode == CompareMode::kEtag &&
      compare_etags(source.etag, target.etag) == EtagRelation::kDiffer)
    return {Verdict::kCopy, CopyReason::kEtagDiffers};
  return {};
}

bool is_archived_class(std::string_view storage_class) {
  return storage_class == "GLACIER" || storage_class == "DEEP_ARCHIVE";
}

}  // namespace s3ferry
