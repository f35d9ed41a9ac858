#include "proof/check.h"

#include "proof/checker.h"

namespace s3ferry {

Task<Result<CheckResult>> run_check(Runtime& runtime, const Pair& pair, const CheckOptions& options,
                                    EventSink& sink) {
  if (options.level == CheckLevel::kNone) {
    CheckResult nothing;
    nothing.level = CheckLevel::kNone;
    nothing.passed = true;
    co_return nothing;
  }
  Checker checker(runtime, pair, options, sink);
  co_return co_await checker.run();
}

}  // namespace s3ferry
