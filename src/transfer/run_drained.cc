#include "transfer/run_drained.h"

#include <exception>

#include "runtime/scope.h"

namespace s3ferry {
namespace {

using Asked = std::function<void(const Error&)>;

Task<void> cancel_when_asked(Runtime& runtime, DrainSignal& signal, Duration grace,
                             const Asked& asked, Scope& work) {
  if (!co_await signal.wait()) co_return;
  if (asked) asked(*signal.why());
  if (grace > Duration::zero() && !co_await runtime.sleep_for(grace)) co_return;
  work.cancel();
}

}  // namespace

Task<void> run_drained(Runtime& runtime, DrainSignal* signal, Duration grace, Asked asked,
                       Task<void> task) {
  Scope work(runtime), watch(runtime);
  work.spawn(std::move(task));
  if (signal != nullptr) watch.spawn(cancel_when_asked(runtime, *signal, grace, asked, work));
  std::exception_ptr thrown;
  try {
    co_await work.join();
  } catch (...) {
    thrown = std::current_exception();
  }
  watch.cancel();
  co_await watch.join();
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace s3ferry
