#include "aws/credentials_chain.h"

#include "aws/chain_test_support.h"

namespace s3ferry::aws {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::Reply;

class ChainTest : public testing::ChainFixture {};

constexpr const char* kKeys =
    "[default]\naws_access_key_id = DEFAULT\naws_secret_access_key = s\n"
    "[profile other]\naws_access_key_id = OTHER\naws_secret_access_key = s\n"
    "aws_session_token = t\n";

TEST_F(ChainTest, EnvironmentBeatsProfilesButNotANamedOne) {
  config(kKeys);
  env("AWS_ACCESS_KEY_ID", "ENV");
  env("AWS_SECRET_ACCESS_KEY", "s");
  EXPECT_EQ(id(get()), "ENV");
  EXPECT_EQ(id(get_profile("other")), "OTHER");
  EXPECT_EQ(id(get_profile("default")), "DEFAULT");
  env("AWS_PROFILE", "other");
  EXPECT_EQ(id(get()), "ENV");
  host.environment.erase("AWS_ACCESS_KEY_ID");
  const auto got = get();
  EXPECT_EQ(id(got), "OTHER");
  EXPECT_EQ(got->session_token.reveal(), "t");
}

TEST_F(ChainTest, HalfAKeyInTheEnvironmentIsAnError) {
  config(kKeys);
  env("AWS_ACCESS_KEY_ID", "ENV");
  const auto got = get();
  ASSERT_FALSE(got);
  EXPECT_TRUE(got.error().is(ErrorKind::kCredentials));
  EXPECT_NE(got.error().message().find("AWS_SECRET_ACCESS_KEY"), std::string::npos);
}

TEST_F(ChainTest, ExpiryInTheEnvironment) {
  env("AWS_ACCESS_KEY_ID", "ENV");
  env("AWS_SECRET_ACCESS_KEY", "s");
  env("AWS_SESSION_TOKEN", "t");
  env("AWS_CREDENTIAL_EXPIRATION", format_iso8601(runtime.wall_now() + hours(2)));
  EXPECT_EQ(*get()->expires, runtime.wall_now() + hours(2));
  env("AWS_CREDENTIAL_EXPIRATION", format_iso8601(runtime.wall_now() - hours(2)));
  EXPECT_TRUE(get().error().is(ErrorKind::kExpiredCredentials));
  env("AWS_CREDENTIAL_EXPIRATION", "tomorrow");
  EXPECT_TRUE(get().error().is(ErrorKind::kConfig));
}

TEST_F(ChainTest, OrderInsideAProfile) {
  // The credentials file's keys beat a process, which beats the config file's keys.
  config(
      "[default]\naws_access_key_id = CONFIG\naws_secret_access_key = s\n"
      "credential_process = tool\n");
  host.process = [](const auto&) {
    return ProcessOutput(0, R"({"Version":1,"AccessKeyId":"PROCESS","SecretAccessKey":"s"})", "");
  };
  EXPECT_EQ(id(get()), "PROCESS");
  host.files["/h/.aws/credentials"] =
      "[default]\naws_access_key_id = FILE\naws_secret_access_key = s\n";
  EXPECT_EQ(id(get()), "FILE");
}

TEST_F(ChainTest, ATokenOfTheOtherFileBelongsToOtherKeys) {
  config(
      "[default]\naws_access_key_id = OLD\naws_secret_access_key = s\n"
      "aws_session_token = old-token\naws_account_id = 111122223333\n");
  host.files["/h/.aws/credentials"] =
      "[default]\naws_access_key_id = FILE\naws_secret_access_key = s\n";
  const auto got = get();
  ASSERT_EQ(id(got), "FILE");
  EXPECT_EQ(got->session_token.reveal(), "");
  EXPECT_EQ(got->account_id, "");
}

TEST_F(ChainTest, RoleWithAllItsSettings) {
  config(
      "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n"
      "[profile r]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = base\n"
      "region = eu-west-3\nexternal_id = e x\nrole_session_name = me\nduration_seconds = 7200\n");
  reply_sts("AssumeRole", "ROLE");
  const auto got = get_profile("r");
  ASSERT_EQ(id(got), "ROLE");
  EXPECT_EQ(got->secret_access_key.reveal(), "secret-ROLE");
  EXPECT_EQ(got->session_token.reveal(), "token-ROLE");
  EXPECT_EQ(got->account_id, "111122223333");
  EXPECT_EQ(*got->expires - runtime.wall_now() <= hours(1), true);
  EXPECT_EQ(url(0), "POST https://sts.eu-west-3.amazonaws.com/");
  EXPECT_NE(header(0, "authorization").find("Credential=BASE/"), std::string::npos);
  EXPECT_NE(header(0, "authorization").find("/eu-west-3/sts/aws4_request"), std::string::npos);
  auto fields = form(0);
  EXPECT_EQ(fields["Action"], "AssumeRole");
  EXPECT_EQ(fields["Version"], "2011-06-15");
  EXPECT_EQ(fields["RoleArn"], "arn:aws:iam::1:role/R");
  EXPECT_EQ(fields["ExternalId"], "e x");
  EXPECT_EQ(fields["RoleSessionName"], "me");
  EXPECT_EQ(fields["DurationSeconds"], "7200");
  EXPECT_EQ(fields.count("TokenCode"), 0U);
}

TEST_F(ChainTest, RolesOnRoles) {
  config(
      "[profile a]\nrole_arn = arn:a\nsource_profile = b\nregion = us-east-1\n"
      "[profile b]\nrole_arn = arn:b\nsource_profile = c\n"
      "[profile c]\naws_access_key_id = BASE\naws_secret_access_key = s\n");
  reply_sts("AssumeRole", "B");
  reply_sts("AssumeRole", "A");
  EXPECT_EQ(id(get_profile("a")), "A");
  EXPECT_EQ(form(0)["RoleArn"], "arn:b");
  EXPECT_EQ(form(1)["RoleArn"], "arn:a");
  EXPECT_EQ(header(1, "x-amz-security-token"), "token-B");
}

TEST_F(ChainTest, RoleRegionFromOptionAndGlobalWithoutAny) {
  config(
      "[default]\nrole_arn = arn:a\nsource_profile = default\naws_access_key_id = K\n"
      "aws_secret_access_key = s\n");
  reply_sts("AssumeRole", "A");
  EXPECT_EQ(id(get()), "A");
  EXPECT_EQ(url(0), "POST https://sts.amazonaws.com/");
  ChainOptions options;
  options.region = "ap-northeast-2";
  reply_sts("AssumeRole", "A");
  EXPECT_EQ(id(get(options)), "A");
  EXPECT_EQ(url(1), "POST https://sts.ap-northeast-2.amazonaws.com/");
}

TEST_F(ChainTest, MfaIsAskedOnceAndNotInTheMiddleOfARun) {
  config(
      "[default]\nregion = us-east-1\nrole_arn = arn:a\nsource_profile = base\n"
      "mfa_serial = arn:mfa\n[profile base]\naws_access_key_id = K\n"
      "aws_secret_access_key = s\n");
  host.answers = {"123456"};
  reply_sts("AssumeRole", "A");
  EXPECT_EQ(id(get()), "A");
  EXPECT_EQ(form(0)["SerialNumber"], "arn:mfa");
  EXPECT_EQ(form(0)["TokenCode"], "123456");
  EXPECT_EQ(id(again()), "A");
  (void)runtime.run(runtime.sleep_for(minutes(55)));
  EXPECT_EQ(id(again()), "A");  // the old ones serve to their end
  (void)runtime.run(runtime.sleep_for(minutes(10)));
  const auto got = again();
  ASSERT_FALSE(got);
  EXPECT_TRUE(got.error().is(ErrorKind::kExpiredCredentials));
  EXPECT_NE(got.error().message().find("duration_seconds"), std::string::npos);
  EXPECT_EQ(host.prompts.size(), 1U);
}

TEST_F(ChainTest, MfaWithoutATerminal) {
  config(
      "[default]\nregion = us-east-1\nrole_arn = arn:a\nsource_profile = default\n"
      "mfa_serial = arn:mfa\naws_access_key_id = K\naws_secret_access_key = s\n");
  const auto got = get();
  ASSERT_FALSE(got);
  EXPECT_TRUE(got.error().is(ErrorKind::kCredentials));
  EXPECT_NE(got.error().message().find("terminal"), std::string::npos);
  EXPECT_TRUE(transport.requests.empty());
}

TEST_F(ChainTest, CredentialSources) {
  config(
      "[profile e]\nrole_arn = arn:a\ncredential_source = Environment\nregion = us-east-1\n"
      "[profile c]\nrole_arn = arn:a\ncredential_source = EcsContainer\nregion = us-east-1\n"
      "[profile i]\nrole_arn = arn:a\ncredential_source = Ec2InstanceMetadata\n"
      "region = us-east-1\n[profile x]\nrole_arn = arn:a\ncredential_source = Moon\n");
  EXPECT_TRUE(get_profile("e").error().is(ErrorKind::kCredentials));
  env("AWS_ACCESS_KEY_ID", "ENV");
  env("AWS_SECRET_ACCESS_KEY", "s");
  reply_sts("AssumeRole", "E");
  EXPECT_EQ(id(get_profile("e")), "E");
  EXPECT_TRUE(get_profile("c").error().is(ErrorKind::kCredentials));
  env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x");
  reply_keys("TASK");
  reply_sts("AssumeRole", "C");
  EXPECT_EQ(id(get_profile("c")), "C");
  EXPECT_NE(header(2, "authorization").find("Credential=TASK/"), std::string::npos);
  reply(Reply(200, "imds-token"));
  reply(Reply(200, "role"));
  reply_keys("INSTANCE");
  reply_sts("AssumeRole", "I");
  EXPECT_EQ(id(get_profile("i")), "I");
  EXPECT_TRUE(get_profile("x").error().is(ErrorKind::kConfig));
}

TEST_F(ChainTest, WrongPlansAreSaidAtOnce) {
  config(
      "[profile a]\nrole_arn = x\nsource_profile = b\n[profile b]\nrole_arn = x\n"
      "source_profile = a\n[profile none]\nrole_arn = x\n[profile both]\nrole_arn = x\n"
      "source_profile = a\ncredential_source = Environment\n[profile gone]\nrole_arn = x\n"
      "source_profile = nobody\n[profile long]\nrole_arn = x\nsource_profile = a\n"
      "duration_seconds = 1e9\n[profile login]\nlogin_session = arn\n");
  for (const char* profile : {"a", "none", "both", "gone", "long", "login", "missing"}) {
    const auto got = get_profile(profile);
    ASSERT_FALSE(got) << profile;
    EXPECT_TRUE(got.error().is(ErrorKind::kConfig)) << id(got);
  }
  EXPECT_TRUE(transport.requests.empty());
}

TEST_F(ChainTest, WebIdentityOfTheEnvironment) {
  env("AWS_WEB_IDENTITY_TOKEN_FILE", "/jwt");
  env("AWS_REGION", "eu-west-1");
  EXPECT_TRUE(get().error().is(ErrorKind::kConfig));  // no role
  env("AWS_ROLE_ARN", "arn:a");
  EXPECT_TRUE(get().error().is(ErrorKind::kConfig));  // no file
  host.files["/jwt"] = "header.body.signature\n";
  reply_sts("AssumeRoleWithWebIdentity", "WEB");
  EXPECT_EQ(id(get()), "WEB");
  EXPECT_EQ(header(0, "authorization"), "(none)");
  EXPECT_EQ(form(0)["WebIdentityToken"], "header.body.signature");
  EXPECT_EQ(form(0)["RoleSessionName"].substr(0, 8), "s3ferry-");
  // A profile that is named by option is not touched by it.
  config(kKeys);
  EXPECT_EQ(id(get_profile("other")), "OTHER");
}

TEST_F(ChainTest, StsIsAskedAgainAfterWhatMayPass) {
  config(
      "[default]\nregion = us-east-1\nrole_arn = arn:a\nsource_profile = default\n"
      "aws_access_key_id = K\naws_secret_access_key = s\n");
  reply(Reply(500, "oops"));
  reply(Reply(400, "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>"));
  reply_sts("AssumeRole", "A");
  EXPECT_EQ(id(get()), "A");
  EXPECT_EQ(transport.requests.size(), 3U);
}

TEST_F(ChainTest, StsSaysNo) {
  config(
      "[default]\nregion = us-east-1\nrole_arn = arn:a\nsource_profile = default\n"
      "aws_access_key_id = K\naws_secret_access_key = s\n");
  reply(Reply(403,
              "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: arn:aws:iam::1:user/u "
              "is not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>"));
  const auto got = get();
  ASSERT_FALSE(got);
  EXPECT_TRUE(got.error().is(ErrorKind::kCredentials));
  EXPECT_EQ(got.error().code(), "AccessDenied");
  EXPECT_NE(got.error().message().find("is not authorized to perform: sts:AssumeRole"),
            std::string::npos);
  EXPECT_NE(got.error().message().find("arn:a"), std::string::npos);
  EXPECT_EQ(transport.requests.size(), 1U);
}

TEST_F(ChainTest, StsAnswersThatAreNotSts) {
  config(
      "[default]\nregion = us-east-1\nrole_arn = arn:a\nsource_profile = default\n"
      "aws_access_key_id = K\naws_secret_access_key = s\n");
  for (const char* body :
       {"", "<html/>", "<AssumeRoleResponse>", "<!DOCTYPE a><AssumeRoleResponse/>",
        "<AssumeRoleResponse/>",
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>a</AccessKeyId>"
        "</Credentials></AssumeRoleResult></AssumeRoleResponse>"}) {
    replies.clear();
    for (int i = 0; i < 3; ++i) reply(Reply(200, body));
    EXPECT_FALSE(get()) << body;
  }
}

TEST_F(ChainTest, NothingFoundSaysWhereItLooked) {
  const auto got = get();
  ASSERT_FALSE(got);
  EXPECT_TRUE(got.error().is(ErrorKind::kCredentials));
  const std::string& text = got.error().message();
  for (const char* part :
       {"AWS_ACCESS_KEY_ID", "profile default", "/h/.aws/config", "/h/.aws/credentials",
        "container", "EC2 instance metadata", "aws configure", "--profile"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  EXPECT_EQ(transport.requests.size(), 1U);
  env("AWS_EC2_METADATA_DISABLED", "true");
  EXPECT_TRUE(get().error().is(ErrorKind::kCredentials));
  EXPECT_EQ(transport.requests.size(), 1U);
}

TEST_F(ChainTest, MalformedFileNamesItsLine) {
  config("[default]\nregion\n");
  const auto got = get();
  ASSERT_FALSE(got);
  EXPECT_TRUE(got.error().is(ErrorKind::kConfig));
  EXPECT_EQ(got.error().message().substr(0, 17), "/h/.aws/config:2:");
}

TEST_F(ChainTest, KeysThatAnotherToolReplacedAreReadAgain) {
  config(kKeys);
  EXPECT_EQ(id(get()), "DEFAULT");
  config("[default]\naws_access_key_id = NEW\naws_secret_access_key = s\n");
  EXPECT_EQ(id(again()), "DEFAULT");
  (void)runtime.run(runtime.sleep_for(hours(1)));
  chain->invalidate();
  EXPECT_EQ(id(again()), "NEW");
}

}  // namespace
}  // namespace s3ferry::aws
