#include "aws/endpoint.h"

#include <gtest/gtest.h>

namespace s3ferry::aws {
namespace {

// The published rules are checked by the vectors; here stands what they leave open.

std::string url_of(EndpointParams params) {
  const auto endpoint = resolve_s3_endpoint(params);
  return endpoint ? endpoint->url() : "error: " + endpoint.error().message();
}
EndpointParams at(std::string endpoint_url, std::string bucket) {
  EndpointParams params;
  params.region = "eu-west-1";
  params.endpoint_url = std::move(endpoint_url);
  params.bucket = std::move(bucket);
  return params;
}

TEST(Endpoint, CustomEndpointsKeepTheirPathAndPort) {
  EXPECT_EQ(url_of(at("http://s3.example:9000/base/", "")), "http://s3.example:9000/base");
  EXPECT_EQ(url_of(at("http://s3.example:9000/base", "bucket")),
            "http://bucket.s3.example:9000/base");
  EXPECT_EQ(url_of(at("http://[::1]:9000", "bucket")), "http://[::1]:9000/bucket");
  EXPECT_EQ(url_of(at("http://127.0.0.1:9000/x", "a.b.c")), "http://127.0.0.1:9000/x/a.b.c");
}

TEST(Endpoint, DottedNamesAreHostsOnlyWithoutTls) {
  EXPECT_EQ(url_of(at("https://s3.example", "a.bucket")), "https://s3.example/a.bucket");
  EXPECT_EQ(url_of(at("http://s3.example", "a.bucket")), "http://a.bucket.s3.example");
  EXPECT_EQ(url_of(at("", "a.bucket")), "https://s3.eu-west-1.amazonaws.com/a.bucket");
}

TEST(Endpoint, EveryPartitionHasItsSuffix) {
  const auto host = [](const char* region) {
    EndpointParams params;
    params.region = region;
    return resolve_s3_endpoint(params)->origin.host;
  };
  EXPECT_EQ(host("ap-northeast-2"), "s3.ap-northeast-2.amazonaws.com");
  EXPECT_EQ(host("us-gov-west-1"), "s3.us-gov-west-1.amazonaws.com");
  EXPECT_EQ(host("us-iso-east-1"), "s3.us-iso-east-1.c2s.ic.gov");
  EXPECT_EQ(host("us-isob-east-1"), "s3.us-isob-east-1.sc2s.sgov.gov");
  EXPECT_EQ(partition_of("cn-north-1"), "aws-cn");
  EXPECT_EQ(partition_of("xx-unknown-9"), "aws");
}

TEST(Endpoint, ErrorsSayWhatToDo) {
  EndpointParams params;
  EXPECT_NE(url_of(params).find("--region"), std::string::npos);
  EXPECT_NE(url_of(at("s3.example", "b")).find("http://"), std::string::npos);
  EXPECT_NE(url_of(at("http://s3.example?x=1", "b")).find("query"), std::string::npos);
  const auto arn = resolve_s3_endpoint(at("", "arn:aws:s3:eu-west-1:111111111111:accesspoint:x"));
  ASSERT_FALSE(arn);
  EXPECT_EQ(arn.error().kind(), ErrorKind::kUnsupported);
}

// An endpoint URL may come with a password in it, from the environment say.
TEST(Endpoint, NoMessageShowsAPasswordInTheUrl) {
  for (const char* url : {"https://me:pass-word@s3.example", "https://s3.example?key=pass-word"}) {
    EndpointParams params = at(url, "b");
    params.use_fips = true;
    const std::string s3 = url_of(params);
    EXPECT_NE(s3.find("error"), std::string::npos);
    EXPECT_EQ(s3.find("pass-word"), std::string::npos) << s3;
    ServiceEndpointParams service;
    service.region = "eu-west-1";
    service.endpoint_url = url;
    service.use_fips = true;
    const auto sts = resolve_sts_endpoint(service);
    ASSERT_FALSE(sts);
    EXPECT_EQ(sts.error().message().find("pass-word"), std::string::npos) << sts.error().message();
  }
  EndpointParams params = at("https://s3.example", "b");
  params.use_fips = true;
  EXPECT_NE(url_of(params).find("(https://s3.example) cannot be combined with FIPS"),
            std::string::npos);
}

TEST(Endpoint, AddressingStyleIsReadAsTheAwsCliDoes) {
  EXPECT_FALSE(force_path_style("", "", false));
  EXPECT_FALSE(force_path_style("auto", "", false));
  EXPECT_TRUE(force_path_style("path", "", false));
  EXPECT_TRUE(force_path_style("auto", "http://localhost:9000", false));
  EXPECT_FALSE(force_path_style("virtual", "http://localhost:9000", false));
  EXPECT_FALSE(force_path_style("path", "", true));
}

TEST(Endpoint, HostableNames) {
  EXPECT_TRUE(is_virtual_hostable("abc", false));
  EXPECT_FALSE(is_virtual_hostable("ab", false));
  EXPECT_FALSE(is_virtual_hostable("Abc", false));
  EXPECT_FALSE(is_virtual_hostable("abc-", false));
  EXPECT_FALSE(is_virtual_hostable("a.bc", false));
  EXPECT_TRUE(is_virtual_hostable("a.bc", true));
  EXPECT_FALSE(is_virtual_hostable("a..bc", true));
  EXPECT_FALSE(is_virtual_hostable("a.-bc", true));
  EXPECT_FALSE(is_virtual_hostable("192.168.5.4", true));
  EXPECT_FALSE(is_virtual_hostable(std::string(64, 'a'), false));
}

TEST(Endpoint, CredentialServices) {
  ServiceEndpointParams params;
  params.region = "ap-northeast-2";
  EXPECT_EQ(resolve_sts_endpoint(params)->url(), "https://sts.ap-northeast-2.amazonaws.com");
  EXPECT_EQ(resolve_sts_endpoint(params)->signing_name, "sts");
  EXPECT_EQ(resolve_sso_portal_endpoint(params)->url(),
            "https://portal.sso.ap-northeast-2.amazonaws.com");
  EXPECT_EQ(resolve_sso_oidc_endpoint(params)->url(), "https://oidc.ap-northeast-2.amazonaws.com");
  params.use_fips = true;
  EXPECT_EQ(resolve_sts_endpoint(params)->url(), "https://sts-fips.ap-northeast-2.amazonaws.com");
  params.region = "us-gov-west-1";
  EXPECT_EQ(resolve_sts_endpoint(params)->url(), "https://sts.us-gov-west-1.amazonaws.com");
  params = {};
  params.region = "aws-global";
  EXPECT_EQ(resolve_sts_endpoint(params)->url(), "https://sts.amazonaws.com");
  EXPECT_EQ(resolve_sts_endpoint(params)->signing_region, "us-east-1");
  params.region = "cn-north-1";
  EXPECT_EQ(resolve_sts_endpoint(params)->url(), "https://sts.cn-north-1.amazonaws.com.cn");
  params.endpoint_url = "http://127.0.0.1:7000/sts/";
  EXPECT_EQ(resolve_sts_endpoint(params)->url(), "http://127.0.0.1:7000/sts");
}

}  // namespace
}  // namespace s3ferry::aws
