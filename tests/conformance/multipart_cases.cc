// Multipart uploads and part copies.

#include "conformance/server.h"
#include "support/digest.h"

namespace s3ferry::testing {
namespace {

constexpr ByteCount kPart = 5 * kMiB;

std::string big_part() {
  return std::string(kPart, 'p');
}

std::string composite(const std::vector<std::string>& parts) {
  std::string sums;
  for (const std::string& part : parts) sums += md5(part);
  return md5_hex(sums) + "-" + std::to_string(parts.size());
}

// Creates, uploads and completes an object of these parts; gives what completing answered.
Task<Result<s3::CompleteResult>> upload(s3::TargetBucket& bucket, s3::CreateUploadRequest create,
                                        std::vector<std::string> parts) {
  const ObjectKey key = create.key;
  auto id = co_await bucket.create_upload(std::move(create));
  if (!id) co_return fail(std::move(id.error()));
  std::vector<s3::CompletedPart> done;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    s3::UploadPartRequest request(key, *id, static_cast<std::uint32_t>(i + 1));
    request.body = parts[i];
    auto part = co_await bucket.upload_part(request);
    if (!part) co_return fail(std::move(part.error()));
    done.emplace_back(static_cast<std::uint32_t>(i + 1), part->etag);
  }
  co_return co_await bucket.complete_upload(s3::CompleteRequest(key, *id, done));
}

CONFORMANCE(MultipartEtagAndBytes) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  s3::CreateUploadRequest create{ObjectKey("big")};
  create.attributes.content.content_type = "application/x-test";
  create.attributes.metadata = {{"colour", "red"}};
  auto done = co_await upload(**bucket, create, {big_part(), "tail"});
  NEEDS(done);
  const std::string etag = composite({big_part(), "tail"});
  if (s.differs(Difference::kCompleteWithoutEtag))
    EXPECT_EQ(done->etag.str(), "");
  else
    EXPECT_EQ(done->etag.str(), etag);
  auto head = co_await (*bucket)->head_object(s3::HeadRequest(ObjectKey("big")));
  NEEDS(head);
  EXPECT_EQ(head->etag.str(), etag);
  EXPECT_EQ(head->size, kPart + 4);
  EXPECT_EQ(head->content.content_type, "application/x-test");
  EXPECT_EQ(head->metadata, (s3::NameValues{{"colour", "red"}}));
  auto got = co_await read_object(**bucket, ObjectKey("big"));
  NEEDS(got);
  EXPECT_EQ(*got, big_part() + "tail");
}

CONFORMANCE(OnePartIsStillMultipart) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  NEEDS(co_await upload(**bucket, s3::CreateUploadRequest(ObjectKey("k")), {"small"}));
  auto head = co_await (*bucket)->head_object(s3::HeadRequest(ObjectKey("k")));
  NEEDS(head);
  EXPECT_EQ(head->etag.str(), composite({"small"}));
}

CONFORMANCE(MultipartTags) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  s3::CreateUploadRequest create{ObjectKey("k")};
  create.attributes.tags = {{"env", "prod"}};
  NEEDS(co_await upload(**bucket, create, {"x"}));
  auto tags = co_await (*bucket)->get_object_tagging(ObjectKey("k"));
  NEEDS(tags);
  EXPECT_EQ(tags->size(), s.differs(Difference::kMultipartTagsLost) ? 0U : 1U);
}

CONFORMANCE(SmallMiddlePartIsRefused) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto done =
      co_await upload(**bucket, s3::CreateUploadRequest(ObjectKey("k")), {"too small", "tail"});
  EXPECT_FALSE(done.has_value());
  if (!done) EXPECT_EQ(done.error().code(), "EntityTooSmall");
}

CONFORMANCE(WrongPartEtagIsRefused) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto id = co_await (*bucket)->create_upload(s3::CreateUploadRequest(ObjectKey("k")));
  NEEDS(id);
  s3::UploadPartRequest request(ObjectKey("k"), *id, 1);
  request.body = "x";
  NEEDS(co_await (*bucket)->upload_part(request));
  std::vector<s3::CompletedPart> parts;
  parts.emplace_back(1, ETag("00000000000000000000000000000000"));
  auto done = co_await (*bucket)->complete_upload(s3::CompleteRequest(ObjectKey("k"), *id, parts));
  EXPECT_FALSE(done.has_value());
  if (!done) EXPECT_EQ(done.error().code(), "InvalidPart");
}

