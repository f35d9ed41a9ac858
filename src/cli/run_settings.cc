#include "cli/run_settings.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "http/message.h"

namespace s3ferry {
namespace {

constexpr std::size_t kMostSlug = 60;

// One service, one text: AWS by its partition, others by where they are.
std::string service_of(const aws::EndpointParams& at) {
  if (at.endpoint_url.empty()) return std::string(aws::partition_of(at.region));
  const Result<http::Url> url = http::parse_url(at.endpoint_url);
  return url ? url->origin.to_string() + url->path : std::string("not an endpoint");
}

class Lines {
 public:
  void add(std::string_view name, std::string_view value) {
    out_ += fmt::format("{}={}\n", name, escape_for_display(value));
  }
  void add_if(bool given, std::string_view name) {
    if (given) add(name, "yes");
  }
  void add_text(std::string_view name, std::string_view value) {
    if (!value.empty()) add(name, value);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

void add_what(Lines& lines, const SyncOptions& sync) {
  lines.add_text("--exclude/--include", sync.filters.describe());
  if (sync.compare.mode == CompareMode::kEtag) lines.add("--compare", "etag");
  if (sync.compare.mode == CompareMode::kSize) lines.add("--compare", "size");
  lines.add_if(sync.compare.size_only, "--size-only");
  lines.add_if(sync.compare.exact_timestamps, "--exact-timestamps");
  lines.add_if(sync.compare.no_overwrite, "--no-overwrite");
  if (sync.folder_markers == FolderMarkers::kIgnore) lines.add("--folder-markers", "ignore");
  lines.add_if(sync.ignore_glacier_warnings, "--ignore-glacier-warnings");
  lines.add_if(sync.force_glacier_transfer, "--force-glacier-transfer");
  lines.add_if(sync.delete_extras, "--delete");
  if (sync.max_delete.count) lines.add("--max-delete", std::to_string(*sync.max_delete.count));
  if (sync.max_delete.percent)
    lines.add("--max-delete", fmt::format("{}%", *sync.max_delete.percent));
  lines.add_if(sync.allow_empty_source, "--allow-empty-source");
}

void add_how(Lines& lines, const SyncOptions& sync) {
  const AttributeOptions& a = sync.attributes;
  if (sync.copy_as != CopyAs::kAuto) lines.add("--copy-as", to_string(sync.copy_as));
  lines.add_text("--acl", a.acl);
  lines.add_text("--storage-class", a.storage_class);
  lines.add_text("--sse", a.sse);
  lines.add_text("--sse-kms-key-id", a.sse_kms_key_id);
  lines.add_text("--checksum-algorithm", a.checksum_algorithm);
  if (a.replace_metadata) lines.add("--metadata-directive", "REPLACE");
  auto headers = a.replacement_headers;
  std::sort(headers.begin(), headers.end());
  for (const auto& [name, value] : headers) lines.add("--" + name, value);
  using Props = AttributeOptions::Props;
  if (a.copy_props == Props::kMetadataDirective) lines.add("--copy-props", "metadata-directive");
  if (a.copy_props == Props::kNone) lines.add("--copy-props", "none");
  if (a.full) lines.add("--attributes", "full");
}

std::string slug_of(const Location& at) {
  std::string out;
  for (const char c : at.bucket.str() + "/" + at.prefix) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '_';
    if (plain)
      out += c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (!out.empty() && (out.back() == '-' || out.back() == '.')) out.pop_back();
  return out.substr(0, kMostSlug);
}

// FNV-1a, 64 bit: tells folders apart; the journal in it checks the identity itself.
std::uint64_t digest_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001B3U;
  }
  return hash;
}

}  // namespace

std::string task_identity(const Location& source, const aws::EndpointParams& source_endpoint,
                          const Location& target, const aws::EndpointParams& target_endpoint) {
  Lines lines;
  lines.add("source", source.url());
  lines.add("source service", service_of(source_endpoint));
  lines.add("target", target.url());
  lines.add("target service", service_of(target_endpoint));
  return lines.take();
}

std::string run_settings(const Options& options) {
  Lines lines;
  add_what(lines, options.sync);
  add_how(lines, options.sync);
  const MultipartOptions &parts = options.sync.multipart, defaults;
  if (parts.threshold != defaults.threshold)
    lines.add("--multipart-threshold", std::to_string(parts.threshold));
  if (parts.part_bytes != defaults.part_bytes)
    lines.add("--part-size", std::to_string(parts.part_bytes));
  if (parts.etag != defaults.etag)
    lines.add("--etag", parts.etag == EtagPolicy::kKeep ? "keep" : "any");
  lines.add_if(options.request_payer, "--request-payer");
  lines.add_if(options.retry_failed, "--retry-failed");
  return lines.take();
}

std::string task_folder(const Location& source, const Location& target,
                        const std::string& identity) {
  return fmt::format("{}_to_{}-{:016x}", slug_of(source), slug_of(target), digest_of(identity));
}

}  // namespace s3ferry
