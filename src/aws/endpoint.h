#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "http/message.h"

namespace s3ferry::aws {

// Where a request goes and what it is signed for.
struct Endpoint {
  http::Origin origin;
  std::string base_path;       // "" or "/…" without a slash at its end, percent-encoded once
  std::string signing_region;  // "eu-west-1"
  std::string signing_name = "s3";

  // "https://bucket.s3.eu-west-1.amazonaws.com/base": for messages.
  std::string url() const { return origin.to_string() + base_path; }
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// What decides an S3 endpoint. Region "aws-global" is the us-east-1 global endpoint.
struct EndpointParams {
  std::string region;
  std::string bucket;        // empty: an operation on the account (ListBuckets)
  std::string endpoint_url;  // empty: AWS's own; may hold a path
  // Otherwise virtual-host addressing wherever the bucket's name can be a host name.
  bool force_path_style = false;
  bool use_dualstack = false;
  bool use_fips = false;
  bool use_accelerate = false;
  bool use_global = false;         // us-east-1 is asked at s3.amazonaws.com
  bool use_object_lambda = false;  // refused
};

// `addressing_style` of the configuration ("auto", "path", "virtual", or empty) as the aws CLI
// takes it: auto means path style at a custom endpoint, virtual-host style at AWS and with
// accelerate.
bool force_path_style(std::string_view addressing_style, std::string_view endpoint_url,
                      bool use_accelerate);

// S3's endpoint rules, in the order of AWS's published rule set: virtual host; path style when
// forced, for IP endpoints, and for names that cannot be a host name or hold dots under TLS; custom
// endpoints, dual-stack, FIPS, accelerate, partitions. Errors: kConfig, worded for a person; ARNs
// and directory buckets are kUnsupported. Cheap enough to call once a bucket, not once a request.
Result<Endpoint> resolve_s3_endpoint(const EndpointParams& params);

// The regional endpoints of the services that credentials come from. `endpoint_url` overrides.
// Region "aws-global" is STS's global endpoint, signed for us-east-1.
struct ServiceEndpointParams {
  std::string region;
  std::string endpoint_url;
  bool use_dualstack = false;
  bool use_fips = false;
};
Result<Endpoint> resolve_sts_endpoint(const ServiceEndpointParams& params);
Result<Endpoint> resolve_sso_portal_endpoint(const ServiceEndpointParams& params);
Result<Endpoint> resolve_sso_oidc_endpoint(const ServiceEndpointParams& params);

// "aws", "aws-cn", "aws-us-gov", "aws-iso", …: by the region's name; unknown ones are "aws".
std::string_view partition_of(std::string_view region);
// 3–63 characters of a–z 0–9 - that start and end with a letter or digit (dots where allowed).
bool is_virtual_hostable(std::string_view bucket, bool allow_dots);
bool is_valid_region(std::string_view region);

}  // namespace s3ferry::aws
