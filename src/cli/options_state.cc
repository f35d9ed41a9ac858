#include "base/text.h"
#include "cli/option_table.h"

namespace s3ferry {
namespace {

constexpr std::string_view kGroup = "Going on with a run";

}  // namespace

std::vector<Flag> state_flags() {
  return {
      Flag{"--state", "DIR", kForSync | kForRuns | kForFailures, kGroup,
           "where the run writes down what is done, to go on after a stop (default: a folder for "
           "each "
           "task below $XDG_STATE_HOME/s3ferry or ~/.local/state/s3ferry)",
           [](Options& o, const std::string& v) -> Status {
             if (v.empty()) return bad_value("--state", v, "a folder");
             o.state_dir = v;
             return {};
           }}
          .with_help(kForRuns | kForFailures,
                     "the folder of a task, or of several (default: $XDG_STATE_HOME/s3ferry or "
                     "~/.local/state/s3ferry)"),
      {"--restart", "", kForSync, kGroup,
       "leave an unfinished run of this task behind and begin anew; what was copied compares as "
       "the same",
       [](Options& o, const std::string&) {
         o.restart = true;
         return Status();
       }},
      {"--retry-failed", "", kForSync, kGroup,
       "only the objects that failed in this task's last run",
       [](Options& o, const std::string&) {
         o.retry_failed = true;
         return Status();
       }},
      {"--no-journal", "", kForSync, kGroup,
       "write nothing down: a run that is stopped begins anew, and multipart uploads that were "
       "under "
       "way when this process was killed stay at the target",
       [](Options& o, const std::string&) {
         o.journal = false;
         return Status();
       }},
      {"--all", "", kForRuns, kGroup, "earlier runs too, not each task's last one alone",
       [](Options& o, const std::string&) {
         o.all_runs = true;
         return Status();
       }},
  };
}

}  // namespace s3ferry
