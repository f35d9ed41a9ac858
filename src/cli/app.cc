#include "cli/app.h"

#include <exception>

#include "base/log.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "report/console.h"
#include "runtime/host.h"
#include "runtime/scope.h"

namespace s3ferry {
namespace {

class SharedTransport final : public http::Transport {
 public:
  explicit SharedTransport(http::Transport& shared) : shared_(shared) {}
  Task<Result<http::Response>> send(http::Request request) override {
    return shared_.send(std::move(request));
  }

 private:
  http::Transport& shared_;
};

int say(AppContext& context, const Error& error, ExitCode code) {
  context.err.write(error_line(error) + "\n");
  context.err.flush();
  return static_cast<int>(code);
}

Task<void> command_task(AppContext& context, const Options& options, int& exit_code) {
  try {
    exit_code = options.command == Command::kLs ? co_await run_ls_command(context, options)
                                                : co_await run_pair_command(context, options);
  } catch (const std::exception& fault) {
    exit_code = say(context,
                    Error(ErrorKind::kInternal, std::string("this is a defect of s3ferry, please "
                                                            "report it: ") +
                                                    fault.what()),
                    ExitCode::kOther);
  }
}

Task<void> cancel_on(Event& interrupt, Scope& job) {
  const Status set = co_await interrupt.wait();
  if (set) job.cancel();
}

// Runs the command in a scope of its own, which the interrupt cancels.
Task<int> supervise(AppContext& context, const Options& options) {
  int exit_code = static_cast<int>(ExitCode::kOther);
  Scope job(context.runtime);
  Scope watcher(context.runtime);
  job.spawn(command_task(context, options, exit_code));
  if (context.interrupt != nullptr) watcher.spawn(cancel_on(*context.interrupt, job));
  co_await job.join();
  watcher.cancel();
  co_await watcher.join();
  co_return exit_code;
}

int print(AppContext& context, const std::string& text) {
  context.out.write(text);
  context.out.flush();
  const Status written = context.out.status();
  return written ? static_cast<int>(ExitCode::kSuccess)
                 : say(context, written.error(), ExitCode::kOther);
}

}  // namespace

TransportFactory shared_transport(http::Transport& shared) {
  return [&shared](const http::ClientOptions&) -> Result<std::unique_ptr<http::Transport>> {
    return std::make_unique<SharedTransport>(shared);
  };
}

Result<TimeZone> zone_of(AppContext& context, const Options& options) {
  const FileReader read = [&](const std::string& path) -> Result<std::string> {
    Result<std::optional<std::string>> bytes = context.host.read_file(path);
    if (!bytes) return fail(std::move(bytes.error()));
    if (!*bytes) return fail(ErrorKind::kIo, "there is no " + path);
    return std::move(**bytes);
  };
  if (!options.time_zone.empty()) return load_time_zone(options.time_zone, read);
  return local_time_zone(context.host.env("TZ").value_or(""), read);
}

int run_app(std::vector<std::string> arguments, AppContext& context) {
  const Result<Options> parsed = parse_command_line(arguments);
  if (!parsed) return say(context, parsed.error(), ExitCode::kUsage);
  const Options& options = *parsed;
  set_log_level(options.debug ? LogLevel::kDebug : LogLevel::kWarning);
  if (options.command == Command::kVersion) return print(context, version_text());
  if (options.command == Command::kHelp)
    return print(context, options.help_topic ? help_text(*options.help_topic) : help_text());
  if (options.command == Command::kRuns) return run_runs_command(context, options);
  if (options.command == Command::kFailures) return run_failures_command(context, options);
  if (!options.verify_tls) {
    context.err.write(
        "WARNING: --no-verify-ssl: certificates are NOT checked. Whoever sits between this machine "
        "and S3 can read and change everything, credentials' sessions included.\n");
    context.err.flush();
  }
  return context.runtime.run(supervise(context, options));
}

}  // namespace s3ferry
