#include "s3/object_headers.h"

#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry::s3 {
namespace {

Error malformed(std::string_view name) {
  return Error(ErrorKind::kProtocol, fmt::format("the header {} cannot be read", name));
}

std::optional<std::uint32_t> small_number(std::string_view text) {
  const auto value = parse_u64(trim_ascii(text));
  if (!value || *value > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

// "bytes 0-9/100", "bytes 0-9/*"
bool read_content_range(std::string_view text, ObjectInfo& out) {
  if (!text.starts_with("bytes ")) return false;
  text.remove_prefix(6);
  const auto dash = text.find('-'), slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash)
    return false;
  const auto first = parse_u64(text.substr(0, dash));
  const auto last = parse_u64(text.substr(dash + 1, slash - dash - 1));
  if (!first || !last || *first > *last) return false;
  out.range = {*first, *last};
  const auto whole = text.substr(slash + 1);
  if (whole == "*") return true;
  out.full_size = parse_u64(whole);
  return out.full_size.has_value();
}

constexpr std::string_view kChecksumPrefix = "x-amz-checksum-";
constexpr std::string_view kMetaPrefix = "x-amz-meta-";

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

// The texts that are taken over as they are.
std::string* plain_member(ObjectInfo& info, std::string_view name) {
  struct Member {
    std::string_view name;
    std::string* text;
  };
  const Member members[] = {
      {"content-type", &info.content.content_type},
      {"cache-control", &info.content.cache_control},
      {"content-disposition", &info.content.content_disposition},
      {"content-encoding", &info.content.content_encoding},
      {"content-language", &info.content.content_language},
      {"expires", &info.content.expires},
      {"x-amz-storage-class", &info.storage_class},
      {"x-amz-archive-status", &info.archive_status},
      {"x-amz-restore", &info.restore},
      {"x-amz-server-side-encryption", &info.sse},
      {"x-amz-server-side-encryption-aws-kms-key-id", &info.sse_kms_key_id},
      {"x-amz-server-side-encryption-customer-algorithm", &info.sse_customer_algorithm},
      {"x-amz-website-redirect-location", &info.website_redirect},
      {"x-amz-object-lock-mode", &info.lock_mode},
      {"x-amz-object-lock-legal-hold", &info.legal_hold},
      {"x-amz-checksum-type", &info.checksum_type},
      {"x-amz-replication-status", &info.replication_status},
  };
  for (const Member& member : members)
    if (iequals_ascii(name, member.name)) return member.text;
  return nullptr;
}

Status read_typed_member(ObjectInfo& info, std::string_view name, std::string_view value) {
  auto is = [&](std::string_view wanted) { return iequals_ascii(name, wanted); };
  auto number = [&](std::optional<std::uint32_t>& out) -> Status {
    out = small_number(value);
    if (!out) return fail(malformed(name));
    return Status();
  };
  if (is("content-length")) {
    const auto size = parse_u64(trim_ascii(value));
    if (!size) return fail(malformed(name));
    info.size = *size;
  } else if (is("etag")) {
    info.etag = ETag(unquote_etag(value));
  } else if (is("last-modified")) {
    info.last_modified = parse_http_date(value);
  } else if (is("content-range")) {
    if (!read_content_range(value, info)) return fail(malformed(name));
  } else if (is("x-amz-version-id")) {
    info.version_id = VersionId(value);
  } else if (is("x-amz-delete-marker")) {
    info.delete_marker = value == "true";
  } else if (is("accept-ranges")) {
    info.accepts_no_ranges = value == "none";
  } else if (is("x-amz-object-lock-retain-until-date")) {
    info.lock_retain_until = parse_iso8601(value);
    if (!info.lock_retain_until) return fail(malformed(name));
  } else if (is("x-amz-tagging-count")) {
    return number(info.tag_count);
  } else if (is("x-amz-mp-parts-count")) {
    return number(info.parts_count);
  } else if (is("x-amz-missing-meta")) {
    const auto missing = small_number(value);
    if (!missing) return fail(malformed(name));
    info.missing_meta = *missing;
  }
  return Status();
}

void add_if(http::Headers& headers, std::string_view name, const std::string& value) {
  if (!value.empty()) headers.add(name, value);
}

}  // namespace

bool ObjectInfo::etag_is_opaque() const {
  return sse.starts_with("aws:kms") || !sse_customer_algorithm.empty();
}

std::vector<Checksum> read_checksums(const http::Headers& headers) {
  std::vector<Checksum> out;
  for (const auto& [name, value] : headers) {
    if (!starts_with_ignoring_case(name, kChecksumPrefix)) continue;
    const std::string algorithm = upper(std::string_view(name).substr(kChecksumPrefix.size()));
    if (algorithm == "TYPE" || algorithm == "ALGORITHM") continue;
    out.push_back({algorithm, std::string(value)});
  }
  return out;
}

VersionId read_version_id(const http::Headers& headers) {
  return VersionId(headers.get_or("x-amz-version-id", ""));
}

Result<ObjectInfo> read_object_info(const http::Headers& headers) {
  ObjectInfo info;
  for (const auto& [name, value] : headers) {
    if (starts_with_ignoring_case(name, kMetaPrefix)) {
      info.metadata.emplace_back(name.substr(kMetaPrefix.size()), value);
    } else if (std::string* text = plain_member(info, name)) {
      *text = value;
    } else if (Status read = read_typed_member(info, name, value); !read) {
      return fail(std::move(read.error()));
    }
  }
  info.checksums = read_checksums(headers);
  return info;
}

std::string quoted(const ETag& etag) {
  return "\"" + etag.str() + "\"";
}

std::string copy_source_text(const CopySource& source) {
  std::string out;
  out.reserve(source.bucket.size() + 1 + source.key.size() + source.key.size() / 4);
  append_uri_encoded(out, source.bucket.view());
  out += '/';
  append_uri_encoded(out, source.key.view(), /*keep_slash=*/true);
  if (!source.version_id.empty()) {
    out += "?versionId=";
    append_uri_encoded(out, source.version_id.view());
  }
  return out;
}

std::string tagging_text(const NameValues& tags) {
  std::string out;
  for (const auto& [name, value] : tags) {
    if (!out.empty()) out += '&';
    append_uri_encoded(out, name);
    out += '=';
    append_uri_encoded(out, value);
  }
  return out;
}

std::string range_text(std::pair<ByteCount, ByteCount> range) {
  return fmt::format("bytes={}-{}", range.first, range.second);
}

void write_attributes(http::Headers& headers, const WriteAttributes& a) {
  add_if(headers, "content-type", a.content.content_type);
  add_if(headers, "cache-control", a.content.cache_control);
  add_if(headers, "content-disposition", a.content.content_disposition);
  add_if(headers, "content-encoding", a.content.content_encoding);
  add_if(headers, "content-language", a.content.content_language);
  add_if(headers, "expires", a.content.expires);
  for (const auto& [name, value] : a.metadata)
    headers.add(std::string(kMetaPrefix) + to_lower_ascii(name), value);
  add_if(headers, "x-amz-storage-class", a.storage_class);
  add_if(headers, "x-amz-server-side-encryption", a.sse);
  add_if(headers, "x-amz-server-side-encryption-aws-kms-key-id", a.sse_kms_key_id);
  if (a.bucket_key_enabled)
    headers.add("x-amz-server-side-encryption-bucket-key-enabled",
                *a.bucket_key_enabled ? "true" : "false");
  add_if(headers, "x-amz-acl", a.acl);
  add_if(headers, "x-amz-grant-full-control", a.grant_full_control);
  add_if(headers, "x-amz-grant-read", a.grant_read);
  add_if(headers, "x-amz-grant-read-acp", a.grant_read_acp);
  add_if(headers, "x-amz-grant-write-acp", a.grant_write_acp);
  add_if(headers, "x-amz-website-redirect-location", a.website_redirect);
  add_if(headers, "x-amz-object-lock-mode", a.lock_mode);
  if (a.lock_retain_until)
    headers.add("x-amz-object-lock-retain-until-date", format_iso8601_millis(*a.lock_retain_until));
  add_if(headers, "x-amz-object-lock-legal-hold", a.legal_hold);
  if (!a.tags.empty()) headers.add("x-amz-tagging", tagging_text(a.tags));
  add_if(headers, "x-amz-checksum-algorithm", a.checksum_algorithm);
  add_if(headers, "x-amz-checksum-type", a.checksum_type);
}

void write_condition(http::Headers& headers, const WriteCondition& condition) {
  if (condition.only_if_missing) headers.add("if-none-match", "*");
  if (!condition.only_if_match.empty()) headers.add("if-match", quoted(condition.only_if_match));
}

void write_copy_source(http::Headers& headers, const CopySource& source) {
  std::string text = copy_source_text(source);
  headers.add("x-amz-copy-source", text);
  if (!source.etag.empty()) {
    text.assign("\"").append(source.etag.view()).append("\"");  // its memory is there
    headers.add("x-amz-copy-source-if-match", text);
  }
  add_if(headers, "x-amz-source-expected-bucket-owner", source.expected_owner);
}

void write_checksum(http::Headers& headers, const Checksum& checksum) {
  headers.add(std::string(kChecksumPrefix) + to_lower_ascii(checksum.algorithm), checksum.value);
}

}  // namespace s3ferry::s3
