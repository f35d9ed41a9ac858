#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/option_table.h"
#include "cli/version.h"

namespace s3ferry {
namespace {

constexpr std::size_t kIndent = 32;
constexpr std::size_t kWidth = 96;

constexpr std::string_view kProgram =
    R"(s3ferry copies S3 buckets into S3 buckets and proves that everything arrived.

Commands
  s3ferry sync SOURCE TARGET      make the target like the source, then check it
  s3ferry verify SOURCE TARGET    compare both sides, change nothing
  s3ferry ls [PLACE]              list buckets, or what is in one
  s3ferry run FILE                a list of syncs and verifies, one a line, one after the other
  s3ferry runs                    what is known of each task's last run
  s3ferry failures TASK           the objects that failed in it
  s3ferry version                 which build this is
  s3ferry help COMMAND            all flags of a command, with examples

A place is s3://bucket or s3://bucket/folder; s3://b/pre means the folder pre/, never prefix2/.
Credentials and regions come from where the aws CLI takes them: the environment, ~/.aws/config and
~/.aws/credentials, roles, containers, instances. None is given on the command line.

First steps
  s3ferry ls --profile asis s3://photos/
  s3ferry sync s3://photos s3://photos-new --source-profile asis --target-profile tobe --dryrun
  s3ferry sync s3://photos s3://photos-new --source-profile asis --target-profile tobe \
      --task photos --log-dir /var/log/s3ferry --timezone Asia/Seoul

Exit codes
  0 all well · 1 something failed, the check did, or --max-duration was over · 2 something was
  skipped with a warning · 130 interrupted · 252 command line · 253 credentials or configuration,
  before any request, or credentials that expired under way and could not be renewed · 254 what the
  service answered to ls · 255 anything else

A run that ends early is gone on with by the same command. Ctrl-C lets copies in flight finish (60 s
at most); a second one ends at once.
)";

constexpr std::string_view kSync = R"(s3ferry sync SOURCE TARGET [flags]

Copies what is missing at the target, what has another size and what is newer at the source, by
server-side copies: no byte passes through this machine unless --relay allows it. Nothing is deleted
without --delete. Both sides are listed afresh afterwards and compared; the last lines say how that
went.

The source is only ever read. One identity signs the copies: it must be allowed to read the source
and to write the target (a bucket policy of the other account does that).

Examples
  s3ferry sync s3://photos s3://photos-new                       both with the default profile
  s3ferry sync s3://photos s3://photos-new --source-profile asis --target-profile tobe
  s3ferry sync s3://a/logs s3://b/logs --exclude '*.tmp' --include 'keep/*'
  s3ferry sync s3://a s3://b --delete --max-delete 500           at most 500 deletions
  s3ferry sync s3://a s3://b --copy-as source --acl bucket-owner-full-control
  s3ferry sync s3://a s3://b --target-endpoint-url https://s3.example.net --relay \
      --max-bandwidth 200MiB                                     between two services
  s3ferry sync s3://a s3://b --json | jq -c 'select(.event == "failed")'
)";

constexpr std::string_view kVerify = R"(s3ferry verify SOURCE TARGET [flags]

Lists both sides and compares every key, size and, where comparable, ETag. Only reads, on both
sides. Ends with exit code 0 when they agree and 1 when they do not.

Examples
  s3ferry verify s3://photos s3://photos-new --source-profile asis --target-profile tobe
  s3ferry verify s3://a s3://b --delete                 extra objects at the target fail it too
  s3ferry verify s3://a s3://b --combined diff.txt      a letter a key: = + - * !
  s3ferry verify s3://a s3://b --check-threshold 0.95   a bucket that still receives objects
)";

constexpr std::string_view kLs = R"(s3ferry ls [s3://bucket/prefix] [flags]

Lists as `aws s3 ls` does: without a place the buckets, with one the keys and folders (PRE) that
begin so. Ends with exit code 1 when nothing begins so.

Examples
  s3ferry ls
  s3ferry ls s3://photos/2024/
  s3ferry ls s3://photos --recursive --summarize --human-readable
)";

constexpr std::string_view kRun = R"(s3ferry run FILE [flags]

