#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "s3/pinned_body.h"
#include "s3/source_bucket.h"
#include "transfer/bandwidth.h"

namespace s3ferry {

// Bytes of the source as the body of a request to the target. Each try of that request reads them
// anew; a source that breaks under way is read on from there (PinnedBody). MD5 and CRC64NVME are
// computed as they pass, and where the source said what they must be, a difference ends the request
// before its last bytes have left: nothing wrong is ever stored whole.
//
// The request that carries it must be over before it dies; one try at a time. The source's own
// failures end the request for good (its retries were the source's), and stand in source_error().
class RelayBody final : public http::BodySource {
 public:
  RelayBody(s3::SourceBucket& source, s3::PinnedRange range, Bandwidth& bandwidth)
      : source_(source), range_(std::move(range)), bandwidth_(bandwidth) {}
  RelayBody(const RelayBody&) = delete;
  RelayBody& operator=(const RelayBody&) = delete;

  // Asks the source before the target is asked, which then need not ask for the object's attributes
  // apart; the first open() goes on with it.
  Task<Status> prepare();
  const s3::ObjectInfo& info() const { return info_; }  // after prepare()

  // What exactly these bytes must come to: 16 raw bytes; base64.
  void expect_md5(std::string md5) { expected_md5_ = std::move(md5); }
  void expect_crc64nvme(std::string text) { expected_crc64nvme_ = std::move(text); }

  ByteCount length() const override { return range_.length; }
  Task<Result<std::unique_ptr<http::BodyReader>>> open() override;

  // Why the last try ended, where that was the source's doing.
  const std::optional<Error>& source_error() const { return source_error_; }
  // The bytes were not what the source's ETag or checksum stands for.
  bool mismatched() const { return mismatched_; }
  // Of the bytes of the last try, all of which had passed.
  const std::string& md5() const { return md5_; }
  std::uint64_t crc64nvme() const { return crc64nvme_; }

 private:
  class Reader;
  Error broken(Error error);
  Status settle(std::string md5, std::uint64_t crc64nvme);

  s3::SourceBucket& source_;
  s3::PinnedRange range_;
  Bandwidth& bandwidth_;
  std::unique_ptr<s3::PinnedBody> prepared_;
  s3::ObjectInfo info_;
  std::string expected_md5_, expected_crc64nvme_;
  std::optional<Error> source_error_;
  bool mismatched_ = false;
  std::string md5_;
  std::uint64_t crc64nvme_ = 0;
};

}  // namespace s3ferry
