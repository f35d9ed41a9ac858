#include "runtime/host.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"

namespace s3ferry {
namespace {

std::string reason(int error) {
  return std::generic_category().message(error);
}

// A file descriptor that closes itself.
class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  // The error of close(), which is where a full disk may show.
  int reset() {
    const int result = fd_ >= 0 ? ::close(fd_) : 0;
    fd_ = -1;
    return result;
  }

 private:
  int fd_;
};

Status write_all(int fd, const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(ErrorKind::kIo, reason(errno));
    done += static_cast<std::size_t>(n);
  }
  return Status();
}

Status make_private_folders(const std::filesystem::path& folder) {
  if (folder.empty()) return Status();
  std::error_code ec;
  if (std::filesystem::is_directory(folder, ec)) return Status();
  if (Status parent = make_private_folders(folder.parent_path()); !parent) return parent;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(ErrorKind::kIo, fmt::format("cannot make the folder {}: {}",
                                            escape_for_display(folder.string()), reason(errno)));
  return Status();
}

// Switches the terminal's echo off for its lifetime.
class EchoOff {
 public:
  explicit EchoOff(int fd) : fd_(fd) {
    if (::tcgetattr(fd, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent.c_lflag |= ECHONL;
    ok_ = ::tcsetattr(fd, TCSAFLUSH, &silent) == 0;
  }
  ~EchoOff() {
    if (ok_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;
  bool ok() const { return ok_; }

 private:
  int fd_;
  bool ok_ = false;
  termios before_{};
};

}  // namespace

std::string Host::expand_home(const std::string& path) const {
  if (path.empty() || path[0] != '~' || (path.size() > 1 && path[1] != '/')) return path;
  const auto folder = home();
  return folder ? *folder + path.substr(1) : path;
}

std::optional<std::string> RealHost::env(const std::string& name) const {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

std::optional<std::string> RealHost::home() const {
  if (auto home = env("HOME"); home && !home->empty()) return home;
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16384);
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr || found->pw_dir == nullptr)
    return std::nullopt;
  return std::string(found->pw_dir);
}

Result<std::optional<std::string>> RealHost::read_file(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.ok()) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::string>();
    return fail(ErrorKind::kIo,
                fmt::format("cannot read {}: {}", escape_for_display(path), reason(errno)));
  }
  std::string bytes;
  char buffer[16384];
  while (true) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      return fail(ErrorKind::kIo,
                  fmt::format("cannot read {}: {}", escape_for_display(path), reason(errno)));
    if (n == 0) return std::optional<std::string>(std::move(bytes));
    bytes.append(buffer, static_cast<std::size_t>(n));
    if (bytes.size() > kMaxFileBytes)
      return fail(ErrorKind::kTooLarge,
                  fmt::format("{} is over {} MiB", escape_for_display(path), kMaxFileBytes >> 20U));
  }
}

Status RealHost::write_file_private(const std::string& path, const std::string& bytes) {
  if (Status made = make_private_folders(std::filesystem::path(path).parent_path()); !made)
    return made;
  const std::string shown = escape_for_display(path);
  std::string temporary = path + ".XXXXXX";
  Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));  // mode 0600
  if (!fd.ok())
    return fail(ErrorKind::kIo, fmt::format("cannot write {}: {}", shown, reason(errno)));
  Status written = write_all(fd.get(), bytes);
  if (written && fd.reset() != 0) written = fail(ErrorKind::kIo, reason(errno));
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = fail(ErrorKind::kIo, reason(errno));
  if (written) return Status();
  ::unlink(temporary.c_str());
  return fail(ErrorKind::kIo, fmt::format("cannot write {}: {}", shown, written.error().message()));
}

Result<std::string> RealHost::prompt(const std::string& text) {
  const Fd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal.ok()) return fail(ErrorKind::kConfig, "there is no terminal to ask at");
  const EchoOff silent(terminal.get());
  if (!silent.ok()) return fail(ErrorKind::kConfig, "the terminal's echo cannot be switched off");
  if (Status asked = write_all(terminal.get(), text); !asked) return fail(asked.error());
  std::string line;
  while (line.size() < 1024) {
    // poll() is never restarted after a signal, so an interrupt gets through here.
    pollfd ready{terminal.get(), POLLIN, 0};
    if (::poll(&ready, 1, -1) < 0) return fail(ErrorKind::kCancelled, "interrupted");
    char c = 0;
    const ssize_t n = ::read(terminal.get(), &c, 1);
    if (n <= 0) return fail(ErrorKind::kCancelled, "the terminal was closed");
    if (c == '\n') return line;
    line += c;
  }
  return fail(ErrorKind::kTooLarge, "the answer is too long");
}

std::size_t usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  // A machine of more CPUs than the set can name refuses; then one is what is sure.
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
}

}  // namespace s3ferry
