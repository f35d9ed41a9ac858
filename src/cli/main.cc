// The program: gives run_app() the real clock, sockets, files, terminal and signals.

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/app.h"
#include "http/client.h"
#include "runtime/host.h"
#include "runtime/interrupts.h"
#include "runtime/real_runtime.h"

namespace {

std::size_t terminal_columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// Transparent huge pages, which the allocator asks for (cmake/allocator.cc).
void allow_large_pages(bool allowed) {
  (void)::prctl(PR_SET_THP_DISABLE, allowed ? 0UL : 1UL, 0UL, 0UL, 0UL);
}

// Each copy in flight is a socket, and what systems grant at first is meant for programs that wait
// with select(). Of what may be taken, enough for any --concurrency.
std::size_t raise_descriptors() {
  constexpr rlim_t kEnough = 200'000;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  rlimit raised = limit;
  raised.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, kEnough));
  return ::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace s3ferry;
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is an error of that write
  allow_large_pages(false);
  RealRuntime runtime;
  RealHost host(runtime);
  Event interrupted;
  Interrupts interrupts(runtime, interrupted);
  DescriptorOutput out(STDOUT_FILENO, "standard output");
  DescriptorOutput err(STDERR_FILENO, "standard error");
  const TransportFactory make_transport =
      [](Runtime& loop,
         const http::ClientOptions& options) -> Result<std::unique_ptr<http::Transport>> {
    return std::make_unique<http::Client>(loop, options);
  };
  AppContext context{.runtime = runtime,
                     .host = host,
                     .make_transport = make_transport,
                     .out = out,
                     .err = err,
                     .terminal = ::isatty(STDERR_FILENO) == 1,
                     .columns = terminal_columns(),
                     .processors = usable_processors(),
                     .descriptors = raise_descriptors(),
                     .make_loop = [] { return std::make_unique<LoopThread>(); },
                     .take_large_pages = [] { allow_large_pages(true); },
                     .interrupt = &interrupted};
  return run_app(std::vector<std::string>(argv + 1, argv + argc), context);
}
