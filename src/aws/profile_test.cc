#include "aws/profile.h"

#include <gtest/gtest.h>

#include "runtime/fake_host.h"

namespace s3ferry::aws {
namespace {

class ProfileTest : public testing::Test {
 protected:
  ProfileTest() { host_.environment["HOME"] = "/h"; }
  Result<ProfileSettings> load(std::string config, std::optional<std::string> profile = {}) {
    host_.files["/h/.aws/config"] = std::move(config);
    return load_profile_settings(host_, profile);
  }
  std::string error(const std::string& config) {
    const auto settings = load(config);
    return settings ? std::string() : settings.error().message();
  }
  FakeHost host_;
};

TEST_F(ProfileTest, NothingSet) {
  const auto s = load("");
  ASSERT_TRUE(s);
  EXPECT_EQ(s->profile, "default");
  EXPECT_FALSE(s->region || s->endpoint_url || s->max_attempts || s->use_fips_endpoint);
  EXPECT_EQ(s->addressing_style, AddressingStyle::kAuto);
}

TEST_F(ProfileTest, EverythingSet) {
  const auto s = load(R"([profile p]
region = ap-northeast-2
ca_bundle = ~/ca.pem
max_attempts = 5
retry_mode = Standard
use_fips_endpoint = true
s3 =
  addressing_style = virtual
  use_accelerate_endpoint = True
  use_dualstack_endpoint = true
  payload_signing_enabled = no
  us_east_1_regional_endpoint = regional
  max_concurrent_requests = 64
  max_queue_size = 10000
  multipart_threshold = 64MB
  multipart_chunksize = 16MiB
  max_bandwidth = 80Mb/s
)",
                      "p");
  ASSERT_TRUE(s) << s.error().message();
  EXPECT_EQ(s->region, "ap-northeast-2");
  EXPECT_EQ(s->ca_bundle, "/h/ca.pem");
  EXPECT_EQ(s->max_attempts, 5U);
  EXPECT_EQ(s->retry_mode, "standard");
  EXPECT_EQ(s->use_fips_endpoint, true);
  EXPECT_EQ(s->addressing_style, AddressingStyle::kVirtual);
  EXPECT_EQ(s->use_accelerate_endpoint, true);
  EXPECT_EQ(s->use_dualstack_endpoint, true);
  EXPECT_EQ(s->payload_signing_enabled, false);
  EXPECT_EQ(s->us_east_1_regional_endpoint, "regional");
  EXPECT_EQ(s->max_concurrent_requests, 64U);
  EXPECT_EQ(s->max_queue_size, 10000U);
  EXPECT_EQ(s->multipart_threshold, 64 * kMiB);
  EXPECT_EQ(s->multipart_chunksize, 16 * kMiB);
  EXPECT_EQ(s->max_bandwidth_per_second, 10 * kMiB);
}

TEST_F(ProfileTest, EnvironmentWins) {
  host_.environment["AWS_DEFAULT_REGION"] = "eu-west-1";
  host_.environment["AWS_MAX_ATTEMPTS"] = "3";
  host_.environment["AWS_CA_BUNDLE"] = "/etc/ca.pem";
  auto s = load("[default]\nregion = us-east-1\nmax_attempts = 9\nca_bundle = /x\n");
  ASSERT_TRUE(s);
  EXPECT_EQ(s->region, "eu-west-1");
  EXPECT_EQ(s->max_attempts, 3U);
  EXPECT_EQ(s->ca_bundle, "/etc/ca.pem");
  host_.environment["AWS_REGION"] = "eu-west-2";
  s = load("");
  EXPECT_EQ(s->region, "eu-west-2");
}

TEST_F(ProfileTest, NonsenseNamesItsPlace) {
  EXPECT_EQ(error("[default]\nmax_attempts = many\n"),
            "/h/.aws/config:2: max_attempts must be a positive number, not \"many\"");
  EXPECT_NE(error("[default]\ns3 =\n addressing_style = pth\n").find("auto, path or virtual"),
            std::string::npos);
  EXPECT_NE(error("[default]\ns3 =\n multipart_chunksize = 8 apples\n"), "");
  EXPECT_NE(error("[default]\ns3 =\n max_bandwidth = 8\n x"), "");
  host_.environment["AWS_MAX_ATTEMPTS"] = "0";
  EXPECT_NE(error("").find("AWS_MAX_ATTEMPTS"), std::string::npos);
}

TEST_F(ProfileTest, MissingProfile) {
  EXPECT_TRUE(load("", "default"));
  const auto s = load("[profile a]\n", "b");
  ASSERT_FALSE(s);
  EXPECT_TRUE(s.error().is(ErrorKind::kConfig));
  EXPECT_NE(s.error().message().find("profile b"), std::string::npos);
}

TEST_F(ProfileTest, EndpointsOfOtherServices) {
  const auto files = parse_config_files(
      "[default]\nservices = s\n[services s]\nsso_oidc =\n  endpoint_url = http://o\n", "");
  ASSERT_TRUE(files);
  EXPECT_EQ(configured_endpoint_url(host_, *files, "default", "sso oidc"), "http://o");
  EXPECT_FALSE(configured_endpoint_url(host_, *files, "default", "s3"));
  host_.environment["AWS_ENDPOINT_URL_SSO_OIDC"] = "http://e";
  EXPECT_EQ(configured_endpoint_url(host_, *files, "default", "sso oidc"), "http://e");
}

// Without the section the requests would go to AWS, which is not what the profile says.
TEST_F(ProfileTest, ServicesMustNameASection) {
  const std::string config = "[default]\nservices = ceph\n[services cehp]\ns3 =\n  x = y\n";
  EXPECT_EQ(error(config),
            "/h/.aws/config:2: services names [services ceph], which is not in /h/.aws/config; "
            "add it or take the line away");
  host_.environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  EXPECT_EQ(error(config), "");
  host_.environment.erase("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
  host_.environment["AWS_ENDPOINT_URL_S3"] = "http://e";
  EXPECT_EQ(error(config), "");
}

TEST(ParseSize, Sizes) {
  EXPECT_EQ(parse_size("8388608"), 8388608U);
  EXPECT_EQ(parse_size("8MB"), 8 * kMiB);
  EXPECT_EQ(parse_size("1GiB"), kGiB);
  EXPECT_EQ(parse_size("1.5kb"), 1536U);
  for (const char* bad : {"", "MB", "8M", "8XB", "-1", "8MBs", "B", "1e3"})
    EXPECT_FALSE(parse_size(bad)) << bad;
}

TEST(ParseRate, Rates) {
  EXPECT_EQ(parse_rate("50MB/s"), 50 * kMiB);
  EXPECT_EQ(parse_rate("8Kb/s"), kKiB);
  EXPECT_EQ(parse_rate("1MiB/s"), kMiB);
  EXPECT_EQ(parse_rate("1000"), 1000U);
  for (const char* bad : {"", "50MB", "/s", "50/s", "xMB/s"}) EXPECT_FALSE(parse_rate(bad)) << bad;
}

}  // namespace
}  // namespace s3ferry::aws
