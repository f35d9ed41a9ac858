#include "aws/endpoint.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry::aws {
namespace {

struct Partition {
  std::string_view name, region_prefix, global_region, suffix, dualstack_suffix;
};
// Of AWS's partitions file. The first is the default; "aws-global" is its global region.
constexpr std::array<Partition, 8> kPartitions = {{
    {"aws", "", "aws-global", "amazonaws.com", "api.aws"},
    {"aws-cn", "cn-", "aws-cn-global", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"aws-us-gov", "us-gov-", "aws-us-gov-global", "amazonaws.com", "api.aws"},
    {"aws-iso", "us-iso-", "aws-iso-global", "c2s.ic.gov", "api.aws.ic.gov"},
    {"aws-iso-b", "us-isob-", "aws-iso-b-global", "sc2s.sgov.gov", "api.aws.scloud"},
    {"aws-iso-e", "eu-isoe-", "aws-iso-e-global", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"aws-iso-f", "us-isof-", "aws-iso-f-global", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
    {"aws-eusc", "eusc-", "aws-eusc-global", "amazonaws.eu", "api.amazonwebservices.eu"},
}};

const Partition& partition(std::string_view region) {
  for (std::size_t i = 1; i < kPartitions.size(); ++i)
    if (region.starts_with(kPartitions[i].region_prefix) || region == kPartitions[i].global_region)
      return kPartitions[i];
  return kPartitions[0];
}

bool is_label_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}
bool is_lower_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_ipv4(std::string_view text) {
  int parts = 0;
  for (std::size_t at = 0; at <= text.size(); ++parts) {
    const std::size_t end = std::min(text.find('.', at), text.size());
    const auto number = parse_u64(text.substr(at, end - at));
    if (!number || *number > 255) return false;
    at = end + 1;
  }
  return parts == 4;
}
bool is_ip(std::string_view host) {
  return host.find(':') != std::string_view::npos || is_ipv4(host);
}

tl::unexpected<Error> config(std::string message) {
  return fail(ErrorKind::kConfig, std::move(message));
}

Status check_region(std::string_view region) {
  if (region.empty())
    return config("no region is set: give --region, AWS_REGION or `region` in the profile");
  if (!is_valid_region(region))
    return config(fmt::format("'{}' is not a region (letters, digits and '-'; eu-west-1, say)",
                              escape_for_display(region)));
  return {};
}

Result<http::Url> parse_endpoint(std::string_view text) {
  auto url = http::parse_url(text);
  if (!url) return url;
  if (!url->query.empty()) return config("an endpoint URL must not hold a query");
  while (url->path.ends_with('/')) url->path.pop_back();
  return url;
}

// Names the host alone: of a URL that was not read it is unknown what it gives away.
Status refuse_with_endpoint(std::string_view endpoint_url, std::string_view what) {
  const auto url = parse_endpoint(endpoint_url);
  if (!url) return fail(url.error());
  return config(fmt::format("a custom endpoint ({}) cannot be combined with {}: drop one of them",
                            url->origin.to_string(), what));
}

// What AWS's rules refuse before they look at the bucket.
Status check_combination(const EndpointParams& p) {
  if (p.use_accelerate && p.use_fips)
    return config("S3 Accelerate cannot be used with FIPS endpoints: switch one of them off");
  if (!p.endpoint_url.empty()) {
    const char* what = p.use_dualstack ? "dual-stack" : p.use_fips ? "FIPS" : "S3 Accelerate";
    if (p.use_dualstack || p.use_fips || p.use_accelerate)
      return refuse_with_endpoint(p.endpoint_url, what);
  }
  const std::string_view name = partition_of(p.region);
  if (p.use_fips && name == "aws-cn")
    return config("FIPS endpoints do not exist in the aws-cn partition");
  if (p.use_accelerate && name != "aws")
    return config(fmt::format("S3 Accelerate cannot be used in region {}", p.region));
  if (p.use_object_lambda)
    return fail(ErrorKind::kUnsupported, "S3 Object Lambda endpoints are not supported");
  return {};
}

Status check_bucket_kind(std::string_view bucket) {
  const auto unsupported = [&](std::string_view what) {
    return fail(ErrorKind::kUnsupported, fmt::format("'{}' is {}, which is not supported: name a "
                                                     "general-purpose bucket",
                                                     escape_for_display(bucket), what));
  };
  if (bucket.starts_with("arn:"))
    return unsupported("an ARN (access point, Outposts or Object Lambda)");
  if (bucket.ends_with("--x-s3") || bucket.ends_with("--xa-s3"))
    return unsupported("a directory bucket (S3 Express)");
  if (bucket.ends_with("--op-s3")) return unsupported("an S3 on Outposts alias");
  return {};
}

std::string encoded(std::string_view bucket) {
  return uri_encode(bucket);
}

Result<Endpoint> at_custom_endpoint(const EndpointParams& p, Endpoint endpoint) {
  auto url = parse_endpoint(p.endpoint_url);
  if (!url) return fail(std::move(url.error()));
  endpoint.origin = std::move(url->origin);
  endpoint.base_path = std::move(url->path);
  if (p.bucket.empty()) return endpoint;
  // Dots do not fit a wildcard certificate, so a dotted name is a host only without TLS.
  const bool hostable = is_virtual_hostable(p.bucket, !endpoint.origin.tls);
  if (hostable && !p.force_path_style && !is_ip(endpoint.origin.host)) {
    endpoint.origin.host = p.bucket + "." + endpoint.origin.host;
  } else {
    endpoint.base_path += "/" + encoded(p.bucket);
  }
  return endpoint;
}

// The host without a bucket: s3[-fips][.dualstack].REGION.SUFFIX, or the global s3.SUFFIX.
std::string regional_host(const EndpointParams& p, std::string_view region,
                          std::string_view suffix) {
  const bool global = p.region == "aws-global" || (p.use_global && p.region == "us-east-1");
  if (global && !p.use_fips && !p.use_dualstack) return fmt::format("s3.{}", suffix);
  return fmt::format("s3{}{}.{}.{}", p.use_fips ? "-fips" : "", p.use_dualstack ? ".dualstack" : "",
                     region, suffix);
}

Result<Endpoint> at_aws(const EndpointParams& p, Endpoint endpoint) {
  const std::string_view suffix = partition(p.region).suffix;
  const bool virtual_host =
      !p.bucket.empty() && !p.force_path_style && is_virtual_hostable(p.bucket, false);
  if (p.use_accelerate && !p.bucket.empty()) {
    if (!virtual_host)
      return config(
          "path-style addressing cannot be used with S3 Accelerate: the bucket's name must be "
          "a host name without dots, and addressing_style not 'path'");
    endpoint.origin.host = p.bucket + ".s3-accelerate.";
    if (p.use_dualstack) endpoint.origin.host += "dualstack.";
    if (p.use_dualstack && p.region == "aws-global") endpoint.origin.host += "us-east-1.";
    endpoint.origin.host += suffix;
    return endpoint;
  }
  endpoint.origin.host = regional_host(p, endpoint.signing_region, suffix);
  if (virtual_host) {
    endpoint.origin.host = p.bucket + "." + endpoint.origin.host;
  } else if (!p.bucket.empty()) {
    endpoint.base_path = "/" + encoded(p.bucket);
  }
  return endpoint;
}

struct ServiceHost {
  std::string_view prefix, fips_prefix, signing_name;
};

Result<Endpoint> resolve_service(const ServiceEndpointParams& p, const ServiceHost& service) {
  if (Status ok = check_region(p.region); !ok) return fail(std::move(ok.error()));
  const Partition& where = partition(p.region);
  Endpoint endpoint;
  endpoint.signing_name = service.signing_name;
  endpoint.signing_region = p.region == "aws-global" ? "us-east-1" : p.region;
  if (!p.endpoint_url.empty()) {
    if (p.use_dualstack || p.use_fips)
      return fail(refuse_with_endpoint(p.endpoint_url, p.use_fips ? "FIPS" : "dual-stack").error());
    auto url = parse_endpoint(p.endpoint_url);
    if (!url) return fail(std::move(url.error()));
    endpoint.origin = std::move(url->origin);
    endpoint.base_path = std::move(url->path);
    return endpoint;
  }
  if (p.region == "aws-global" && !p.use_fips && !p.use_dualstack) {
    endpoint.origin.host = fmt::format("{}.{}", service.prefix, where.suffix);
    return endpoint;
  }
  // GovCloud's ordinary STS endpoints are its FIPS ones.
  const bool plain = !p.use_fips || (where.name == "aws-us-gov" && !p.use_dualstack &&
                                     service.signing_name == "sts");
  endpoint.origin.host =
      fmt::format("{}.{}.{}", plain ? service.prefix : service.fips_prefix, endpoint.signing_region,
                  p.use_dualstack ? where.dualstack_suffix : where.suffix);
  return endpoint;
}

}  // namespace

