#include "transfer/slow_reason.h"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

namespace s3ferry {
namespace {

// The resolver and the sockets say it in the system's words.
bool is_out_of_files(const Error& error) {
  for (const int code : {EMFILE, ENFILE})
    if (error.message().find(std::generic_category().message(code)) != std::string::npos)
      return true;
  return false;
}

}  // namespace

SlowReason slow_reason(const Error& error) {
  const int status = error.http_status();
  if (error.is(ErrorKind::kThrottled) || status == 503 || status == 429)
    return {
        WarningKind::kSlowedDown,
        "the server asks for a slower pace (503 SlowDown or its like): fewer copies are sent for "
        "a while"};
  if (status != 0)
    return {WarningKind::kSlowedDown,
            fmt::format("the server answers many requests with errors ({}): fewer copies are sent "
                        "for a while",
                        error.code().empty() ? std::to_string(status) : error.code())};
  if (is_out_of_files(error))
    return {WarningKind::kOutOfFiles,
            "this process may open no more sockets (file descriptors are used up): raise the limit "
            "with ulimit -n, or lower --concurrency; copies wait and are tried again"};
  return {
      WarningKind::kNetworkFailing,
      fmt::format("the network or the endpoint fails, the server did not ask for a slower pace: "
                  "{}; copies wait and are tried again",
                  error.message())};
}

}  // namespace s3ferry
