#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "sim/policy.h"
#include "sim/testing.h"

namespace s3ferry::sim::testing {
namespace {

std::string statement(std::string_view principal, std::string_view action,
                      std::string_view resource, std::string_view effect = "Allow",
                      std::string_view more = "") {
  return fmt::format(
      R"({{"Effect":"{}","Principal":{},"Action":{},"Resource":"arn:aws:s3:::{}"{}}})", effect,
      principal, action, resource, more);
}
std::string policy(const std::vector<std::string>& statements) {
  return fmt::format(R"({{"Version":"2012-10-17","Statement":[{}]}})", fmt::join(statements, ","));
}

class Access : public ::testing::Test {
 protected:
  Access() {
    world.object("source-bucket", "a");
    world.object("target-bucket", "t");
  }
  // A user of the source account with these identity policies.
  Ask user(const std::string& name, std::vector<std::string> policies) {
    UserSpec spec;
    spec.account = std::string(kSourceAccount);
    spec.name = name;
    spec.policies = std::move(policies);
    EXPECT_TRUE(world.sim.add_user(std::move(spec)));
    KeySpec key;
    key.account = std::string(kSourceAccount);
    key.user = name;
    key.access_key_id = "AKIAFAKE" + name;
    key.secret = Secret("fake-secret-" + name);
    world.secrets[key.access_key_id] = "fake-secret-" + name;
    Ask ask;
    ask.key_id = key.access_key_id;
    EXPECT_TRUE(world.sim.add_key(std::move(key)));
    return ask;
  }
  void on_target(const std::vector<std::string>& statements) {
    const Status set = world.sim.set_bucket_policy("target-bucket", policy(statements));
    EXPECT_TRUE(set) << set.error().message();
  }
  World world;
};

TEST_F(Access, AnotherAccountIsRefusedWithoutABucketPolicy) {
  const Got got = world.get("/target-bucket?list-type=2");
  EXPECT_EQ(got.status, 403);
  EXPECT_EQ(got.code(), "AccessDenied");
  EXPECT_NE(got.element("Message").find("s3:ListBucket"), std::string::npos);
}

TEST_F(Access, EveryFormOfPrincipalLetsInTheOtherAccount) {
  for (const char* principal : {R"("*")", R"({"AWS":"*"})", R"({"AWS":"111111111111"})",
                                R"({"AWS":"arn:aws:iam::111111111111:root"})",
                                R"({"AWS":["arn:aws:iam::111111111111:user/admin"]})"}) {
    on_target({statement(principal, R"("s3:ListBucket")", "target-bucket")});
    EXPECT_EQ(world.get("/target-bucket?list-type=2").status, 200) << principal;
  }
  on_target({statement(R"({"AWS":"222222222222"})", R"("s3:*")", "target-bucket")});
  EXPECT_EQ(world.get("/target-bucket?list-type=2").status, 403);
}

TEST_F(Access, CrossAccountNeedsTheIdentityToo) {
  on_target({statement(R"({"AWS":"111111111111"})", R"("s3:*")", "target-bucket")});
  const Ask reader = user(
      "reader", {R"({"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}})"});
  EXPECT_EQ(world.get("/target-bucket?list-type=2", {}, reader).status, 403);
  const Ask lister =
      user("lister", {R"({"Statement":{"Effect":"Allow","Action":"s3:List*","Resource":"*"}})"});
  EXPECT_EQ(world.get("/target-bucket?list-type=2", {}, lister).status, 200);
}

// In its own account a statement that names the account only hands the decision to the identity's
// policies; one that names the user decides.
TEST_F(Access, WithinTheAccountEitherSideDecides) {
  const Ask nobody =
      user("nobody", {R"({"Statement":{"Effect":"Allow","Action":"s3:GetBucketTagging",
                                        "Resource":"*"}})"});
  EXPECT_EQ(world.get("/source-bucket/a", {}, nobody).status, 403);
  ASSERT_TRUE(world.sim.set_bucket_policy(
      "source-bucket",
      policy({statement(R"({"AWS":"111111111111"})", R"("s3:GetObject")", "source-bucket/*")})));
  EXPECT_EQ(world.get("/source-bucket/a", {}, nobody).status, 403);
  ASSERT_TRUE(world.sim.set_bucket_policy(
      "source-bucket", policy({statement(R"({"AWS":"arn:aws:iam::111111111111:user/nobody"})",
                                         R"("s3:GetObject")", "source-bucket/*")})));
  EXPECT_EQ(world.get("/source-bucket/a", {}, nobody).status, 200);
}

