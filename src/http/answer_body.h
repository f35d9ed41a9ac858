#pragma once

#include <memory>

#include "http/exchange.h"

namespace s3ferry::http {

// The body of the answer whose head `lease`'s parser has just read; what was read beyond the head
// is in `buffer`. Gives the connection back at the end of the body if `keep`; closes it otherwise.
std::unique_ptr<BodyReader> make_answer_body(Workshop& workshop, Lease lease,
                                             Buffers::Buffer buffer, bool keep, Duration idle_limit,
                                             const Origin& origin);

}  // namespace s3ferry::http
