#pragma once

#include "sim/call.h"

namespace s3ferry::sim {

// Who signed the request, and is it well signed: the Authorization header or a presigned query, the
// region against the bucket's and the endpoint's, the clock (15 minutes), the token, the signature
// and the body's hash. Fills access_key and principal; an unsigned request has neither.
Outcome<void> authenticate(State& state, Call& call);

// Removes the aws-chunked framing of a streaming upload from call.body; checks the decoded length.
// The chunks' own signatures are not checked.
Outcome<void> decode_streaming_body(Call& call);

}  // namespace s3ferry::sim
