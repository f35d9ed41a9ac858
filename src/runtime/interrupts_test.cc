#include "runtime/interrupts.h"

#include <csignal>
#include <optional>

#include <gtest/gtest.h>

#include "runtime/real_runtime.h"

namespace s3ferry {
namespace {

using namespace std::chrono_literals;

Task<void> raise_and_wait(Event& event) {
  std::raise(SIGINT);
  (void)co_await event.wait();
}
TEST(Interrupts, TheFirstSignalSetsTheEvent) {
  RealRuntime runtime;
  Event first;
  Interrupts interrupts(runtime, first);
  runtime.run(raise_and_wait(first));
  EXPECT_TRUE(first.is_set());
}

Task<void> sleep_a_little(Runtime& runtime) {
  (void)co_await runtime.sleep_for(20ms);
}

// Gone while its handler waits, and while the handler is queued with a signal: in neither case may
// the loop touch it, nor the event, afterwards.
TEST(Interrupts, TheLoopMayOutliveIt) {
  RealRuntime runtime;
  {
    Event first;
    Interrupts interrupts(runtime, first);
  }
  runtime.run(sleep_a_little(runtime));
  // The signal reaches all three at once. When the first of two has had it, the other's handler is
  // still in the queue; the third keeps the signal from ending the process.
  Event third;
  Interrupts keeper(runtime, third);
  {
    Event one, two;
    std::optional<Interrupts> on_one, on_two;
    on_one.emplace(runtime, one);
    on_two.emplace(runtime, two);
    std::raise(SIGTERM);
    runtime.context().restart();
    while (!one.is_set() && !two.is_set() && runtime.context().run_one_for(1s) > 0) {
    }
    EXPECT_NE(one.is_set(), two.is_set());
    on_one.reset();
    on_two.reset();
  }
  runtime.run(sleep_a_little(runtime));
  EXPECT_TRUE(third.is_set());
}

}  // namespace
}  // namespace s3ferry
