#pragma once

#include <memory>
#include <optional>
#include <string>

#include "aws/credentials.h"
#include "http/transport.h"
#include "runtime/host.h"
#include "runtime/runtime.h"

namespace s3ferry::aws {

struct ChainOptions {
  // --profile. Named so, the profile beats access keys and web identity of the environment; named
  // by AWS_PROFILE it does not (the aws CLI's rule).
  std::optional<std::string> profile;
  std::optional<std::string> region;  // --region: where STS is called
};

// Credentials as the aws CLI finds them. In order: the environment's keys (unless `profile` is
// given); the profile: role (source_profile or credential_source), web identity (environment or
// profile), IAM Identity Center, keys of the credentials file, credential_process, keys of the
// config file; the container endpoint; EC2 instance metadata (version 2 only). The first that is
// configured decides: its failure is the answer, not the next one's turn.
//
// What get() gives is kept, and renewed from 15 minutes before it expires (tried; the old ones
// serve if it fails), from 10 minutes before by everybody who asks. Files are read anew at each
// renewal, so keys that another tool replaces are picked up after invalidate().
//
// kConfig at once for files that cannot be read, a missing profile, a loop of roles. All arguments
// must outlive the provider.
Result<std::unique_ptr<CredentialsProvider>> make_credentials_chain(Runtime& runtime,
                                                                    http::Transport& transport,
                                                                    Host& host,
                                                                    ChainOptions options);

}  // namespace s3ferry::aws
