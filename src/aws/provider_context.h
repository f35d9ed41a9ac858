#pragma once

#include <optional>
#include <string>

#include "aws/call.h"
#include "aws/config_file.h"
#include "http/transport.h"
#include "runtime/host.h"
#include "runtime/runtime.h"

namespace s3ferry::aws {

// What a way of getting credentials works with, for the time of one fetch. All referents outlive
// it.
struct ProviderContext {
  Runtime& runtime;
  http::Transport& transport;
  Host& host;
  RetryBudget& budget;
  const ConfigFiles& files;
  std::string profile;                // the selected one
  std::optional<std::string> region;  // where STS is called, if any is known
};

// How one small request of theirs is sent: by the one retry loop, with limits fit for a service
// that is near or answers quickly. `credentials` null: not signed.
Task<Result<Answer>> call_service(ProviderContext& context, CallSpec spec, Judge judge,
                                  int max_attempts, const Credentials* credentials = nullptr);

// The service's own words about a failure, made fit for a message: one line, at most 300
// characters, nothing of the request's headers and form in it. Empty when that cannot be had.
std::string safe_service_message(const CallSpec& spec, std::string_view code,
                                 std::string_view message);

}  // namespace s3ferry::aws
