#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/durations.h"
#include "cli/option_table.h"
#include "http/message.h"
#include "report/task_name.h"

namespace s3ferry {
namespace {

constexpr std::string_view kCheck = "Check and log";
constexpr std::string_view kAccounts = "Accounts and endpoints";
constexpr std::string_view kShown = "What is shown";
constexpr std::string_view kListing = "Listing";
constexpr std::string_view kEnding = "When it ends";
constexpr std::string_view kDurationForm = "a time such as 90s, 10m, 8h or 1d12h";

Status set_check(Options& o, const std::string& value) {
  if (value == "etag")
    o.check.level = CheckLevel::kEtag;
  else if (value == "size")
    o.check.level = CheckLevel::kSize;
  else if (value == "none")
    o.check.level = CheckLevel::kNone;
  else
    return bad_value("--check", value, "etag, size or none");
  return {};
}

Status set_threshold(Options& o, const std::string& value) {
  const bool percent = value.ends_with('%');
  const char* end = value.data() + value.size() - (percent ? 1 : 0);
  double number = 0;
  const auto [at, ec] = std::from_chars(value.data(), end, number);
  if (percent) number /= 100;
  if (ec != std::errc{} || at != end || !(number > 0 && number <= 1))
    return bad_value("--check-threshold", value, "a part of 1 such as 0.95, or 95%");
  o.check.threshold = number;
  return {};
}

Status set_url(std::string_view flag, std::string& where, const std::string& value) {
  const Result<http::Url> url = http::parse_url(value);
  // It may hold a password: only what surely does not is shown again.
  const bool bare = value.find("://") == std::string::npos && value.find('@') == std::string::npos;
  if (!url && bare)
    return fail(ErrorKind::kUsage,
                fmt::format("{} '{}': it says neither http:// nor https://; write http://{} or "
                            "https://{}",
                            flag, escape_for_display(value), escape_for_display(value),
                            escape_for_display(value)));
  if (!url)
    return fail(ErrorKind::kUsage, std::string(flag) + ": this is not an endpoint; write it as " +
                                       "https://host:port (no user name or password in it)");
  if (!url->query.empty())
    return bad_value(flag, value, "an endpoint without '?', https://host:port");
  where = value;
  return {};
}

// A flag that keeps its text in one member.
Flag text_flag(std::string_view name, std::string_view value, unsigned commands,
               std::string_view group, std::string_view help, std::string Options::*member) {
  return {name, value, commands, group, help, [member](Options& o, const std::string& v) {
            o.*member = v;
            return Status();
          }};
}
Flag side_flag(std::string_view name, std::string_view value, unsigned commands,
               std::string_view help, SideOptions Options::*side,
               std::string SideOptions::*member) {
  return {name,
          value,
          commands,
          kAccounts,
          help,
          [name, side, member](Options& o, const std::string& v) -> Status {
            if (v.empty()) return bad_value(name, v, "a name");
            if (member == &SideOptions::endpoint_url) return set_url(name, (o.*side).*member, v);
            (o.*side).*member = v;
            return {};
          }};
}
Flag switch_flag(std::string_view name, unsigned commands, std::string_view group,
                 std::string_view help, bool Options::*member, bool to = true) {
  return {name, "", commands, group, help, [member, to](Options& o, const std::string&) {
            o.*member = to;
            return Status();
          }};
}

}  // namespace

std::vector<Flag> check_flags() {
  return {
      Flag{"--check", "etag|size|none", kForPair, kCheck,
           "list both sides afresh afterwards and compare keys, sizes and, where comparable, ETags "
           "(default etag)",
           set_check}
          .with_help(
              kForVerify,
              "etag: keys, sizes and, where comparable, ETags (default); size: keys and sizes"),
      {"--check-threshold", "P", kForPair, kCheck,
       "only the first part of the source in key order must match: 0.95 for a bucket with live "
       "inflow; the check then lists each side in one range, in key order (20 to 40 times slower)",
       set_threshold},
      {"--task", "NAME", kForPair | kForRun, kCheck,
       "write the dated log 'YYYYMMDD NAME.txt'; of run: 'YYYYMMDD NAME N.txt' for "
       "task N (default: the file's name)",
       [](Options& o, const std::string& v) -> Status {
         Status named = check_task_name(v);
         if (!named) return named;
         o.task = v;
         o.task_given = true;
         return {};
       }},
      {"--log-dir", "DIR", kForPair | kForRun, kCheck, "where the log is written (default: here)",
       [](Options& o, const std::string& v) -> Status {
         if (v.empty()) return bad_value("--log-dir", v, "a folder");
         o.log_dir = v;
         o.log_dir_given = true;
         return {};
       }},
      text_flag("--timezone", "ZONE", kForAll | kForRun | kForRuns, kCheck,
                "of the log's date and times and of budgets by the time of day, such as Asia/Seoul "
                "(default: this machine's)",
                &Options::time_zone)
          .with_help(kForLs | kForRuns,
                     "of the times that are shown, such as Asia/Seoul (default: this machine's)"),
      switch_flag(
          "--log-objects", kForPair, kCheck,
          "add the object lists of both sides to the log; the check then lists each side in "
          "one range, in key order (20 to 40 times slower)",
          &Options::log_objects),
      {"--combined", "FILE", kForVerify, kCheck,
       "one line a key, as rclone check: = same, + source only, - target only, * differ, ! error; "
       "each side is then listed in one range, in key order (20 to 40 times slower)",
       [](Options& o, const std::string& v) -> Status {
         if (v.empty() || v == "-")
           return bad_value("--combined", v, "a file (/dev/stdout beside --quiet for a pipe)");
         o.combined = v;
         return {};
       }},
  };
}

std::vector<Flag> ending_flags() {
  return {
      Flag{
          "--max-duration", "TIME", kForPair | kForRun, kEnding,
          "after this time (8h, 90m) begin nothing new, finish what is in flight and end with exit "
          "code 1; the same command goes on",
          [](Options& o, const std::string& v) -> Status {
            o.max_duration = parse_duration(v);
            if (!o.max_duration) return bad_value("--max-duration", v, kDurationForm);
            return {};
          }}
          .with_help(kForVerify,
                     "after this time (8h, 90m) end with exit code 1; the next check begins anew"),
      {"--settle", "[TIME]", kForPair, kEnding,
       "so long after the start (default 10m) try again what is denied (403): a new policy takes "
       "its time to arrive",
       [](Options& o, const std::string& v) -> Status {
         const auto time = parse_duration(v);
         if (!time) return bad_value("--settle", v, kDurationForm);
         o.sync.settle = *time;
         return {};
       }},
      {"--max-failures", "N", kForSync, kEnding,
       "end when so many objects in a row failed in the same way (default 100; 0: never)",
       [](Options& o, const std::string& v) -> Status {
         const auto n = parse_count("--max-failures", v, 0, 1'000'000'000);
         if (!n) return fail(n.error());
         o.sync.max_failures_in_a_row = *n;
         return {};
       }},
      switch_flag("--stop-on-error", kForRun, kEnding,
                  "do not go on with the next task after one that failed", &Options::stop_on_error),
  };
}

std::vector<Flag> connection_flags() {
  return {
      side_flag("--profile", "NAME", kForAll, "of ~/.aws/config and credentials, for both sides",
                &Options::common, &SideOptions::profile)
          .with_help(kForLs, "of ~/.aws/config and credentials"),
      side_flag("--source-profile", "NAME", kForPair, "for the source alone", &Options::source,
                &SideOptions::profile),
      side_flag("--target-profile", "NAME", kForPair, "for the target alone", &Options::target,
                &SideOptions::profile),
      side_flag("--region", "REGION", kForAll, "for both sides", &Options::common,
                &SideOptions::region)
          .with_help(kForLs, "of the bucket"),
      side_flag("--source-region", "REGION", kForPair, "for the source alone", &Options::source,
                &SideOptions::region),
      side_flag("--target-region", "REGION", kForPair, "for the target alone", &Options::target,
                &SideOptions::region),
      side_flag("--endpoint-url", "URL", kForAll, "another S3 than AWS's", &Options::common,
                &SideOptions::endpoint_url),
      side_flag("--source-endpoint-url", "URL", kForPair, "for the source alone", &Options::source,
                &SideOptions::endpoint_url),
      side_flag("--target-endpoint-url", "URL", kForPair, "for the target alone", &Options::target,
                &SideOptions::endpoint_url),
      {"--request-payer", "[requester]", kForAll, kAccounts, "the requester pays",
       [](Options& o, const std::string& v) -> Status {
         if (v != "requester") return bad_value("--request-payer", v, "requester, or nothing");
         o.request_payer = true;
         return {};
       }},
      text_flag("--ca-bundle", "FILE", kForAll, kAccounts, "certificates (PEM) to trust",
                &Options::ca_bundle),
      switch_flag("--no-verify-ssl", kForAll, kAccounts,
                  "take any certificate: whoever sits between can read and change everything",
                  &Options::verify_tls, false),
  };
}

std::vector<Flag> output_flags() {
  return {
      switch_flag("--json", kForPair | kForRuns | kForFailures, kShown,
                  "standard output is one JSON object a line; of sync and verify the last one is "
                  "the summary",
                  &Options::json)
          .with_help(kForRuns | kForFailures, "one JSON object a line"),
      switch_flag("--quiet", kForPair, kShown, "no line an object, no summary", &Options::quiet),
      switch_flag("--only-show-errors", kForPair, kShown, "errors and warnings alone",
                  &Options::only_show_errors),
      switch_flag("--no-progress", kForPair, kShown, "no progress line (there is none in a pipe)",
                  &Options::progress, false),
      switch_flag("-v,--debug", kForAll | kForRun | kForRuns | kForFailures, kShown,
                  "say what happens inside, on standard error; never a secret", &Options::debug),
      switch_flag("--recursive", kForLs, kListing, "all keys below, with their whole names",
                  &Options::recursive),
      switch_flag("--summarize", kForLs, kListing, "add the number of objects and their size",
                  &Options::summarize),
      switch_flag("--human-readable", kForLs, kListing, "sizes in KiB, MiB, …",
                  &Options::human_readable),
      text_flag("--bucket-name-prefix", "TEXT", kForLs, kListing,
                "only buckets whose name begins so", &Options::bucket_prefix),
  };
}

}  // namespace s3ferry
