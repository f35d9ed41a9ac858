#include "cli/reporters.h"

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/version.h"
#include "report/display.h"

namespace s3ferry {
namespace {

// A progress line is redrawn at most five times a second; files need it less often.
constexpr Duration kTickOnTerminal = std::chrono::milliseconds(200);
constexpr Duration kTick = std::chrono::seconds(1);

ConsoleOptions console_options(const AppContext& context, const Options& options) {
  ConsoleOptions console;
  console.quiet = options.quiet;
  console.only_show_errors = options.only_show_errors;
  console.json = options.json;
  console.progress =
      context.terminal && options.progress && !options.quiet && !options.only_show_errors;
  console.columns = context.columns;
  return console;
}

// The command line, as a shell would take it.
std::string asked_text(const Options& options) {
  std::string line = "s3ferry";
  for (const std::string& argument : options.asked) line += " " + shell_quote(argument);
  return line;
}

Task<void> tick(Runtime& runtime, Duration period, Console& console, TaskLog* log) {
  for (;;) {
    const Status waited = co_await runtime.sleep_for(period);
    if (!waited) co_return;
    console.tick();
    if (log != nullptr) (void)log->flush();  // finish() reports what failed
  }
}

}  // namespace

Reporters::Reporters(AppContext& context, const Options& options)
    : context_(context),
      console_(context.runtime, context.out, context.err, console_options(context, options)),
      ticker_(context.runtime) {
  if (options.json) json_.emplace(context.runtime, context.out);
}

Result<std::unique_ptr<Reporters>> Reporters::open(AppContext& context, const Options& options) {
  std::unique_ptr<Reporters> made(new Reporters(context, options));
  if (!options.combined.empty()) {
    auto file = CombinedFile::open(options.combined);
    if (!file) return fail(std::move(file.error()));
    made->combined_ = std::move(*file);
  }
  if (options.task_given) {
    if (Status opened = made->open_log(options); !opened) return fail(std::move(opened.error()));
  }
  made->sinks_.add(made->console_);
  if (made->json_) made->sinks_.add(*made->json_);
  if (made->log_) made->sinks_.add(*made->log_);
  if (made->combined_) made->sinks_.add(*made->combined_);
  return made;
}

Status Reporters::open_log(const Options& options) {
  Result<TimeZone> zone = zone_of(context_, options);
  if (!zone) return fail(std::move(zone.error()));
  TaskLogSettings settings;
  settings.directory = options.log_dir;
  settings.task = options.task;
  settings.zone = std::move(*zone);
  settings.objects = options.log_objects;
  settings.asked = {{"version", std::string(version())}, {"asked", asked_text(options)}};
  auto log = TaskLog::open(context_.runtime, std::move(settings));
  if (!log) return fail(std::move(log.error()));
  log_ = std::move(*log);
  return {};
}

void Reporters::start_ticking() {
  ticker_.spawn(
      tick(context_.runtime, context_.terminal ? kTickOnTerminal : kTick, console_, log_.get()));
}

Task<void> Reporters::stop_ticking() {
  ticker_.cancel();
  co_await ticker_.join();
}

int Reporters::finish(RunReport& report) {
  auto note = [&](const Status& status) {
    if (status) return;
    if (report.exit_code == 0 || report.exit_code == 2)
      report.exit_code = static_cast<int>(ExitCode::kFailure);
    if (!report.error) report.error = status.error();
  };
  context_.out.flush();
  note(context_.out.status());
  if (combined_) note(combined_->finish());
  if (log_) {
    report.log_path = log_->path();
    note(log_->finish(report));
  }
  if (json_) json_->finish(report);
  console_.finish(report);
  const bool whole = context_.out.status().has_value();
  if (!whole && (report.exit_code == 0 || report.exit_code == 2))
    report.exit_code = static_cast<int>(ExitCode::kFailure);
  return report.exit_code;
}

}  // namespace s3ferry
