#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/state.h"
#include "cli/task_states.h"
#include "report/console.h"
#include "report/display.h"
#include "runtime/host.h"
#include "transfer/counters_text.h"

namespace s3ferry {
namespace {

using Json = nlohmann::ordered_json;

// What a run has come to so far, over all its tries: of one that stopped also what belongs to keys
// that are not finished, where it could write that down.
Result<RunCounters> counters_of(const RunRecord& run) {
  if (!run.result.empty()) return counters_from_text(run.result);
  RunCounters sum;
  std::vector<std::string> texts = run.counters;
  if (!run.delete_counters.empty()) texts.push_back(run.delete_counters);
  for (const std::string& text : texts) {
    const Result<RunCounters> part = counters_from_text(text);
    if (!part) return part;
    add_counters(sum, *part);
  }
  return sum;
}

std::string_view state_word(const TaskStateFolder& task, const RunRecord& run) {
  if (run.status == RunStatus::kOpen) return task.in_use ? "running" : "stopped";
  return to_string(run.status);
}

const RunOutcome* outcome_of(const TaskStateFolder& task, const RunRecord& run) {
  const auto found = std::find_if(task.outcomes.begin(), task.outcomes.end(),
                                  [&](const RunOutcome& one) { return one.run == run.run; });
  return found == task.outcomes.end() ? nullptr : &*found;
}

// How it ended. Without a kept outcome only what the journal knows, and that is no proof: a check
// may have failed, or never have been made.
std::string result_of(const TaskStateFolder& task, const RunRecord& run,
                      const RunCounters& counted) {
  if (run.status == RunStatus::kOpen) return task.in_use ? "-" : "stopped";
  if (run.status == RunStatus::kAbandoned) return "-";
  if (const RunOutcome* ended = outcome_of(task, run)) return escape_for_display(ended->result);
  if (run.failures > 0) return "fail";
  return counted.skipped_for(SkipReason::kDeletionsRefused) > 0 ? "deletions refused" : "not known";
}

// The rows of failures are kept for the last two runs only.
std::uint64_t failures_of(const RunRecord& run, const RunCounters& counted) {
  return std::max(run.failures, counted.failed.objects);
}

// One run of the list. The task outlives it.
struct Shown {
  const TaskStateFolder* task;
  const RunRecord* run;
  RunCounters counted;
};

// A note stays on a line or two of a terminal.
constexpr std::size_t kMostReason = 160;

std::string shortened(std::string reason) {
  if (reason.size() <= kMostReason) return reason;
  std::size_t end = kMostReason;
  while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xC0) == 0x80) --end;
  return reason.substr(0, end) + " … (--json has all of it)";
}

class RunsCommand {
 public:
  RunsCommand(AppContext& context, const Options& options) : context_(context), options_(options) {}
  Status run();

 private:
  using Row = std::vector<std::string>;
  Status collect(const TaskStateFolder& task);
  void show(const Shown& one);
  Row row_of(const TaskStateFolder& task, const RunRecord& run, const RunCounters& counted) const;
  Json json_of(const TaskStateFolder& task, const RunRecord& run, const RunCounters& counted) const;
  void print_table();
  void say(const Error& error) { context_.err.write(error_line(error) + "\n"); }

  AppContext& context_;
  const Options& options_;
  TimeZone zone_;
  std::vector<Shown> shown_;
  std::vector<Row> rows_;
  std::vector<std::string> notes_;  // below the table
};

std::string name_of(const TaskStateFolder& task, const RunRecord& run) {
  return fmt::format("{}{} to {}", run.label.empty() ? "" : escape_for_display(run.label) + ": ",
                     task.source, task.target);
}

bool has_stopped(const TaskStateFolder& task, const RunRecord& run) {
  return run.status == RunStatus::kOpen && !task.in_use;
}

RunsCommand::Row RunsCommand::row_of(const TaskStateFolder& task, const RunRecord& run,
                                     const RunCounters& counted) const {
  return {std::string(state_word(task, run)),
          result_of(task, run, counted),
          format_local(zone_.at(run.began)),
          std::to_string(run.tries),
          run.phase.empty() ? "-" : escape_for_display(run.phase),
          display_count(counted.all_copied().objects),
          display_count(counted.only_same()),
          display_count(counted.deleted.objects),
          display_count(failures_of(run, counted)),
          name_of(task, run)};
}

