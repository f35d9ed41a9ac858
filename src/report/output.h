#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace s3ferry {

// Where text goes: a descriptor of the process, a file, or memory in tests. Writing blocks. After
// the first failure all later text is dropped and status() says why.
class Output {
 public:
  virtual ~Output() = default;
  void write(std::string_view text);
  void flush();
  const Status& status() const { return status_; }

 protected:
  virtual Status put(std::string_view text) = 0;

 private:
  static constexpr std::size_t kBufferBytes = 32 * 1024;
  std::string buffer_;
  Status status_;
};

// Writes to a descriptor that somebody else owns (0–2, or a file that is open).
class DescriptorOutput final : public Output {
 public:
  explicit DescriptorOutput(int descriptor, std::string name)
      : descriptor_(descriptor), name_(std::move(name)) {}

 protected:
  Status put(std::string_view text) override;

 private:
  int descriptor_;
  std::string name_;
};

// Keeps what was flushed, for tests.
class MemoryOutput final : public Output {
 public:
  const std::string& text() const { return text_; }

 protected:
  Status put(std::string_view text) override {
    text_ += text;
    return {};
  }

 private:
  std::string text_;
};

}  // namespace s3ferry
