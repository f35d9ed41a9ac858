// Whole runs of the built programs: what reaches the source, signals, a server that dies, TLS,
// secrets.

#include <filesystem>

#include <signal.h>

#include "e2e/world.h"
#include "support/odd_keys.h"

namespace s3ferry::testing {
namespace {

using WholeRun = EndToEnd;

std::string all_files_below(const std::string& folder) {
  std::string text;
  if (!std::filesystem::exists(folder)) return text;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) text += read_file(entry.path().string());
  return text;
}

TEST_F(WholeRun, OnlyReadsReachTheSource) {
  add_objects(500);
  for (const std::string& key : odd_keys()) add_object("source", {{"key", key}, {"size", 10}});
  add_object("target", {{"key", "an extra"}, {"size", 1}, {"mtime", "2026-01-01T00:00:00Z"}});
  start();
  const ProcessEnd first = program.run(sync({"--delete", "--json"}));
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(summary_of(first)["copied"], 500 + odd_keys().size());
  EXPECT_EQ(summary_of(first)["deleted"], 1);
  const ProcessEnd verified =
      program.run({"verify", "s3://source", "s3://target", "--source-profile", "asis",
                   "--target-profile", "tobe", "--endpoint-url", service->url(), "--delete"});
  EXPECT_EQ(verified.exit_code, 0) << verified.err << verified.out;
  const auto counters = service->counters();
  EXPECT_EQ(counters["source_writes"], 0);
  EXPECT_GT(counters["source_reads_by_copy"], 0);
  for (const auto& [operation, count] : counters["sides"]["source"].items())
    EXPECT_TRUE(operation.starts_with("Get") || operation.starts_with("Head") ||
                operation.starts_with("List"))
        << operation;
}

TEST_F(WholeRun, PushByTheSourcesUser) {
  add_objects(20);
  config["buckets"][0].erase("policy");
  config["buckets"][1]["policy"] = {
      {"Version", "2012-10-17"},
      {"Statement",
       {{{"Effect", "Allow"},
         {"Principal", {{"AWS", "arn:aws:iam::111111111111:root"}}},
         {"Action", {"s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging", "s3:GetObject"}},
         {"Resource", "arn:aws:s3:::target/*"}}}}};
  start();
  const ProcessEnd end = program.run(sync({"--acl", "bucket-owner-full-control", "--json"}));
  ASSERT_EQ(end.exit_code, 0) << end.err << end.out;
  EXPECT_EQ(summary_of(end)["copied"], 20);
}

// Content by formula: five gibibytes cost nothing.
TEST_F(WholeRun, FiveGibibytesAndAByteGoInParts) {
  constexpr std::uint64_t kBorder = 5'368'709'120;
  add_object("source", {{"key", "a"}, {"size", kBorder - 1}});
  add_object("source", {{"key", "b"}, {"size", kBorder}});
  add_object("source", {{"key", "c"}, {"size", kBorder + 1}});
  add_object("source", {{"key", "d"},
                        {"size", kBorder + 1},
                        {"part_size", 1'073'741'824},
                        {"metadata", {{"name", "한글"}}},
                        {"tags", {{"team", "a"}}}});
  start();
  const ProcessEnd end = program.run(sync({"--json", "--copy-as", "target"}));
  ASSERT_EQ(end.exit_code, 0) << end.err << end.out;
  EXPECT_EQ(summary_of(end)["copied"], 4);
  EXPECT_EQ(summary_of(end)["requests"]["CopyObject"], 2);
  EXPECT_EQ(summary_of(end)["requests"]["CreateMultipartUpload"], 2);
  EXPECT_EQ(summary_of(end)["requests"]["UploadPartCopy"], 81 + 6);
  EXPECT_EQ(service->counters()["source_writes"], 0);
  const ProcessEnd again = program.run(sync({"--json", "--compare", "etag"}));
  EXPECT_EQ(summary_of(again)["same"], 4) << again.out;
}

TEST_F(WholeRun, PipedOutputIsTheLinesOfTheAwsCli) {
  add_objects(2);
  start();
  const ProcessEnd end = program.run(sync());
  ASSERT_EQ(end.exit_code, 0) << end.err;
  EXPECT_NE(end.out.find("copy: s3://source/k00000 to s3://target/k00000\n"), std::string::npos)
      << end.out;
  EXPECT_EQ((end.out + end.err).find('\r'), std::string::npos) << "no progress line in a pipe";
}

TEST_F(WholeRun, DryRunChangesNothing) {
  add_objects(5);
  add_object("target", {{"key", "an extra"}, {"size", 1}});
  start();
  const ProcessEnd end = program.run(sync({"--delete", "--dryrun"}));
  EXPECT_EQ(end.exit_code, 0) << end.err;
  EXPECT_NE(end.out.find("(dryrun) copy: s3://source/k00000 to s3://target/k00000"),
            std::string::npos)
      << end.out;
  EXPECT_NE(end.out.find("(dryrun) delete: s3://target/an extra"), std::string::npos) << end.out;
  const auto counters = service->counters();
  for (const auto& [operation, count] : counters["sides"]["target"].items())
    EXPECT_TRUE(operation.starts_with("Get") || operation.starts_with("Head") ||
                operation.starts_with("List"))
        << operation;
}

TEST_F(WholeRun, TlsWithTheCaFile) {
  add_objects(10);
  start(true);
  const ProcessEnd end = program.run(
      {"sync", "s3://source", "s3://target", "--source-profile", "asis", "--target-profile", "tobe",
       "--endpoint-url", service->tls_url(), "--ca-bundle", service->ca_file(), "--json"});
  ASSERT_EQ(end.exit_code, 0) << end.err;
  EXPECT_EQ(summary_of(end)["copied"], 10);
}

TEST_F(WholeRun, NoVerifySslWarnsLoudly) {
  add_objects(1);
  start(true);
  const ProcessEnd end = program.run({"ls", "s3://source", "--profile", "asis", "--endpoint-url",
                                      service->tls_url(), "--no-verify-ssl"});
  EXPECT_EQ(end.exit_code, 0) << end.err;
  EXPECT_NE(end.err.find("--no-verify-ssl"), std::string::npos) << end.err;
}

TEST_F(WholeRun, InterruptEndsWith130) {
  add_objects(2000);
  config["latency"] = {{{"operation", "CopyObject"}, {"fixed_ms", 200}}};
  start();
  std::vector<std::string> argv =
      sync({"--concurrency", "4", "--task", "cut", "--log-dir", scratch.file("logs")});
  argv.insert(argv.begin(), Program::path());
  for (const int number : {SIGINT, SIGTERM}) {
    Child child(argv, program.environment());
    ASSERT_TRUE(child.wait_for("copy: ", std::chrono::seconds(60))) << child.err();
    child.signal(number);
    const ProcessEnd end = child.wait(std::chrono::seconds(60));
    EXPECT_FALSE(end.timed_out);
    EXPECT_EQ(end.exit_code, 130) << end.err;
  }
  const std::string log = all_files_below(scratch.file("logs"));
  EXPECT_NE(log.find("job fail"), std::string::npos) << log.substr(0, 1000);
}

// The first signal lets what is in flight finish, which would take half a minute here.
TEST_F(WholeRun, ASecondInterruptEndsAtOnce) {
  add_objects(20);
  config["latency"] = {{{"operation", "CopyObject"}, {"fixed_ms", 30'000}}};
  start();
  std::vector<std::string> argv = sync({"--concurrency", "4", "--copy-as", "target"});
  argv.insert(argv.begin(), Program::path());
  Child child(argv, program.environment());
  for (int i = 0; i < 500 && service->counters()["in_flight"].get<int>() < 4; ++i)
    (void)child.wait_for("copy failed: ", std::chrono::milliseconds(20));
  child.signal(SIGINT);
  ASSERT_TRUE(child.wait_for("finished first, for 60 s at most", std::chrono::seconds(10)))
      << child.err();
  child.signal(SIGINT);
  const ProcessEnd end = child.wait(std::chrono::seconds(10));
  EXPECT_FALSE(end.timed_out);
  EXPECT_EQ(end.exit_code, 130) << end.err;
}

// While a server is away the run waits for it, at a slower pace. It deletes nothing meanwhile,
// blames no object, can be stopped, and claims no success.
TEST_F(WholeRun, AServerThatDies) {
  add_objects(200);
  config["latency"] = {{{"operation", "CopyObject"}, {"fixed_ms", 300}}};
  start();
  std::vector<std::string> argv =
      sync({"--concurrency", "4", "--delete", "--task", "dead", "--log-dir", scratch.file("logs")});
  argv.insert(argv.begin(), Program::path());
  Child child(argv, program.environment());
  ASSERT_TRUE(child.wait_for("copy: ", std::chrono::seconds(60))) << child.err();
  service->kill();
  child.signal(SIGINT);
  const ProcessEnd end = child.wait(std::chrono::seconds(60));
  EXPECT_FALSE(end.timed_out);
  EXPECT_EQ(end.exit_code, 130) << end.err.substr(0, 2000);
  EXPECT_EQ(end.out.find("delete: "), std::string::npos);
  EXPECT_EQ((end.out + end.err).find("copy failed: "), std::string::npos) << end.err;
  const std::string log = all_files_below(scratch.file("logs"));
  EXPECT_NE(log.find("job fail"), std::string::npos);
  EXPECT_EQ(log.find("data integrity check success"), std::string::npos);
}

TEST_F(WholeRun, NoSecretIsSpoken) {
  add_objects(30);
  config["accounts"][0]["users"][0]["keys"].push_back({{"access_key_id", "ASIAFAKESESSION00000"},
                                                       {"secret", "fake-session-secret-MARKER-1"},
                                                       {"session_token", "fake-token-MARKER-2"}});
  config["faults"] = {
      {{"on", "dest"},
       {"operation", "CopyObject"},
       {"times", 1},
       {"response", {{"status", 403}, {"code", "SignatureDoesNotMatch"}, {"message", "no"}}}},
      {{"on", "source"},
       {"operation", "ListObjectsV2"},
       {"times", 1},
       {"response", {{"status", 503}, {"code", "SlowDown"}}}}};
  start();
  program.environment()["AWS_ACCESS_KEY_ID"] = "ASIAFAKESESSION00000";
  program.environment()["AWS_SECRET_ACCESS_KEY"] = "fake-session-secret-MARKER-1";
  program.environment()["AWS_SESSION_TOKEN"] = "fake-token-MARKER-2";
  const std::string logs = scratch.file("logs");
  std::string spoken;
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           sync({"--debug", "--json", "--task", "t", "--log-dir", logs, "--log-objects"}),
           sync({"-v", "--task", "t", "--log-dir", logs}),
           {"ls", "s3://source", "--debug", "--endpoint-url", service->url()},
           {"verify", "s3://source", "s3://target", "--debug", "--target-profile", "tobe",
            "--endpoint-url", service->url()},
           {"ls", "--debug", "--endpoint-url",
            "http://user:fake-MARKER-3@127.0.0.1:1/?X-Amz-Signature=MARKER-4"}}) {
    const ProcessEnd end = program.run(arguments);
    spoken += end.out + end.err;
  }
  spoken += all_files_below(logs);
  EXPECT_NE(spoken.find("ListObjectsV2"), std::string::npos) << "the highest verbosity was on";
  for (const char* secret : {"MARKER-7f3a", "MARKER-91cc", "MARKER-1", "MARKER-2", "MARKER-3",
                             "MARKER-4", "Signature=", "X-Amz-Signature"}) {
    const auto at = spoken.find(secret);
    EXPECT_EQ(at, std::string::npos)
        << secret << ": " << spoken.substr(at < 200 ? 0 : at - 200, 400);
  }
}

}  // namespace
}  // namespace s3ferry::testing
