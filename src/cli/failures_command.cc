#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/state.h"
#include "cli/task_states.h"
#include "journal/reader.h"
#include "report/console.h"
#include "report/display.h"
#include "report/json_key.h"
#include "runtime/host.h"

namespace s3ferry {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPage = 1000;

tl::unexpected<Error> usage(std::string message) {
  return fail(ErrorKind::kUsage, std::move(message));
}

class FailuresCommand {
 public:
  FailuresCommand(AppContext& context, const Options& options)
      : context_(context), options_(options) {}
  Status run();

 private:
  Result<TaskStateFolder> find();
  Result<TaskStateFolder> the_one(const std::vector<TaskStateFolder>& found,
                                  const std::string& asked) const;
  Status print(const TaskStateFolder& task);
  std::string note_on(const TaskStateFolder& task, std::uint64_t shown) const;
  void line(const TaskStateFolder& task, const FailedObject& failed);
  void json_line(const FailedObject& failed);

  AppContext& context_;
  const Options& options_;
};

Result<TaskStateFolder> FailuresCommand::the_one(const std::vector<TaskStateFolder>& found,
                                                 const std::string& asked) const {
  if (found.size() == 1) return found.front();
  if (found.empty())
    return usage(
        fmt::format("no task '{}' is known; `s3ferry runs` lists them, --state names a "
                    "task's folder",
                    asked));
  std::string folders;
  for (const TaskStateFolder& task : found)
    folders +=
        fmt::format("{}--state {}", folders.empty() ? "" : ", or ", shell_quote(task.directory));
  return usage(fmt::format("'{}' fits {} tasks; say which one: {}", asked, found.size(), folders));
}

// By folder, by --task's name, by both places.
Result<TaskStateFolder> FailuresCommand::find() {
  const std::vector<std::string>& asked = options_.operands;
  std::string folder = context_.host.expand_home(options_.state_dir);
  const bool named = !folder.empty();
  if (folder.empty() && asked.size() == 1 && holds_task_state(asked[0])) folder = asked[0];
  if (!folder.empty() && holds_task_state(folder)) return read_task_state(folder, 1);
  if (asked.empty() && !named)
    return usage(
        "which task? write s3ferry failures NAME (of --task), or its two places, or "
        "--state DIR");
  if (folder.empty()) {
    Result<std::string> root = state_root(context_.host);
    if (!root) return fail(std::move(root.error()));
    folder = std::move(*root);
  }
  std::string source, target;
  if (asked.size() == 2) {
    const Result<Location> from = parse_location("SOURCE", asked[0]);
    if (!from) return fail(from.error());
    const Result<Location> to = parse_location("TARGET", asked[1]);
    if (!to) return fail(to.error());
    source = escape_for_display(from->url());
    target = escape_for_display(to->url());
  }
  Result<std::vector<TaskStateFolder>> all = find_task_states(folder, named, 1);
  if (!all) return fail(std::move(all.error()));
  if (asked.empty()) return the_one(*all, folder);
  std::vector<TaskStateFolder> found;
  const TaskStateFolder* unreadable = nullptr;  // it may be the one
  for (TaskStateFolder& task : *all) {
    const bool fits = asked.size() == 2 ? task.source == source && task.target == target
                                        : !task.unreadable && task.label() == asked[0];
    if (fits)
      found.push_back(std::move(task));
    else if (task.unreadable)
      unreadable = &task;
  }
  const std::string name = asked.size() == 2 ? asked[0] + " " + asked[1] : asked[0];
  if (found.empty() && unreadable != nullptr)
    return fail(unreadable->unreadable->kind(),
                fmt::format("no task '{}' is known, but it may be this one: {}", name,
                            unreadable->unreadable->message()));
  return the_one(found, name);
}

void FailuresCommand::line(const TaskStateFolder& task, const FailedObject& failed) {
  const std::string key = escape_for_display(failed.key);
  const std::string& text = failed.message;  // escaped when it was written
  context_.out.write(
      failed.work == FailedWork::kCopy
          ? fmt::format("copy failed: {}{} to {}{} {}\n", task.source, key, task.target, key, text)
          : fmt::format("delete failed: {}{} {}\n", task.target, key, text));
}

void FailuresCommand::json_line(const FailedObject& failed) {
  Json error;
  error["kind"] = failed.kind;
  if (!failed.code.empty()) error["code"] = failed.code;
  if (failed.http_status != 0) error["status"] = failed.http_status;
  error["message"] = failed.message;
  Json out;
  out["operation"] = to_string(failed.work);
  put_json_key(out, failed.key);
  out["size"] = failed.size;
  out["error"] = std::move(error);
  context_.out.write(out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

Status FailuresCommand::print(const TaskStateFolder& task) {
  Result<JournalReader> journal = JournalReader::open(task.directory);
  if (!journal) return fail(std::move(journal.error()));
  std::optional<FailedObject> after;
  std::uint64_t shown = 0;
  while (!task.runs.empty()) {
    Result<std::vector<FailedObject>> page = journal->failures(task.runs.front().run, after, kPage);
    if (!page) return fail(std::move(page.error()));
    if (page->empty()) break;
    for (const FailedObject& failed : *page) options_.json ? json_line(failed) : line(task, failed);
    context_.out.flush();
    shown += page->size();
    after = std::move(page->back());
  }
  const std::string note = note_on(task, shown);
  if (!note.empty()) (options_.json ? context_.err : context_.out).write(note + "\n");
  context_.out.flush();
  context_.err.flush();
  return context_.out.status();
}

// What the list alone does not tell.
std::string FailuresCommand::note_on(const TaskStateFolder& task, std::uint64_t shown) const {
  if (task.runs.empty()) return options_.json ? "" : "no run of this task is written down";
  const RunRecord& run = task.runs.front();
  const std::string began = format_iso8601(run.began);
  if (run.status != RunStatus::kOpen) {
    if (shown > 0 || options_.json) return {};
    return run.status == RunStatus::kFinished
               ? fmt::format("no object failed in the last run, begun {}", began)
               : fmt::format("the last run, begun {}, was left behind by --restart", began);
  }
  const std::string so_far =
      shown > 0 ? "these are the failures so far" : "no failure is known so far";
  if (task.in_use)
    return fmt::format("the run begun {} is at work: {}, of its finished parts", began, so_far);
  return fmt::format(
      "the run begun {} is unfinished: {}; the same command goes on with it. It "
      "stopped: {}",
      began, so_far, why_it_stopped(run));
}

Status FailuresCommand::run() {
  const Result<TaskStateFolder> task = find();
  if (!task) return fail(task.error());
  if (task->unreadable) return fail(*task->unreadable);
  return print(*task);
}

}  // namespace

int run_failures_command(AppContext& context, const Options& options) {
  FailuresCommand command(context, options);
  const Status done = command.run();
  if (done) return static_cast<int>(ExitCode::kSuccess);
  context.err.write(error_line(done.error()) + "\n");
  context.err.flush();
  return static_cast<int>(exit_code_of(done.error()));
}

}  // namespace s3ferry
