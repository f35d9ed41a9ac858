#include "s3/connection.h"

#include <gtest/gtest.h>

#include "s3/scripted_bucket.h"

namespace s3ferry::s3 {
namespace {

using testing::always;
using testing::in_turn;
using testing::params_of;
using testing::Reply;
using testing::ScriptedBucket;

constexpr std::string_view kEmptyPage =
    "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
Reply page() {
  return Reply(200, std::string(kEmptyPage));
}
Reply redirect(int status, std::string code, std::string more = "") {
  return Reply(status,
               "<Error><Code>" + std::move(code) + "</Code>" + std::move(more) + "</Error>");
}
std::string authorization(const http::Request& request) {
  return std::string(request.headers.get_or("authorization", ""));
}

TEST(Connection, FollowsOneRedirectToTheRegionAndSignsAnew) {
  const Reply answers[] = {
      redirect(301, "PermanentRedirect").with("x-amz-bucket-region", "ap-northeast-2"),
      redirect(307, "TemporaryRedirect").with("x-amz-bucket-region", "ap-northeast-2"),
      redirect(400, "AuthorizationHeaderMalformed", "<Region>ap-northeast-2</Region>"),
      redirect(400, "IllegalLocationConstraintException")
          .with("x-amz-bucket-region", "ap-northeast-2"),
  };
  for (const Reply& answer : answers) {
    ScriptedBucket s3(in_turn({answer, page()}));
    ASSERT_TRUE(s3.run(s3.source.list_page(ListRequest())));
    ASSERT_EQ(s3.transport.requests.size(), 2u);
    EXPECT_EQ(s3.request(1).origin.host, "bucket.s3.ap-northeast-2.amazonaws.com");
    EXPECT_NE(authorization(s3.request(1)).find("/ap-northeast-2/s3/"), std::string::npos);
    EXPECT_EQ(s3.request(1).target, s3.request(0).target);
    // From now on at once.
    ASSERT_TRUE(s3.run(s3.source.list_page(ListRequest())));
    EXPECT_EQ(s3.transport.requests.size(), 3u);
    EXPECT_EQ(s3.connection.region_of(BucketName("bucket")), "ap-northeast-2");
    EXPECT_EQ(s3.connection.region_of(BucketName("other")), "eu-west-1");
  }
}

TEST(Connection, AHeadSaysItByItsHeaderAlone) {
  ScriptedBucket s3(in_turn({Reply(400).with("x-amz-bucket-region", "us-west-2"),
                             Reply(200).with("Content-Length", "1")}));
  ASSERT_TRUE(s3.run(s3.source.head_object(HeadRequest(ObjectKey("k")))));
  EXPECT_EQ(s3.request(1).origin.host, "bucket.s3.us-west-2.amazonaws.com");
}

TEST(Connection, AtMostOneRedirect) {
  ScriptedBucket s3(in_turn(
      {redirect(301, "PermanentRedirect").with("x-amz-bucket-region", "us-west-2"),
       redirect(301, "PermanentRedirect").with("x-amz-bucket-region", "us-west-1"), page()}));
  auto listed = s3.run(s3.source.list_page(ListRequest()));
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().kind(), ErrorKind::kRedirect);
  EXPECT_EQ(listed.error().region(), "us-west-1");
  EXPECT_EQ(s3.transport.requests.size(), 2u);
}

// No host that an answer names is ever contacted, and no region that is none.
TEST(Connection, NeverLeavesTheEndpointsItBuildsItself) {
  const Reply answers[] = {
      redirect(301, "PermanentRedirect", "<Endpoint>evil.example</Endpoint>")
          .with("Location", "http://evil.example/"),
      redirect(307, "TemporaryRedirect").with("Location", "https://169.254.169.254/latest"),
      redirect(301, "PermanentRedirect").with("x-amz-bucket-region", "evil.example/x"),
      redirect(301, "PermanentRedirect").with("x-amz-bucket-region", "cn-north-1"),
      redirect(301, "PermanentRedirect").with("x-amz-bucket-region", "eu-west-1"),
      redirect(400, "AuthorizationHeaderMalformed", "<Region>..</Region>"),
  };
  for (const Reply& answer : answers) {
    ScriptedBucket s3(in_turn({answer, page()}));
    auto listed = s3.run(s3.source.list_page(ListRequest()));
    ASSERT_FALSE(listed);
    EXPECT_EQ(listed.error().kind(), ErrorKind::kRedirect) << listed.error().describe();
    EXPECT_EQ(s3.transport.requests.size(), 1u);
    EXPECT_EQ(s3.request().origin.host, "bucket.s3.eu-west-1.amazonaws.com");
  }
}

TEST(Connection, ACustomEndpointKeepsItsHost) {
  ScriptedBucket s3(
      in_turn(
          {redirect(400, "AuthorizationHeaderMalformed", "<Region>kr-standard</Region>"), page()}),
      params_of("us-east-1", "http://127.0.0.1:9000"));
  ASSERT_TRUE(s3.run(s3.source.list_page(ListRequest())));
  EXPECT_EQ(s3.request(1).origin.authority(), "127.0.0.1:9000");
  EXPECT_NE(authorization(s3.request(1)).find("/kr-standard/s3/"), std::string::npos);
}

TEST(Connection, ARegionThatIsKnownIsUsedAtOnce) {
  ScriptedBucket s3(always(page()));
  s3.connection.remember_region(BucketName("bucket"), "us-west-2");
  ASSERT_TRUE(s3.run(s3.source.list_page(ListRequest())));
  EXPECT_EQ(s3.request().origin.host, "bucket.s3.us-west-2.amazonaws.com");
}

TEST(Connection, AnUnusableEndpointIsAConfigurationError) {
  ScriptedBucket s3(always(page()), params_of(""));
  EXPECT_EQ(s3.run(s3.source.list_page(ListRequest())).error().kind(), ErrorKind::kConfig);
  EXPECT_TRUE(s3.transport.requests.empty());
}

}  // namespace
}  // namespace s3ferry::s3
