#include "report/output.h"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

namespace s3ferry {

void Output::write(std::string_view text) {
  if (!status_) return;
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) flush();
}

void Output::flush() {
  if (!status_ || buffer_.empty()) return;
  status_ = put(buffer_);
  buffer_.clear();
}

Status DescriptorOutput::put(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(descriptor_, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {  // somebody shares a terminal that does not block
      pollfd ready{descriptor_, POLLOUT, 0};
      ::poll(&ready, 1, 1000);
    } else if (errno != EINTR) {
      return fail(ErrorKind::kIo, fmt::format("cannot write to {}: {}", name_,
                                              std::generic_category().message(errno)));
    }
  }
  return {};
}

}  // namespace s3ferry
