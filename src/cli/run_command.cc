#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/connections.h"
#include "cli/ending.h"
#include "cli/exit_code.h"
#include "cli/task_list.h"
#include "report/console.h"
#include "report/display.h"
#include "runtime/host.h"

namespace s3ferry {
namespace {

// `s3ferry run FILE`: its tasks one after the other. All of them are read and their profiles looked
// at before the first begins.
class RunCommand {
 public:
  RunCommand(AppContext& context, const Options& options) : context_(context), options_(options) {}
  Task<int> run();
  DrainSignal& ending() { return ending_; }  // set, it ends with the task that is under way

 private:
  Result<std::string> read_file();
  Status check_all();
  int refuse(const Error& error);
  void announce(const ListedTask& task);
  void sum_up(std::size_t done);
  void say(std::string_view line);

  AppContext& context_;
  const Options& options_;
  DrainSignal ending_;
  std::vector<ListedTask> tasks_;
  std::vector<int> codes_;
  bool speaks_ = true;  // no task wants standard output for its events, or none at all
};

// How bad an end is: 0, warnings, failures, then the aws CLI's numbers; nothing beats an interrupt.
int badness(int code) {
  if (code == static_cast<int>(ExitCode::kInterrupted)) return 1000;
  if (code == static_cast<int>(ExitCode::kWarning)) return 1;
  if (code == static_cast<int>(ExitCode::kFailure)) return 2;
  return code;
}

int RunCommand::refuse(const Error& error) {
  context_.err.write(error_line(error) + "\n");
  context_.err.flush();
  return static_cast<int>(exit_code_of(error));
}

void RunCommand::say(std::string_view line) {
  if (!speaks_) return;
  context_.out.write(line);
  context_.out.write("\n");
  context_.out.flush();
}

Result<std::string> RunCommand::read_file() {
  const std::string& path = options_.operands[0];
  Result<std::optional<std::string>> text = context_.host.read_file(path);
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // editors of some systems write it
  if (text && *text && (**text).starts_with(kByteOrderMark))
    (**text).erase(0, kByteOrderMark.size());
  if (text && *text) return std::move(**text);
  return fail(ErrorKind::kUsage,
              fmt::format("the list '{}' cannot be read: {}; name a file with one task a line",
                          escape_for_display(path),
                          text ? "there is no such file" : text.error().message()));
}

// Profiles, endpoints and places of each task, as its own run will look at them; nobody is asked.
Status RunCommand::check_all() {
  for (const ListedTask& task : tasks_) {
    Status fine;
    Result<std::unique_ptr<Connections>> connections = Connections::open(context_, task.options);
    if (connections) {
      const auto pair =
          (*connections)
              ->pair(task.options, *parse_location("SOURCE", task.options.operands[0]),
                     *parse_location("TARGET", task.options.operands[1]));
      if (!pair) fine = fail(pair.error());
    } else {
      fine = fail(std::move(connections.error()));
    }
    if (fine) continue;
    const ErrorKind kind =
        fine.error().is(ErrorKind::kRefused) ? ErrorKind::kUsage : fine.error().kind();
    return fail(kind, fmt::format("{} line {}: {}", escape_for_display(options_.operands[0]),
                                  task.line, fine.error().message()));
  }
  return {};
}

void RunCommand::announce(const ListedTask& task) {
  say(fmt::format("==== task {} of {}, line {}: {} {} {}", task.number, tasks_.size(), task.line,
                  to_string(task.options.command), escape_for_display(task.options.operands[0]),
                  escape_for_display(task.options.operands[1])));
}

void RunCommand::sum_up(std::size_t done) {
  std::size_t well = 0;
  for (const int code : codes_) well += code == 0 || code == 2 ? 1 : 0;
  std::string line = fmt::format("==== {} of {} tasks ended well", well, tasks_.size());
  for (std::size_t i = 0; i < done; ++i)
    if (codes_[i] != 0 && codes_[i] != 2)
      line += fmt::format("; task {} (line {}): exit code {}", tasks_[i].number, tasks_[i].line,
                          codes_[i]);
  if (done < tasks_.size()) line += fmt::format("; not begun: {}", tasks_.size() - done);
  say(line);
}

Task<int> RunCommand::run() {
  const Result<std::string> text = read_file();
  if (!text) co_return refuse(text.error());
  Result<std::vector<ListedTask>> tasks = parse_task_list(*text, options_.operands[0], options_);
  if (!tasks) co_return refuse(tasks.error());
  tasks_ = std::move(*tasks);
  if (Status fine = check_all(); !fine) co_return refuse(fine.error());
  for (const ListedTask& task : tasks_)
    speaks_ = speaks_ && !task.options.json && !task.options.quiet;
  int worst = 0;
  for (const ListedTask& task : tasks_) {
    if (ending_.requested()) break;
    announce(task);
    set_log_level(options_.debug || task.options.debug ? LogLevel::kDebug : LogLevel::kWarning);
    warn_of_unchecked_certificates(context_, task.options);
    const int code = co_await run_pair_command(context_, task.options, ending_);
    codes_.push_back(code);
    if (badness(code) > badness(worst)) worst = code;
    const bool bad = code != 0 && code != static_cast<int>(ExitCode::kWarning);
    if (code == static_cast<int>(ExitCode::kInterrupted) || (bad && options_.stop_on_error)) break;
  }
  if (codes_.size() < tasks_.size() && ending_.requested()) {
    const bool asked = ending_.why()->is(ErrorKind::kCancelled);
    const int code = static_cast<int>(asked ? ExitCode::kInterrupted : ExitCode::kFailure);
    if (badness(code) > badness(worst)) worst = code;
  }
  sum_up(codes_.size());
  co_return worst;
}

}  // namespace

Task<int> run_list_command(AppContext& context, const Options& options, DrainSignal& ending) {
  return run_with_ending<RunCommand>(context, options, ending);
}

}  // namespace s3ferry
