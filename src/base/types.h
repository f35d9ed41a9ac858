#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace s3ferry {

// The field's nouns as types, so that a bucket cannot stand where a key belongs. All are values.

// A text with a meaning; Tag keeps two meanings apart. Compared as unsigned bytes
// (std::char_traits<char> compares so), which is S3's listing order (s3-facts.md §3).
template <class Tag>
class StrongText {
 public:
  StrongText() = default;
  explicit StrongText(std::string text) : text_(std::move(text)) {}
  explicit StrongText(std::string_view text) : text_(text) {}
  explicit StrongText(const char* text) : text_(text) {}
  const std::string& str() const& { return text_; }
  std::string str() && { return std::move(text_); }
  std::string_view view() const { return text_; }
  bool empty() const { return text_.empty(); }
  std::size_t size() const { return text_.size(); }
  friend bool operator==(const StrongText&, const StrongText&) = default;
  friend auto operator<=>(const StrongText&, const StrongText&) = default;

 private:
  std::string text_;
};

// 1–1,024 bytes, never normalised, never a path (rule 5).
using ObjectKey = StrongText<struct ObjectKeyTag>;
using BucketName = StrongText<struct BucketNameTag>;
// As S3 gives it, without the surrounding quotes: 32 hex digits, or 32 hex digits '-' parts, or
// something opaque.
using ETag = StrongText<struct ETagTag>;
using VersionId = StrongText<struct VersionIdTag>;
using UploadId = StrongText<struct UploadIdTag>;
using Region = StrongText<struct RegionTag>;

// Strips one pair of double quotes, as S3 puts around ETags in headers and XML.
inline std::string_view unquote_etag(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    return text.substr(1, text.size() - 2);
  return text;
}

using ByteCount = std::uint64_t;

inline constexpr ByteCount kKiB = 1024;
inline constexpr ByteCount kMiB = 1024 * kKiB;
inline constexpr ByteCount kGiB = 1024 * kMiB;
// CopyObject's and a part's upper limit (s3-facts.md §2).
inline constexpr ByteCount kMaxCopyObjectBytes = 5 * kGiB;
inline constexpr std::size_t kMaxKeyBytes = 1024;

}  // namespace s3ferry

template <class Tag>
struct std::hash<s3ferry::StrongText<Tag>> {
  std::size_t operator()(const s3ferry::StrongText<Tag>& t) const noexcept {
    return std::hash<std::string_view>{}(t.view());
  }
};
