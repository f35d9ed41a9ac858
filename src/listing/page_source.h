#pragma once

#include "base/error.h"
#include "runtime/task.h"
#include "s3/bucket_reader.h"

namespace s3ferry {

// What answers one LIST. The bucket of a side, or a test's own pages.
class PageSource {
 public:
  virtual ~PageSource() = default;
  // Fills `page` anew. May be repeated.
  virtual Task<Status> fetch(s3::ListRequest request, s3::ListPage& page) = 0;
};

// The bucket outlives it.
class BucketPages final : public PageSource {
 public:
  explicit BucketPages(s3::BucketReader& bucket) : bucket_(bucket) {}
  Task<Status> fetch(s3::ListRequest request, s3::ListPage& page) override {
    return bucket_.list_page(std::move(request), page);
  }

 private:
  s3::BucketReader& bucket_;
};

}  // namespace s3ferry
