#pragma once

#include <string>
#include <string_view>

#include "aws/credentials.h"

namespace s3ferry::aws {

// Access keys as JSON: what credential_process prints ("SessionToken", with "Version": 1) and what
// the container and EC2 endpoints answer ("Token", perhaps a "Code" other than "Success").
// kCredentials with `who` in the message, which quotes nothing of the text.
struct CredentialsJson {
  std::string_view who;  // "the container endpoint"
  std::string_view token_member;
  bool versioned = false;       // "Version": 1 is required
  bool token_required = false;  // and with it the expiration
};
Result<Credentials> parse_credentials_json(std::string_view text, const CredentialsJson& format);

}  // namespace s3ferry::aws
