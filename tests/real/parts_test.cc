// Objects that are copied in parts, between two accounts of a real S3 server.

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/recording_sink.h"
#include "http/client.h"
#include "real/gateway.h"
#include "runtime/real_runtime.h"
#include "s3/source_bucket.h"
#include "support/identity.h"
#include "support/program.h"
#include "transfer/sync.h"

namespace s3ferry::testing {
namespace {

constexpr ByteCount kPart = 5 * kMiB;

std::vector<std::string> generation(char first) {
  std::vector<std::string> parts;
  for (int i = 0; i < 3; ++i) parts.emplace_back(kPart, static_cast<char>(first + i));
  parts.emplace_back("the tail of " + std::string(1, first));
  return parts;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += part;
  return out;
}

Task<Status> put_in_parts(s3::TargetBucket& bucket, std::string key,
                          std::vector<std::string> parts) {
  s3::CreateUploadRequest create{ObjectKey(key)};
  create.attributes.content.content_type = "video/mp4";
  create.attributes.content.content_disposition = "attachment; filename=\"보고서.mp4\"";
  create.attributes.metadata = {{"name", "한글 값"}, {"plain", "a, b"}};
  auto upload = co_await bucket.create_upload(std::move(create));
  if (!upload) co_return fail(std::move(upload.error()));
  std::vector<s3::CompletedPart> done;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    s3::UploadPartRequest request(ObjectKey(key), upload->id, static_cast<std::uint32_t>(i + 1));
    request.body = std::move(parts[i]);
    auto part = co_await bucket.upload_part(std::move(request));
    if (!part) co_return fail(std::move(part.error()));
    done.emplace_back(static_cast<std::uint32_t>(i + 1), part->etag);
  }
  s3::CompleteRequest complete(ObjectKey(key), upload->id, std::move(done));
  auto completed = co_await bucket.complete_upload(std::move(complete));
  if (!completed) co_return fail(std::move(completed.error()));
  s3::NameValues tags = {{"부서", "개발"}, {"cost center", "1/+="}};
  co_return co_await bucket.put_object_tagging(ObjectKey(key), std::move(tags));
}

Task<Status> make_buckets(s3::TargetBucket& source, s3::TargetBucket& target,
                          std::string target_policy) {
  for (s3::TargetBucket* bucket : {&source, &target})
    if (Status made = co_await bucket->create(); !made) co_return made;
  co_return co_await target.put_policy(std::move(target_policy));
}

Task<Result<std::string>> read_whole(s3::TargetBucket& bucket, std::string key) {
  auto stream = co_await bucket.get_object(s3::GetRequest(ObjectKey(key)));
  if (!stream) co_return fail(std::move(stream.error()));
  std::string bytes;
  Status read = co_await http::read_all(*stream->body, bytes, 100 * kMiB);
  if (!read) co_return fail(std::move(read.error()));
  co_return bytes;
}

// Does something once, before the copy of one part reaches the server.
class Meddling final : public http::Transport {
 public:
  Meddling(http::Transport& inner, s3::TargetBucket& bucket, std::string key, std::string part)
      : inner_(inner), bucket_(bucket), key_(std::move(key)), part_(std::move(part)) {}
  Task<Result<http::Response>> send(http::Request request) override {
    const bool copies = request.headers.get("x-amz-copy-source").has_value();
    if (!done && copies && request.target.find("partNumber=" + part_) != std::string::npos) {
      done = true;
      Status replaced = co_await put_in_parts(bucket_, key_, generation('x'));
      if (!replaced) co_return fail(std::move(replaced.error()));
    }
    co_return co_await inner_.send(std::move(request));
  }
  bool done = false;

