#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "journal/records.h"

namespace s3ferry {

// Planned deletions, kept out of memory: beyond 256 KiB they go to an unlinked temporary file. In
// the order in which they come: chunk by chunk. Written once, then read once from the front. One
// thread; the file is gone when it dies, whatever happens.
class DeleteSpool {
 public:
  explicit DeleteSpool(std::string directory)
      : directory_(directory.empty() ? "/tmp" : std::move(directory)) {}
  ~DeleteSpool();
  DeleteSpool(const DeleteSpool&) = delete;
  DeleteSpool& operator=(const DeleteSpool&) = delete;

  // kIo. The first error stays: from then on add(), rewind() and read() say it again.
  Status add(const PlannedDelete& planned);
  std::uint64_t size() const { return size_; }

  // No more add(): reading starts.
  Status rewind();
  // Up to `most` records, appended to nothing (out is cleared); empty at the end.
  Status read(std::size_t most, std::vector<PlannedDelete>& out);

 private:
  Status broken(std::string_view what);
  Status flush();
  Status refill();
  bool take(PlannedDelete& out);

  std::string directory_;
  std::string buffer_;
  std::size_t at_ = 0;  // read position in buffer_
  int file_ = -1;
  std::uint64_t size_ = 0, taken_ = 0;
  Status sick_;
};

}  // namespace s3ferry
