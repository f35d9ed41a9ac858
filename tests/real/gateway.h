#pragma once

#include <memory>
#include <string>

#include "support/process.h"

namespace s3ferry::testing {

// One of the gateway's users. Users of one tenant share the bucket names, as AWS accounts do.
struct GatewayUser {
  std::string account_id, principal_arn, access_key_id, secret;
};

// A running RADOS Gateway: one mon, one osd in memory, one radosgw, on loopback. A guardian process
// destroys it when this object dies or when this process ends in whatever way.
class Gateway {
 public:
  // Throws std::runtime_error, with what to do, when radosgw is missing or does not start.
  Gateway();
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // The one of this test program; started by the first who asks, destroyed at the program's end.
  static Gateway& shared();

  const std::string& endpoint() const { return endpoint_; }  // http://127.0.0.1:PORT
  const std::string& tls_endpoint() const { return tls_endpoint_; }
  const std::string& ca_bundle() const { return ca_bundle_; }
  std::string access_log() const { return folder_ + "/log/client.rgw.a.log"; }
  const GatewayUser& source() const { return source_; }
  const GatewayUser& target() const { return target_; }

 private:
  void guard();
  ScratchFolder scratch_;
  std::string folder_;
  int guard_fd_ = -1;
  pid_t guardian_ = -1;
  std::string endpoint_, tls_endpoint_, ca_bundle_;
  GatewayUser source_, target_;
};

}  // namespace s3ferry::testing
