#include "cli/ending.h"

#include <exception>

#include <fmt/format.h>

#include "report/display.h"
#include "runtime/scope.h"

namespace s3ferry {
namespace {

Task<void> on_interrupt(Event& interrupt, DrainSignal& signal) {
  if (co_await interrupt.wait()) signal.request(Error(ErrorKind::kCancelled, "interrupted"));
}

Task<void> on_outer(DrainSignal& outer, DrainSignal& signal) {
  if (co_await outer.wait()) signal.request(*outer.why());
}

Task<void> on_time(Runtime& runtime, Duration max, bool resumable, DrainSignal& signal) {
  if (!co_await runtime.sleep_for(max)) co_return;
  signal.request(
      Error(ErrorKind::kTimeout,
            fmt::format("--max-duration: {} are over; {}", display_duration(max),
                        resumable ? "what was done stays, and the same command goes on from here"
                                  : "the check is not whole, and the next one begins anew")));
}

}  // namespace

Task<int> run_until_asked(Runtime& runtime, EndingCauses causes, DrainSignal& signal,
                          Task<int> command) {
  Scope watch(runtime);
  if (causes.interrupt != nullptr) watch.spawn(on_interrupt(*causes.interrupt, signal));
  if (causes.outer != nullptr) watch.spawn(on_outer(*causes.outer, signal));
  if (causes.max_duration)
    watch.spawn(on_time(runtime, *causes.max_duration, causes.resumable, signal));
  int code = 0;
  std::exception_ptr thrown;
  try {
    code = co_await std::move(command);
  } catch (...) {
    thrown = std::current_exception();
  }
  watch.cancel();
  co_await watch.join();
  if (thrown) std::rethrow_exception(thrown);
  co_return code;
}

}  // namespace s3ferry
