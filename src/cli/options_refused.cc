#include <fmt/format.h>

#include "cli/option_table.h"

namespace s3ferry {
namespace {

Flag refused(std::string_view name, std::string_view value, std::string_view reason) {
  return {name, value, kForAll, "", "", [name, reason](Options&, const std::string&) -> Status {
            return fail(ErrorKind::kUsage, fmt::format("{} cannot be honoured: {}", name, reason));
          }};
}

}  // namespace

// Known from the aws CLI or planned here. None is ignored: a flag that does nothing would make
// somebody believe in it.
std::vector<Flag> refused_flags() {
  constexpr std::string_view kLocal =
      "it is about local files, and both sides are buckets here; leave it out";
  constexpr std::string_view kCustomerKeys =
      "customer-provided keys would stand on the command line; such objects cannot be copied yet";
  constexpr std::string_view kDeadlines =
      "the deadlines are fixed: 10 s to connect, 60 s for a first byte, more by size; leave it out";
  return {
      refused("--follow-symlinks", "", kLocal),
      refused("--no-follow-symlinks", "", kLocal),
      refused("--no-guess-mime-type", "", kLocal),
      refused("--case-conflict", "X", kLocal),
      refused("--checksum-mode", "X", "it is about downloads; leave it out"),
      refused("--sse-c", "", kCustomerKeys),
      refused("--sse-c-key", "X", kCustomerKeys),
      refused("--sse-c-copy-source", "", kCustomerKeys),
      refused("--sse-c-copy-source-key", "X", kCustomerKeys),
      refused("--grants", "X", "grants cannot be sent yet; use --acl, or the bucket's policy"),
      refused("--website-redirect", "X",
              "one redirect for every object; use --attributes full to keep "
              "each object's own"),
      refused("--output", "X", "use --json for a result that programs read"),
      refused("--query", "X", "use --json and a filter such as jq"),
      refused("--color", "X", "there are no colours; leave it out"),
      refused("--no-paginate", "", "everything is listed to its end; leave it out"),
      refused("--no-sign-request", "", "anonymous requests are not supported; use a profile"),
      refused("--bucket-region", "X", "buckets cannot be listed by region; leave it out"),
      refused("--cli-read-timeout", "X", kDeadlines),
      refused("--cli-connect-timeout", "X", kDeadlines),
      refused("--access-key", "X",
              "secrets do not belong on a command line; use a profile or the "
              "environment"),
      refused("--secret-key", "X",
              "secrets do not belong on a command line; use a profile or the "
              "environment"),
  };
}

}  // namespace s3ferry
