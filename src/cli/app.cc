#include "cli/app.h"

#include <exception>
#include <utility>

#include "base/log.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/ending.h"
#include "cli/exit_code.h"
#include "report/console.h"
#include "runtime/host.h"

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

Task<int> run_command(AppContext& context, const Options& options, DrainSignal& ending) {
  if (options.command == Command::kLs) return run_ls_command(context, options, ending);
  if (options.command == Command::kRun) return run_list_command(context, options, ending);
  return run_pair_command(context, options, ending);
}

Task<int> supervise(AppContext& context, const Options& options) {
  DrainSignal ending;
  EndingCauses causes;
  causes.interrupt = context.interrupt;
  try {
    co_return co_await run_until_asked(context.runtime, causes, ending,
                                       run_command(context, options, ending));
  } catch (const std::exception& fault) {
    co_return say(context,
                  Error(ErrorKind::kInternal, std::string("this is a defect of s3ferry, please "
                                                          "report it: ") +
                                                  fault.what()),
                  ExitCode::kOther);
  }
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
  return
      [&shared](Runtime&, const http::ClientOptions&) -> Result<std::unique_ptr<http::Transport>> {
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
  Result<TimeZone> local = local_time_zone(context.host.env("TZ").value_or(""), read);
  if (local || options.has_windows()) return local;
  if (!std::exchange(context.told_of_zone, true)) {
    context.err.write("warning: " + local.error().message() + "; until then times are UTC\n");
    context.err.flush();
  }
  return TimeZone();
}

void warn_of_unchecked_certificates(AppContext& context, const Options& options) {
  if (options.verify_tls) return;
  context.err.write(
      "WARNING: --no-verify-ssl: certificates are NOT checked. Whoever sits between this machine "
      "and S3 can read and change everything, credentials' sessions included.\n");
  context.err.flush();
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
  warn_of_unchecked_certificates(context, options);
  return context.runtime.run(supervise(context, options));
}

}  // namespace s3ferry
