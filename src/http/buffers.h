#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace s3ferry::http {

// Read buffers, lent while bytes are there to be read: who waits for more and holds none of them
// unread gives its buffer back, so a loop that reads a hundred answers at once needs a few.
class Buffers {
 public:
  static constexpr std::size_t kSize = 128 * 1024;  // a 300 KB page in three reads
  static constexpr std::size_t kKept = 16;          // spare ones

  // Bytes [begin, end) were read and not yet taken.
  class Buffer {
   public:
    Buffer() = default;
    Buffer(Buffers& owner, std::unique_ptr<char[]> bytes)
        : owner_(&owner), bytes_(std::move(bytes)) {}
    Buffer(Buffer&&) noexcept = default;
    Buffer& operator=(Buffer&& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(bytes_, other.bytes_);
      std::swap(begin_, other.begin_);
      std::swap(end_, other.end_);
      other.give_back();
      return *this;
    }
    ~Buffer() { give_back(); }
    explicit operator bool() const { return bytes_ != nullptr; }
    std::string_view unread() const { return {bytes_.get() + begin_, end_ - begin_}; }
    bool empty() const { return begin_ == end_; }
    void take(std::size_t n) { begin_ += n; }
    // Room for more, behind what is unread, which moves to the front.
    char* room() {
      if (begin_ != 0) {
        std::memmove(bytes_.get(), bytes_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
      }
      return bytes_.get() + end_;
    }
    std::size_t room_size() const { return kSize - end_; }
    void filled(std::size_t n) { end_ += n; }

   private:
    void give_back() {
      if (bytes_) owner_->take_back(std::move(bytes_));
      begin_ = end_ = 0;
    }
    Buffers* owner_ = nullptr;
    std::unique_ptr<char[]> bytes_;
    std::size_t begin_ = 0, end_ = 0;
  };

  Buffer lend() {
    if (spare_.empty()) return Buffer(*this, std::make_unique_for_overwrite<char[]>(kSize));
    Buffer buffer(*this, std::move(spare_.back()));
    spare_.pop_back();
    return buffer;
  }

 private:
  void take_back(std::unique_ptr<char[]> bytes) {
    if (spare_.size() < kKept) spare_.push_back(std::move(bytes));
  }
  std::vector<std::unique_ptr<char[]>> spare_;
};

}  // namespace s3ferry::http
