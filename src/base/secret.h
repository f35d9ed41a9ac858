#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <string.h>

namespace s3ferry {

// A text that must reach no log, journal, report or message (rule 9). It has no stream operator and
// no formatter, so printing it does not compile; reveal() marks each place that uses the value.
// Overwritten when it dies.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.forget(); }
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      wipe();
      value_ = other.value_;
    }
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      value_ = std::move(other.value_);
      other.forget();
    }
    return *this;
  }
  ~Secret() { wipe(); }

  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }
  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  void wipe() noexcept {
    ::explicit_bzero(value_.data(), value_.size());
    value_.clear();
  }
  // After a move: a short text was copied, not taken, and still stands inside the string.
  void forget() noexcept {
    value_.clear();
    ::explicit_bzero(value_.data(), value_.capacity() <= kShort ? value_.capacity() : 0);
  }
  static constexpr std::size_t kShort = 64;
  std::string value_;
};

}  // namespace s3ferry
