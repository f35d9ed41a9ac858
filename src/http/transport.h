#pragma once

#include "http/message.h"

namespace s3ferry::http {

// The seam to the wire: one request, one answer. Implementations: Client (real sockets) and the
// simulated S3 in process. Used from one shard's thread; any number of requests at once.
//
// An error means that no complete head of an answer arrived (kConnect, kTls, kTimeout, kNetwork,
// kProtocol, kCancelled). Any status, 5xx too, is a Response. Never follows redirects and never
// repeats a request, except once when a pooled connection turns out to be closed before a byte of
// the answer came and the method is GET or HEAD.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Task<Result<Response>> send(Request request) = 0;
};

}  // namespace s3ferry::http
