// What a terminal shows while lines and the progress line share it.

#include "report/console.h"

#include <gtest/gtest.h>

#include "runtime/virtual_runtime.h"

namespace s3ferry {
namespace {

bool progress_stands(const MemoryOutput& err) {
  const std::string& text = err.text();
  return text.find("copying") != std::string::npos && !text.ends_with("\x1b[K");
}

TEST(Console, ProgressLineStandsWhileObjectsAreTold) {
  VirtualRuntime runtime(1);
  MemoryOutput out, err;
  Console console(runtime, out, err, ConsoleOptions{.progress = true});
  console.on_phase(Phase::kCopying);
  console.tick();
  ASSERT_TRUE(progress_stands(err));
  const WarningEvent note{WarningKind::kCopiedAs, "copied as source"};
  console.on_warning(note);
  EXPECT_TRUE(progress_stands(err)) << "a line wiped it out before the next tick";
  EXPECT_EQ(out.text(), "");
  for (int i = 0; i < 5000; ++i) console.on_warning(note);  // more than is held
  EXPECT_TRUE(progress_stands(err));
  EXPECT_GT(out.text().size(), 10'000U);
  console.tick();
  EXPECT_TRUE(progress_stands(err));
}

}  // namespace
}  // namespace s3ferry
