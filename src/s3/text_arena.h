#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace s3ferry::s3 {

// Texts packed one behind the other, in blocks that stay where they are until clear(): views of
// them stay good, also when the arena is moved. Holds as much memory as its texts need, and what
// the fill before needed. Not copyable.
class TextArena {
 public:
  static constexpr std::size_t kBlock = 16 * 1024 - 16;  // with the slack a round piece
  static constexpr std::size_t kSlack = 16;  // writable behind room(), for copies in whole steps

  TextArena() = default;
  TextArena(TextArena&& other) noexcept
      : blocks_(std::exchange(other.blocks_, {})),
        block_(std::exchange(other.block_, 0)),
        at_(std::exchange(other.at_, nullptr)),
        end_(std::exchange(other.end_, nullptr)) {}
  TextArena& operator=(TextArena&& other) noexcept {
    TextArena taken(std::move(other));
    std::swap(blocks_, taken.blocks_);
    std::swap(block_, taken.block_);
    std::swap(at_, taken.at_);
    std::swap(end_, taken.end_);
    return *this;
  }

  // Room for `size` bytes in one piece; take() says how much of it became text.
  char* room(std::size_t size) {
    if (static_cast<std::size_t>(end_ - at_) < size) [[unlikely]]
      next_block(size);
    return at_;
  }
  void take(std::size_t size) { at_ += size; }

  std::string_view keep(std::string_view text) {
    if (text.empty()) return {};
    char* out = room(text.size());
    std::memcpy(out, text.data(), text.size());
    take(text.size());
    return {out, text.size()};
  }

  // Two texts, copied in whole steps: kSlack bytes behind each of them can be read, too.
  [[gnu::always_inline]] std::pair<std::string_view, std::string_view> keep_two(
      std::string_view first, std::string_view second) {
    char* const out = room(first.size() + second.size());
    char* const then = out + first.size();
    copy_in_steps(out, first);
    copy_in_steps(then, second);
    take(first.size() + second.size());
    return {{out, first.size()}, {then, second.size()}};
  }

  // What was kept after a mark is forgotten by going back to it.
  struct Mark {
    std::size_t block;
    char* at;
  };
  Mark mark() const { return {block_, at_}; }
  void back_to(Mark mark) {
    if (mark.at == nullptr) return start();
    block_ = mark.block;
    at_ = mark.at;
    end_ = blocks_.empty() ? nullptr : blocks_[block_].end();
  }

  // Forgets all texts and keeps the blocks that they stood in, but for outsized ones.
  void clear() {
    if (!blocks_.empty())
      blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(block_) + 1, blocks_.end());
    std::erase_if(blocks_, [](const Block& block) { return block.size != kBlock; });
    start();
  }

 private:
  struct Block {
    explicit Block(std::size_t n)
        : bytes(std::make_unique_for_overwrite<char[]>(n + kSlack)), size(n) {}
    char* begin() const { return bytes.get(); }
    char* end() const { return bytes.get() + size; }
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };

  static void copy_in_steps(char* out, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); i += kSlack)
      std::memcpy(out + i, text.data() + i, kSlack);
  }
  void start() {
    block_ = 0;
    at_ = blocks_.empty() ? nullptr : blocks_.front().begin();
    end_ = blocks_.empty() ? nullptr : blocks_.front().end();
  }
  [[gnu::noinline]] void next_block(std::size_t size) {
    if (at_ != nullptr) ++block_;
    if (block_ == blocks_.size() || blocks_[block_].size < size)
      blocks_.emplace(blocks_.begin() + static_cast<std::ptrdiff_t>(block_),
                      size > kBlock ? size : kBlock);
    at_ = blocks_[block_].begin();
    end_ = blocks_[block_].end();
  }

  std::vector<Block> blocks_;
  std::size_t block_ = 0;  // the one that is being filled
  char* at_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace s3ferry::s3
