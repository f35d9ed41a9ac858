// RealHost::run_process: posix_spawn, two pipes and a process descriptor, all waited for by Asio.

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "runtime/host.h"
#include "runtime/scope.h"

extern char** environ;

namespace s3ferry {
namespace {

using Descriptor = boost::asio::posix::basic_stream_descriptor<Executor>;
using boost::asio::redirect_error;
constexpr boost::asio::use_awaitable_t<Executor> kUseAwaitable{};

std::string reason(int error) {
  return std::generic_category().message(error);
}

// A started child. Killed and reaped when it dies before it was waited for.
class Child {
 public:
  Child() = default;
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    (void)reap();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  void set(pid_t pid) { pid_ = pid; }
  pid_t pid() const { return pid_; }
  int reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
};

struct Pipe {
  int read_end = -1, write_end = -1;
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    read_end = ends[0];
    write_end = ends[1];
  }
  ~Pipe() {
    if (read_end >= 0) ::close(read_end);
    close_write();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_write() {
    if (write_end >= 0) ::close(write_end);
    write_end = -1;
  }
  int take_read() { return std::exchange(read_end, -1); }
  bool ok() const { return read_end >= 0; }
};

Status spawn(const std::vector<std::string>& argv, Pipe& out, Pipe& err, Child& child) {
  std::vector<char*> pointers;
  for (const auto& word : argv) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out.write_end, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write_end, STDERR_FILENO);
  // Sockets and files of ours are not the program's: one that lives on would keep them open.
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  // We ignore SIGPIPE, and a program inherits that: its own pipelines count on being ended by it.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int error =
      ::posix_spawnp(&pid, pointers[0], &actions, &attributes, pointers.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  out.close_write();
  err.close_write();
  if (error != 0)
    return fail(ErrorKind::kIo, fmt::format("cannot start the program {}: {}",
                                            escape_for_display(argv[0]), reason(error)));
  child.set(pid);
  return Status();
}

// Reads to the end; keeps at most `bound` bytes. The rest is read and dropped, so that the process
// is not stopped by a full pipe.
Task<void> drain(Descriptor& pipe, std::string& kept, std::size_t bound, bool& overflow) {
  char buffer[4096];
  // Asio does not cancel what starts after the cancellation.
  while (!co_await is_cancelled()) {
    boost::system::error_code ec;
    const std::size_t n = co_await pipe.async_read_some(boost::asio::buffer(buffer),
                                                        redirect_error(kUseAwaitable, ec));
    if (ec) co_return;
    const std::size_t room = std::min(n, bound - kept.size());
    kept.append(buffer, room);
    if (room < n) overflow = true;
  }
}

Task<Result<ProcessOutput>> collect(Runtime& runtime, int out_fd, int err_fd, Child& child) {
  Descriptor out(runtime.executor(), out_fd), err(runtime.executor(), err_fd);
  ProcessOutput output;
  bool out_overflow = false, err_overflow = false;
  {
    Scope reading(runtime);
    reading.spawn(drain(out, output.out, Host::kMaxOutputBytes, out_overflow));
    reading.spawn(drain(err, output.err, 4096, err_overflow));
    co_await reading.join();
  }
  if (co_await is_cancelled()) co_return fail(ErrorKind::kCancelled, "cancelled");
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, child.pid(), 0));
  if (pidfd < 0) co_return fail(ErrorKind::kIo, "cannot wait for the program: " + reason(errno));
  Descriptor ended(runtime.executor(), pidfd);
  boost::system::error_code ec;
  co_await ended.async_wait(Descriptor::wait_read, redirect_error(kUseAwaitable, ec));
  if (ec) co_return fail(ErrorKind::kCancelled, "cancelled");
  output.exit_code = child.reap();
  if (out_overflow)
    co_return fail(ErrorKind::kTooLarge,
                   fmt::format("the program wrote more than {} bytes", Host::kMaxOutputBytes));
  co_return output;
}

}  // namespace

Task<Result<ProcessOutput>> RealHost::run_process(std::vector<std::string> argv, Duration limit) {
  if (argv.empty()) co_return fail(ErrorKind::kConfig, "no program is named");
  Pipe out, err;
  if (!out.ok() || !err.ok())
    co_return fail(ErrorKind::kIo, "cannot make a pipe: " + reason(errno));
  Child child;
  if (Status started = spawn(argv, out, err, child); !started)
    co_return fail(std::move(started.error()));
  auto output = co_await with_deadline(runtime_, limit,
                                       collect(runtime_, out.take_read(), err.take_read(), child));
  if (!output && output.error().is(ErrorKind::kTimeout))
    co_return fail(
        ErrorKind::kTimeout,
        fmt::format("the program {} did not end within {} s", escape_for_display(argv[0]),
                    std::chrono::duration_cast<std::chrono::seconds>(limit).count()));
  co_return output;
}

}  // namespace s3ferry
