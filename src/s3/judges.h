#pragma once

#include <string_view>

#include "aws/call.h"
#include "base/error.h"

namespace s3ferry::s3 {

// What stands for success, looked at inside the retry loop (aws/call.h), so that a retryable answer
// is asked for again.

// 2xx is success; anything else is what errors.h says.
Status judge_s3(const aws::CallSpec& spec, aws::Answer& answer);

// A 2xx must also hold a whole document with the root that belongs to the operation; an <Error> in
// it is that error (rule 4). For the operations named in `expected_root`.
Status judge_s3_document(const aws::CallSpec& spec, aws::Answer& answer);
std::string_view expected_root(std::string_view operation);
// The same for CopyObject. What was read of an answer in the usual form is kept in
// *static_cast<std::optional<CopyResult>*>(spec.for_judge).
Status judge_copy(const aws::CallSpec& spec, aws::Answer& answer);

// 2xx without an ETag is a part that could not be completed with.
Status judge_part(const aws::CallSpec& spec, aws::Answer& answer);

// Ends the listing that was taken by *static_cast<ListReader*>(spec.for_judge), which is spec.sink
// too.
Status judge_listing(const aws::CallSpec& spec, aws::Answer& answer);

// An optional question: whatever is a refusal or an oddity counts as an answer (types.h, Probed).
Status judge_probe(const aws::CallSpec& spec, aws::Answer& answer);

}  // namespace s3ferry::s3
