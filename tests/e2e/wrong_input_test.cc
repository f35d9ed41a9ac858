// What a user gets wrong: one line that says what to do, and the exit code of the aws CLI.

#include "e2e/world.h"

namespace s3ferry::testing {
namespace {

class WrongInput : public EndToEnd {
 protected:
  // One line on standard error, which names all of `words`; nothing on standard output.
  void expect(const ProcessEnd& end, int code, const std::vector<std::string>& words) {
    EXPECT_EQ(end.exit_code, code) << end.err;
    EXPECT_EQ(lines_in(end.err), 1U) << end.err;
    EXPECT_FALSE(end.timed_out);
    for (const std::string& word : words)
      EXPECT_NE(end.err.find(word), std::string::npos) << "'" << word << "' in: " << end.err;
  }
  std::vector<std::string> ls(std::vector<std::string> more) const {
    std::vector<std::string> all = {"ls", "--profile", "asis", "--endpoint-url", service->url()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

TEST_F(WrongInput, UnknownFlag) {
  expect(program.run(sync({"--delte"})), 252, {"--delte"});
}

TEST_F(WrongInput, FlagWithoutValue) {
  expect(program.run(sync({"--task"})), 252, {"--task"});
}

TEST_F(WrongInput, UnknownCommand) {
  expect(program.run({"snyc", "s3://source", "s3://target"}), 252, {"snyc"});
}

TEST_F(WrongInput, NoCommand) {
  const ProcessEnd end = program.run({});
  EXPECT_EQ(end.exit_code, 252);
}

TEST_F(WrongInput, PlaceWithoutScheme) {
  expect(program.run({"sync", "source", "s3://target"}), 252, {"s3://", "source"});
}

TEST_F(WrongInput, OnePlaceOnly) {
  expect(program.run({"sync", "s3://source"}), 252, {"sync"});
}

TEST_F(WrongInput, LocalPath) {
  expect(program.run({"sync", "./photos", "s3://target"}), 252, {"s3://"});
}

TEST_F(WrongInput, AFlagThatCannotBeHonoured) {
  expect(program.run(sync({"--sse-c", "AES256"})), 252, {"--sse-c"});
}

TEST_F(WrongInput, SourceAndTargetTheSame) {
  start();
  const ProcessEnd end = program.run({"sync", "s3://source/a", "s3://source/a/b", "--profile",
                                      "asis", "--endpoint-url", service->url()});
  EXPECT_NE(end.exit_code, 0);
  EXPECT_GE(lines_in(end.err), 1U);
  EXPECT_EQ(service->counters()["source_writes"], 0);
}

TEST_F(WrongInput, NoCredentials) {
  start();
  program.environment().erase("AWS_SHARED_CREDENTIALS_FILE");
  program.environment().erase("AWS_CONFIG_FILE");
  expect(program.run({"ls", "--endpoint-url", service->url()}), 253, {"credentials"});
  expect(program.run({"sync", "s3://source", "s3://target", "--endpoint-url", service->url()}), 253,
         {"credentials"});
}

TEST_F(WrongInput, UnknownProfile) {
  start();
  expect(program.run({"ls", "--profile", "nobody", "--endpoint-url", service->url()}), 253,
         {"nobody"});
}

TEST_F(WrongInput, MalformedConfigFile) {
  start();
  scratch.write("config", "[profile asis\nregion = us-east-1\n");
  expect(program.run(ls({})), 253, {"config"});
}

TEST_F(WrongInput, MalformedRegion) {
  start();
  expect(program.run(ls({"--region", "us east 1", "s3://source"})), 253, {"us east 1"});
}

TEST_F(WrongInput, MalformedEndpoint) {
  expect(program.run({"ls", "--profile", "asis", "--endpoint-url", "localhost:9000"}), 252,
         {"--endpoint-url", "https://"});
}

TEST_F(WrongInput, UnknownBucket) {
  start();
  expect(program.run(ls({"s3://there-is-none"})), 254, {"there-is-none"});
  const ProcessEnd end =
      program.run({"sync", "s3://there-is-none", "s3://target", "--source-profile", "asis",
                   "--target-profile", "tobe", "--endpoint-url", service->url()});
  EXPECT_EQ(end.exit_code, 1);
  EXPECT_NE(end.err.find("there-is-none"), std::string::npos) << end.err;
}

TEST_F(WrongInput, WrongSecret) {
  start();
  program.add_profile("wrong", "AKIAFAKESOURCE000000", "another-secret");
  expect(program.run({"ls", "s3://source", "--profile", "wrong", "--endpoint-url", service->url()}),
         254, {"SignatureDoesNotMatch"});
  expect(program.run({"sync", "s3://source", "s3://target", "--profile", "wrong", "--endpoint-url",
                      service->url()}),
         1, {"SignatureDoesNotMatch"});
}

TEST_F(WrongInput, ExpiredToken) {
  config["accounts"][0]["users"][0]["keys"].push_back({{"access_key_id", "ASIAFAKEEXPIRED00000"},
                                                       {"secret", "fake"},
                                                       {"session_token", "fake-token"},
                                                       {"expires", "2020-01-01T00:00:00Z"}});
  start();
  program.add_profile("old", "ASIAFAKEEXPIRED00000", "fake", "aws_session_token = fake-token\n");
  program.environment()["AWS_ACCESS_KEY_ID"] = "ASIAFAKEEXPIRED00000";
  program.environment()["AWS_SECRET_ACCESS_KEY"] = "fake";
  program.environment()["AWS_SESSION_TOKEN"] = "fake-token";
  const ProcessEnd end = program.run({"ls", "s3://source", "--endpoint-url", service->url()});
  EXPECT_EQ(end.exit_code, 254) << end.err;
  EXPECT_EQ(lines_in(end.err), 1U) << end.err;
  EXPECT_NE(end.err.find("expired"), std::string::npos) << end.err;
}

TEST_F(WrongInput, WrongRegionIsFoundOut) {
  config["buckets"][0]["region"] = "eu-west-1";
  add_objects(3);
  start();
  const ProcessEnd end = program.run(ls({"s3://source", "--region", "us-east-1"}));
  EXPECT_EQ(end.exit_code, 0) << end.err;
  EXPECT_EQ(lines_in(end.out), 3U) << end.out;
}

TEST_F(WrongInput, UnreachableEndpoint) {
  const ProcessEnd end = program.run(
      {"ls", "s3://source", "--profile", "asis", "--endpoint-url", "http://127.0.0.1:1"},
      std::chrono::seconds(60));
  EXPECT_EQ(end.exit_code, 255) << end.err;
  EXPECT_EQ(lines_in(end.err), 1U) << end.err;
  EXPECT_NE(end.err.find("127.0.0.1:1"), std::string::npos) << end.err;
}

TEST_F(WrongInput, ASyncWithADeadEndpointEndsSoon) {
  const auto begin = std::chrono::steady_clock::now();
  for (const char* command : {"sync", "verify"})
    expect(program.run({command, "s3://source", "s3://target", "--profile", "asis",
                        "--endpoint-url", "http://127.0.0.1:1"},
                       std::chrono::seconds(60)),
           1, {"127.0.0.1:1", "refused"});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST_F(WrongInput, UntrustedCertificate) {
  start(true);
  const ProcessEnd end =
      program.run({"ls", "s3://source", "--profile", "asis", "--endpoint-url", service->tls_url()});
  EXPECT_EQ(end.exit_code, 255) << end.err;
  EXPECT_EQ(lines_in(end.err), 1U) << end.err;
  EXPECT_NE(end.err.find("--ca-bundle"), std::string::npos) << end.err;
}

TEST_F(WrongInput, MissingCaBundle) {
  start(true);
  const ProcessEnd end =
      program.run({"ls", "s3://source", "--profile", "asis", "--endpoint-url", service->tls_url(),
                   "--ca-bundle", scratch.file("no-such-file.pem")});
  EXPECT_EQ(end.exit_code, 253) << end.err;
  EXPECT_NE(end.err.find("no-such-file.pem"), std::string::npos) << end.err;
}

TEST_F(WrongInput, LogFolderThatCannotBeWritten) {
  start();
  scratch.write("a-file", "");
  const ProcessEnd end =
      program.run(sync({"--task", "t", "--log-dir", scratch.file("a-file") + "/below"}));
  EXPECT_NE(end.exit_code, 0);
  EXPECT_NE(end.err.find("--log-dir"), std::string::npos) << end.err;
  EXPECT_EQ(service->counters()["operations"].value("CopyObject", 0), 0) << "nothing began";
}

}  // namespace
}  // namespace s3ferry::testing