Json RunsCommand::json_of(const TaskStateFolder& task, const RunRecord& run,
                          const RunCounters& counted) const {
  Json out;
  out["task"] = run.label;
  out["source"] = task.source;
  out["target"] = task.target;
  out["source_service"] = task.source_service;
  out["target_service"] = task.target_service;
  out["run"] = run.run;
  out["state"] = state_word(task, run);
  out["result"] = result_of(task, run, counted);
  const RunOutcome* ended = outcome_of(task, run);
  if (ended != nullptr && !(run.status == RunStatus::kOpen && task.in_use)) {
    out["check"] = ended->check;
    out["exit_code"] = ended->exit_code;
  }
  if (has_stopped(task, run)) out["stopped_because"] = why_it_stopped(run);
  out["began"] = format_iso8601_millis(run.began);
  out["last_write"] = format_iso8601_millis(run.last_write);
  out["tries"] = run.tries;
  out["phase"] = run.phase;
  out["copied"] = counted.all_copied().objects;
  out["copied_bytes"] = counted.all_copied().bytes;
  out["same"] = counted.only_same();
  out["deleted"] = counted.deleted.objects;
  out["skipped"] = counted.skipped.objects;
  out["failed"] = failures_of(run, counted);
  out["planned_deletes"] = run.planned_deletes;
  out["open_uploads"] = run.open_uploads;
  out["directory"] = escape_for_display(task.directory);
  return out;
}

Status RunsCommand::collect(const TaskStateFolder& task) {
  if (task.unreadable) return fail(*task.unreadable);
  for (const RunRecord& run : task.runs) {
    Result<RunCounters> counted = counters_of(run);
    if (!counted) return fail(std::move(counted.error()));
    shown_.push_back({&task, &run, *counted});
  }
  return {};
}

void RunsCommand::show(const Shown& one) {
  const TaskStateFolder& task = *one.task;
  const RunRecord& run = *one.run;
  if (options_.json)
    context_.out.write(
        json_of(task, run, one.counted).dump(-1, ' ', false, Json::error_handler_t::replace) +
        "\n");
  else
    rows_.push_back(row_of(task, run, one.counted));
  if (has_stopped(task, run))
    notes_.push_back(
        fmt::format("{} stopped: {}", name_of(task, run), shortened(why_it_stopped(run))));
}

void RunsCommand::print_table() {
  if (rows_.empty()) return;
  rows_.insert(rows_.begin(), {"STATE", "RESULT", "BEGAN", "TRIES", "PHASE", "COPIED", "SAME",
                               "DELETED", "FAILED", "TASK"});
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  for (const Row& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  for (const Row& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      const bool number = i == 3 || (i >= 5 && i <= 8);
      line += number ? fmt::format("{:>{}}  ", row[i], widths[i])
                     : fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    context_.out.write(line + row.back() + "\n");
  }
  for (const std::string& note : notes_) context_.out.write(note + "\n");
  if (!notes_.empty())
    context_.out.write("what stopped is unfinished: the same command goes on with it\n");
}

// Each journal that cannot be read is told, and the others are shown.
Status RunsCommand::run() {
  Result<TimeZone> zone = zone_of(context_, options_);
  if (!zone) return fail(std::move(zone.error()));
  zone_ = std::move(*zone);
  const bool named = !options_.state_dir.empty();
  Result<std::string> root =
      named ? context_.host.expand_home(options_.state_dir) : state_root(context_.host);
  if (!root) return fail(std::move(root.error()));
  const Result<std::vector<TaskStateFolder>> tasks =
      find_task_states(*root, named, options_.all_runs ? 1'000 : 1);
  if (!tasks) return fail(tasks.error());
  Status worst;
  for (const TaskStateFolder& task : *tasks) {
    Status collected = collect(task);
    if (collected) continue;
    if (!worst) say(worst.error());
    worst = std::move(collected);
  }
  std::stable_sort(shown_.begin(), shown_.end(),
                   [](const Shown& a, const Shown& b) { return a.run->began > b.run->began; });
  for (const Shown& one : shown_) show(one);
  if (!options_.json && rows_.empty() && worst)
    context_.out.write(fmt::format("no run is written down in {}\n", escape_for_display(*root)));
  print_table();
  return worst;
}

}  // namespace

int run_runs_command(AppContext& context, const Options& options) {
  RunsCommand command(context, options);
  Status done = command.run();
  context.out.flush();
  if (done) done = context.out.status();
  if (done) return static_cast<int>(ExitCode::kSuccess);
  context.err.write(error_line(done.error()) + "\n");
  context.err.flush();
  return static_cast<int>(exit_code_of(done.error()));
}

}  // namespace s3ferry
