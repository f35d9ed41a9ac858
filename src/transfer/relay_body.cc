#include "transfer/relay_body.h"

#include <utility>

#include "s3/crc64nvme.h"
#include "s3/digest.h"

namespace s3ferry {

// One try's way through the bytes.
class RelayBody::Reader final : public http::BodyReader {
 public:
  Reader(RelayBody& owner, std::unique_ptr<s3::PinnedBody> body, s3::Md5 md5)
      : owner_(owner), body_(std::move(body)), md5_(std::move(md5)), left_(owner.length()) {}

  Task<Result<std::string_view>> read() override {
    Result<std::string_view> piece = co_await body_->read();
    if (!piece) co_return fail(owner_.broken(std::move(piece.error())));
    if (piece->empty()) co_return piece;
    md5_.update(*piece);
    crc_.update(*piece);
    left_ -= piece->size();
    if (left_ == 0) {
      Status right = owner_.settle(md5_.finish(), crc_.value());
      if (!right) co_return fail(std::move(right.error()));
    }
    Status may_pass = co_await owner_.bandwidth_.take(piece->size());
    if (!may_pass) co_return fail(std::move(may_pass.error()));
    co_return piece;
  }

 private:
  RelayBody& owner_;
  std::unique_ptr<s3::PinnedBody> body_;
  s3::Md5 md5_;
  s3::Crc64Nvme crc_;
  ByteCount left_;
};

Task<Status> RelayBody::prepare() {
  auto body = std::make_unique<s3::PinnedBody>(source_, range_);
  Status opened = co_await body->open();
  if (!opened) co_return opened;
  info_ = body->info();
  prepared_ = std::move(body);
  if (range_.length > 0) co_return Status();
  Result<s3::Md5> nothing = s3::Md5::begin();
  if (!nothing) co_return fail(std::move(nothing.error()));
  co_return settle(nothing->finish(), s3::Crc64Nvme().value());
}

Task<Result<std::unique_ptr<http::BodyReader>>> RelayBody::open() {
  source_error_.reset();
  mismatched_ = false;
  Result<s3::Md5> md5 = s3::Md5::begin();
  if (!md5) co_return fail(broken(std::move(md5.error())));
  std::unique_ptr<s3::PinnedBody> body = std::move(prepared_);
  if (!body) {
    body = std::make_unique<s3::PinnedBody>(source_, range_);
    Status opened = co_await body->open();
    if (!opened) co_return fail(broken(std::move(opened.error())));
  }
  co_return std::make_unique<Reader>(*this, std::move(body), std::move(*md5));
}

// What the target's request ends with is not to be retried by it.
Error RelayBody::broken(Error error) {
  if (error.is(ErrorKind::kCancelled)) return error;
  Error told(ErrorKind::kIo, "the source could not be read on: " + error.message());
  source_error_ = std::move(error);
  return told;
}

Status RelayBody::settle(std::string md5, std::uint64_t crc64nvme) {
  const bool right =
      (expected_md5_.empty() || expected_md5_ == md5) &&
      (expected_crc64nvme_.empty() || expected_crc64nvme_ == s3::crc64nvme_text(crc64nvme));
  md5_ = std::move(md5);
  crc64nvme_ = crc64nvme;
  if (right) return {};
  mismatched_ = true;
  return fail(broken(Error(ErrorKind::kRefused,
                           "the bytes that came from the source are not those of its ETag or "
                           "checksum; nothing was written")
                         .with_operation("GetObject")
                         .with_key(range_.key.view())));
}

}  // namespace s3ferry
