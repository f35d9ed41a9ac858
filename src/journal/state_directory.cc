#include "journal/state_directory.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

namespace s3ferry {
namespace {

tl::unexpected<Error> unusable(const std::string& path, std::string_view why) {
  return fail(ErrorKind::kConfig,
              fmt::format("the folder {} for the run's state {}; name another one with --state",
                          escape_for_display(path), why));
}

Status make_folders(const std::string& path) {
  for (std::size_t at = 1; at <= path.size(); ++at) {
    if (at != path.size() && path[at] != '/') continue;
    const std::string part = path.substr(0, at);
    struct stat found {};
    if (::stat(part.c_str(), &found) == 0) {
      if (!S_ISDIR(found.st_mode))
        return unusable(path, fmt::format("cannot be: {} is a file", part));
      continue;
    }
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST)
      return unusable(path, fmt::format("cannot be made ({})", std::strerror(errno)));
  }
  return {};
}

std::string lock_path(const std::string& directory) {
  return directory + "/lock";
}

std::string holder(int file) {
  char text[32] = {};
  const ssize_t n = ::pread(file, text, sizeof text - 1, 0);
  const auto pid =
      parse_u64(trim_ascii(std::string_view(text, n > 0 ? static_cast<std::size_t>(n) : 0)));
  return pid ? fmt::format("process {}", *pid) : std::string("another process");
}

}  // namespace

Result<StateDirectory> StateDirectory::open(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (Status made = make_folders(path); !made) return fail(std::move(made.error()));
  const int file = ::open(lock_path(path).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return unusable(path, fmt::format("cannot be written ({})", std::strerror(errno)));
  StateDirectory opened(std::move(path), file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK)
      return unusable(opened.path_, fmt::format("cannot be locked ({})", std::strerror(errno)));
    return fail(ErrorKind::kConfig,
                fmt::format("another run of this task is at work ({}, state in {}): wait for its "
                            "end, or stop that process",
                            holder(file), escape_for_display(opened.path_)));
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  // Only for the message above: a full disk does not matter here.
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, pid.data(), pid.size(), 0) < 0) errno = 0;
  return opened;
}

bool StateDirectory::is_in_use(const std::string& path) {
  const int file = ::open(lock_path(path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return false;
  const bool free = ::flock(file, LOCK_SH | LOCK_NB) == 0;
  ::close(file);
  return !free;
}

StateDirectory::StateDirectory(StateDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

StateDirectory& StateDirectory::operator=(StateDirectory&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  return *this;
}

StateDirectory::~StateDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace s3ferry
