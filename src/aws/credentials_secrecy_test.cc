// Rule 9 for the credentials chain: each provider fails with secrets in all it has and is told, and
// neither the error nor the log at its highest verbosity shows them.

#include "aws/chain_test_support.h"
#include "base/log.h"

namespace s3ferry::aws {
namespace {

using testing::Reply;

constexpr const char* kMarker = "MARKERxfakexsecret";
const std::string kM = kMarker;

class SecrecyTest : public testing::ChainFixture {
 protected:
  SecrecyTest() {
    env("HOME", "/h");
    ::testing::internal::CaptureStderr();
    set_log_level(LogLevel::kDebug);
  }
  ~SecrecyTest() override { set_log_level(LogLevel::kWarning); }

  // All three answers of the service hold what it was given.
  void reply_always(int status, const std::string& body) {
    for (int i = 0; i < 4; ++i) reply(Reply(status, body));
  }
  void expect_failure_without_marker() {
    const auto got = get();
    const std::string log = ::testing::internal::GetCapturedStderr();
    ::testing::internal::CaptureStderr();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().describe().find(kMarker), std::string::npos) << got.error().describe();
    EXPECT_EQ(log.find(kMarker), std::string::npos) << log;
    replies.clear();
  }
  void TearDown() override { (void)::testing::internal::GetCapturedStderr(); }
};

TEST_F(SecrecyTest, SharedFiles) {
  for (const std::string& text :
       {"[default]\naws_secret_access_key = " + kM + "\n", "[default]\n" + kM + "\n",
        "[default\n" + kM + "=" + kM, kM + "=" + kM, "[default]\ns3 =\n  " + kM + "\n",
        "[default]\naws_access_key_id = \naws_secret_access_key = " + kM + "\n"}) {
    config(text);
    expect_failure_without_marker();
  }
}

TEST_F(SecrecyTest, Environment) {
  env("AWS_ACCESS_KEY_ID", "AKIAFAKE");
  env("AWS_SECRET_ACCESS_KEY", kM);
  env("AWS_SESSION_TOKEN", kM);
  env("AWS_CREDENTIAL_EXPIRATION", "2001-01-01T00:00:00Z");
  expect_failure_without_marker();
  env("AWS_CREDENTIAL_EXPIRATION", kM);
  expect_failure_without_marker();
}

TEST_F(SecrecyTest, Role) {
  config(
      "[default]\nregion = us-east-1\nrole_arn = arn:a\nsource_profile = default\n"
      "external_id = " +
      kM + "\naws_access_key_id = AKIAFAKE\naws_secret_access_key = " + kM +
      "\naws_session_token = " + kM + "2\nmfa_serial = arn:mfa\n");
  const std::string head = "<ErrorResponse><Error><Code>";
  const std::string middle = "</Code><Message>";
  const std::string tail = "</Message></Error></ErrorResponse>";
  for (const std::string& body :
       {head + "SignatureDoesNotMatch" + middle + "The Canonical String should have been " + kM +
            tail,
        head + "AccessDenied" + middle + "denied with external id " + kM + tail,
        head + "InvalidClientTokenId" + middle + kM + "2" + tail, kM, "<" + kM + "/>",
        head + "Throttling" + middle + kM + tail}) {
    host.answers = {kM};
    reply_always(403, body);
    expect_failure_without_marker();
    host.answers = {kM};
    reply_always(200, body);
    expect_failure_without_marker();
  }
}

TEST_F(SecrecyTest, AnsweredRoleThatIsIncomplete) {
  config(
      "[default]\nregion = us-east-1\nrole_arn = arn:a\nsource_profile = default\n"
      "aws_access_key_id = AKIAFAKE\naws_secret_access_key = s\n");
  reply_always(200, "<AssumeRoleResponse><AssumeRoleResult><Credentials><SecretAccessKey>" + kM +
                        "</SecretAccessKey><SessionToken>" + kM +
                        "</SessionToken></Credentials></AssumeRoleResult></AssumeRoleResponse>");
  expect_failure_without_marker();
}

TEST_F(SecrecyTest, WebIdentity) {
  env("AWS_WEB_IDENTITY_TOKEN_FILE", "/jwt");
  env("AWS_ROLE_ARN", "arn:a");
  env("AWS_REGION", "us-east-1");
  host.files["/jwt"] = kM;
  reply_always(400, "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>bad token " +
                        kM + "</Message></Error></ErrorResponse>");
  expect_failure_without_marker();
}

TEST_F(SecrecyTest, IdentityCenter) {
  config(
      "[default]\nsso_session = dev\nsso_account_id = 1\nsso_role_name = R\n"
      "[sso-session dev]\nsso_region = eu-west-1\nsso_start_url = https://x.example\n");
  const std::string path = "/h/.aws/sso/cache/34c6fceca75e456f25e7e99531e2425c6c1de443.json";
  for (const std::string& file :
       {kM, "{\"accessToken\":\"" + kM + "\"}",
        "{\"accessToken\":\"" + kM + "\",\"expiresAt\":\"2001-01-01T00:00:00Z\",\"clientId\":\"" +
            kM + "\",\"clientSecret\":\"" + kM + "\",\"refreshToken\":\"" + kM +
            "\",\"registrationExpiresAt\":\"2080-01-01T00:00:00Z\"}",
        "{\"accessToken\":\"" + kM + "\",\"expiresAt\":\"2080-01-01T00:00:00Z\"}"}) {
    for (const int status : {200, 400, 401, 500}) {
      host.files[path] = file;
      reply_always(status, "{\"message\":\"" + kM + "\",\"accessToken\":7}");
      expect_failure_without_marker();
    }
  }
}

TEST_F(SecrecyTest, Process) {
  config("[default]\ncredential_process = /bin/tool --token " + kM + "\n");
  host.process = [](const auto&) { return ProcessOutput(3, kM, kM); };
  expect_failure_without_marker();
  host.process = [](const auto&) { return ProcessOutput(0, "{\"Code\":\"" + kM + "\"}", kM); };
  expect_failure_without_marker();
  config("[default]\ncredential_process = /bin/tool '" + kM + "\n");
  expect_failure_without_marker();
}

TEST_F(SecrecyTest, ContainerAndInstance) {
  env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/x");
  env("AWS_CONTAINER_AUTHORIZATION_TOKEN", kM);
  for (const int status : {200, 403, 500}) {
    reply_always(status, "{\"SecretAccessKey\":\"" + kM + "\",\"Code\":\"" + kM + " x\"}");
    expect_failure_without_marker();
  }
  env("AWS_CONTAINER_AUTHORIZATION_TOKEN", kM + "\nx");
  expect_failure_without_marker();
  host.environment.erase("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  reply(Reply(200, kM));
  reply(Reply(200, "role"));
  reply(Reply(200, "{\"SecretAccessKey\":\"" + kM + "\"}"));
  expect_failure_without_marker();
  reply(Reply(200, kM));
  reply(Reply(403, kM));
  expect_failure_without_marker();
}

}  // namespace
}  // namespace s3ferry::aws
