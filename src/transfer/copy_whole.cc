#include "transfer/copy_route.h"
#include "transfer/copy_strategy.h"

namespace s3ferry {
namespace {

// The one before with another object in it, unless one of them has attributes of its own.
s3::CopyRequest& request_for(RouteTry& attempt) {
  const RunState& state = attempt.state();
  const AttributeOptions& attributes = state.options.attributes;
  std::optional<s3::CopyRequest>& request = attempt.shared.request;
  if (request && !attributes.full)
    refill_copy_request(*request, state.pair, attributes, attempt.item);
  else
    request = make_copy_request(state.pair, attributes, attempt.item, attempt.full,
                                state.runtime.wall_now());
  return *request;
}

}  // namespace

Task<Result<s3::CopyResult>> copy_whole(RouteTry& attempt) {
  s3::CopyRequest& request = request_for(attempt);
  request.condition = attempt.condition;
  request.watch = attempt.watch;
  return attempt.writer.copy_object(request);  // read within the call
}

}  // namespace s3ferry
