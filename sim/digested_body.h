#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/message.h"
#include "sim/digest.h"

namespace s3ferry::sim {

// An upload's body that was read and hashed as it came, and thrown away: what the server does with
// large ones when it is to measure a client, not to keep gigabytes. Cannot be read again.
class DigestedBody final : public http::BodySource {
 public:
  void update(std::string_view bytes) {
    size_ += bytes.size();
    md5_->update(bytes);
    crc_->update(bytes);
  }
  // Once, after the last bytes.
  void finish() {
    md5_bytes_ = md5_->finish();
    crc_bytes_ = crc_->finish();
  }
  const std::string& md5() const { return md5_bytes_; }  // raw
  const std::string& crc64nvme() const { return crc_bytes_; }

  ByteCount length() const override { return size_; }
  Task<Result<std::unique_ptr<http::BodyReader>>> open() override {
    co_return fail(ErrorKind::kUnsupported, "the body was not kept");
  }

 private:
  ByteCount size_ = 0;
  std::unique_ptr<Digest> md5_ = Digest::md5();
  std::unique_ptr<Digest> crc_ = Digest::of(Checksum::kCrc64Nvme);
  std::string md5_bytes_, crc_bytes_;
};

}  // namespace s3ferry::sim