TEST_F(Access, DenyWins) {
  on_target(
      {statement(R"("*")", R"("s3:*")", "*"),
       statement(R"({"AWS":"111111111111"})", R"("s3:GetObject")", "target-bucket/t", "Deny")});
  EXPECT_EQ(world.get("/target-bucket/t").status, 403);
  EXPECT_EQ(world.get("/target-bucket/t", {}, as_target()).status, 200);
}

TEST_F(Access, AMissingObjectIs403WithoutListBucket) {
  on_target({statement(R"("*")", R"("s3:GetObject")", "target-bucket/*")});
  EXPECT_EQ(world.get("/target-bucket/t").status, 200);
  EXPECT_EQ(world.get("/target-bucket/none").status, 403);
  EXPECT_EQ(world.head("/target-bucket/none").status, 403);
  on_target({statement(R"("*")", R"("s3:GetObject")", "target-bucket/*"),
             statement(R"("*")", R"("s3:ListBucket")", "target-bucket")});
  EXPECT_EQ(world.get("/target-bucket/none").code(), "NoSuchKey");
}

TEST_F(Access, ConditionsOnPrefixAndAcl) {
  on_target(
      {statement(R"("*")", R"("s3:ListBucket")", "target-bucket", "Allow",
                 R"(,"Condition":{"StringLike":{"s3:prefix":"logs/*"}})"),
       statement(R"("*")", R"(["s3:PutObject","s3:PutObjectAcl"])", "target-bucket/*", "Allow",
                 R"(,"Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}})")});
  EXPECT_EQ(world.get("/target-bucket?list-type=2&prefix=logs%2Fa").status, 200);
  EXPECT_EQ(world.get("/target-bucket?list-type=2&prefix=data").status, 403);
  EXPECT_EQ(world.get("/target-bucket?list-type=2").status, 403);
  EXPECT_EQ(world.put("/target-bucket/x", "x").status, 403);
  EXPECT_EQ(world.put("/target-bucket/x", "x", {{"x-amz-acl", "bucket-owner-full-control"}}).status,
            200);
}

TEST_F(Access, PoliciesThatDoNotParseAreRefused) {
  const Ask owner = as_target();
  const auto put = [&](const std::string& text) {
    return world.put("/target-bucket?policy", text, {}, owner);
  };
  EXPECT_EQ(put("nonsense").code(), "MalformedPolicy");
  EXPECT_EQ(put(policy({statement(R"({"AWS":"999999999999"})", R"("s3:*")", "target-bucket")}))
                .element("Message"),
            "Invalid principal in policy");
  EXPECT_EQ(put(policy({statement(R"({"AWS":"arn:aws:iam::111111111111:user/*"})", R"("s3:*")",
                                  "target-bucket")}))
                .code(),
            "MalformedPolicy");
  EXPECT_EQ(put(policy({statement(R"("*")", R"("s3:*")", "other-bucket/*")})).element("Message"),
            "Policy has invalid resource");
  EXPECT_EQ(put(R"({"Statement":{"Effect":"Allow","NotPrincipal":"*","Action":"s3:*",
                   "Resource":"arn:aws:s3:::target-bucket"}})")
                .code(),
            "MalformedPolicy");
  EXPECT_EQ(world.get("/target-bucket?policy", {}, owner).code(), "NoSuchBucketPolicy");
  const std::string fine = policy({statement(R"("*")", R"("s3:ListBucket")", "target-bucket")});
  EXPECT_EQ(put(fine).status, 204);
  EXPECT_EQ(world.get("/target-bucket?policy", {}, owner).body, fine);
  EXPECT_EQ(world.remove("/target-bucket?policy", {}, owner).status, 204);
  EXPECT_EQ(world.get("/target-bucket?list-type=2").status, 403);
}

TEST_F(Access, EnforcedOwnershipTakesNoAcls) {
  on_target({statement(R"("*")", R"("s3:*")", "target-bucket/*")});
  Got got = world.put("/target-bucket/x", "x", {{"x-amz-acl", "public-read"}});
  EXPECT_EQ(got.status, 400);
  EXPECT_EQ(got.code(), "AccessControlListNotSupported");
  EXPECT_EQ(got.element("Message"), "The bucket does not allow ACLs");
  EXPECT_EQ(world.put("/target-bucket/x", "x", {{"x-amz-grant-read", "id=1"}}).status, 400);
  EXPECT_EQ(world.put("/target-bucket/x", "x").status, 200);
  EXPECT_EQ(world.sim.find_object("target-bucket", "x")->owner, kTargetAccount);
  EXPECT_EQ(world.get("/target-bucket/x", {}, as_target()).status, 200);
}

TEST_F(Access, AForeignOwnedObjectIsReadByItsAclAlone) {
  BucketSpec bucket;
  bucket.name = "legacy-bucket";
  bucket.owner = std::string(kTargetAccount);
  bucket.ownership = Ownership::kObjectWriter;
  bucket.policy = policy({statement(R"("*")", R"("s3:*")", "legacy-bucket/*")});
  ASSERT_TRUE(world.sim.add_bucket(std::move(bucket)));
  const HeaderList full{{"x-amz-acl", "bucket-owner-full-control"}};
  ASSERT_EQ(world.put("/legacy-bucket/private", "x").status, 200);
  ASSERT_EQ(world.put("/legacy-bucket/shared", "x", full).status, 200);
  EXPECT_EQ(world.sim.find_object("legacy-bucket", "shared")->owner, kSourceAccount);
  EXPECT_EQ(world.get("/legacy-bucket/private", {}, as_target()).status, 403);
  EXPECT_EQ(world.get("/legacy-bucket/shared", {}, as_target()).status, 200);
  EXPECT_EQ(world.get("/legacy-bucket/private").status, 200);
  EXPECT_EQ(world.remove("/legacy-bucket/private", {}, as_target()).status, 204);
}

TEST_F(Access, PreferredOwnershipChangesHandsWithTheAcl) {
  BucketSpec bucket;
  bucket.name = "preferred-bucket";
  bucket.owner = std::string(kTargetAccount);
  bucket.ownership = Ownership::kBucketOwnerPreferred;
  bucket.policy = policy({statement(R"("*")", R"("s3:*")", "preferred-bucket/*")});
  ASSERT_TRUE(world.sim.add_bucket(std::move(bucket)));
  world.put("/preferred-bucket/a", "x");
  world.put("/preferred-bucket/b", "x", {{"x-amz-acl", "bucket-owner-full-control"}});
  EXPECT_EQ(world.sim.find_object("preferred-bucket", "a")->owner, kSourceAccount);
  EXPECT_EQ(world.sim.find_object("preferred-bucket", "b")->owner, kTargetAccount);
}

TEST_F(Access, AnAclNeedsItsOwnPermission) {
  on_target({statement(R"("*")", R"("s3:PutObject")", "target-bucket/*")});
  const HeaderList full{{"x-amz-acl", "bucket-owner-full-control"}};
  EXPECT_EQ(world.put("/target-bucket/x", "x", full).status, 403);
  EXPECT_EQ(world.put("/target-bucket/x", "x").status, 200);
}

TEST(Glob, StarsAndQuestionMarks) {
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("a*c", "abbbc"));
  EXPECT_TRUE(glob_match("a*b*c", "a-b-b-c"));
  EXPECT_TRUE(glob_match("a?c", "abc"));
  EXPECT_FALSE(glob_match("a?c", "ac"));
  EXPECT_FALSE(glob_match("a*b", "abc"));
  EXPECT_FALSE(glob_match("A", "a"));
  EXPECT_TRUE(glob_match("S3:get*", "s3:GetObject", true));
}

}  // namespace
}  // namespace s3ferry::sim::testing
