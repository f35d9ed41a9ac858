#include "transfer/copy_route.h"
#include "transfer/copy_strategy.h"

namespace s3ferry {

Task<Result<s3::CopyResult>> copy_whole(RouteTry& attempt) {
  RunState& state = attempt.state();
  s3::CopyRequest request = make_copy_request(state.pair, state.options.attributes, attempt.item,
                                              attempt.full, state.runtime.wall_now());
  request.condition = attempt.condition;
  request.watch = attempt.watch;
  return attempt.writer.copy_object(request);
}

}  // namespace s3ferry