Runs the tasks of FILE, one a line, one after the other: `sync` or `verify` with places and flags as
on a command line. Quotes ' and " and the backslash work as in a shell; # begins a comment; blank
lines do not count. All lines are read and checked before the first task begins. Each task has its
dated log, 'YYYYMMDD FILE N.txt' (FILE without its folder and ending), unless --task names it
otherwise, for the whole list or in its line.

A task that fails does not keep the others from running (--stop-on-error does). The exit code is the
worst of all. An interrupt ends the task that is under way in good order, and the list with it.

Example of a list
  # nightly
  sync s3://photos s3://photos-new --source-profile asis --target-profile tobe --delete
  sync s3://docs 's3://docs-new/from asis' --source-profile asis --target-profile tobe
  verify s3://logs s3://logs-new --profile tobe

Examples
  s3ferry run nightly.tasks --log-dir /var/log/s3ferry --timezone Asia/Seoul
  s3ferry run nightly.tasks --task nightly --max-duration 8h
)";

constexpr std::string_view kRuns = R"(s3ferry runs [flags]

Lists each task that this machine keeps a journal of: its last run, whether that is running, stopped
(why, and that the same command goes on with it) or finished, in which phase it is and what it has
come to.

Examples
  s3ferry runs
  s3ferry runs --all --json | jq -c 'select(.state == "stopped")'
)";

constexpr std::string_view kFailures = R"(s3ferry failures NAME | SOURCE TARGET [flags]

Lists the objects that failed in a task's last run, with the reason of each. The task is named by its
--task, by its two places, or by --state DIR. `s3ferry sync … --retry-failed` tries them again. Of a
run that is unfinished they are those so far; the same command goes on with it and tries them itself.

Examples
  s3ferry failures photos
  s3ferry failures s3://photos s3://photos-new --json
)";

void wrap(std::string& out, std::string_view text) {
  std::size_t column = kIndent;
  while (!text.empty()) {
    const auto space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    if (column > kIndent && column + 1 + word.size() > kWidth) {
      out += '\n';
      out.append(kIndent, ' ');
      column = kIndent;
    } else if (column > kIndent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  }
  out += '\n';
}

// The headings are about sync.
std::string_view heading(std::string_view group, unsigned bit) {
  constexpr std::pair<std::string_view, std::string_view> kOfVerify[] = {
      {"What is copied", "What is compared"}, {"Deleting", "What only the target has"}};
  for (const auto& [of_sync, of_verify] : kOfVerify)
    if (bit == kForVerify && group == of_sync) return of_verify;
  if (bit == kForLs && group == "Check and log") return "Times";
  if (bit == kForRuns && group == "Check and log") return "Times";
  if ((bit == kForRuns || bit == kForFailures) && group == "Going on with a run")
    return "Which runs";
  return group;
}

std::string flags_text(unsigned bit) {
  std::string out;
  std::string_view group;
  for (const Flag& flag : option_table()) {
    if (flag.group.empty() || (flag.commands & bit) == 0) continue;
    if (flag.group != group) {
      group = flag.group;
      out += fmt::format("\n{}\n", heading(group, bit));
    }
    std::string name(flag.name);
    if (const auto comma = name.find(','); comma != std::string::npos) name.insert(comma + 1, " ");
    std::string left = fmt::format("  {}{}{}", name, flag.value.empty() ? "" : " ", flag.value);
    if (left.size() + 2 > kIndent) {
      out += left + "\n";
      left.clear();
    }
    left.resize(kIndent, ' ');
    out += left;
    wrap(out, flag.help_for(bit));
  }
  return out;
}

}  // namespace

std::string help_text() {
  return std::string(kProgram);
}

std::string help_text(Command command) {
  std::string_view text;
  switch (command) {
    case Command::kSync:
      text = kSync;
      break;
    case Command::kVerify:
      text = kVerify;
      break;
    case Command::kLs:
      text = kLs;
      break;
    case Command::kRun:
      text = kRun;
      break;
    case Command::kRuns:
      text = kRuns;
      break;
    case Command::kFailures:
      text = kFailures;
      break;
    case Command::kVersion:
      return "s3ferry version\n\nSays which build this is.\n";
    case Command::kHelp:
      return help_text();
  }
  return std::string(text) + flags_text(command_bit(command));
}

std::string version_text() {
  return fmt::format("s3ferry {}\n", version());
}

}  // namespace s3ferry
