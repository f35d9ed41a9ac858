#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "sim/spec.h"

namespace s3ferry::sim {

// The formula of a synthetic bucket: the i-th key in byte order and its attributes, for i below
// size(). No memory beyond the spec; remembers where it looked last, because keys are asked for in
// order.
class SyntheticKeys {
 public:
  static Result<SyntheticKeys> create(SyntheticSpec spec);

  std::uint64_t size() const { return size_; }
  void key(std::uint64_t index, std::string& out) const;  // replaces `out`
  // The first index whose key is >= `key` (not less); size() when there is none. O(log size()).
  std::uint64_t lower_bound(std::string_view key) const;
  // Whether `key` is in the set, and where.
  bool find(std::string_view key, std::uint64_t& index) const;

  struct Attributes {
    std::uint64_t seed;  // of the content
    ByteCount size;
    WallTime mtime;
    std::uint64_t etag_high, etag_low;
  };
  Attributes attributes(std::uint64_t index) const;
  const std::string& storage_class() const { return spec_.storage_class; }

 private:
  explicit SyntheticKeys(SyntheticSpec spec);
  std::uint64_t original(std::uint64_t index) const;  // with the missing ones counted
  std::uint64_t flat_number(std::uint64_t rank) const;
  void append_flat(std::uint64_t rank, std::string& out) const;
  void date_key(std::uint64_t n, std::string& out) const;
  void append_spread(std::uint64_t n, std::string& out) const;
  void append_korean(std::uint64_t n, std::string& out) const;

  // kFlat: the number last written. Keys are mostly asked for in order, and then the next follows
  // from it.
  struct FlatNumber {
    std::uint64_t rank = 0, number = 0;
  };
  // kDates: the text of one hour, which many keys share, with the bucket's prefix.
  struct HourText {
    std::uint64_t hour = ~std::uint64_t{0};
    std::string text;
  };

  SyntheticSpec spec_;
  std::uint64_t size_ = 0;
  mutable std::uint64_t last_found_ = 0;
  mutable FlatNumber flat_;
  mutable HourText hour_;
  std::uint64_t spread_step_ = 1;  // distance of two keys on the 64-bit circle
};

}  // namespace s3ferry::sim
