#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/types.h"
#include "s3/list_times.h"

namespace s3ferry::s3 {

// One object's texts as they stand in the document, plain: nothing in them has to be decoded but
// %-escapes and '+'.
struct PlainEntry {
  std::string_view key, etag, storage_class;
  ByteCount size = 0;
  WallTime last_modified{};
  bool has_escapes = false;  // the key holds a '%' or a '+'
};

// A text of an object that is asked for, and the end of the object.
enum class EntrySlot : std::uint8_t { kKey, kTime, kETag, kQuotedETag, kSize, kClass, kEnd };

// Where a key begins was looked for its end: forms tried one after the other do that once.
struct KeyText {
  const char *begin = nullptr, *end = nullptr;
  bool has_escapes = false;
};

// A pattern of <Contents> elements in which all texts but the key and the size are as long as in
// one element, and the storage class is the same: then everything between those two stands at fixed
// places and is compared sixteen bytes at a time. Takes an element only where an XML reader would
// have read the same; what it does not take may still be good.
class EntryForm {
 public:
  // The parts of an element in their order, then finish(). Of one that is too odd nothing is taken.
  void add_markup(std::string_view markup) { append(markup, 0xff); }
  void add_text(EntrySlot slot, std::string_view text);
  void finish() { close_block(EntrySlot::kEnd); }
  // Whether the entry's texts are as long as the form's, and its storage class is the form's.
  bool fits(const PlainEntry& entry) const;

  // At `at`: true with `entry` filled in and `at` behind the element; else only `entry` may have
  // changed.
  bool take(const char*& at, const char* end, KeyText& key, ListTimes& times,
            PlainEntry& entry) const;

 private:
  static constexpr std::size_t kMostBlocks = 3;  // up to the key, the size and the end
  // What stands together: in want_ and mask_ filled up to whole steps.
  struct Block {
    std::size_t at = 0, size = 0, padded = 0;
    EntrySlot then = EntrySlot::kEnd;
  };
  // Of a known length, in a block. None: its size is 0.
  struct Text {
    std::size_t block = 0, at = 0, size = 0;
  };
  void append(std::string_view bytes, unsigned char mask);
  void close_block(EntrySlot then);
  bool stands(const Block& block, const char* p) const;

  std::string want_, mask_;
  std::array<Block, kMostBlocks> blocks_;
  std::size_t count_ = 0, begin_ = 0;  // where the block begins that is being made
  Text time_, etag_, class_;
  std::size_t etag_size_ = 0;  // without quotes
  bool unquotes_ = false, good_ = true;
};

}  // namespace s3ferry::s3
