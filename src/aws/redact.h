#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/error.h"

namespace s3ferry::aws {

// Rule 9 where texts leave the signed call: servers echo what was signed and with what.

// The target with the values of X-Amz-Credential, X-Amz-Security-Token and X-Amz-Signature hidden.
std::string redact_target(std::string_view target);
// A server's words without what they may quote: the values of those parameters of a presigned URL,
// and access key ids.
std::string redact_quoted(std::string text);
// redact_quoted(), and `text` with every occurrence of the secrets, and what stands in
// <StringToSign>, <CanonicalRequest> and their kin, replaced by "[hidden]". Secrets under 8 bytes
// are left: they are not real ones.
std::string redact_text(std::string text, std::initializer_list<std::string_view> secrets);
// The same for all texts of an error.
Error redact_error(Error error, std::initializer_list<std::string_view> secrets);

}  // namespace s3ferry::aws