 private:
  http::Transport& inner_;
  s3::TargetBucket& bucket_;
  std::string key_, part_;
};

class RealParts : public ::testing::Test {
 protected:
  void open(const std::string& name) {
    source_.emplace(source_user_.connection(), BucketName("parts-source-" + name));
    target_.emplace(target_user_.connection(), BucketName("parts-target-" + name));
    const std::string policy = fmt::format(
        R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{}"}},)"
        R"("Action":["s3:PutObject","s3:PutObjectAcl","s3:PutObjectTagging"],)"
        R"("Resource":"arn:aws:s3:::parts-target-{}/*"}}]}})",
        gateway_.source().principal_arn, name);
    Status made = runtime_.run(make_buckets(*source_, *target_, policy));
    ASSERT_TRUE(made.has_value()) << made.error().describe();
    Status put = runtime_.run(put_in_parts(*source_, "dir/big", generation('a')));
    ASSERT_TRUE(put.has_value()) << put.error().describe();
  }
  s3::ObjectInfo head(s3::TargetBucket& bucket) {
    auto info = runtime_.run(bucket.head_object(s3::HeadRequest(ObjectKey("dir/big"))));
    return info ? *info : s3::ObjectInfo();
  }

  Gateway& gateway_ = Gateway::shared();
  RealRuntime runtime_;
  http::Client client_{runtime_, http::ClientOptions()};
  Identity source_user_{runtime_, client_, gateway_.source().access_key_id,
                        gateway_.source().secret, gateway_.endpoint()};
  Identity target_user_{runtime_, client_, gateway_.target().access_key_id,
                        gateway_.target().secret, gateway_.endpoint()};
  std::optional<s3::TargetBucket> source_, target_;
};

TEST_F(RealParts, ArriveWithTheSameEtagMetadataAndTags) {
  open("same");
  ScratchFolder scratch;
  Program program(scratch);
  program.add_profile("asis", gateway_.source().access_key_id, gateway_.source().secret);
  program.add_profile("tobe", gateway_.target().access_key_id, gateway_.target().secret);
  const ProcessEnd end = program.run(
      {"sync", "s3://parts-source-same", "s3://parts-target-same", "--source-profile", "asis",
       "--target-profile", "tobe", "--endpoint-url", gateway_.endpoint(), "--copy-as", "source",
       "--acl", "bucket-owner-full-control", "--json", "--multipart-threshold", "8MiB"});
  ASSERT_EQ(end.exit_code, 0) << end.err << end.out;
  const s3::ObjectInfo from = head(*source_), to = head(*target_);
  EXPECT_TRUE(to.etag.view().ends_with("-4")) << to.etag.view();
  EXPECT_EQ(to.etag, from.etag);
  EXPECT_EQ(to.size, from.size);
  EXPECT_EQ(to.metadata, from.metadata);
  EXPECT_EQ(to.content.content_type, "video/mp4");
  EXPECT_EQ(to.content.content_disposition, from.content.content_disposition);
  auto tags = runtime_.run(target_->get_object_tagging(ObjectKey("dir/big")));
  ASSERT_TRUE(tags.has_value()) << tags.error().describe();
  EXPECT_EQ(tags->size(), 2u);
  auto bytes = runtime_.run(read_whole(*target_, "dir/big"));
  ASSERT_TRUE(bytes.has_value()) << bytes.error().describe();
  EXPECT_TRUE(*bytes == joined(generation('a')));
  EXPECT_EQ(summary_of(end)["requests"]["UploadPartCopy"], 4);
  auto uploads = runtime_.run(target_->list_uploads(""));
  ASSERT_TRUE(uploads.has_value());
  EXPECT_TRUE(uploads->uploads.empty());
}

TEST_F(RealParts, OfTwoGenerationsAreNeverStitched) {
  open("stitch");
  Meddling meddling(client_, *source_, "dir/big", "3");
  Identity pusher(runtime_, meddling, gateway_.source().access_key_id, gateway_.source().secret,
                  gateway_.endpoint());
  s3::SourceBucket read_only(source_user_.connection(), BucketName("parts-source-stitch"));
  s3::TargetBucket as_source = pusher.bucket("parts-target-stitch");
  Pair pair(read_only, *target_);
  pair.as_source = &as_source;
  pair.source_at = {BucketName("parts-source-stitch"), ""};
  pair.target_at = {BucketName("parts-target-stitch"), ""};
  SyncOptions options;
  options.multipart.threshold = 8 * kMiB;
  options.attributes.acl = "bucket-owner-full-control";
  RecordingSink sink;
  const SyncResult result = runtime_.run(run_sync(runtime_, pair, options, sink));
  EXPECT_TRUE(meddling.done);
  EXPECT_EQ(result.exit_code(), 0) << (sink.errors.empty() ? "" : sink.errors[0].describe());
  EXPECT_EQ(sink.late, std::vector<std::string>{"dir/big"});
  auto bytes = runtime_.run(read_whole(*target_, "dir/big"));
  ASSERT_TRUE(bytes.has_value()) << bytes.error().describe();
  EXPECT_TRUE(*bytes == joined(generation('x')));
  EXPECT_EQ(head(*target_).etag, head(*source_).etag);
  auto uploads = runtime_.run(target_->list_uploads(""));
  ASSERT_TRUE(uploads.has_value());
  EXPECT_TRUE(uploads->uploads.empty());
}

}  // namespace
}  // namespace s3ferry::testing