bool is_valid_region(std::string_view region) {
  return !region.empty() && region.size() <= 63 && region.front() != '-' &&
         std::all_of(region.begin(), region.end(), is_label_char);
}

std::string_view partition_of(std::string_view region) {
  return partition(region).name;
}

bool is_virtual_hostable(std::string_view bucket, bool allow_dots) {
  if (bucket.size() < 3 || bucket.size() > 63 || is_ipv4(bucket)) return false;
  for (std::size_t i = 0; i < bucket.size(); ++i) {
    const char c = bucket[i];
    const bool edge =
        i == 0 || i + 1 == bucket.size() || bucket[i - 1] == '.' || bucket[i + 1] == '.';
    if (is_lower_alnum(c)) continue;
    if (edge || !(c == '-' || (c == '.' && allow_dots))) return false;
  }
  return true;
}

bool force_path_style(std::string_view addressing_style, std::string_view endpoint_url,
                      bool use_accelerate) {
  if (use_accelerate) return false;
  if (!endpoint_url.empty()) return addressing_style != "virtual";
  return addressing_style == "path";
}

Result<Endpoint> resolve_s3_endpoint(const EndpointParams& params) {
  if (Status ok = check_region(params.region); !ok) return fail(std::move(ok.error()));
  if (Status ok = check_combination(params); !ok) return fail(std::move(ok.error()));
  if (Status ok = check_bucket_kind(params.bucket); !ok) return fail(std::move(ok.error()));
  Endpoint endpoint;
  endpoint.signing_region = params.region == "aws-global" ? "us-east-1" : params.region;
  return params.endpoint_url.empty() ? at_aws(params, std::move(endpoint))
                                     : at_custom_endpoint(params, std::move(endpoint));
}

Result<Endpoint> resolve_sts_endpoint(const ServiceEndpointParams& params) {
  return resolve_service(params, {"sts", "sts-fips", "sts"});
}
Result<Endpoint> resolve_sso_portal_endpoint(const ServiceEndpointParams& params) {
  return resolve_service(params, {"portal.sso", "portal.sso-fips", "awsssoportal"});
}
Result<Endpoint> resolve_sso_oidc_endpoint(const ServiceEndpointParams& params) {
  return resolve_service(params, {"oidc", "oidc-fips", "sso-oauth"});
}

}  // namespace s3ferry::aws
