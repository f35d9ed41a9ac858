#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "aws/config_file.h"
#include "base/types.h"

namespace s3ferry::aws {

enum class AddressingStyle { kAuto, kPath, kVirtual };

// What a profile and the environment say about talking to S3, apart from credentials. Unset where
// neither says anything; the environment wins over the profile, options of the command line over
// both (the caller applies those).
struct ProfileSettings {
  std::string profile;
  std::optional<std::string> region;        // AWS_REGION, AWS_DEFAULT_REGION, region
  std::optional<std::string> endpoint_url;  // for S3; see configured_endpoint_url()
  std::optional<std::string> ca_bundle;     // AWS_CA_BUNDLE, ca_bundle: a path
  std::optional<unsigned> max_attempts;     // AWS_MAX_ATTEMPTS, max_attempts
  std::optional<std::string> retry_mode;    // AWS_RETRY_MODE, retry_mode: legacy standard adaptive
  std::optional<bool> use_fips_endpoint;    // AWS_USE_FIPS_ENDPOINT, use_fips_endpoint
  // AWS_USE_DUALSTACK_ENDPOINT, use_dualstack_endpoint, s3 = use_dualstack_endpoint
  std::optional<bool> use_dualstack_endpoint;
  std::optional<bool> use_accelerate_endpoint;                // s3 = use_accelerate_endpoint
  std::optional<bool> payload_signing_enabled;                // s3 = payload_signing_enabled
  AddressingStyle addressing_style = AddressingStyle::kAuto;  // s3 = addressing_style
  // AWS_S3_US_EAST_1_REGIONAL_ENDPOINT, s3 = us_east_1_regional_endpoint: "legacy" or "regional"
  std::optional<std::string> us_east_1_regional_endpoint;
  std::optional<bool> use_arn_region;  // AWS_S3_USE_ARN_REGION, s3 = use_arn_region
  // The transfer settings of `aws s3`, all below `s3 =`.
  std::optional<unsigned> max_concurrent_requests;
  std::optional<unsigned> max_queue_size;
  std::optional<ByteCount> multipart_threshold;
  std::optional<ByteCount> multipart_chunksize;
  std::optional<ByteCount> max_bandwidth_per_second;  // bytes
};

// kConfig, naming file and line or the variable, for a value that makes no sense and for a
// `services` that names no section.
Result<ProfileSettings> profile_settings(const Host& host, const ConfigFiles& files,
                                         const std::string& profile);
// Loads the files, finds the active profile (`named`: --profile), which must exist, and reads it.
Result<ProfileSettings> load_profile_settings(Host& host, const std::optional<std::string>& named);

// The endpoint that environment and profile give a service ("s3", "sts", "sso", "sso oidc"), in the
// CLI's order: AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's `services` section, the
// profile's endpoint_url. None when AWS_IGNORE_CONFIGURED_ENDPOINT_URLS or
// ignore_configured_endpoint_urls is true.
std::optional<std::string> configured_endpoint_url(const Host& host, const ConfigFiles& files,
                                                   const std::string& profile,
                                                   std::string_view service);

// AWS_REGION, AWS_DEFAULT_REGION, or the profile's region.
std::optional<std::string> configured_region(const Host& host, const ConfigFiles& files,
                                             const std::string& profile);

// "8MB", "1GiB", "5000": bytes, binary units, as the CLI reads sizes.
std::optional<ByteCount> parse_size(std::string_view text);
// "50MB/s" or "400Mb/s" (bits): bytes a second.
std::optional<ByteCount> parse_rate(std::string_view text);

}  // namespace s3ferry::aws
