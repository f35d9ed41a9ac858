#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/budgets.h"
#include "cli/option_table.h"
#include "transfer/multipart_plan.h"

namespace s3ferry {
namespace {

constexpr std::string_view kWhat = "What is copied";
constexpr std::string_view kDeleting = "Deleting";
constexpr std::string_view kHow = "How it is copied";
constexpr std::string_view kPace = "Pace";

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

// A value out of a closed list.
template <std::size_t N>
Result<std::size_t> choose(std::string_view flag, const std::string& value,
                           const std::array<std::string_view, N>& choices) {
  const auto at = std::find(choices.begin(), choices.end(), value);
  if (at != choices.end()) return static_cast<std::size_t>(at - choices.begin());
  std::string list;
  for (const std::string_view choice : choices) (list += list.empty() ? "" : ", ") += choice;
  return bad_value(flag, value, "one of " + list);
}

Status set_max_delete(Options& o, const std::string& value) {
  MaxDelete limit;
  if (value.ends_with('%')) {
    const auto percent = parse_number(std::string_view(value).substr(0, value.size() - 1));
    if (!percent || *percent < 0 || *percent > 100)
      return bad_value("--max-delete", value, "a number of objects, or a percentage up to 100%");
    limit.percent = *percent;
  } else {
    const auto count = parse_u64(value);
    if (!count)
      return bad_value("--max-delete", value, "a number of objects, or a percentage up to 100%");
    limit.count = *count;
  }
  o.sync.max_delete = limit;
  return {};
}

std::vector<Flag> what_flags() {
  return {
      Flag{"--exclude", "PATTERN", kForPair, kWhat,
           "leave out keys that match; * ? [seq] [!seq], * crosses '/', below the given prefix, on "
           "both "
           "sides; with --include in the order given, the last match wins",
           [](Options& o, const std::string& v) {
             o.sync.filters.exclude(v);
             return Status();
           }}
          .with_help(
              kForVerify,
              "compare no keys that match; * ? [seq] [!seq], * crosses '/', below the given "
              "prefix, on both sides; with --include in the order given, the last match wins"),
      {"--include", "PATTERN", kForPair, kWhat, "take keys that match in again",
       [](Options& o, const std::string& v) {
         o.sync.filters.include(v);
         return Status();
       }},
      {"--compare", "RULE", kForSync, kWhat,
       "aws: copy when size differs or the source is newer (default); etag: also when comparable "
       "ETags differ; size: only when size differs",
       [](Options& o, const std::string& v) -> Status {
         const auto at = choose<3>("--compare", v, {"aws", "etag", "size"});
         if (!at) return fail(at.error());
         constexpr std::array kModes = {CompareMode::kAws, CompareMode::kEtag, CompareMode::kSize};
         o.sync.compare.mode = kModes[*at];
         return {};
       }},
      {"--size-only", "", kForSync, kWhat, "the time is not looked at",
       [](Options& o, const std::string&) {
         o.sync.compare.size_only = true;
         return Status();
       }},
      {"--exact-timestamps", "", kForSync, kWhat,
       "as the aws CLI: no effect between buckets, but it overrides --size-only",
       [](Options& o, const std::string&) {
         o.sync.compare.exact_timestamps = true;
         return Status();
       }},
      {"--no-overwrite", "", kForSync, kWhat, "copy only what is missing at the target",
       [](Options& o, const std::string&) {
         o.sync.compare.no_overwrite = true;
         return Status();
       }},
      Flag{
          "--folder-markers", "copy|ignore", kForPair, kWhat,
          "zero-byte keys that end in '/': copy them (default), or do not see them, as the aws CLI",
          [](Options& o, const std::string& v) -> Status {
            const auto at = choose<2>("--folder-markers", v, {"copy", "ignore"});
            if (!at) return fail(at.error());
            o.sync.folder_markers = *at == 0 ? FolderMarkers::kCopy : FolderMarkers::kIgnore;
            return {};
          }}
          .with_help(kForVerify,
                     "zero-byte keys that end in '/': copy: compare them as others (default); "
                     "ignore: do not see them, as the aws CLI"),
      {"--ignore-glacier-warnings", "", kForSync, kWhat, "skip archived objects without a warning",
       [](Options& o, const std::string&) {
         o.sync.ignore_glacier_warnings = true;
         return Status();
       }},
      {"--force-glacier-transfer", "", kForSync, kWhat,
       "try archived objects too (those that were restored can be copied)",
       [](Options& o, const std::string&) {
         o.sync.force_glacier_transfer = true;
         return Status();
       }},
      {"--dryrun", "", kForSync, kWhat, "show what would be done, change nothing (also --dry-run)",
       [](Options& o, const std::string&) {
         o.sync.dry_run = true;
         return Status();
       }},
      {"--dry-run", "", kForSync, "", "",
       [](Options& o, const std::string&) {
         o.sync.dry_run = true;
         return Status();
       }},
  };
}

std::vector<Flag> delete_flags() {
  return {
      Flag{"--delete", "", kForPair, kDeleting,
           "delete what only the target has, after both listings ended without an error",
           [](Options& o, const std::string&) {
             o.sync.delete_extras = true;
             return Status();
           }}
          .with_help(kForVerify, "what only the target has fails the check"),
      {"--max-delete", "N|P%", kForSync, kDeleting,
       "delete nothing when more are planned; P is of the target's objects (default: more than "
       "1,000 "
       "that are also more than 1%)",
       set_max_delete},
      {"--allow-empty-source", "", kForSync, kDeleting,
       "let an empty source empty the target (otherwise --delete is refused then)",
       [](Options& o, const std::string&) {
         o.sync.allow_empty_source = true;
         return Status();
       }},
  };
}

Flag header_flag(std::string_view flag, std::string_view header) {
  return {flag,
          "TEXT",
          kForSync,
          kHow,
          "with --metadata-directive REPLACE: sent with each copy",
          [header](Options& o, const std::string& v) {
            auto& headers = o.sync.attributes.replacement_headers;
            std::erase_if(headers, [&](const auto& field) { return field.first == header; });
            headers.emplace_back(header, v);
            return Status();
          }};
}

// "Name=value,Other=value" or {"Name": "value"} in the aws CLI; the first form only.
Status add_metadata(Options& o, const std::string& value) {
  auto& headers = o.sync.attributes.replacement_headers;
  std::erase_if(headers, [](const auto& field) { return field.first.starts_with("x-amz-meta-"); });
  std::string_view rest = value;
  do {
    const auto comma = rest.find(',');
    const std::string_view pair = rest.substr(0, comma);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0 || value.starts_with('{'))
      return bad_value("--metadata", value, "NAME=VALUE,NAME=VALUE");
    headers.emplace_back("x-amz-meta-" + to_lower_ascii(pair.substr(0, equals)),
                         pair.substr(equals + 1));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  } while (!rest.empty());
  o.sync.attributes.replace_metadata = true;
  return {};
}

Status set_size(std::string_view flag, const std::string& value, ByteCount least, ByteCount most,
                std::string_view takes, ByteCount& out) {
  const auto size = parse_bytes(value);
  if (!size || *size < least || *size > most) return bad_value(flag, value, takes);
  out = *size;
  return {};
}

std::vector<Flag> part_flags() {
  return {
      {"--etag", "auto|keep|any", kForSync, kHow,
       "of objects that were uploaded in parts; auto: kept where it costs at most one request per "
       "64 MiB (default); keep: kept, or the object fails; any: whatever comes out",
       [](Options& o, const std::string& v) -> Status {
         const auto at = choose<3>("--etag", v, {"auto", "keep", "any"});
         if (!at) return fail(at.error());
         constexpr std::array kPolicies = {EtagPolicy::kAuto, EtagPolicy::kKeep, EtagPolicy::kAny};
         o.sync.multipart.etag = kPolicies[*at];
         return {};
       }},
      {"--multipart-threshold", "SIZE", kForSync, kHow,
       "copy larger objects in parts, such as 1GiB (default and at most 5GiB)",
       [](Options& o, const std::string& v) {
         return set_size("--multipart-threshold", v, 0, kMaxCopyObjectBytes,
                         "a size up to 5GiB, such as 1GiB or 8388608", o.sync.multipart.threshold);
       }},
      {"--part-size", "SIZE", kForSync, kHow,
       "parts of such copies where the source's own are not kept (default 64MiB, more above 625 "
       "GiB; 5MiB to 5GiB)",
       [](Options& o, const std::string& v) {
         return set_size("--part-size", v, kMinPartBytes, kMaxPartBytes,
                         "a size from 5MiB to 5GiB, such as 128MiB", o.sync.multipart.part_bytes);
       }},
  };
}

std::vector<Flag> how_flags() {
  return {
      {"--copy-as", "source|target|auto", kForSync, kHow,
       "which side's identity signs the copies: it must read the source and write the target "
       "(default auto: the source's first, on 403 the target's)",
       [](Options& o, const std::string& v) -> Status {
         const auto at = choose<3>("--copy-as", v, {"auto", "source", "target"});
         if (!at) return fail(at.error());
         constexpr std::array kWho = {CopyAs::kAuto, CopyAs::kSource, CopyAs::kTarget};
         o.sync.copy_as = kWho[*at];
         return {};
       }},
      {"--acl", "ACL", kForSync, kHow,
       "a canned ACL for each copy, such as bucket-owner-full-control; none is sent by default",
       [](Options& o, const std::string& v) -> Status {
         const auto at =
             choose<7>("--acl", v,
                       {"private", "public-read", "public-read-write", "authenticated-read",
                        "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control"});
         if (!at) return fail(at.error());
         o.sync.attributes.acl = v;
         return {};
       }},
      {"--storage-class", "CLASS", kForSync, kHow,
       "for every copy; by default each object keeps its own (REDUCED_REDUNDANCY becomes STANDARD)",
       [](Options& o, const std::string& v) -> Status {
         const bool shaped =
             !v.empty() &&
             v.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == std::string::npos;
         if (!shaped)
           return bad_value("--storage-class", v,
                            "a class such as STANDARD, STANDARD_IA, GLACIER_IR");
         o.sync.attributes.storage_class = v;
         return {};
       }},
      {"--sse", "AES256|aws:kms", kForSync, kHow,
       "encrypt the copies so; by default the target bucket's own default decides",
       [](Options& o, const std::string& v) -> Status {
         const auto at = choose<3>("--sse", v, {"AES256", "aws:kms", "aws:kms:dsse"});
         if (!at) return fail(at.error());
         o.sync.attributes.sse = v;
         return {};
       }},
      {"--sse-kms-key-id", "ARN", kForSync, kHow, "the target's key, with --sse aws:kms",
       [](Options& o, const std::string& v) {
         o.sync.attributes.sse_kms_key_id = v;
         return Status();
       }},
      {"--checksum-algorithm", "NAME", kForSync, kHow,
       "have S3 compute this checksum for each copy",
       [](Options& o, const std::string& v) -> Status {
         const auto at = choose<5>("--checksum-algorithm", v,
                                   {"CRC64NVME", "CRC32", "CRC32C", "SHA1", "SHA256"});
         if (!at) return fail(at.error());
         o.sync.attributes.checksum_algorithm = v;
         return {};
       }},
      {"--metadata-directive", "COPY|REPLACE", kForSync, kHow,
       "COPY keeps metadata and headers (default); REPLACE sends the ones given here instead",
       [](Options& o, const std::string& v) -> Status {
         const auto at = choose<2>("--metadata-directive", v, {"COPY", "REPLACE"});
         if (!at) return fail(at.error());
         o.sync.attributes.replace_metadata = *at == 1;
         return {};
       }},
      {"--metadata", "NAME=VALUE[,...]", kForSync, kHow,
       "user metadata for each copy; means --metadata-directive REPLACE", add_metadata},
      header_flag("--content-type", "content-type"),
      header_flag("--cache-control", "cache-control"),
      header_flag("--content-disposition", "content-disposition"),
      header_flag("--content-encoding", "content-encoding"),
      header_flag("--content-language", "content-language"),
      header_flag("--expires", "expires"),
      {"--copy-props", "PROPS", kForSync, kHow,
       "default: metadata and tags arrive; metadata-directive: no tags; none: neither",
       [](Options& o, const std::string& v) -> Status {
         const auto at = choose<3>("--copy-props", v, {"default", "metadata-directive", "none"});
         if (!at) return fail(at.error());
         using Props = AttributeOptions::Props;
         constexpr std::array kProps = {Props::kDefault, Props::kMetadataDirective, Props::kNone};
         o.sync.attributes.copy_props = kProps[*at];
         return {};
       }},
      {"--attributes", "default|full", kForSync, kHow,
       "full: a HEAD an object, so that website redirects and retention arrive too; without this "
       "flag the source bucket's configuration decides",
       [](Options& o, const std::string& v) -> Status {
         const auto at = choose<2>("--attributes", v, {"default", "full"});
         if (!at) return fail(at.error());
         o.sync.attributes.full = *at == 1;
         o.attributes_given = true;
         return {};
       }},
  };
}

Status set_budget(Result<RateSchedule> budget, RateSchedule& out) {
  if (!budget) return fail(std::move(budget.error()));
  out = std::move(*budget);
  return {};
}

std::vector<Flag> relay_flags() {
  return {
      {"--relay", "", kForSync, kHow,
       "where the server cannot copy (two services, or nobody who may read the one side and write "
       "the other), let the bytes pass through this machine: twice its bandwidth, and what the "
       "source's provider charges for bytes that leave; without it the run stops there and says "
       "how "
       "many",
       [](Options& o, const std::string&) {
         o.sync.relay.allowed = true;
         return Status();
       }},
      {"--max-bandwidth", "RATE", kForSync, kPace,
       "bytes a second that may pass through this machine, over all objects, such as 200MiB or "
       "1.5GiB "
       "(64KiB or more); also by the time of day: '08:00-20:00 20MiB, 20:00-08:00 500MiB'",
       [](Options& o, const std::string& v) {
         return set_budget(parse_byte_budget("--max-bandwidth", v), o.sync.relay.max_bandwidth);
       }},
  };
}

std::vector<Flag> rate_flags() {
  return {
      Flag{"--source-rps", "N", kForPair, kPace,
           "requests a second at the source (1 to 1000000), at most and in every second: listings, "
           "HEADs, "
           "retries, and a read for each copy that S3 makes for us; by the time of day in "
           "--timezone: "
           "'08:00-20:00 500, 20:00-08:00 5000' (no limit between)",
           [](Options& o, const std::string& v) {
             return set_budget(parse_request_budget("--source-rps", v), o.source_rps);
           }}
          .with_help(kForVerify,
                     "requests a second at the source (1 to 1000000), at most and in every second, "
                     "retries included; by the time of day in --timezone: '08:00-20:00 500, "
                     "20:00-08:00 5000' (no limit between)"),
      Flag{"--target-rps", "N", kForPair, kPace,
           "the same at the target: copies, listings, deletions",
           [](Options& o, const std::string& v) {
             return set_budget(parse_request_budget("--target-rps", v), o.target_rps);
           }}
          .with_help(kForVerify, "the same at the target"),
  };
}

std::vector<Flag> pace_flags() {
  return {
      {"--concurrency", "N", kForSync, kPace,
       "copies in flight (1 to 65536; default: 256 at first, up to 1024 as they come through)",
       [](Options& o, const std::string& v) -> Status {
         const auto n = parse_count("--concurrency", v, 1, 65'536);
         if (!n) return fail(n.error());
         o.sync.concurrency = *n;
         o.concurrency_given = true;
         return {};
       }},
      {"--list-concurrency", "N", kForPair, kPace,
       "LISTs in flight over both sides, at most (2 to 4096, default 64)",
       [](Options& o, const std::string& v) -> Status {
         const auto n = parse_count("--list-concurrency", v, 2, 4'096);
         if (!n) return fail(n.error());
         o.sync.list_concurrency = *n;
         return {};
       }},
      {"--shards", "N", kForPair, kPace,
       "threads that carry requests (1 to 64): signing, TLS, reading listings; 1: none beside the "
       "main one (default: the CPUs that the process may use, at most 8)",
       [](Options& o, const std::string& v) -> Status {
         const auto n = parse_count("--shards", v, 1, 64);
         if (!n) return fail(n.error());
         o.shards = *n;
         return {};
       }},
      {"--page-size", "N", kForAll, kPace,
       "keys asked for in each listing (1 to 1000, default 1000)",
       [](Options& o, const std::string& v) -> Status {
         const auto n = parse_count("--page-size", v, 1, 1000);
         if (!n) return fail(n.error());
         o.sync.page_size = static_cast<std::uint32_t>(*n);
         return {};
       }},
  };
}

}  // namespace

std::vector<Flag> transfer_flags() {
  std::vector<Flag> all = what_flags();
  for (auto&& part :
       {delete_flags(), how_flags(), part_flags(), relay_flags(), rate_flags(), pace_flags()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace s3ferry
