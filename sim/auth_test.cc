#include <gtest/gtest.h>

#include "sim/testing.h"

namespace s3ferry::sim::testing {
namespace {

TEST(Auth, AWellSignedRequestIsItsAccounts) {
  World world;
  world.object("source-bucket", "odd key/+%\xea\xb0\x80//..");
  const Got got = world.get("/source-bucket/odd%20key/%2B%25%EA%B0%80//..");
  EXPECT_EQ(got.status, 200) << got.body;
  EXPECT_EQ(got.body, "content");
}

TEST(Auth, UnknownKeyAndWrongSecret) {
  World world;
  Ask ask;
  ask.key_id = "AKIANOBODYFAKE000000";
  ask.secret = "some-fake-secret";
  Got got = world.get("/source-bucket?list-type=2", {}, ask);
  EXPECT_EQ(got.status, 403);
  EXPECT_EQ(got.code(), "InvalidAccessKeyId");
  EXPECT_EQ(got.element("AWSAccessKeyId"), "AKIANOBODYFAKE000000");
  ask = Ask();
  ask.secret = "wrong-fake-secret";
  got = world.get("/source-bucket?list-type=2", {}, ask);
  EXPECT_EQ(got.status, 403);
  EXPECT_EQ(got.code(), "SignatureDoesNotMatch");
  world.sim.check_signatures(false);
  EXPECT_EQ(world.get("/source-bucket?list-type=2", {}, ask).status, 200);
}

TEST(Auth, ABodyThatDiffersFromItsHash) {
  World world;
  const Got got = world.put("/source-bucket/k", "body",
                            {{"x-amz-content-sha256", std::string(aws::kEmptyPayloadSha256)}});
  EXPECT_EQ(got.code(), "XAmzContentSHA256Mismatch");
  Ask ask;
  ask.unsigned_payload = true;
  EXPECT_EQ(world.put("/source-bucket/k", "body", {}, ask).status, 200);
}

Task<Got> exchange(World& world, http::Request request) {
  Got got;
  Result<http::Response> response = co_await world.sim.handle(std::move(request));
  if (!response) co_return got;
  got.status = response->status;
  (void)co_await http::read_all(*response->body, got.body, kMiB);
  co_return got;
}

TEST(Auth, EveryAmzHeaderIsSigned) {
  for (const std::string added : {"x-amz-meta-a", "x-other"}) {
    World world;
    http::Request request;
    request.method = http::Method::kPut;
    request.origin = http::Origin{false, "127.0.0.1", 80};
    request.target = "/source-bucket/k";
    const std::string date = format_amz_date(world.runtime.wall_now());
    request.headers.add("x-amz-date", date);
    request.headers.add("x-amz-content-sha256", std::string(aws::kEmptyPayloadSha256));
    aws::SigningRequest signing;
    signing.method = "PUT";
    signing.host = "127.0.0.1";
    signing.target = request.target;
    const std::vector<aws::HeaderField> fields(request.headers.begin(), request.headers.end());
    signing.headers = fields;
    signing.payload_hash = aws::kEmptyPayloadSha256;
    aws::Signer signer;
    const std::string key_id(kSourceKey);
    const Secret secret(std::string("source-fake-secret"));
    request.headers.add("Authorization",
                        signer.authorization(signing, {date, "us-east-1", "s3"}, {key_id, secret}));
    request.headers.add(added, "1");
    const Got got = world.runtime.run(exchange(world, std::move(request)));
    if (added == "x-other") {
      EXPECT_EQ(got.status, 200) << got.body;
    } else {
      EXPECT_EQ(got.status, 403);
      EXPECT_EQ(got.code(), "AccessDenied");
      EXPECT_EQ(got.element("HeadersNotSigned"), added);
    }
  }
}

TEST(Auth, TheClockMayBeFifteenMinutesOff) {
  World world;
  Ask ask;
  ask.clock_offset = std::chrono::minutes(14);
  EXPECT_EQ(world.get("/source-bucket?list-type=2", {}, ask).status, 200);
  for (const int minutes : {16, -16}) {
    ask.clock_offset = std::chrono::minutes(minutes);
    const Got got = world.get("/source-bucket?list-type=2", {}, ask);
    EXPECT_EQ(got.status, 403);
    EXPECT_EQ(got.code(), "RequestTimeTooSkewed");
    EXPECT_FALSE(got.header("date").empty());
  }
}

TEST(Auth, SessionTokensMatchAndExpire) {
  World world;
  KeySpec key;
  key.account = std::string(kSourceAccount);
  key.user = "admin";
  key.access_key_id = "ASIASESSIONFAKE00001";
  key.secret = Secret("session-fake-secret");
  key.session_token = Secret("fake-token");
  key.expires = world.runtime.wall_now() + std::chrono::hours(1);
  ASSERT_TRUE(world.sim.add_key(std::move(key)));
  world.secrets["ASIASESSIONFAKE00001"] = "session-fake-secret";
  Ask ask;
  ask.key_id = "ASIASESSIONFAKE00001";
  EXPECT_EQ(world.get("/source-bucket?list-type=2", {}, ask).code(), "InvalidToken");
  ask.token = "fake-token";
  EXPECT_EQ(world.get("/source-bucket?list-type=2", {}, ask).status, 200);
  (void)world.runtime.run(world.runtime.sleep_for(std::chrono::hours(2)));
  const Got got = world.get("/source-bucket?list-type=2", {}, ask);
  EXPECT_EQ(got.status, 400);
  EXPECT_EQ(got.code(), "ExpiredToken");
}

class AuthRegion : public ::testing::Test {
 protected:
  AuthRegion() {
    BucketSpec bucket;
    bucket.name = "seoul-bucket";
    bucket.owner = std::string(kSourceAccount);
    bucket.region = "ap-northeast-2";
    EXPECT_TRUE(world.sim.add_bucket(std::move(bucket)));
  }
  World world;
};

TEST_F(AuthRegion, TheWrongOneIsNamed) {
  Got got = world.get("/seoul-bucket?list-type=2");
  EXPECT_EQ(got.status, 400);
  EXPECT_EQ(got.code(), "AuthorizationHeaderMalformed");
  EXPECT_EQ(got.element("Region"), "ap-northeast-2");
  got = world.head("/seoul-bucket");
  EXPECT_EQ(got.status, 400);
  EXPECT_TRUE(got.body.empty());
  EXPECT_EQ(got.header("x-amz-bucket-region"), "ap-northeast-2");
  Ask ask;
  ask.region = "ap-northeast-2";
  got = world.head("/seoul-bucket", {}, ask);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("x-amz-bucket-region"), "ap-northeast-2");
}

TEST_F(AuthRegion, ARegionalEndpointRedirects) {
  Ask ask;
  ask.host = "s3.us-east-1.amazonaws.com";
  Got got = world.get("/seoul-bucket?list-type=2", {}, ask);
  EXPECT_EQ(got.status, 301);
  EXPECT_EQ(got.code(), "PermanentRedirect");
  EXPECT_EQ(got.header("x-amz-bucket-region"), "ap-northeast-2");
  EXPECT_EQ(got.element("Endpoint"), "seoul-bucket.s3.ap-northeast-2.amazonaws.com");
  ask.host = "seoul-bucket.s3.ap-northeast-2.amazonaws.com";
  EXPECT_EQ(world.get("/?list-type=2", {}, ask).code(), "AuthorizationHeaderMalformed");
  ask.region = "ap-northeast-2";
  EXPECT_EQ(world.get("/?list-type=2", {}, ask).status, 200);
}

TEST_F(AuthRegion, OrAnyEndpointWhenAsked) {
  world.sim.redirect_wrong_region(true);
  EXPECT_EQ(world.get("/seoul-bucket?list-type=2").status, 301);
}

TEST_F(AuthRegion, TheLocationIsToldFromEverywhere) {
  const Got got = world.get("/seoul-bucket?location");
  EXPECT_EQ(got.status, 200);
  EXPECT_NE(got.body.find(">ap-northeast-2</LocationConstraint>"), std::string::npos);
  EXPECT_NE(world.get("/source-bucket?location").body.find("/>"), std::string::npos);
}

TEST(Auth, VirtualHostStyle) {
  World world;
  world.object("source-bucket", "a/b");
  for (const char* host :
       {"source-bucket.localhost", "source-bucket.s3.us-east-1.amazonaws.com",
        "source-bucket.s3.amazonaws.com", "source-bucket.s3.dualstack.us-east-1.amazonaws.com"}) {
    Ask ask;
    ask.host = host;
    EXPECT_EQ(world.get("/a/b", {}, ask).body, "content") << host;
  }
}

TEST(Auth, UnsignedRequestsNeedAPublicPolicy) {
  World world;
  world.object("source-bucket", "a");
  Ask ask;
  ask.key_id = "";
  EXPECT_EQ(world.get("/source-bucket/a", {}, ask).code(), "AccessDenied");
  ASSERT_TRUE(world.sim.set_bucket_policy(
      "source-bucket", R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",
                          "Resource":"arn:aws:s3:::source-bucket/*"}})"));
  EXPECT_EQ(world.get("/source-bucket/a", {}, ask).status, 200);
  EXPECT_EQ(world.get("/source-bucket?list-type=2", {}, ask).status, 403);
}

