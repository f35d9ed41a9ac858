// kill -9 of the built program at random moments of a sync against a real server: objects in parts,
// plain copies, deletions. What is at the target in the end is what an undisturbed run makes.

#include <cstdlib>
#include <map>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "http/client.h"
#include "real/gateway.h"
#include "runtime/real_runtime.h"
#include "support/identity.h"
#include "support/parallel.h"
#include "support/program.h"

namespace s3ferry::testing {
namespace {

using std::chrono::milliseconds;

constexpr int kKills = 20, kKillsAJob = 5, kJobs = 40;
constexpr std::size_t kPlain = 120, kLarge = 3, kExtras = 6;
constexpr std::size_t kPart = 5 * kMiB;

std::string target_of(int job) {
  return fmt::format("killed-{:02}", job);
}
std::string plain_key(std::size_t i) {
  return fmt::format("k{:03}", i);
}
std::string large_key(std::size_t i) {
  return fmt::format("k{:03}-large", i * 40);
}

struct KillWorld {
  KillWorld() : source(source_user.bucket("killed-source")) {}
  s3::TargetBucket target(int job) { return target_user.bucket(target_of(job)); }

  Gateway& gateway = Gateway::shared();
  RealRuntime runtime;
  http::Client client{runtime, http::ClientOptions()};
  Identity source_user{runtime, client, gateway.source().access_key_id, gateway.source().secret,
                       gateway.endpoint()};
  Identity target_user{runtime, client, gateway.target().access_key_id, gateway.target().secret,
                       gateway.endpoint()};
  s3::TargetBucket source;
};

Task<Status> put_plain(KillWorld& world, std::size_t i) {
  s3::PutRequest request(ObjectKey(plain_key(i)), fmt::format("body of {}", i));
  request.attributes.metadata = {{"number", std::to_string(i)}};
  request.attributes.tags = {{"colour", fmt::format("c{}", i % 5)}};
  auto put = co_await world.source.put_object(std::move(request));
  if (!put) co_return fail(std::move(put.error()));
  co_return Status();
}

Task<Status> put_large(KillWorld& world, std::size_t i) {
  const ObjectKey key(large_key(i));
  s3::CreateUploadRequest create{key};
  create.attributes.metadata = {{"large", std::to_string(i)}};
  auto created = co_await world.source.create_upload(std::move(create));
  if (!created) co_return fail(std::move(created.error()));
  std::vector<s3::CompletedPart> parts;
  for (std::uint32_t n = 1; n <= 3; ++n) {
    s3::UploadPartRequest part(key, created->id, n);
    part.body.assign(n < 3 ? kPart : 1000 + i, static_cast<char>('a' + n));
    auto done = co_await world.source.upload_part(std::move(part));
    if (!done) co_return fail(std::move(done.error()));
    parts.emplace_back(n, done->etag);
  }
  s3::CompleteRequest complete(key, created->id, std::move(parts));
  auto completed = co_await world.source.complete_upload(std::move(complete));
  if (!completed) co_return fail(std::move(completed.error()));
  co_return Status();
}

Task<Status> fill_source(KillWorld& world) {
  Status done = co_await world.source.create();
  if (done) done = co_await in_parallel<KillWorld>(world.runtime, 16, kPlain, world, &put_plain);
  if (done) done = co_await in_parallel<KillWorld>(world.runtime, 3, kLarge, world, &put_large);
  co_return done;
}

// A target with some extras, and uploads of another tool's: at a key of its own, and at one that is
// to be copied in parts.
Task<Status> make_target(s3::TargetBucket& bucket, std::string policy) {
  Status done = co_await bucket.create();
  if (done) done = co_await bucket.put_policy(std::move(policy));
  if (!done) co_return done;
  for (std::size_t i = 0; i < kExtras; ++i) {
    s3::PutRequest extra(ObjectKey(plain_key(i * 20) + "-extra"), std::string("x"));
    auto put = co_await bucket.put_object(std::move(extra));
    if (!put) co_return fail(std::move(put.error()));
  }
  for (const std::string& key : {std::string("of another tool"), large_key(1)}) {
    s3::CreateUploadRequest create{ObjectKey(key)};
    auto created = co_await bucket.create_upload(std::move(create));
    if (!created) co_return fail(std::move(created.error()));
  }
  co_return Status();
}

// This server copies parts between users only for the source's own (its README's table), so the
// source's user pushes.
std::string push_policy(const Gateway& gateway, int job) {
  return fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{0}"}},)"
      R"("Action":"s3:*","Resource":["arn:aws:s3:::{1}","arn:aws:s3:::{1}/*"]}}]}})",
      gateway.source().principal_arn, target_of(job));
}

struct Seen {
  std::map<std::string, std::string> objects;
  std::size_t uploads = 0;
};

Task<Result<Seen>> look(s3::TargetBucket& bucket) {
  Seen seen;
  s3::ListPage page;
  Status listed = co_await bucket.list_page(s3::ListRequest(), page);
  if (!listed) co_return fail(std::move(listed.error()));
  for (const s3::ListEntry& entry : page.entries) {
    const ObjectKey key{std::string(entry.key)};
    s3::HeadRequest head{key};
    auto info = co_await bucket.head_object(std::move(head));
    if (!info) co_return fail(std::move(info.error()));
    auto tags = co_await bucket.get_object_tagging(key);
    if (!tags) co_return fail(std::move(tags.error()));
    std::string text = fmt::format("{} {}", info->size, info->etag.view());
    for (const auto& [name, value] : info->metadata) text += fmt::format(" {}={}", name, value);
    for (const auto& [name, value] : *tags) text += fmt::format(" #{}={}", name, value);
    seen.objects.emplace(key.str(), std::move(text));
  }
  auto uploads = co_await bucket.list_uploads("");
  if (!uploads) co_return fail(std::move(uploads.error()));
  seen.uploads = uploads->uploads.size();
  co_return seen;
}

TEST(RealKill, AtTwentyMomentsEndsAsIfUndisturbed) {
  const char* given = std::getenv("S3FERRY_KILL_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  fmt::print("S3FERRY_KILL_SEED={}\n", seed);
  std::mt19937_64 random(seed);
  KillWorld world;
  const Status filled = world.runtime.run(fill_source(world));
  ASSERT_TRUE(filled) << filled.error().describe();
  ScratchFolder scratch;
  Program program(scratch);
  program.add_profile("asis", world.gateway.source().access_key_id, world.gateway.source().secret);
  program.add_profile("tobe", world.gateway.target().access_key_id, world.gateway.target().secret);
  const auto command = [&](int job) {
    return std::vector<std::string>{"sync",
                                    "s3://killed-source",
                                    "s3://" + target_of(job),
                                    "--source-profile",
                                    "asis",
                                    "--target-profile",
                                    "tobe",
                                    "--endpoint-url",
                                    world.gateway.endpoint(),
                                    "--state",
                                    scratch.file(target_of(job)),
                                    "--copy-as",
                                    "source",
                                    "--acl",
                                    "bucket-owner-full-control",
                                    "--delete",
                                    "--max-delete",
                                    "100%",
                                    "--multipart-threshold",
                                    "5242880",
                                    "--page-size",
                                    "30",
                                    "--concurrency",
                                    "4",
                                    "--check",
                                    "none",
                                    "--json"};
  };
  Seen expected;
  milliseconds whole{};
  int kills = 0;
  for (int job = 0; kills < kKills && job <= kJobs; ++job) {
    s3::TargetBucket target = world.target(job);
    const Status made = world.runtime.run(make_target(target, push_policy(world.gateway, job)));
    ASSERT_TRUE(made) << made.error().describe();
    const int kills_here = job == 0 ? 0 : std::min(kKillsAJob, kKills - kills);
    for (int n = 0;; ++n) {
      const bool spare = n >= kills_here;
      const milliseconds limit(spare ? 120'000 : 10 + static_cast<int>(random() % whole.count() * 3 / 4));
      const auto begin = std::chrono::steady_clock::now();
      const ProcessEnd end = program.run(command(job), limit);
      // What a run takes, as far as runs tell that nobody disturbed: the machine may have been busy
      // with something else during the first.
      if (n == 0 && !end.timed_out)
        whole = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
      ASSERT_FALSE(spare && end.timed_out) << end.err;
      kills += end.timed_out;
      if (end.timed_out) continue;
      ASSERT_EQ(end.exit_code, 0) << end.err << end.out.substr(0, 2000);
      break;
    }
    auto seen = world.runtime.run(look(target));
    ASSERT_TRUE(seen) << seen.error().describe();
    if (job == 0) expected = *seen;
    EXPECT_EQ(seen->objects, expected.objects) << "job " << job;
    EXPECT_EQ(seen->uploads, 2u) << "job " << job;
  }
  EXPECT_EQ(expected.objects.size(), kPlain + kLarge);
  EXPECT_EQ(kills, kKills);
  fmt::print("{} kills; an undisturbed run takes {} ms\n", kills, whole.count());
}

}  // namespace
}  // namespace s3ferry::testing
