#include "transfer/copy_strategy.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "diff/compare.h"
#include "transfer/multipart_plan.h"

namespace s3ferry {
namespace {

// The class to ask for; empty where the default is right. S3 gives STANDARD unless told otherwise.
std::string target_class(const AttributeOptions& attributes, const std::string& source_class) {
  if (!attributes.storage_class.empty()) return attributes.storage_class;
  if (source_class == "STANDARD" || source_class == "REDUCED_REDUNDANCY") return {};
  return source_class;
}

template <class Text>
void refill(Text& text, std::string_view first, std::string_view rest) {
  std::string bytes = std::move(text).str();
  bytes.assign(first).append(rest);
  text = Text(std::move(bytes));
}

void put_header(s3::WriteAttributes& out, const std::string& name, const std::string& value) {
  const std::string lower = to_lower_ascii(name);
  constexpr std::string_view kMeta = "x-amz-meta-";
  if (lower.starts_with(kMeta))
    out.metadata.emplace_back(lower.substr(kMeta.size()), value);
  else if (lower == "content-type")
    out.content.content_type = value;
  else if (lower == "cache-control")
    out.content.cache_control = value;
  else if (lower == "content-disposition")
    out.content.content_disposition = value;
  else if (lower == "content-encoding")
    out.content.content_encoding = value;
  else if (lower == "content-language")
    out.content.content_language = value;
  else if (lower == "expires")
    out.content.expires = value;
  else if (lower == "x-amz-website-redirect-location")
    out.website_redirect = value;
}

// What CopyObject does not carry over by itself (s3-facts.md §2). A retention that has passed is
// refused by S3, so it is left out.
void put_full_attributes(s3::WriteAttributes& out, const s3::ObjectInfo& source, WallTime now) {
  if (out.website_redirect.empty()) out.website_redirect = source.website_redirect;
  if (!source.lock_mode.empty() && source.lock_retain_until && *source.lock_retain_until > now) {
    out.lock_mode = source.lock_mode;
    out.lock_retain_until = source.lock_retain_until;
  }
  if (source.legal_hold == "ON") out.legal_hold = source.legal_hold;
}

}  // namespace

bool goes_in_parts(const MultipartOptions& options, std::string_view etag, ByteCount size) {
  const std::uint32_t parts = etag_part_count(etag);
  const bool whole_is_possible = size <= kMaxCopyObjectBytes;
  if (options.etag == EtagPolicy::kKeep && whole_is_possible) return parts > 0;
  if (size > std::min(options.threshold, kMaxCopyObjectBytes)) return true;
  if (options.etag != EtagPolicy::kAuto || parts == 0) return false;
  return size >= kBytesWorthARequest &&
         parts <= (size + kBytesWorthARequest - 1) / kBytesWorthARequest;
}

bool relays_in_parts(const MultipartOptions& options, std::string_view etag, ByteCount size) {
  const std::uint32_t parts = etag_part_count(etag);
  if (options.etag != EtagPolicy::kAny && parts > 0) return true;
  return goes_in_parts(options, etag, size);
}

std::string why_relay(const Pair& pair) {
  if (!pair.same_service)
    return "source and target are on different services, which do not copy from each other";
  if (pair.as_source == nullptr && pair.as_target == nullptr)
    return "no principal may read the source and write the target";
  return {};
}

CopyDecision decide_copy(const Pair& pair, const SyncOptions& options, std::string_view key,
                         std::string_view etag, ByteCount size, std::string_view storage_class) {
  CopyDecision out;
  const std::size_t name_bytes = pair.target_at.prefix.size() + key.size();
  if (is_archived_class(storage_class) && !options.force_glacier_transfer) {
    out.skip =
        options.ignore_glacier_warnings ? SkipReason::kArchivedSilent : SkipReason::kArchived;
  } else if (name_bytes == 0 && size == 0) {
    out.skip = SkipReason::kNoTargetName;
  } else if (name_bytes == 0) {
    out.error.emplace(ErrorKind::kUnsupported,
                      "the object is named like the prefix itself and has no name in the target "
                      "bucket's root: sync it into a prefix");
  } else if (name_bytes > kMaxKeyBytes) {
    out.error.emplace(ErrorKind::kTooLarge,
                      fmt::format("the name has {} bytes at the target, S3 allows {}: choose a "
                                  "shorter target prefix",
                                  name_bytes, kMaxKeyBytes));
  } else if (size > kMaxObjectBytes) {
    out.error.emplace(ErrorKind::kTooLarge,
                      fmt::format("{} bytes are more than S3 holds in one object ({}, 48.8 TiB)",
                                  size, kMaxObjectBytes));
  } else if (std::string why = why_relay(pair); !why.empty()) {
    out.route = CopyRoute::kRelay;
    out.needs_relay = !options.relay.allowed;
    if (out.needs_relay) out.error.emplace(ErrorKind::kRefused, why + ": run again with --relay");
  } else if (goes_in_parts(options.multipart, etag, size)) {
    out.route = CopyRoute::kParts;
  }
  return out;
}

std::string missing_metadata(const s3::ObjectInfo& source) {
  if (source.missing_meta == 0) return {};
  return fmt::format("{} of its metadata entries are withheld by the server, being no header text",
                     source.missing_meta);
}

std::string not_reproducible(const s3::ObjectInfo& source, WallTime now) {
  std::string out = missing_metadata(source);
  const bool over = source.lock_retain_until && *source.lock_retain_until <= now;
  if (!source.lock_mode.empty() && over)
    out += fmt::format("{}its {} retention ended at {}, and S3 takes no retention in the past",
                       out.empty() ? "" : "; ", source.lock_mode,
                       format_iso8601(*source.lock_retain_until));
  return out;
}

s3::WriteAttributes asked_attributes(const AttributeOptions& attributes, const CopyItem& item,
                                     const s3::ObjectInfo* full, WallTime now) {
  s3::WriteAttributes out;
  out.storage_class = target_class(attributes, item.storage_class);
  out.acl = attributes.acl;
  out.sse = attributes.sse;
  out.sse_kms_key_id = attributes.sse_kms_key_id;
  out.checksum_algorithm = attributes.checksum_algorithm;
  if (replaces_metadata(attributes))
    for (const auto& [name, value] : attributes.replacement_headers) put_header(out, name, value);
  if (full != nullptr) put_full_attributes(out, *full, now);
  return out;
}

bool replaces_metadata(const AttributeOptions& attributes) {
  return attributes.replace_metadata || attributes.copy_props == AttributeOptions::Props::kNone;
}
bool replaces_tags(const AttributeOptions& attributes) {
  return attributes.copy_props != AttributeOptions::Props::kDefault;
}

s3::CopyRequest make_copy_request(const Pair& pair, const AttributeOptions& attributes,
                                  const CopyItem& item, const s3::ObjectInfo* full, WallTime now) {
  s3::CopySource source(pair.source_at.bucket, ObjectKey(pair.source_at.full_key(item.key)),
                        ETag(item.etag));
  s3::CopyRequest request(ObjectKey(pair.target_at.full_key(item.key)), std::move(source));
  request.source_size = item.size;
  request.attributes = asked_attributes(attributes, item, full, now);
  if (replaces_metadata(attributes)) request.metadata_directive = s3::Directive::kReplace;
  if (replaces_tags(attributes)) request.tagging_directive = s3::Directive::kReplace;
  return request;
}

void refill_copy_request(s3::CopyRequest& request, const Pair& pair,
                         const AttributeOptions& attributes, const CopyItem& item) {
  refill(request.key, pair.target_at.prefix, item.key);
  refill(request.source.key, pair.source_at.prefix, item.key);
  refill(request.source.etag, {}, item.etag);
  request.source_size = item.size;
  request.attributes.storage_class = target_class(attributes, item.storage_class);
}

}  // namespace s3ferry
