#include <fmt/format.h>

#include "base/text.h"
#include "cli/options.h"

namespace s3ferry {
namespace {

constexpr std::string_view kScheme = "s3://";

tl::unexpected<Error> usage(std::string message) {
  return fail(ErrorKind::kUsage, std::move(message));
}

Result<Location> split(std::string_view name, std::string_view url) {
  const auto slash = url.find('/');
  const std::string_view bucket = url.substr(0, slash);
  const std::string_view key =
      slash == std::string_view::npos ? std::string_view() : url.substr(slash + 1);
  if (bucket.starts_with("arn:"))
    return usage(
        fmt::format("{}: access points and other ARNs are not supported; name the bucket "
                    "itself, as in s3://bucket/prefix",
                    name));
  for (const char c : bucket)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '?' || c == '#' || c == '\\')
      return usage(fmt::format("{}: '{}' is not a bucket name; write s3://bucket/prefix", name,
                               escape_for_display(bucket)));
  if (key.size() > kMaxKeyBytes)
    return usage(fmt::format("{}: the prefix is longer than {} bytes, no key can have it", name,
                             kMaxKeyBytes));
  return Location{BucketName(bucket), std::string(key)};
}

}  // namespace

Result<Location> parse_location(std::string_view name, std::string_view url) {
  if (!url.empty() && (url.front() == '.' || url.front() == '/' || url.front() == '~'))
    return usage(
        fmt::format("{} '{}' is a local path, and both sides are buckets here; write "
                    "s3://bucket/prefix",
                    name, escape_for_display(url)));
  if (!url.starts_with(kScheme))
    return usage(fmt::format(
        "{} '{}' does not begin with s3://; write s3://{}", name, escape_for_display(url),
        url.empty() || url.find(':') != std::string_view::npos ? "bucket/prefix"
                                                               : escape_for_display(url)));
  Result<Location> at = split(name, url.substr(kScheme.size()));
  if (!at) return at;
  if (at->bucket.empty())
    return usage(fmt::format("{} '{}' names no bucket; write s3://bucket/prefix", name,
                             escape_for_display(url)));
  if (!at->prefix.empty() && at->prefix.back() != '/') at->prefix += '/';
  return at;
}

Result<Location> parse_ls_location(std::string_view url) {
  if (url.starts_with(kScheme)) url.remove_prefix(kScheme.size());
  if (url.starts_with('/'))
    return usage(
        fmt::format("'{}' names no bucket; write s3://bucket/prefix, or nothing for all "
                    "buckets",
                    escape_for_display(url)));
  return split("S3URI", url);
}

}  // namespace s3ferry