CONFORMANCE(UploadsAndPartsAreListed) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto id = co_await (*bucket)->create_upload(s3::CreateUploadRequest(ObjectKey("dir/k e+y")));
  NEEDS(id);
  s3::UploadPartRequest request(ObjectKey("dir/k e+y"), *id, 3);
  request.body = "third";
  NEEDS(co_await (*bucket)->upload_part(request));
  auto uploads = co_await (*bucket)->list_uploads("dir/");
  NEEDS(uploads);
  EXPECT_EQ(uploads->uploads.size(), 1U);
  if (uploads->uploads.size() == 1) {
    EXPECT_EQ(uploads->uploads[0].key.str(),
              s.differs(Difference::kUploadKeysEncodedUnsaid) ? "dir/k%20e%2By" : "dir/k e+y");
    EXPECT_EQ(uploads->uploads[0].upload.str(), id->id.str());
  }
  auto parts = co_await (*bucket)->list_parts(ObjectKey("dir/k e+y"), *id);
  NEEDS(parts);
  EXPECT_EQ(parts->parts.size(), 1U);
  if (parts->parts.size() == 1) {
    EXPECT_EQ(parts->parts[0].number, 3U);
    EXPECT_EQ(parts->parts[0].size, 5U);
    EXPECT_EQ(parts->parts[0].etag.str(), md5_hex("third"));
  }
  auto keys = co_await list_keys(**bucket);
  NEEDS(keys);
  EXPECT_TRUE(keys->empty()) << "an upload is no object before it is completed";
}

CONFORMANCE(AbortEndsAnUpload) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  auto id = co_await (*bucket)->create_upload(s3::CreateUploadRequest(ObjectKey("k")));
  NEEDS(id);
  NEEDS(co_await (*bucket)->abort_upload(ObjectKey("k"), *id));
  s3::UploadPartRequest request(ObjectKey("k"), *id, 1);
  request.body = "x";
  auto part = co_await (*bucket)->upload_part(request);
  EXPECT_FAILS(part, ErrorKind::kNoSuchUpload);
  auto uploads = co_await (*bucket)->list_uploads("");
  NEEDS(uploads);
  EXPECT_TRUE(uploads->uploads.empty());
}

CONFORMANCE(PartCopiesKeepTheLayout) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  NEEDS(
      co_await upload(**bucket, s3::CreateUploadRequest(ObjectKey("from")), {big_part(), "tail"}));
  auto head = co_await (*bucket)->head_object(s3::HeadRequest(ObjectKey("from")));
  NEEDS(head);
  auto id = co_await (*bucket)->create_upload(s3::CreateUploadRequest(ObjectKey("to")));
  NEEDS(id);
  const s3::CopySource source((*bucket)->name(), ObjectKey("from"), head->etag);
  std::vector<s3::CompletedPart> parts;
  for (std::uint32_t n = 1; n <= 2; ++n) {
    s3::UploadPartCopyRequest request(ObjectKey("to"), *id, n, source);
    request.range = n == 1 ? std::pair<ByteCount, ByteCount>(0, kPart - 1)
                           : std::pair<ByteCount, ByteCount>(kPart, kPart + 3);
    request.size = kPart;
    auto part = co_await (*bucket)->upload_part_copy(request);
    NEEDS(part);
    parts.emplace_back(n, part->etag);
  }
  NEEDS(co_await (*bucket)->complete_upload(s3::CompleteRequest(ObjectKey("to"), *id, parts)));
  auto copied = co_await (*bucket)->head_object(s3::HeadRequest(ObjectKey("to")));
  NEEDS(copied);
  EXPECT_EQ(copied->etag.str(), head->etag.str());
  EXPECT_EQ(copied->size, head->size);
}

CONFORMANCE(PartCopyBeyondTheEnd) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  NEEDS(co_await put_text(**bucket, "from", std::string(kPart + 1, 'x')));
  auto id = co_await (*bucket)->create_upload(s3::CreateUploadRequest(ObjectKey("to")));
  NEEDS(id);
  s3::UploadPartCopyRequest request(ObjectKey("to"), *id, 1,
                                    s3::CopySource((*bucket)->name(), ObjectKey("from"), ETag()));
  request.range = {kPart, kPart + 100};
  auto part = co_await (*bucket)->upload_part_copy(request);
  EXPECT_FALSE(part.has_value());
}

CONFORMANCE(CopyOfAMultipartObject) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  NEEDS(co_await upload(**bucket, s3::CreateUploadRequest(ObjectKey("from")), {"bytes"}));
  s3::CopyRequest request(ObjectKey("to"),
                          s3::CopySource((*bucket)->name(), ObjectKey("from"), ETag()));
  NEEDS(co_await (*bucket)->copy_object(request));
  auto head = co_await (*bucket)->head_object(s3::HeadRequest(ObjectKey("to")));
  NEEDS(head);
  if (s.differs(Difference::kCopyKeepsMultipartEtag))
    EXPECT_EQ(head->etag.str(), composite({"bytes"}));
  else
    EXPECT_EQ(head->etag.str(), md5_hex("bytes"));
}

CONFORMANCE(HeadOfAPart) {
  auto bucket = co_await s.new_bucket(s.a());
  NEEDS(bucket);
  NEEDS(co_await upload(**bucket, s3::CreateUploadRequest(ObjectKey("k")), {big_part(), "tail"}));
  s3::HeadRequest request{ObjectKey("k")};
  request.part_number = 2;
  auto head = co_await (*bucket)->head_object(request);
  NEEDS(head);
  if (s.differs(Difference::kPartNumberIgnored)) {
    EXPECT_EQ(head->size, kPart + 4);
    EXPECT_FALSE(head->parts_count.has_value());
    co_return;
  }
  EXPECT_EQ(head->size, 4U);
  EXPECT_EQ(head->parts_count.value_or(0), 2U);
}

}  // namespace
}  // namespace s3ferry::testing
