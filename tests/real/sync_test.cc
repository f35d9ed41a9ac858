// A whole sync between two accounts of a real S3 server, by the built program: push (the source's
// user writes through the target's bucket policy) and pull (the target's user reads through the
// source's). What arrived is read back by the target's account.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "http/client.h"
#include "real/gateway.h"
#include "runtime/real_runtime.h"
#include "support/identity.h"
#include "support/odd_keys.h"
#include "support/parallel.h"
#include "support/program.h"

namespace s3ferry::testing {
namespace {

constexpr std::size_t kObjects = 2000;
constexpr std::size_t kWidth = 16;

struct Made {
  std::string key, body, content_type, storage_class;
  s3::NameValues metadata, tags;
};

std::vector<Made> make_objects() {
  std::vector<std::string> keys = odd_keys();
  for (int i = 0; i < 20; ++i) keys.push_back(fmt::format("folders/{:02}/", i));
  for (std::size_t i = 0; keys.size() < kObjects; ++i)
    keys.push_back(fmt::format("data/2026/{:02}/part {:05}+\xed\x95\x9c.bin", i % 12 + 1, i));
  std::vector<Made> made;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    Made object;
    object.key = keys[i];
    const bool marker = keys[i].starts_with("folders/");
    if (!marker)
      object.body = fmt::format("{:05}:", i) +
                    std::string(i % 101 == 0 ? 70'000 : i % 37, static_cast<char>('a' + i % 26));
    object.content_type = i % 4 == 0 ? "text/plain; charset=utf-8" : "application/x-part";
    if (i % 3 == 0) object.metadata = {{"colour", fmt::format("c{}", i)}, {"team-name", "a, b"}};
    if (i % 5 == 0)
      object.tags = {{"cost center", fmt::format("{}/+=", i)},
                     {"\xeb\xb6\x80\xec\x84\x9c", "\xea\xb0\x9c\xeb\xb0\x9c"}};
    constexpr std::array<const char*, 4> kClasses = {"STANDARD_IA", "ONEZONE_IA", "GLACIER_IR",
                                                     "INTELLIGENT_TIERING"};
    if (i % 7 == 0) object.storage_class = kClasses[i / 7 % kClasses.size()];
    made.push_back(std::move(object));
  }
  return made;
}

// The two accounts as this test sees them, and a bucket of each.
struct World {
  World(const std::string& source_name, const std::string& target_name)
      : source(source_user.bucket(source_name)), target(target_user.bucket(target_name)) {}
  Gateway& gateway = Gateway::shared();
  RealRuntime runtime;
  http::Client client{runtime, http::ClientOptions()};
  Identity source_user{runtime, client, gateway.source().access_key_id, gateway.source().secret,
                       gateway.endpoint()};
  Identity target_user{runtime, client, gateway.target().access_key_id, gateway.target().secret,
                       gateway.endpoint()};
  s3::TargetBucket source, target;
  std::vector<Made> objects = make_objects();
  std::vector<std::string> wrong;  // what did not arrive as it was
};

Task<Status> put_one(World& world, std::size_t i) {
  const Made& object = world.objects[i];
  s3::PutRequest request(ObjectKey(object.key), object.body);
  request.attributes.content.content_type = object.content_type;
  request.attributes.metadata = object.metadata;
  request.attributes.tags = object.tags;
  request.attributes.storage_class = object.storage_class;
  auto put = co_await world.source.put_object(request);
  if (!put) co_return fail(std::move(put.error()));
  co_return Status();
}

s3::NameValues sorted(s3::NameValues values) {
  std::sort(values.begin(), values.end());
  return values;
}

Task<Status> compare_one(World& world, std::size_t i) {
  const Made& made = world.objects[i];
  auto stream = co_await world.target.get_object(s3::GetRequest(ObjectKey(made.key)));
  if (!stream) co_return fail(std::move(stream.error()));
  std::string bytes;
  Status read = co_await http::read_all(*stream->body, bytes, kMiB);
  if (!read) co_return read;
  auto tags = co_await world.target.get_object_tagging(ObjectKey(made.key));
  if (!tags) co_return fail(std::move(tags.error()));
  const s3::ObjectInfo& info = stream->info;
  const std::string stored = info.storage_class == "STANDARD" ? "" : info.storage_class;
  std::string what;
  if (bytes != made.body) what += " bytes";
  if (info.content.content_type != made.content_type) what += " content-type";
  if (sorted(info.metadata) != sorted(made.metadata)) what += " metadata";
  if (sorted(*tags) != sorted(made.tags)) what += " tags";
  if (stored != made.storage_class) what += " storage-class=" + stored;
  if (!what.empty()) world.wrong.push_back(escape_for_display(made.key) + ":" + what);
  co_return Status();
}

Task<Status> prepare(World& world, std::string source_policy, std::string target_policy) {
  for (s3::TargetBucket* bucket : {&world.source, &world.target}) {
    Status made = co_await bucket->create();
    if (!made) co_return made;
  }
  if (!source_policy.empty()) {
    Status set = co_await world.source.put_policy(std::move(source_policy));
    if (!set) co_return set;
  }
  if (!target_policy.empty()) {
    Status set = co_await world.target.put_policy(std::move(target_policy));
    if (!set) co_return set;
  }
  co_return co_await in_parallel<World>(world.runtime, kWidth, world.objects.size(), world,
                                        &put_one);
}

Task<Status> put_extras(World& world, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    auto put = co_await world.target.put_object(s3::PutRequest(ObjectKey(key), std::string("x")));
    if (!put) co_return fail(std::move(put.error()));
  }
  co_return Status();
}

Task<Result<std::set<std::string>>> keys_of(s3::TargetBucket& bucket) {
  std::set<std::string> keys;
  s3::ListRequest request;
  for (int page = 0; page < 100; ++page) {
    auto listed = co_await bucket.list_page(request);
    if (!listed) co_return fail(std::move(listed.error()));
    for (const auto& entry : listed->entries) keys.emplace(entry.key);
    if (!listed->truncated) co_return keys;
    request.continuation_token = listed->next_token;
  }
  co_return fail(ErrorKind::kListing, "too many pages");
}

std::string policy(const std::string& bucket, const std::string& principal,
                   const std::string& bucket_actions, const std::string& object_actions) {
  return fmt::format(
      R"({{"Version":"2012-10-17","Statement":[)"
      R"({{"Effect":"Allow","Principal":{{"AWS":"{0}"}},"Action":[{2}],"Resource":"arn:aws:s3:::{1}"}},)"
      R"({{"Effect":"Allow","Principal":{{"AWS":"{0}"}},"Action":[{3}],"Resource":"arn:aws:s3:::{1}/*"}}]}})",
      principal, bucket, bucket_actions, object_actions);
}

// Requests to the source bucket, other than GET and HEAD, in what the server logged since `from`.
std::vector<std::string> source_writes(const std::string& log, const std::string& bucket) {
  std::vector<std::string> found;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const auto at = line.find("/" + bucket);
    const auto quote = line.rfind('"', at);
    if (at == std::string::npos || quote == std::string::npos) continue;
    const std::string method = line.substr(quote + 1, at - quote - 2);
    if (method == "GET" || method == "HEAD") continue;
    if (method == "PUT" || method == "POST" || method == "DELETE") found.push_back(line);
  }
  return found;
}

std::string only_log(const std::string& folder) {
  std::string text;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    text += read_file(entry.path().string());
  return text;
}

std::size_t count_of(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

struct Direction {
  const char* name;
  bool push;
};

class RealSync : public ::testing::TestWithParam<Direction> {};

TEST_P(RealSync, BaselineSecondRunAndDeletes) {
  const bool push = GetParam().push;
  const std::string source_name = fmt::format("source-{}", GetParam().name);
  const std::string target_name = fmt::format("target-{}", GetParam().name);
  World world(source_name, target_name);
  const Gateway& gateway = world.gateway;
  const std::string source_policy =
      push ? ""
           : policy(source_name, gateway.target().principal_arn, R"("s3:ListBucket")",
                    R"("s3:GetObject","s3:GetObjectTagging")");
  const std::string target_policy =
      push ? policy(target_name, gateway.source().principal_arn, R"("s3:ListBucket")",
                    R"("s3:PutObject","s3:PutObjectAcl","s3:PutObjectTagging")")
           : "";
  Status ready = world.runtime.run(prepare(world, source_policy, target_policy));
  ASSERT_TRUE(ready.has_value()) << ready.error().describe();
  const std::vector<std::string> extras = {"extra/one", "extra//two",
                                           "\x7f"
                                           "extra",
                                           "zz extra+"};
  ASSERT_TRUE(world.runtime.run(put_extras(world, extras)).has_value());
  const std::size_t log_start = read_file(gateway.access_log()).size();

  ScratchFolder scratch;
  Program program(scratch);
  program.add_profile("asis", gateway.source().access_key_id, gateway.source().secret);
  program.add_profile("tobe", gateway.target().access_key_id, gateway.target().secret);
  std::vector<std::string> command = {"sync",
                                      "s3://" + source_name,
                                      "s3://" + target_name,
                                      "--source-profile",
                                      "asis",
                                      "--target-profile",
                                      "tobe",
                                      "--endpoint-url",
                                      gateway.endpoint(),
                                      "--task",
                                      "real",
                                      "--log-dir",
                                      scratch.file("logs"),
                                      "--timezone",
                                      "Asia/Seoul",
                                      "--json",
                                      "--concurrency",
                                      "32"};
  if (push)
    command.insert(command.end(), {"--copy-as", "source", "--acl", "bucket-owner-full-control"});
  else
    command.insert(command.end(), {"--copy-as", "target"});

  // The baseline.
  const ProcessEnd first = program.run(command);
  ASSERT_EQ(first.exit_code, 0) << first.err << first.out.substr(0, 2000);
  const auto copied = summary_of(first);
  ASSERT_TRUE(copied.is_object()) << first.out.substr(0, 2000);
  EXPECT_EQ(copied["copied"], kObjects);
  EXPECT_EQ(copied["failed"], 0);
  EXPECT_EQ(copied["deleted"], 0);
  const std::string after_first = only_log(scratch.file("logs"));
  EXPECT_EQ(count_of(after_first, "data integrity check success\n"), 1U)
      << after_first.substr(0, 500);
  EXPECT_EQ(count_of(after_first, "job success\n"), 1U);
  EXPECT_EQ(count_of(after_first, "\ncopy: "), kObjects);

  // Every object as it was, read by the target's account.
  Status compared = world.runtime.run(
      in_parallel<World>(world.runtime, kWidth, world.objects.size(), world, &compare_one));
  EXPECT_TRUE(compared.has_value()) << compared.error().describe();
  EXPECT_TRUE(world.wrong.empty()) << world.wrong.size() << " differ, first " << world.wrong[0];

  // A second run copies nothing.
  const ProcessEnd second = program.run(command);
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(summary_of(second)["copied"], 0);
  EXPECT_EQ(summary_of(second)["same"], kObjects);
  EXPECT_EQ(count_of(only_log(scratch.file("logs")), "job success\n"), 2U) << "one log a day";

  // --delete removes exactly the extras.
  std::vector<std::string> deleting = command;
  deleting.emplace_back("--delete");
  const ProcessEnd third = program.run(deleting);
  EXPECT_EQ(third.exit_code, 0) << third.err;
  EXPECT_EQ(summary_of(third)["deleted"], extras.size());
  EXPECT_EQ(summary_of(third)["copied"], 0);
  auto left = world.runtime.run(keys_of(world.target));
  ASSERT_TRUE(left.has_value());
  std::set<std::string> wanted;
  for (const Made& object : world.objects) wanted.insert(object.key);
  EXPECT_EQ(*left, wanted);
  const std::string log = only_log(scratch.file("logs"));
  EXPECT_EQ(count_of(log, "\ndelete: s3://"), extras.size());
  EXPECT_EQ(count_of(log, "data integrity check success\n"), 3U);

  // The server's own log: nothing but GET and HEAD at the source.
  const std::string served = read_file(gateway.access_log()).substr(log_start);
  EXPECT_GT(count_of(served, "GET /" + source_name), 0U) << "the access log was read";
  EXPECT_TRUE(source_writes(served, source_name).empty()) << source_writes(served, source_name)[0];
}

INSTANTIATE_TEST_SUITE_P(Directions, RealSync,
                         ::testing::Values(Direction{"push", true}, Direction{"pull", false}),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace s3ferry::testing
