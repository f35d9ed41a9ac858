#pragma once

#include "base/error.h"
#include "runtime/task.h"
#include "s3/bucket_reader.h"

namespace s3ferry {

// What answers one LIST. The bucket of a side, or a test's own pages.
class PageSource {
 public:
  virtual ~PageSource() = default;
  // Fills `page` anew. May be repeated. Notes in request.sent when it was written.
  virtual Task<Status> fetch(s3::ListRequest request, s3::ListPage& page) = 0;
  // LISTs that may be sent in a second now; 0: no limit.
  virtual std::uint64_t granted_a_second() const { return 0; }
};

// The bucket outlives it.
class BucketPages final : public PageSource {
 public:
  explicit BucketPages(s3::BucketReader& bucket) : bucket_(bucket) {}
  Task<Status> fetch(s3::ListRequest request, s3::ListPage& page) override {
    return bucket_.list_page(std::move(request), page);
  }
  std::uint64_t granted_a_second() const override { return bucket_.granted_a_second(); }

 private:
  s3::BucketReader& bucket_;
};

}  // namespace s3ferry
