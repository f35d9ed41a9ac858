#include "report/run_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "report/display.h"

namespace s3ferry {
namespace {

std::string skipped_text(const RunCounters& c) {
  std::string text = fmt::format("skipped {}", display_count(c.skipped.objects));
  std::string why;
  for (std::size_t i = 0; i < kSkipReasons; ++i)
    if (c.skipped_because[i] > 0)
      why += fmt::format("{}{} {}", why.empty() ? "" : ", ", to_string(static_cast<SkipReason>(i)),
                         display_count(c.skipped_because[i]));
  return why.empty() ? text : fmt::format("{} ({})", text, why);
}

// What stood at the target already when a try looked was copied by one before it.
std::string copied_text(const RunCounters& c) {
  std::string text = display_tally(c.all_copied());
  if (c.copied_earlier.objects > 0)
    text += fmt::format(", {} of them by an earlier try that was stopped before it noted them",
                        display_count(c.copied_earlier.objects));
  return text;
}

std::string listed_line(std::string_view side, const Tally& listed, const Tally& excluded,
                        const Tally& ignored, bool whole) {
  std::string line = fmt::format("{} listed: {}", side, display_tally(listed));
  if (excluded.objects > 0)
    line += fmt::format(", {} excluded by filters", display_count(excluded.objects));
  if (ignored.objects > 0)
    line += fmt::format(", {} folder markers ignored", display_count(ignored.objects));
  if (!whole) line += ", not to its end";
  return line;
}

void add_sync(std::vector<std::string>& lines, const RunReport& report) {
  const SyncResult& sync = *report.sync;
  const RunCounters& c = sync.counters;
  const bool dry = report.dry_run;
  lines.push_back(
      fmt::format("{} {}, same {}, {} {}, {}, failed {}, in {}", dry ? "would copy" : "copied",
                  dry ? display_tally(c.would_copy) : copied_text(c), display_count(c.only_same()),
                  dry ? "would delete" : "deleted",
                  display_count(dry ? c.would_delete.objects : c.deleted.objects), skipped_text(c),
                  display_count(c.failed.objects), display_duration(report.runtime)));
  if (sync.tries > 1) {
    const RunCounters& e = sync.earlier;
    lines.push_back(
        fmt::format("of it in the {} before: copied {}, same {}, deleted {}, skipped {}, failed {}",
                    sync.tries == 2 ? "try" : display_count(sync.tries - 1) + " tries",
                    display_tally(e.all_copied()), display_count(e.only_same()),
                    display_count(e.deleted.objects), display_count(e.skipped.objects),
                    display_count(e.failed.objects)));
  }
  lines.push_back(listed_line("source", c.listed_source, c.excluded_source,
                              c.ignored_markers_source, c.source_listed_whole));
  lines.push_back(listed_line("target", c.listed_target, c.excluded_target,
                              c.ignored_markers_target, c.target_listed_whole));
  if (c.extras_kept.objects > 0)
    lines.push_back(
        fmt::format("only at the target: {}, kept (no --delete)", display_tally(c.extras_kept)));
  const Tally& relayed = dry ? c.needs_relay : c.relayed;
  if (relayed.objects > 0)
    lines.push_back(fmt::format("{}: {}",
                                dry ? "would pass through this host" : "through this host",
                                display_tally(relayed)));
  if (c.late > 0)
    lines.push_back(fmt::format("changed at the source while copying: {}", display_count(c.late)));
  if (c.conflicts > 0)
    lines.push_back(fmt::format("written by somebody else at the target meanwhile: {} (of failed)",
                                display_count(c.conflicts)));
  if (c.not_reproducible > 0)
    lines.push_back(fmt::format("copied, but not fully reproducible: {} (see the warnings)",
                                display_count(c.not_reproducible)));
  if (c.copied.objects > 0 && !sync.conditional_writes_known)
    lines.push_back(fmt::format(
        "conditional writes at the target: {}; what others write there during a run may be "
        "overwritten",
        sync.conditional_writes ? "not known to be honoured" : "not supported"));
  if (!sync.deletions_message.empty())
    lines.push_back("deletions refused: " + escape_for_display(sync.deletions_message));
  if (sync.stopped) lines.push_back("stopped: " + reason_of(*sync.stopped));
}

void add_check(std::vector<std::string>& lines, const RunReport& report) {
  if (report.check_error) {
    lines.push_back("the check could not be made: " + reason_of(*report.check_error));
    return;
  }
  if (!report.check) return;
  const CheckCounters& c = report.check->counters;
  auto side = [&](std::string_view name, const Tally& tally, const Tally& markers) {
    lines.push_back(fmt::format("check, {}: {}, {} folder marker{}", name, display_tally(tally),
                                display_count(markers.objects), markers.objects == 1 ? "" : "s"));
  };
  side("source", c.source, c.markers_source);
  side("target", c.target, c.markers_target);
  lines.push_back(fmt::format("check ({}): {} match", to_string(report.check->level),
                              display_count(c.matched)) +
                  (c.by_etag > 0 ? fmt::format(", {} by ETag", display_count(c.by_etag)) : "") +
                  (c.by_size > 0 ? fmt::format(", {} by size", display_count(c.by_size)) : "") +
                  (c.by_size_encrypted > 0 ? fmt::format(", {} by size because a key encrypts them",
                                                         display_count(c.by_size_encrypted))
                                           : "") +
                  (c.by_size_layout > 0 ? fmt::format(", {} by size because their parts differ",
                                                      display_count(c.by_size_layout))
                                        : ""));
  lines.push_back(
      fmt::format("check: {} missing, {} extra, {} differ in size, {} differ in ETag, {} "
                  "not looked at, {} late, {} excused",
                  display_count(c.missing), display_count(c.extra), display_count(c.size_differs),
                  display_count(c.etag_differs), display_count(c.could_not_look),
                  display_count(c.late), display_count(c.excused)) +
      (c.extras_allowed > 0
           ? fmt::format(", {} extra excused without --delete", display_count(c.extras_allowed))
           : ""));
  if (c.archived > 0)
    lines.push_back(fmt::format(
        "check: {} archived at the source and left out by this sync, outside the verdict: restore "
        "them, then run it with --force-glacier-transfer",
        display_count(c.archived)));
  if (!report.check->advice.empty())
    lines.push_back("advice: " + escape_for_display(report.check->advice));
}

}  // namespace

std::string_view conditional_writes(const SyncResult& sync) {
  if (!sync.conditional_writes) return "refused";
  return sync.conditional_writes_known ? "honoured" : "unknown";
}

std::string_view to_string(CheckVerdict verdict) {
  switch (verdict) {
    case CheckVerdict::kNotMade:
      return "none";
    case CheckVerdict::kSuccess:
      return "success";
    case CheckVerdict::kFail:
      return "fail";
  }
  return "none";
}

CheckVerdict RunReport::verdict() const {
  const bool began = sync || check || check_error;
  if (!check_wanted || !began) return CheckVerdict::kNotMade;
  return check && check->passed ? CheckVerdict::kSuccess : CheckVerdict::kFail;
}

bool RunReport::job_succeeded() const {
  return (exit_code == 0 || exit_code == 2) && verdict() != CheckVerdict::kFail;
}

std::uint64_t RunReport::late() const {
  if (check) return check->counters.late;
  return sync ? sync->counters.late : 0;
}

std::vector<std::string> summary_lines(const RunReport& report) {
  std::vector<std::string> lines;
  if (report.sync) add_sync(lines, report);
  add_check(lines, report);
  if (!report.requests.empty()) {
    std::string line = "requests:";
    for (const auto& [name, count] : report.requests)
      line += fmt::format("{} {} {}", line.ends_with(':') ? "" : ",", name, display_count(count));
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace s3ferry
