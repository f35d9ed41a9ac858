#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "aws/retry.h"
#include "s3/bucket_reader.h"

namespace s3ferry::s3 {

// Which bytes of which object, pinned to an ETag.
struct PinnedRange {
  PinnedRange(ObjectKey k, ETag e, ByteCount object_bytes)
      : key(std::move(k)), etag(std::move(e)), length(object_bytes) {}
  PinnedRange(ObjectKey k, ETag e, ByteCount from, ByteCount bytes)
      : key(std::move(k)), etag(std::move(e)), first(from), length(bytes), whole(false) {}
  ObjectKey key;
  ETag etag;
  ByteCount first = 0, length = 0;
  bool whole = true;  // the object as it is, asked for without a range: then it tells its checksums
};

// The bytes of an object that stays the one it was: where the connection breaks, what is missing is
// asked for under the same If-Match, with the retry policy and budget of the bucket's caller, so
// that two generations of an object are never joined. Memory: what the answer being read takes. The
// bucket outlives it. One shard.
//
// Errors of open() and read(): kPreconditionFailed and kNoSuchKey (it is another object by now, or
// gone), kProtocol (not as many bytes as it should have), and those of any read, once the tries or
// the budget are used up.
class PinnedBody final : public http::BodyReader {
 public:
  PinnedBody(BucketReader& bucket, PinnedRange range);

  // The first request. Until it has succeeded nothing else may be called.
  Task<Status> open();
  // What its answer said of the object (of the whole one, but for `size`).
  const ObjectInfo& info() const { return info_; }
  Task<Result<std::string_view>> read() override;
  ByteCount length_hint() const override { return range_.length; }
  // Requests for what a broken connection left out.
  int resumed() const { return resumed_; }

 private:
  Task<Status> ask();
  Task<Status> ask_for_the_rest(Error broken);

  BucketReader& bucket_;
  PinnedRange range_;
  std::optional<aws::RetrySession> session_;  // always there
  ObjectInfo info_;
  std::unique_ptr<http::BodyReader> body_;
  ByteCount done_ = 0;
  ByteCount since_broken_ = 0;
  int resumed_ = 0;
};

// So many bytes in a row without a fault, and earlier faults no longer count as tries: a body of
// gigabytes may break more often than a page.
inline constexpr ByteCount kFaultsForgivenAfter = 64 * kMiB;

}  // namespace s3ferry::s3
