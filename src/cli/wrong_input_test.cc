// What people get wrong: each answered by one line that says what to do, and the right exit code.

#include <gmock/gmock.h>

#include "cli/exit_code.h"
#include "program/test_world.h"

namespace s3ferry {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// One line, ours, within reason.
void expect_one_line(const Ran& ran, int code, std::initializer_list<const char*> parts) {
  EXPECT_EQ(ran.code, code) << ran.err;
  ASSERT_EQ(ran.error_lines().size(), 1U) << ran.err;
  EXPECT_THAT(ran.err, AllOf(StartsWith("s3ferry: "), EndsWith("\n")));
  for (const char* part : parts) EXPECT_THAT(ran.err, HasSubstr(part));
}

TEST(WrongInput, UnknownSourceBucket) {
  TestWorld world;
  const Ran ran = world.run({"sync", "s3://fotos", "s3://copies", "--profile", "tobe"});
  expect_one_line(ran, 1, {"source", "s3://fotos/", "NoSuchBucket", "check the bucket's name"});
}

TEST(WrongInput, UnknownTargetBucketAndLs) {
  TestWorld world;
  world.put("photos", "a", "A");
  const Ran sync = world.run({"sync", "s3://photos", "s3://kopies", "--profile", "tobe"});
  expect_one_line(sync, 1, {"target", "s3://kopies/", "NoSuchBucket"});
  expect_one_line(world.run({"ls", "s3://fotos", "--profile", "tobe"}), 254, {"NoSuchBucket"});
}

TEST(WrongInput, NoCredentials) {
  TestWorld world;
  world.host.files.clear();
  world.refused_hosts = {"169.254.169.254"};
  expect_one_line(world.run({"sync", "s3://photos", "s3://copies"}), 253,
                  {"no credentials", "AWS_ACCESS_KEY_ID", "aws configure"});
  expect_one_line(world.run({"ls"}), 253, {"no credentials"});
}

TEST(WrongInput, UnknownProfile) {
  TestWorld world;
  expect_one_line(world.run({"sync", "s3://photos", "s3://copies", "--profile", "prdo"}), 253,
                  {"prdo"});
}

TEST(WrongInput, ExpiredToken) {
  TestWorld world;
  sim::KeySpec key;
  key.account = "222222222222";
  key.user = "admin";
  key.access_key_id = "ASIAEXAMPLEEXPIRED00";
  key.secret = Secret(std::string("hushed-expired-secret-EXAMPLE"));
  key.session_token = Secret(std::string("hushed-expired-token-EXAMPLE"));
  key.expires = parse_iso8601("2026-11-22T19:00:00Z");
  TestWorld::must(world.simulator.add_key(std::move(key)));
  world.host.environment["AWS_ACCESS_KEY_ID"] = "ASIAEXAMPLEEXPIRED00";
  world.host.environment["AWS_SECRET_ACCESS_KEY"] = "hushed-expired-secret-EXAMPLE";
  world.host.environment["AWS_SESSION_TOKEN"] = "hushed-expired-token-EXAMPLE";
  const Ran sync = world.run({"sync", "s3://photos", "s3://copies"});
  expect_one_line(sync, 253, {"ExpiredToken", "sign in again"});
  EXPECT_THAT(sync.err, testing::Not(HasSubstr("hushed")));
  expect_one_line(world.run({"ls", "s3://photos"}), 254, {"ExpiredToken"});
}

TEST(WrongInput, WrongRegionIsFoundOutAndANonsenseOneIsNamed) {
  TestWorld world;
  world.add_bucket("seoul", "222222222222", sim::Side::kNone, "ap-northeast-2");
  world.put("seoul", "a", "A");
  const Ran found = world.run({"ls", "s3://seoul", "--profile", "tobe", "--region", "eu-west-1"});
  EXPECT_EQ(found.code, 0) << found.err;
  EXPECT_THAT(found.out, HasSubstr(" a\n"));
  expect_one_line(
      world.run({"sync", "s3://photos", "s3://copies", "--profile", "tobe", "--region", "Se oul"}),
      253, {"Se oul", "ap-northeast-2"});
}

TEST(WrongInput, UnreachableEndpoint) {
  TestWorld world;
  world.refused_hosts = {"127.0.0.1"};
  const std::vector<std::string> there = {"--endpoint-url", "http://127.0.0.1:1", "--profile",
                                          "tobe"};
  std::vector<std::string> sync = {"sync", "s3://photos", "s3://copies"};
  sync.insert(sync.end(), there.begin(), there.end());
  const TimePoint begin = world.runtime.now();
  expect_one_line(world.run(sync), 1, {"127.0.0.1:1", "refused"});
  EXPECT_LT(world.runtime.now() - begin, std::chrono::seconds(20));
  std::vector<std::string> ls = {"ls", "s3://photos"};
  ls.insert(ls.end(), there.begin(), there.end());
  expect_one_line(world.run(ls), 255, {"127.0.0.1:1", "refused"});
}

class UntrustedTransport final : public http::Transport {
 public:
  Task<Result<http::Response>> send(http::Request request) override {
    co_return fail(ErrorKind::kTls, "the certificate of " + request.origin.host +
                                        " is not trusted: self-signed; give its authority's with "
                                        "--ca-bundle");
  }
};

TEST(WrongInput, BadCertificate) {
  TestWorld world;
  world.transport = [](Runtime&,
                       const http::ClientOptions&) -> Result<std::unique_ptr<http::Transport>> {
    return std::make_unique<UntrustedTransport>();
  };
  expect_one_line(world.pair("sync"), 1, {"certificate", "--ca-bundle"});
  expect_one_line(world.run({"ls", "s3://photos", "--profile", "tobe"}), 255, {"certificate"});
}

TEST(WrongInput, MissingCaBundle) {
  TestWorld world;
  expect_one_line(world.pair("sync", {"--ca-bundle", "/no/such.pem"}), 253,
                  {"/no/such.pem", "--ca-bundle"});
}

TEST(WrongInput, MisspeltFlag) {
  TestWorld world;
  expect_one_line(world.pair("sync", {"--exlude", "*"}), 252,
                  {"--exlude", "did you mean --exclude?"});
}

TEST(WrongInput, SchemeMissing) {
  TestWorld world;
  expect_one_line(world.run({"sync", "photos", "s3://copies"}), 252,
                  {"SOURCE 'photos'", "write s3://photos"});
  expect_one_line(world.run({"verify", "s3://photos", "copies/x"}), 252, {"write s3://copies/x"});
}

TEST(WrongInput, AnEndpointWithoutAScheme) {
  TestWorld world;
  expect_one_line(world.pair("sync", {"--endpoint-url", "127.0.0.1:9918"}), 252,
                  {"neither http:// nor https://", "http://127.0.0.1:9918"});
  const Ran secret = world.pair("sync", {"--endpoint-url", "user:hushed@127.0.0.1:9918"});
  expect_one_line(secret, 252, {"https://host:port"});
  EXPECT_THAT(secret.err, Not(HasSubstr("hushed")));
}

TEST(WrongInput, CombinedWantsAFile) {
  TestWorld world;
  expect_one_line(world.pair("verify", {"--combined", "-"}), 252,
                  {"--combined '-'", "/dev/stdout"});
}

// As with the aws CLI no failure, but a mistyped prefix looks just so.
TEST(WrongInput, NothingBelowThePrefixIsWarnedOf) {
  TestWorld world;
  world.put("photos", "2024/a", "A");
  for (const char* command : {"sync", "verify"}) {
    const Ran ran = world.run({command, "s3://photos/2042", "s3://copies", "--profile", "tobe"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(
        ran.err,
        "warning: there is nothing at the source below s3://photos/2042/: check the prefix\n");
  }
  EXPECT_EQ(world.run({"sync", "s3://photos", "s3://copies", "--profile", "tobe"}).err, "");
}

// Shared flags are not explained in the words of sync.
TEST(WrongInput, EachCommandsHelpSpeaksOfIt) {
  TestWorld world;
  EXPECT_THAT(world.run({"help", "runs"}).out, Not(HasSubstr("of sync and verify")));
  EXPECT_THAT(world.run({"help", "ls"}).out, Not(HasSubstr("both sides")));
  const std::string verify = world.run({"help", "verify"}).out;
  EXPECT_THAT(verify, Not(HasSubstr("\nWhat is copied\n")));
  EXPECT_THAT(verify, HasSubstr("\nWhat is compared\n"));
  EXPECT_THAT(world.run({"help", "sync"}).out, HasSubstr("(1 to 65536; default: 256 at first"));
}

TEST(WrongInput, MalformedConfigFile) {
  TestWorld world;
  world.host.files["/home/t/.aws/config"] = "[profile asis\nregion = us-east-1\n";
  expect_one_line(world.pair("sync"), 253, {"/home/t/.aws/config"});
  expect_one_line(world.run({"ls"}), 253, {"/home/t/.aws/config"});
}

TEST(WrongInput, SameAndNestedPlacesAreRefused) {
  TestWorld world;
  expect_one_line(world.run({"sync", "s3://copies", "s3://copies", "--profile", "tobe"}), 252, {});
  expect_one_line(world.run({"sync", "s3://copies/a", "s3://copies/a/b", "--profile", "tobe"}), 252,
                  {});
  EXPECT_EQ(world.simulator.counters().requests, 0U);
}

TEST(WrongInput, UnknownZoneAndUnusableLogDirectory) {
  TestWorld world;
  expect_one_line(world.pair("sync", {"--task", "t", "--timezone", "Asia/Soul"}), 252,
                  {"Asia/Soul", "Asia/Seoul"});
  expect_one_line(world.pair("sync", {"--task", "t", "--log-dir", "/proc/nothing/here"}), 252,
                  {"/proc/nothing/here"});
  EXPECT_EQ(world.simulator.counters().requests, 0U);
}

TEST(WrongInput, ZoneWithoutALogLocalPathsAndValuesOfSwitches) {
  TestWorld world;
  expect_one_line(world.pair("sync", {"--timezone", "Asia/Seoul"}), 252, {"--task NAME"});
  expect_one_line(world.run({"sync", "s3://photos", "./copies"}), 252,
                  {"local path", "s3://bucket"});
  expect_one_line(world.pair("sync", {"--dryrun=yes"}), 252, {"--dryrun is a switch"});
  expect_one_line(world.pair("sync", {"--sse", "AES-256"}), 252, {"--sse 'AES-256'", "aws:kms"});
  expect_one_line(world.pair("sync", {"--settle", "5x"}), 252, {"--settle '5x'", "10m"});
  expect_one_line(world.run({"sync", "--settle", "photos", "s3://copies"}), 252,
                  {"--settle 'photos'"});
  expect_one_line(world.pair("sync", {"--request-payer", "me"}), 252,
                  {"--request-payer 'me'", "requester"});
  EXPECT_EQ(world.simulator.counters().requests, 0U);
}

TEST(WrongInput, ASuggestedFlagIsOneOfTheCommand) {
  TestWorld world;
  expect_one_line(world.run({"run", "list", "--jso"}), 252,
                  {"unknown flag --jso", "`s3ferry help run` lists"});
  expect_one_line(world.run({"--jso", "runs"}), 252, {"did you mean --json?"});
  expect_one_line(world.run({"ls", "--exlude", "x"}), 252, {"`s3ferry help ls` lists"});
}

TEST(WrongInput, RunsOfAnUnknownZone) {
  TestWorld world;
  expect_one_line(world.run({"runs", "--timezone", "Asia/Soul"}), 252, {"Asia/Soul", "Asia/Seoul"});
}

// What is missing is explained once; each object still says that it was denied.
TEST(WrongInput, ADeniedCopyIsExplainedOnce) {
  TestWorld world;
  for (int i = 0; i < 3; ++i) world.put("photos", "k" + std::to_string(i), "x");
  sim::Fault denied;
  denied.operations = {sim::Operation::kCopyObject};
  denied.status = 403;
  denied.code = "AccessDenied";
  world.simulator.add_fault(denied);
  const Ran ran = world.pair("sync", {"--check", "none"});
  EXPECT_EQ(ran.code, 1);
  std::size_t explained = 0, failed = 0;
  for (const std::string& line : ran.error_lines()) {
    failed += line.starts_with("copy failed: ") && line.find("AccessDenied") != std::string::npos;
    explained += line.find("one principal must read the source") != std::string::npos;
  }
  EXPECT_EQ(failed, 3U) << ran.err;
  EXPECT_EQ(explained, 1U) << ran.err;
}

TEST(WrongInput, AnErrorOfTheServerAndItsAdviceAreOneSentence) {
  TestWorld world;
  world.host.environment["AWS_ACCESS_KEY_ID"] = "AKIAEXAMPLEUNKNOWN00";
  world.host.environment["AWS_SECRET_ACCESS_KEY"] = "hushed-unknown-secret-EXAMPLE";
  expect_one_line(world.run({"ls", "s3://photos"}), 254, {"in our records; check the access key"});
}

// The service's refusal of what was given, not a lack of credentials: 254, and 1 of sync and
// verify.
TEST(WrongInput, AWrongSecretIsTheServicesRefusal) {
  TestWorld world;
  world.host.environment["AWS_ACCESS_KEY_ID"] = "AKIAEXAMPLETARGET000";
  world.host.environment["AWS_SECRET_ACCESS_KEY"] = "hushed-wrong-secret-EXAMPLE";
  expect_one_line(world.run({"ls", "s3://copies"}), 254, {"SignatureDoesNotMatch"});
  for (const char* command : {"sync", "verify"}) {
    const Ran ran = world.run({command, "s3://photos", "s3://copies"});
    expect_one_line(ran, 1, {"SignatureDoesNotMatch", "check the secret access key"});
    EXPECT_EQ(ran.out, "") << "nothing was listed: there is nothing to sum up";
  }
}

TEST(WrongInput, ARunThatCannotBeginSaysOneLineAndItsLogSaysFail) {
  for (const char* command : {"sync", "verify"}) {
    TestWorld world;
    TestFolder folder;
    world.put("copies", "extra", "E");
    const Ran ran = world.run({command, "s3://fotos", "s3://copies", "--profile", "tobe",
                               "--delete", "--task", "t", "--log-dir", folder.path()});
    expect_one_line(ran, 1, {"NoSuchBucket"});
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(folder.read("20261122 t.txt"), HasSubstr("job fail"));
  }
}

TEST(WrongInput, NoVerifySslWarnsLoudly) {
  TestWorld world;
  const Ran ran = world.pair("sync", {"--no-verify-ssl", "--quiet"});
  EXPECT_THAT(ran.err, HasSubstr("WARNING: --no-verify-ssl"));
}

}  // namespace
}  // namespace s3ferry