TEST(Auth, ExpectedBucketOwner) {
  World world;
  world.object("source-bucket", "a");
  EXPECT_EQ(world.get("/source-bucket/a", {{"x-amz-expected-bucket-owner", "111111111111"}}).status,
            200);
  EXPECT_EQ(world.get("/source-bucket/a", {{"x-amz-expected-bucket-owner", "222222222222"}}).status,
            403);
  EXPECT_EQ(world
                .copy("/source-bucket/a", "/source-bucket/b",
                      {{"x-amz-source-expected-bucket-owner", "222222222222"}})
                .status,
            403);
}

TEST(Auth, StreamingUploadsLoseTheirFraming) {
  World world;
  const Got put = world.put("/source-bucket/k", "5\r\nhello\r\n3\r\n!!!\r\n0\r\n\r\n",
                            {{"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
                             {"content-encoding", "aws-chunked"},
                             {"x-amz-decoded-content-length", "8"}});
  EXPECT_EQ(put.status, 200) << put.body;
  const Got got = world.get("/source-bucket/k");
  EXPECT_EQ(got.body, "hello!!!");
  EXPECT_EQ(got.header("content-encoding"), "");
}

TEST(Auth, StsSaysWhoIsAsking) {
  World world;
  RoleSpec role;
  role.account = std::string(kTargetAccount);
  role.name = "mover";
  role.trusted = {std::string(kSourceAccount)};
  ASSERT_TRUE(world.sim.add_role(std::move(role)));
  Ask ask;
  ask.service = "sts";
  ask.host = "sts.us-east-1.amazonaws.com";
  const HeaderList form{{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}};
  Got got = world.post("/", "Action=GetCallerIdentity&Version=2011-06-15", form, ask);
  EXPECT_EQ(got.element("Arn"), "arn:aws:iam::111111111111:user/admin") << got.body;
  EXPECT_EQ(got.element("Account"), "111111111111");
  got = world.post("/",
                   "Action=AssumeRole&Version=2011-06-15&RoleSessionName=test&RoleArn=" +
                       uri_encode("arn:aws:iam::222222222222:role/mover"),
                   form, ask);
  ASSERT_EQ(got.status, 200) << got.body;
  Ask session;
  session.key_id = got.element("AccessKeyId");
  session.secret = got.element("SecretAccessKey");
  session.token = got.element("SessionToken");
  EXPECT_EQ(world.get("/target-bucket?list-type=2", {}, session).status, 200);
  EXPECT_EQ(world.get("/source-bucket?list-type=2", {}, session).status, 403);
  got = world.post("/", "Action=AssumeRole&RoleSessionName=t&RoleArn=arn:aws:iam::1:role/none",
                   form, ask);
  EXPECT_EQ(got.status, 403);
}

}  // namespace
}  // namespace s3ferry::sim::testing
