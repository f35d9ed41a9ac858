// A sync between two real S3 servers that know nothing of each other: every byte passes through the
// program.

#include <algorithm>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "http/client.h"
#include "real/gateway.h"
#include "runtime/real_runtime.h"
#include "support/identity.h"
#include "support/odd_keys.h"
#include "support/parallel.h"
#include "support/program.h"

namespace s3ferry::testing {
namespace {

constexpr std::size_t kWidth = 8;

struct Made {
  std::string key;
  std::vector<std::string> parts;  // one and not `multipart`: PutObject
  bool multipart = false;
  std::string content_type = "application/x-part";
  s3::NameValues metadata = {}, tags = {};
  std::string whole() const {
    std::string out;
    for (const std::string& part : parts) out += part;
    return out;
  }
};

std::string filled(ByteCount size, char with) {
  std::string out(size, with);
  for (std::size_t i = 0; i < out.size(); i += 509) out[i] = static_cast<char>(i);
  return out;
}

std::vector<Made> make_objects() {
  std::vector<Made> made;
  for (const std::string& key : odd_keys()) {
    Made object;
    object.key = key;
    const std::size_t i = made.size();
    object.parts = {std::string(i % 53, static_cast<char>('a' + i % 26))};
    object.metadata = {{"n", fmt::format("{}", i)}, {"team-name", "a, b"}};
    if (i % 3 == 0) object.tags = {{"cost center", fmt::format("{}/+=", i)}};
    made.push_back(std::move(object));
  }
  Made big{"big/whole", {filled(3 * kMiB + 17, 'w')}};
  big.tags = {{"kind", "whole"}};
  made.push_back(big);
  Made parts{"big/parts", {filled(8 * kMiB, 'x'), filled(8 * kMiB, 'y'), filled(100, 'z')}, true};
  parts.metadata = {{"colour", "blue"}};
  parts.tags = {{"\xeb\xb6\x80\xec\x84\x9c", "\xea\xb0\x9c\xeb\xb0\x9c"}};
  made.push_back(parts);
  made.push_back({"big/one part", {filled(1000, 'o')}, true});
  return made;
}

// A server for each side.
struct World {
  World(Gateway& from, Gateway& to, const std::string& name)
      : source_user(runtime, client, from.source().access_key_id, from.source().secret,
                    from.endpoint()),
        target_user(runtime, client, to.target().access_key_id, to.target().secret, to.endpoint()),
        source(source_user.bucket("from-" + name)),
        target(target_user.bucket("to-" + name)),
        program(scratch) {
    program.add_profile("asis", from.source().access_key_id, from.source().secret);
    program.add_profile("tobe", to.target().access_key_id, to.target().secret);
    command = {"sync",
               "s3://from-" + name,
               "s3://to-" + name,
               "--source-profile",
               "asis",
               "--target-profile",
               "tobe",
               "--source-endpoint-url",
               from.endpoint(),
               "--target-endpoint-url",
               to.endpoint(),
               "--json"};
  }
  std::vector<std::string> with(std::vector<std::string> more) const {
    std::vector<std::string> out = command;
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  RealRuntime runtime;
  http::Client client{runtime, http::ClientOptions()};
  Identity source_user, target_user;
  s3::TargetBucket source, target;
  ScratchFolder scratch;
  Program program;
  std::vector<std::string> command;
  std::vector<Made> objects = make_objects();
  std::vector<std::string> wrong;
};

Task<Status> put_in_parts(s3::TargetBucket& bucket, const Made& object,
                          s3::WriteAttributes attributes) {
  s3::CreateUploadRequest create{ObjectKey(object.key)};
  create.attributes = std::move(attributes);
  auto upload = co_await bucket.create_upload(std::move(create));
  if (!upload) co_return fail(std::move(upload.error()));
  std::vector<s3::CompletedPart> done;
  for (const std::string& bytes : object.parts) {
    const auto number = static_cast<std::uint32_t>(done.size() + 1);
    s3::UploadPartRequest part(ObjectKey(object.key), upload->id, number);
    part.body = bytes;
    auto put = co_await bucket.upload_part(std::move(part));
    if (!put) co_return fail(std::move(put.error()));
    done.emplace_back(number, put->etag);
  }
  s3::CompleteRequest complete(ObjectKey(object.key), upload->id, std::move(done));
  auto completed = co_await bucket.complete_upload(std::move(complete));
  if (!completed) co_return fail(std::move(completed.error()));
  co_return Status();
}

Task<Status> put_one(World& world, std::size_t i) {
  const Made& object = world.objects[i];
  s3::WriteAttributes attributes;
  attributes.content.content_type = object.content_type;
  attributes.metadata = object.metadata;
  attributes.tags = object.tags;
  if (object.multipart) {
    Status put = co_await put_in_parts(world.source, object, attributes);
    // This server does not take tags at the creation of an upload.
    if (put && !object.tags.empty())
      put = co_await world.source.put_object_tagging(ObjectKey(object.key), object.tags);
    co_return put;
  }
  s3::PutRequest request(ObjectKey(object.key), object.parts.front());
  request.attributes = std::move(attributes);
  auto put = co_await world.source.put_object(std::move(request));
  if (!put) co_return fail(std::move(put.error()));
  co_return Status();
}

Task<Status> prepare(World& world) {
  Status made = co_await world.source.create();
  if (made) made = co_await world.target.create();
  if (!made) co_return made;
  co_return co_await in_parallel<World>(world.runtime, kWidth, world.objects.size(), world,
                                        &put_one);
}

Task<Result<std::string>> bytes_of(s3::TargetBucket& bucket, std::string key) {
  auto stream = co_await bucket.get_object(s3::GetRequest(ObjectKey(key)));
  if (!stream) co_return fail(std::move(stream.error()));
  std::string bytes;
  Status read = co_await http::read_all(*stream->body, bytes, 64 * kMiB);
  if (!read) co_return fail(std::move(read.error()));
  co_return bytes;
}

s3::NameValues sorted(s3::NameValues values) {
  std::sort(values.begin(), values.end());
  return values;
}

Task<Status> compare_one(World& world, std::size_t i) {
  const Made& made = world.objects[i];
  s3::HeadRequest at_source{ObjectKey(made.key)}, at_target{ObjectKey(made.key)};
  auto from = co_await world.source.head_object(std::move(at_source));
  auto to = co_await world.target.head_object(std::move(at_target));
  if (!from) co_return fail(std::move(from.error()));
  if (!to) co_return fail(std::move(to.error()));
  auto bytes = co_await bytes_of(world.target, made.key);
  if (!bytes) co_return fail(std::move(bytes.error()));
  auto tags = co_await world.target.get_object_tagging(ObjectKey(made.key));
  if (!tags) co_return fail(std::move(tags.error()));
  std::string what;
  if (*bytes != made.whole()) what += " bytes";
  if (from->etag != to->etag) what += " etag";
  if (to->content.content_type != made.content_type) what += " content-type";
  if (sorted(to->metadata) != sorted(made.metadata)) what += " metadata";
  if (sorted(*tags) != sorted(made.tags)) what += " tags";
  if (!what.empty()) world.wrong.push_back(made.key + ":" + what);
  co_return Status();
}

class RealRelay : public ::testing::Test {
 protected:
  // The second server is another cluster; it lives as long as these tests.
  static void SetUpTestSuite() { other_ = std::make_unique<Gateway>(); }
  static void TearDownTestSuite() { other_.reset(); }
  static std::unique_ptr<Gateway> other_;
};
std::unique_ptr<Gateway> RealRelay::other_;

TEST_F(RealRelay, EverythingArrivesByteForByteWithEqualEtags) {
  World world(Gateway::shared(), *other_, "all");
  Status ready = world.runtime.run(prepare(world));
  ASSERT_TRUE(ready) << ready.error().describe();

  const ProcessEnd refused = world.program.run(world.command);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE((refused.out + refused.err).find("--relay"), std::string::npos) << refused.err;

  const ProcessEnd first = world.program.run(world.with({"--relay"}));
  ASSERT_EQ(first.exit_code, 0) << first.err << first.out.substr(0, 3000);
  EXPECT_EQ(summary_of(first)["copied"], world.objects.size());
  EXPECT_EQ(summary_of(first)["relayed"], world.objects.size());
  EXPECT_EQ(summary_of(first)["check"], "success");
  Status compared = world.runtime.run(
      in_parallel<World>(world.runtime, kWidth, world.objects.size(), world, &compare_one));
  EXPECT_TRUE(compared) << compared.error().describe();
  EXPECT_TRUE(world.wrong.empty()) << world.wrong.size() << " differ, first " << world.wrong[0];

  const ProcessEnd second = world.program.run(world.with({"--relay"}));
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(summary_of(second)["same"], world.objects.size());
}

// Waits until the first part of an upload stands at the target.
Task<Status> until_under_way(Runtime& runtime, s3::TargetBucket& target, std::string key) {
  for (int i = 0; i < 1000; ++i) {
    auto uploads = co_await target.list_uploads(key);
    if (!uploads) co_return fail(std::move(uploads.error()));
    if (!uploads->uploads.empty()) {
      auto parts = co_await target.list_parts(ObjectKey(key), uploads->uploads[0].upload);
      if (parts && !parts->parts.empty()) co_return Status();
    }
    Status slept = co_await runtime.sleep_for(std::chrono::milliseconds(10));
    if (!slept) co_return slept;
  }
  co_return fail(ErrorKind::kTimeout, "no part arrived");
}

Task<Status> replace_under_way(World& world, const Made& newer) {
  Status ready = co_await until_under_way(world.runtime, world.target, newer.key);
  if (!ready) co_return ready;
  s3::WriteAttributes attributes;
  co_return co_await put_in_parts(world.source, newer, std::move(attributes));
}

TEST_F(RealRelay, AnObjectReplacedUnderWayIsNeverStitched) {
  World world(Gateway::shared(), *other_, "replaced");
  const Made older{
      "k", {filled(5 * kMiB, 'a'), filled(5 * kMiB, 'b'), filled(5 * kMiB, 'c')}, true};
  const Made newer{
      "k", {filled(5 * kMiB, 'A'), filled(5 * kMiB, 'B'), filled(5 * kMiB, 'C')}, true};
  world.objects = {older};
  Status ready = world.runtime.run(prepare(world));
  ASSERT_TRUE(ready) << ready.error().describe();
  ProcessEnd end;
  std::thread relay([&] {
    end =
        world.program.run(world.with({"--relay", "--max-bandwidth", "5MiB", "--concurrency", "1"}));
  });
  const Status replaced = world.runtime.run(replace_under_way(world, newer));
  relay.join();
  ASSERT_TRUE(replaced) << replaced.error().describe();
  EXPECT_EQ(end.exit_code, 0) << end.err << end.out;
  const auto copied = events_of(end, "copied");
  ASSERT_EQ(copied.size(), 1U) << end.out;
  EXPECT_EQ(copied[0]["late"], true);
  EXPECT_EQ(summary_of(end)["requests"]["AbortMultipartUpload"], 1) << "the first upload was begun";
  const auto bytes = world.runtime.run(bytes_of(world.target, "k"));
  ASSERT_TRUE(bytes) << bytes.error().describe();
  EXPECT_TRUE(*bytes == newer.whole()) << "one generation, the newer one";
  const auto left = world.runtime.run(world.target.list_uploads(""));
  ASSERT_TRUE(left) << left.error().describe();
  EXPECT_TRUE(left->uploads.empty());
}

}  // namespace
}  // namespace s3ferry::testing
