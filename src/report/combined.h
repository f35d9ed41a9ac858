#pragma once

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/text.h"
#include "report/output.h"
#include "transfer/events.h"

namespace s3ferry {

// `verify --combined FILE`: one line a key, "= key", with rclone's letters: = same, + source only,
// - target only, * differ, ! could not be compared. Keys are escaped, so each stays on its line.
class CombinedFile final : public EventSink {
 public:
  static Result<std::unique_ptr<CombinedFile>> open(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor < 0)
      return fail(ErrorKind::kUsage,
                  fmt::format("--combined: cannot write '{}': {}; name a file that can be written",
                              escape_for_display(path), std::generic_category().message(errno)));
    return std::unique_ptr<CombinedFile>(new CombinedFile(descriptor, path));
  }
  ~CombinedFile() override {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  CombinedFile(const CombinedFile&) = delete;
  CombinedFile& operator=(const CombinedFile&) = delete;

  bool wants_compared() const override { return true; }
  void on_compared(const ComparedEvent& event) override {
    output_.write(fmt::format("{} {}\n", event.letter, escape_for_display(event.key)));
  }
  // Writes the rest and closes. An error means that the file is not whole.
  Status finish() {
    output_.flush();
    const int descriptor = descriptor_;
    descriptor_ = -1;
    if (::close(descriptor) != 0 && output_.status())
      return fail(ErrorKind::kIo,
                  "cannot write the --combined file: " + std::generic_category().message(errno));
    return output_.status();
  }

 private:
  CombinedFile(int descriptor, const std::string& path)
      : descriptor_(descriptor), output_(descriptor, "'" + escape_for_display(path) + "'") {}
  int descriptor_;
  DescriptorOutput output_;
};

}  // namespace s3ferry
