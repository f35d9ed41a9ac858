#include "aws/sso.h"

#include "aws/chain_test_support.h"

namespace s3ferry::aws {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::Reply;

class SsoTest : public testing::ChainFixture {
 protected:
  SsoTest() {
    config(
        "[default]\nsso_session = dev\nsso_account_id = 111122223333\nsso_role_name = Read\n"
        "[sso-session dev]\nsso_region = eu-west-1\nsso_start_url = https://x.example/start\n"
        "[profile old]\nsso_region = eu-west-2\nsso_start_url = https://x.example/start\n"
        "sso_account_id = 1\nsso_role_name = Read\n");
  }
  // sha1("dev"), sha1("https://x.example/start")
  const std::string path_ = "/h/.aws/sso/cache/34c6fceca75e456f25e7e99531e2425c6c1de443.json";

  void token(Duration life, bool renewable = true) {
    const auto at = [this](Duration d) {
      return format_iso8601(runtime.wall_now() +
                            std::chrono::duration_cast<std::chrono::milliseconds>(d));
    };
    host.files[path_] = R"({"accessToken":"old-token","kept":"as it was","expiresAt":")" +
                        at(life) + "\"" +
                        (renewable ? R"(,"refreshToken":"refresh-1","clientId":"c",
            "clientSecret":"cs","registrationExpiresAt":")" +
                                         at(hours(1000)) + "\""
                                   : std::string()) +
                        "}";
  }
  void reply_role(const std::string& name) {
    const auto ms = (runtime.wall_now() + hours(1)).time_since_epoch().count();
    reply(Reply(200, R"({"roleCredentials":{"accessKeyId":")" + name +
                         R"(","secretAccessKey":"s","sessionToken":"t","expiration":)" +
                         std::to_string(ms) + "}}"));
  }
};

TEST_F(SsoTest, GoodToken) {
  token(hours(5));
  reply_role("SSO");
  const auto got = get();
  ASSERT_EQ(id(got), "SSO");
  EXPECT_EQ(got->account_id, "111122223333");
  EXPECT_EQ(url(0),
            "GET https://portal.sso.eu-west-1.amazonaws.com/federation/credentials?role_name=Read"
            "&account_id=111122223333");
  EXPECT_EQ(header(0, "x-amz-sso_bearer_token"), "old-token");
  EXPECT_EQ(header(0, "authorization"), "(none)");
}

TEST_F(SsoTest, TokenNearItsEndIsRenewedAndKept) {
  token(minutes(5));
  reply(Reply(200, R"({"accessToken":"new-token","expiresIn":28800,"refreshToken":"refresh-2"})"));
  reply_role("SSO");
  EXPECT_EQ(id(get()), "SSO");
  EXPECT_EQ(url(0), "POST https://oidc.eu-west-1.amazonaws.com/token");
  EXPECT_NE(transport.requests[0].body.find("\"grantType\":\"refresh_token\""), std::string::npos);
  EXPECT_NE(transport.requests[0].body.find("\"refreshToken\":\"refresh-1\""), std::string::npos);
  EXPECT_EQ(header(1, "x-amz-sso_bearer_token"), "new-token");
  const std::string& kept = host.files[path_];
  for (const char* part : {"new-token", "refresh-2", "as it was", "registrationExpiresAt"})
    EXPECT_NE(kept.find(part), std::string::npos) << part;
  EXPECT_EQ(kept.find("old-token"), std::string::npos);
  // The next one reads it from there.
  reply_role("SSO");
  EXPECT_EQ(id(get()), "SSO");
  EXPECT_EQ(header(2, "x-amz-sso_bearer_token"), "new-token");
}

TEST_F(SsoTest, FailedRenewalUsesWhatIsLeft) {
  token(minutes(5));
  reply(Reply(400, R"({"error":"invalid_grant"})"));
  reply_role("SSO");
  EXPECT_EQ(id(get()), "SSO");
  EXPECT_EQ(header(1, "x-amz-sso_bearer_token"), "old-token");
}

TEST_F(SsoTest, ExpiredLoginNamesTheCommand) {
  token(-minutes(5), false);
  auto got = get();
  ASSERT_FALSE(got);
  EXPECT_TRUE(got.error().is(ErrorKind::kExpiredCredentials));
  EXPECT_NE(got.error().message().find("aws sso login --sso-session dev"), std::string::npos);
  EXPECT_TRUE(transport.requests.empty());

  token(hours(5));
  reply(Reply(401, R"({"message":"Session token not found or invalid"})"));
  got = get();
  ASSERT_FALSE(got);
  EXPECT_TRUE(got.error().is(ErrorKind::kExpiredCredentials));
  EXPECT_NE(got.error().message().find("aws sso login"), std::string::npos);
}

TEST_F(SsoTest, NobodyIsLoggedIn) {
  auto got = get_profile("old");
  ASSERT_FALSE(got);
  EXPECT_TRUE(got.error().is(ErrorKind::kCredentials));
  EXPECT_NE(got.error().message().find("aws sso login --profile old"), std::string::npos);
  for (const char* text :
       {"", "{}", "[1]", R"({"accessToken":1})", R"({"accessToken":"a","expiresAt":"soon"})"}) {
    host.files[path_] = text;
    EXPECT_FALSE(get()) << text;
  }
  EXPECT_TRUE(transport.requests.empty());
}

TEST_F(SsoTest, OlderFormsAreReadButNotRenewed) {
  SsoPlan plan;
  plan.start_url = "https://x.example/start";
  host.files[sso_token_path(host, plan)] =
      R"({"accessToken":"legacy","expiresAt":"2080-06-17T10:02:08UTC"})";
  reply_role("OLD");
  EXPECT_EQ(id(get_profile("old")), "OLD");
  EXPECT_EQ(header(0, "x-amz-sso_bearer_token"), "legacy");
}

TEST_F(SsoTest, ARefusalNamesProfileRoleAndAccount) {
  token(hours(5));
  reply(Reply(403, R"({"message":"No access"})"));
  const auto got = get();
  ASSERT_FALSE(got);
  EXPECT_TRUE(got.error().is(ErrorKind::kCredentials));
  EXPECT_EQ(got.error().message(),
            "profile default: IAM Identity Center answered 403: No access; check that the login "
            "may use role Read in account 111122223333");
}

TEST_F(SsoTest, AnswersThatAreNone) {
  for (const char* body : {"", "[]", "{}", R"({"roleCredentials":7})",
                           R"({"roleCredentials":{"accessKeyId":"a","secretAccessKey":"b"}})"}) {
    token(hours(5));
    reply(Reply(200, body));
    const auto got = get();
    ASSERT_FALSE(got) << body;
  }
}

}  // namespace
}  // namespace s3ferry::aws
