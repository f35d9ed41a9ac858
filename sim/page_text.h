#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>

namespace s3ferry::sim {

// Text that grows at its end, written by whoever asked for room: a page of 1,000 objects without
// a look at the capacity for each piece of it, and without being filled with zeros first. What a
// page begins with is known last, so it may be put in front.
class PageText {
 public:
  PageText() = default;
  // Keeps `gap` bytes free for prepend().
  explicit PageText(std::size_t gap) {
    grow(gap);
    start_ = size_ = gap;
  }
  // Where up to `size` more bytes may be written; ends_at() then says how far they go.
  char* room(std::size_t size) {
    if (capacity_ - size_ < size) grow(size);
    return bytes_.get() + size_;
  }
  void ends_at(const char* end) { size_ = static_cast<std::size_t>(end - bytes_.get()); }
  void append(std::string_view text) {
    std::memcpy(room(text.size()), text.data(), text.size());
    size_ += text.size();
  }
  void prepend(std::string_view text) {
    if (text.size() > start_) move_to(text.size());
    start_ -= text.size();
    std::memcpy(bytes_.get() + start_, text.data(), text.size());
  }
  std::string_view view() const { return {bytes_.get() + start_, size_ - start_}; }
  std::size_t size() const { return size_ - start_; }

 private:
  void grow(std::size_t size) {
    const std::size_t capacity = std::max(2 * capacity_, size_ + size);
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }
  void move_to(std::size_t start) {
    const std::size_t more = start - start_, text = size();
    char* from = room(more) - text;
    std::memmove(from + more, from, text);
    start_ += more;
    size_ += more;
  }
  std::unique_ptr<char[]> bytes_;
  std::size_t start_ = 0, size_ = 0, capacity_ = 0;
};

// Both write at `to` and return the place behind.
template <std::size_t N>
char* put(char* to, const char (&literal)[N]) {
  std::memcpy(to, literal, N - 1);
  return to + N - 1;
}
inline char* put(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

}  // namespace s3ferry::sim
