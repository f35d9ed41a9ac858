#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "http/client.h"
#include "report/output.h"
#include "runtime/event.h"
#include "runtime/loop_thread.h"
#include "runtime/runtime.h"

namespace s3ferry {

class Host;

// Makes the wire of a loop, once the options are known (certificates, proxies).
using TransportFactory =
    std::function<Result<std::unique_ptr<http::Transport>>(Runtime&, const http::ClientOptions&)>;

// All that the program touches of the world. main() fills it with the real things; tests run the
// whole program in process under virtual time against the simulated S3.
struct AppContext {
  Runtime& runtime;
  Host& host;
  TransportFactory make_transport;
  Output& out;                 // standard output: results
  Output& err;                 // standard error: messages, progress
  bool terminal = false;       // standard error is one: a progress line may be drawn
  std::size_t columns = 80;    // of that terminal
  std::size_t processors = 1;  // that this process may use
  std::size_t descriptors = 65'536;  // that it may have open at once
  // One more loop on a thread of its own; unset: there is one loop (virtual time).
  std::function<std::unique_ptr<LoopThread>()> make_loop = {};
  // From now on memory comes in large pages where it can; unset: as it came so far.
  std::function<void()> take_large_pages = {};
  // Set by the first SIGINT or SIGTERM: the command ends in good order. May be null.
  Event* interrupt = nullptr;
  bool told_of_zone = false;  // that TZ cannot be understood: said once
};

// The transport of a test: passes everything to `shared`, which outlives it.
TransportFactory shared_transport(http::Transport& shared);

// The program: `arguments` without its own name. Returns the exit code (exit_code.h). Drives
// context.runtime; never throws, never exits.
int run_app(std::vector<std::string> arguments, AppContext& context);

}  // namespace s3ferry
