#include "support/process.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace s3ferry::testing {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(char** argv, char** envp, int out, int err, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  ::execvpe(argv[0], argv, envp);
  ::_exit(127);
}

bool drain(int& fd, std::string& into) {
  char buffer[65536];
  const ssize_t n = ::read(fd, buffer, sizeof buffer);
  if (n > 0) {
    into.append(buffer, static_cast<std::size_t>(n));
    return true;
  }
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  ::close(fd);
  fd = -1;
  return false;
}

std::chrono::milliseconds left(Clock::time_point deadline) {
  const auto now = Clock::now();
  if (now >= deadline) return std::chrono::milliseconds(0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now) +
         std::chrono::milliseconds(1);
}

}  // namespace

Environment bare_environment() {
  const char* path = std::getenv("PATH");
  return {{"PATH", path != nullptr ? path : "/usr/bin:/bin"},
          {"LC_ALL", "C.UTF-8"},
          {"AWS_EC2_METADATA_DISABLED", "true"}};
}

Child::Child(std::vector<std::string> argv, const Environment& environment) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : environment) lines.push_back(name + "=" + value);
  // The sanitizers' options hold for the programs under test as for the test itself.
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"})
    if (const char* value = std::getenv(name); value != nullptr && !environment.contains(name))
      lines.push_back(std::string(name) + "=" + value);
  std::vector<char*> arguments = pointers(argv);
  std::vector<char*> variables = pointers(lines);
  int out[2];
  int err[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0)
    throw std::runtime_error("no pipe");
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("no fork");
  if (pid_ == 0) become(arguments.data(), variables.data(), out[1], err[1], parent);
  ::close(out[1]);
  ::close(err[1]);
  out_fd_ = out[0];
  err_fd_ = err[0];
}

Child::~Child() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (out_fd_ >= 0) ::close(out_fd_);
  if (err_fd_ >= 0) ::close(err_fd_);
}

void Child::signal(int number) {
  if (pid_ > 0) ::kill(pid_, number);
}

bool Child::pump(std::chrono::milliseconds limit) {
  pollfd fds[2] = {{out_fd_, POLLIN, 0}, {err_fd_, POLLIN, 0}};
  if (out_fd_ < 0 && err_fd_ < 0) return false;
  if (::poll(fds, 2, static_cast<int>(limit.count())) <= 0) return true;
  if (out_fd_ >= 0 && fds[0].revents != 0) drain(out_fd_, out_);
  if (err_fd_ >= 0 && fds[1].revents != 0) drain(err_fd_, err_);
  return true;
}

bool Child::wait_for(const std::string& text, std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  for (;;) {
    if (out_.find(text) != std::string::npos || err_.find(text) != std::string::npos) return true;
    if (left(deadline).count() == 0 || !pump(left(deadline))) return false;
  }
}

ProcessEnd Child::wait(std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  ProcessEnd end;
  // Its outputs may outlive it in children of its own, so its end is asked for as well.
  int status = 0;
  for (;;) {
    const bool open = pump(std::min(left(deadline), std::chrono::milliseconds(20)));
    if (pid_ <= 0 || ::waitpid(pid_, &status, WNOHANG) == pid_) break;
    if (left(deadline).count() == 0) {
      end.timed_out = true;
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, &status, 0);
      break;
    }
    if (!open) ::poll(nullptr, 0, 5);
  }
  pid_ = -1;
  for (int* fd : {&out_fd_, &err_fd_})
    if (*fd >= 0) ::fcntl(*fd, F_SETFL, O_NONBLOCK);
  while (out_fd_ >= 0 || err_fd_ >= 0) {
    const std::size_t before = out_.size() + err_.size();
    pump(std::chrono::milliseconds(0));
    if (out_.size() + err_.size() == before) break;
  }
  end.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  end.out = out_;
  end.err = err_;
  return end;
}

ProcessEnd run_process(std::vector<std::string> argv, const Environment& environment,
                       std::chrono::milliseconds limit) {
  Child child(std::move(argv), environment);
  return child.wait(limit);
}

ScratchFolder::ScratchFolder() {
  const char* tmp = std::getenv("TMPDIR");
  std::string base = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : tmp != nullptr ? tmp : "/tmp";
  path_ = base + "/s3ferry-test-XXXXXX";
  if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no folder in " + base);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ScratchFolder::write(const std::string& name, const std::string& bytes) const {
  std::ofstream(file(name), std::ios::binary) << bytes;
  return file(name);
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace s3ferry::testing
