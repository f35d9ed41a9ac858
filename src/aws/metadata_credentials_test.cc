#include "aws/metadata_credentials.h"

#include "aws/chain_test_support.h"

namespace s3ferry::aws {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::Reply;

class MetadataTest : public testing::ChainFixture {};

TEST_F(MetadataTest, InstanceRole) {
  reply(Reply(200, "imds-token"));
  reply(Reply(200, "my role\n"));
  reply_keys("INSTANCE");
  const auto got = get();
  ASSERT_EQ(id(got), "INSTANCE");
  EXPECT_EQ(url(0), "PUT http://169.254.169.254/latest/api/token");
  EXPECT_EQ(header(0, "x-aws-ec2-metadata-token-ttl-seconds"), "21600");
  EXPECT_EQ(url(1), "GET http://169.254.169.254/latest/meta-data/iam/security-credentials/");
  EXPECT_EQ(header(1, "x-aws-ec2-metadata-token"), "imds-token");
  EXPECT_EQ(url(2),
            "GET http://169.254.169.254/latest/meta-data/iam/security-credentials/my%20role");
  EXPECT_EQ(header(2, "x-aws-ec2-metadata-token"), "imds-token");
  EXPECT_EQ(header(2, "authorization"), "(none)");
  for (const auto& request : transport.requests) {
    EXPECT_EQ(request.deadlines.connect, seconds(1));
    EXPECT_EQ(request.deadlines.first_byte, seconds(1));
  }
  // Kept, then fetched anew with a new token.
  EXPECT_EQ(id(again()), "INSTANCE");
  EXPECT_EQ(transport.requests.size(), 3U);
  (void)runtime.run(runtime.sleep_for(hours(6) - std::chrono::minutes(14)));
  reply(Reply(200, "token-2"));
  reply(Reply(200, "my role"));
  reply_keys("INSTANCE2");
  EXPECT_EQ(id(again()), "INSTANCE2");
}

TEST_F(MetadataTest, NeverWithoutItsToken) {
  for (const int status : {400, 403, 404, 405}) {
    transport.requests.clear();
    reply(Reply(status, "no"));
    EXPECT_FALSE(get());
    EXPECT_EQ(transport.requests.size(), 1U);
  }
}

TEST_F(MetadataTest, InstanceWithoutARole) {
  reply(Reply(200, "t"));
  reply(Reply(404, "<html>"));
  const auto got = get();
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().message().find("has no role"), std::string::npos);
}

TEST_F(MetadataTest, InstanceRoleThatFails) {
  reply(Reply(200, "t"));
  reply(Reply(200, "r"));
  reply(Reply(200, R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"x"})"));
  const auto got = get();
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().message().find("AssumeRoleUnauthorizedAccess"), std::string::npos);
}

TEST_F(MetadataTest, AttemptsAndTimeoutAreSettings) {
  env("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "3");
  config("[default]\nmetadata_service_timeout = 5\n");
  reply(Reply::broken(ErrorKind::kTimeout));
  reply(Reply::broken(ErrorKind::kTimeout));
  reply(Reply(200, "t"));
  reply(Reply(200, "r"));
  reply_keys("K");
  EXPECT_EQ(id(get()), "K");
  EXPECT_EQ(transport.requests.at(0).deadlines.connect, seconds(5));
  env("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "none");
  EXPECT_TRUE(get().error().is(ErrorKind::kConfig));
}

TEST_F(MetadataTest, EndpointWithAPath) {
  env("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://localhost:1338/base/");
  EXPECT_FALSE(get());
  EXPECT_EQ(url(0), "PUT http://localhost:1338/base/latest/api/token");
  env("AWS_EC2_METADATA_SERVICE_ENDPOINT", "");
  env("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv9");
  EXPECT_TRUE(get().error().is(ErrorKind::kConfig));
}

TEST_F(MetadataTest, ContainerWithItsToken) {
  env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials?a=b%20c");
  env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "from-environment");
  reply_keys("POD");
  EXPECT_EQ(id(get()), "POD");
  EXPECT_EQ(url(0), "GET http://169.254.170.23/v1/credentials?a=b%20c");
  EXPECT_EQ(header(0, "authorization"), "from-environment");
  EXPECT_EQ(header(0, "accept"), "application/json");
  env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/token");
  EXPECT_TRUE(get().error().is(ErrorKind::kConfig));
  host.files["/token"] = "from-file\n";
  reply_keys("POD");
  EXPECT_EQ(id(get()), "POD");
  EXPECT_EQ(header(1, "authorization"), "from-file");
  host.files["/token"] = "two\nlines";
  EXPECT_TRUE(get().error().is(ErrorKind::kConfig));
}

TEST_F(MetadataTest, ContainerIsAskedThreeTimes) {
  env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x");
  reply(Reply(500, ""));
  reply(Reply(500, ""));
  reply_keys("TASK");
  EXPECT_EQ(id(get()), "TASK");
  reply(Reply(404, "x"));
  const auto got = get();
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().message().find("container"), std::string::npos);
}

TEST_F(MetadataTest, PlainHttpOnlyToTrustedHosts) {
  for (const char* good :
       {"http://localhost/x", "http://127.0.0.1:99/x", "http://127.9.9.9/x", "http://[::1]/x",
        "http://169.254.170.2/x", "http://[fd00:ec2::23]/x", "https://example.org/x"}) {
    env("AWS_CONTAINER_CREDENTIALS_FULL_URI", good);
    EXPECT_TRUE(container_credentials_url(host)) << good;
  }
  for (const char* bad :
       {"http://example.org/x", "http://169.254.169.254/x", "http://127.evil.org/x",
        "http://localhost.evil.org/x", "ftp://localhost/x", "/x", "http://10.0.0.1/x"}) {
    env("AWS_CONTAINER_CREDENTIALS_FULL_URI", bad);
    EXPECT_FALSE(container_credentials_url(host)) << bad;
  }
  env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@evil.org/x");
  EXPECT_FALSE(container_credentials_url(host));
}

}  // namespace
}  // namespace s3ferry::aws
