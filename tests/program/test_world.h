#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/app.h"
#include "runtime/fake_host.h"
#include "runtime/virtual_runtime.h"
#include "sim/counters.h"
#include "sim/in_process.h"
#include "sim/simulator.h"

namespace s3ferry {

// What one run of the program left.
struct Ran {
  int code = -1;
  std::string out, err;
  std::vector<std::string> lines() const { return split(out); }
  std::vector<std::string> error_lines() const { return split(err); }
  std::vector<nlohmann::json> events() const {
    std::vector<nlohmann::json> all;
    for (const std::string& line : lines()) all.push_back(nlohmann::json::parse(line));
    return all;
  }
  static std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> parts;
    std::size_t from = 0;
    while (from < text.size()) {
      const auto end = std::min(text.find('\n', from), text.size());
      parts.push_back(text.substr(from, end - from));
      from = end + 1;
    }
    return parts;
  }
};

// A folder of its own, gone with the test.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "s3ferry-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data()) != nullptr ? name : "";
    EXPECT_FALSE(path_.empty());
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string read(const std::string& name) const {
    std::ifstream in(path_ + "/" + name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      all.push_back(entry.path().filename().string());
    std::sort(all.begin(), all.end());
    return all;
  }

 private:
  std::string path_;
};

// Two accounts, a bucket each, profiles for both: the program's surroundings for a test, in process
// and under virtual time. The clock begins on 2026-11-22 19:10:28 UTC.
class TestWorld {
 public:
  static constexpr const char* kSourceSecret = "hushed-source-secret-EXAMPLE";
  static constexpr const char* kTargetSecret = "hushed-target-secret-EXAMPLE";

  TestWorld() : runtime(7, *parse_iso8601("2026-11-22T19:10:28Z")), simulator(runtime) {
    must(simulator.add_account_with_key("111111111111", "AKIAEXAMPLESOURCE000",
                                        Secret(std::string(kSourceSecret))));
    must(simulator.add_account_with_key("222222222222", "AKIAEXAMPLETARGET000",
                                        Secret(std::string(kTargetSecret))));
    add_bucket("photos", "111111111111", sim::Side::kSource);
    add_bucket("copies", "222222222222", sim::Side::kTarget);
    // Pull: the target's account may read the source.
    must(simulator.set_bucket_policy(
        "photos", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":)"
                  R"({"AWS":"222222222222"},"Action":"s3:*","Resource":)"
                  R"(["arn:aws:s3:::photos","arn:aws:s3:::photos/*"]}]})"));
    host.environment = {{"HOME", "/home/t"}, {"XDG_STATE_HOME", state.path()}};
    host.files["/home/t/.aws/config"] =
        "[profile asis]\nregion = us-east-1\n[profile tobe]\nregion = us-east-1\n";
    host.files["/home/t/.aws/credentials"] =
        std::string("[asis]\naws_access_key_id = AKIAEXAMPLESOURCE000\naws_secret_access_key = ") +
        kSourceSecret + "\n[tobe]\naws_access_key_id = AKIAEXAMPLETARGET000\n" +
        "aws_secret_access_key = " + kTargetSecret + "\n";
  }

  static void must(const Status& status) { ASSERT_TRUE(status) << status.error().describe(); }

  void add_bucket(const std::string& name, const std::string& owner, sim::Side side,
                  const std::string& region = "us-east-1") {
    sim::BucketSpec bucket;
    bucket.name = name;
    bucket.owner = owner;
    bucket.side = side;
    bucket.region = region;
    must(simulator.add_bucket(std::move(bucket)));
  }
  void put(const std::string& bucket, const std::string& key, const std::string& content,
           const char* mtime = "2026-01-01T00:00:00Z",
           const std::string& storage_class = "STANDARD") {
    sim::ObjectSpec object;
    object.key = key;
    object.content = content;
    object.mtime = parse_iso8601(mtime);
    object.storage_class = storage_class;
    must(simulator.put_object(bucket, std::move(object)));
  }

  Ran run(std::vector<std::string> arguments) {
    MemoryOutput out, err;
    sim::InProcessTransport wire(runtime, simulator);
    for (const std::string& refused : refused_hosts) wire.refuse_host(refused);
    AppContext context{.runtime = runtime,
                       .host = host,
                       .make_transport = transport ? transport : shared_transport(wire),
                       .out = out,
                       .err = err,
                       .terminal = terminal,
                       .interrupt = &interrupt};
    Ran ran;
    ran.code = run_app(std::move(arguments), context);
    ran.out = out.text();
    ran.err = err.text();
    EXPECT_EQ(simulator.counters().source_writes, 0U) << "a write reached the source side";
    return ran;
  }
  // `sync` or `verify` of the two buckets with both profiles.
  Ran pair(const std::string& command, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {
        command, "s3://photos",      "s3://copies", "--source-profile",
        "asis",  "--target-profile", "tobe"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(std::move(arguments));
  }

  TestFolder state;  // journals
  VirtualRuntime runtime;
  sim::Simulator simulator;
  FakeHost host;
  Event interrupt;
  TransportFactory transport;  // instead of the simulator's
  std::vector<std::string> refused_hosts;
  bool terminal = false;
};

}  // namespace s3ferry
