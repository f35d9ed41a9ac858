#include "report/console.h"

#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "report/display.h"

namespace s3ferry {
namespace {

// What waits for the next tick below a progress line; less than an Output holds by itself.
constexpr std::size_t kHeldBytes = 16 * 1024;

// The first listing of a side failed, or what came before it: nothing is there to be summed up, and
// the error says it all.
bool failed_to_begin(const RunReport& report) {
  if (!report.sync) return report.check_error && !report.check;
  const SyncResult& sync = *report.sync;
  const RunCounters& c = sync.counters;
  return sync.stopped && (c.list_pages_source == 0 || c.list_pages_target == 0) &&
         c.copied.objects + c.deleted.objects + c.failed.objects == 0;
}

}  // namespace

Console::Console(Runtime& runtime, Output& out, Output& err, ConsoleOptions options)
    : runtime_(runtime), out_(out), err_(err), options_(options), progress_(runtime.now()) {}

void Console::on_begin(const Pair& pair, const RunCounters& counters) {
  pair_ = &pair;
  progress_.watch(&counters);
}

void Console::on_end() {
  progress_.watch(nullptr);
}

void Console::on_resumed(const ResumedEvent& event) {
  if (!options_.quiet && !options_.only_show_errors && !options_.json)
    result(resumed_line(event, format_iso8601(event.began)));
}

void Console::on_phase(Phase phase) {
  progress_.set_phase(phase, runtime_.now());
}

void Console::on_copied(const CopiedEvent& event) {
  if (pair_ != nullptr && !options_.quiet && !options_.only_show_errors && !options_.json)
    result(copied_line(*pair_, event));
}

void Console::on_deleted(const DeletedEvent& event) {
  if (pair_ != nullptr && !options_.quiet && !options_.only_show_errors && !options_.json)
    result(deleted_line(*pair_, event));
}

void Console::on_skipped(const SkippedEvent& event) {
  if (pair_ == nullptr || options_.quiet) return;
  const bool warning = is_warning(event.reason);
  if (warning)
    message(skipped_line(*pair_, event));
  else if (event.reason != SkipReason::kArchivedSilent &&
           event.reason != SkipReason::kDeletionsRefused && event.reason != SkipReason::kNotTried &&
           !options_.only_show_errors && !options_.json)
    result(skipped_line(*pair_, event));
}

void Console::on_failed(const FailedEvent& event) {
  if (pair_ != nullptr && !options_.quiet) message(failed_line(*pair_, event));
}

void Console::on_warning(const WarningEvent& event) {
  switch (event.kind) {
    case WarningKind::kDeletionsRefused:  // said at the end
      return;
    case WarningKind::kListingFailed:  // why the run ends: said once, by the first listing
      if (!std::exchange(end_told_, true)) message("s3ferry: " + escape_for_display(event.message));
      return;
    case WarningKind::kDraining:
      if (!options_.quiet) message("s3ferry: " + escape_for_display(event.message));
      return;
    default:
      break;
  }
  if (!is_note(event.kind)) {
    if (!options_.quiet) message("warning: " + escape_for_display(event.message));
  } else if (!options_.quiet && !options_.only_show_errors && !options_.json) {
    result("note: " + escape_for_display(event.message));
  }
}

void Console::on_difference(const DifferenceEvent& event) {
  if (pair_ == nullptr || options_.quiet || options_.json) return;
  const bool matters = !event.late && !event.excused;
  if (matters || !options_.only_show_errors) result(difference_line(*pair_, event));
}

void Console::tick() {
  pass_on();
  if (!options_.progress) return;
  const std::string line = progress_.line(runtime_.now(), options_.columns);
  if (line.empty()) return;
  draw(line);
}

void Console::finish(const RunReport& report) {
  clear_progress();
  const bool talks = !options_.quiet && !options_.only_show_errors && !options_.json;
  const bool began = !failed_to_begin(report) || spoke_;
  if (talks && began) {
    for (const std::string& line : summary_lines(report)) result(line);
    if (report.verdict() != CheckVerdict::kNotMade && !report.error)
      result(report.verdict() == CheckVerdict::kSuccess ? kCheckSuccess : kCheckFail);
    if (!report.log_path.empty()) result("log: " + escape_for_display(report.log_path));
  }
  out_.flush();
  if (report.sync && report.sync->stopped && !end_told_) message(error_line(*report.sync->stopped));
  if (report.sync && began && !report.sync->deletions_message.empty())
    message("s3ferry: " + escape_for_display(report.sync->deletions_message));
  if (report.check_error && !end_told_) {
    const Error& error = *report.check_error;
    message(error.is(ErrorKind::kCancelled)
                ? error_line(error)
                : "s3ferry: the check could not be made: " + reason_of(error));
  }
  if (report.error) message(error_line(*report.error));
  if (!talks && began && !options_.quiet && report.verdict() == CheckVerdict::kFail)
    message(kCheckFail);
}

// A line an object would wipe the progress line out as soon as it is drawn: they wait for the tick.
void Console::result(std::string_view line) {
  if (drawn_ && held_ + line.size() >= kHeldBytes) {
    const std::string again = progress_line_;
    pass_on();
    draw(again);
  }
  spoke_ = true;
  held_ += line.size() + 1;
  out_.write(line);
  out_.write("\n");
}

void Console::message(std::string_view line) {
  clear_progress();
  pass_on();
  err_.write(line);
  err_.write("\n");
  err_.flush();
}

void Console::pass_on() {
  if (held_ > 0) clear_progress();
  out_.flush();
  held_ = 0;
}

void Console::draw(const std::string& line) {
  err_.write("\r\x1b[K");
  err_.write(line);
  err_.flush();
  progress_line_ = line;
  drawn_ = true;
}

void Console::clear_progress() {
  if (!drawn_) return;
  err_.write("\r\x1b[K");
  err_.flush();
  drawn_ = false;
}

std::string error_line(const Error& error) {
  if (error.is(ErrorKind::kCancelled))
    return "s3ferry: interrupted: what was done stays; the same command goes on from here";
  return "s3ferry: " + reason_of(error);
}

}  // namespace s3ferry
