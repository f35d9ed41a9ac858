#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace s3ferry::http {

// A throwaway certificate for servers on this machine (the simulator, tests): a new key, an
// authority made for it, ten years. All PEM.
struct ThrowawayCertificate {
  std::string authority;    // what a client gives as its CA bundle
  std::string certificate;  // the server's
  std::string key;          // the server's; worth nothing outside this machine
};

// `names`: DNS names (a leading "*." is a wildcard) and IP addresses of the server; at least one.
Result<ThrowawayCertificate> make_throwaway_certificate(const std::vector<std::string>& names);

}  // namespace s3ferry::http
