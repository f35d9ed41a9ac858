#include "transfer/delete_spool.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

namespace s3ferry {
namespace {

constexpr std::size_t kBufferBytes = 256 * kKiB;

// One record: this header, then the key's and the ETag's bytes. Never leaves the process.
struct RecordHead {
  std::uint64_t size, source_rank, target_rank;
  std::int64_t modified_ms;
  std::uint32_t key_bytes, etag_bytes;
};

}  // namespace

DeleteSpool::~DeleteSpool() {
  if (file_ >= 0) ::close(file_);
}

Status DeleteSpool::broken(std::string_view what) {
  sick_ = fail(ErrorKind::kIo,
               fmt::format("{} the list of planned deletions in {}: {}; set TMPDIR to a directory "
                           "with room",
                           what, directory_, std::strerror(errno)));
  return sick_;
}

Status DeleteSpool::add(const PlannedDelete& planned) {
  if (!sick_) return sick_;
  const RecordHead head{planned.size,
                        planned.source_rank,
                        planned.target_rank,
                        planned.modified.time_since_epoch().count(),
                        static_cast<std::uint32_t>(planned.key.size()),
                        static_cast<std::uint32_t>(planned.etag.size())};
  buffer_.append(reinterpret_cast<const char*>(&head), sizeof head);
  buffer_ += planned.key;
  buffer_ += planned.etag;
  ++size_;
  return buffer_.size() < kBufferBytes ? Status() : flush();
}

Status DeleteSpool::flush() {
  if (file_ < 0) {
    std::string name = directory_ + "/s3ferry-deletions-XXXXXX";
    file_ = ::mkstemp(name.data());
    if (file_ < 0) return broken("cannot create");
    ::unlink(name.c_str());
  }
  std::size_t written = 0;
  while (written < buffer_.size()) {
    const ssize_t n = ::write(file_, buffer_.data() + written, buffer_.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return broken("cannot write");
    written += static_cast<std::size_t>(n);
  }
  buffer_.clear();
  return {};
}

Status DeleteSpool::rewind() {
  if (!sick_) return sick_;
  at_ = 0;
  if (file_ < 0) return {};
  if (Status flushed = flush(); !flushed) return flushed;
  if (::lseek(file_, 0, SEEK_SET) < 0) return broken("cannot read");
  return {};
}

// Moves what is left to the front and reads on behind it.
Status DeleteSpool::refill() {
  buffer_.erase(0, at_);
  at_ = 0;
  if (file_ < 0) return {};
  const std::size_t kept = buffer_.size();
  buffer_.resize(kept + kBufferBytes);
  ssize_t n;
  do {
    n = ::read(file_, buffer_.data() + kept, kBufferBytes);
  } while (n < 0 && errno == EINTR);
  buffer_.resize(kept + static_cast<std::size_t>(n < 0 ? 0 : n));
  if (n < 0) return broken("cannot read");
  return {};
}

bool DeleteSpool::take(PlannedDelete& out) {
  RecordHead head;
  if (buffer_.size() - at_ < sizeof head) return false;
  std::memcpy(&head, buffer_.data() + at_, sizeof head);
  const std::size_t bytes = std::size_t{head.key_bytes} + head.etag_bytes;
  if (buffer_.size() - at_ - sizeof head < bytes) return false;
  const char* text = buffer_.data() + at_ + sizeof head;
  out.key.assign(text, head.key_bytes);
  out.etag.assign(text + head.key_bytes, head.etag_bytes);
  out.size = head.size;
  out.modified = WallTime(std::chrono::milliseconds(head.modified_ms));
  out.source_rank = head.source_rank;
  out.target_rank = head.target_rank;
  at_ += sizeof head + bytes;
  ++taken_;
  return true;
}

Status DeleteSpool::read(std::size_t most, std::vector<PlannedDelete>& out) {
  out.clear();
  if (!sick_) return sick_;
  PlannedDelete record;
  while (out.size() < most && taken_ < size_) {
    if (take(record)) {
      out.push_back(std::move(record));
      continue;
    }
    const std::size_t before = buffer_.size() - at_;
    if (Status filled = refill(); !filled) return filled;
    if (buffer_.size() - at_ == before)
      return fail(ErrorKind::kIo,
                  "the list of planned deletions ends early; nothing more is deleted");
  }
  return {};
}

}  // namespace s3ferry
