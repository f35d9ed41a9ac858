#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "runtime/runtime.h"
#include "runtime/task.h"

namespace s3ferry {

struct ProcessOutput {
  ProcessOutput() = default;
  ProcessOutput(int code, std::string out_bytes, std::string err_bytes)
      : exit_code(code), out(std::move(out_bytes)), err(std::move(err_bytes)) {}
  int exit_code = 0;  // 128 + N when signal N ended it
  std::string out;    // standard output; may hold secrets
  std::string err;    // standard error, cut at the bound
};

// The seam to what surrounds the process: environment, small files, other programs, the terminal.
// RealHost below; FakeHost (fake_host.h) for tests. One shard's thread. Outlives every task that
// uses it.
class Host {
 public:
  virtual ~Host() = default;

  // An unset variable is nullopt; a variable that is set to nothing is "".
  virtual std::optional<std::string> env(const std::string& name) const = 0;

  // The whole file; nullopt when it does not exist. kIo when it cannot be read, kTooLarge over
  // kMaxFileBytes. Blocks for the time of a local read.
  virtual Result<std::optional<std::string>> read_file(const std::string& path) = 0;
  // Replaces the file at once (temporary file and rename), readable by its owner only; missing
  // folders are made, for the owner only.
  virtual Status write_file_private(const std::string& path, const std::string& bytes) = 0;

  // Starts argv[0] (looked up in PATH) without a shell and waits for its end. Standard input is
  // ours. kTimeout after `limit` (the process is killed), kIo when it cannot be started, kTooLarge
  // when standard output exceeds kMaxOutputBytes. A failing exit code is not an error here.
  virtual Task<Result<ProcessOutput>> run_process(std::vector<std::string> argv,
                                                  Duration limit) = 0;

  // Asks the person at the terminal for one line, which is not echoed. Blocks. kConfig without a
  // terminal, kCancelled on interrupt.
  virtual Result<std::string> prompt(const std::string& text) = 0;

  // HOME, or what the user database says; nullopt when neither knows.
  virtual std::optional<std::string> home() const = 0;
  // A leading "~" or "~/" becomes the home folder; everything else stays as it is.
  std::string expand_home(const std::string& path) const;

  static constexpr std::size_t kMaxFileBytes = 16U << 20U;
  static constexpr std::size_t kMaxOutputBytes = 1U << 20U;
};

// The CPUs that this process may run on; at least 1.
std::size_t usable_processors();

class RealHost final : public Host {
 public:
  // `runtime` must be real: a process's pipes do not wait for virtual time.
  explicit RealHost(Runtime& runtime) : runtime_(runtime) {}
  std::optional<std::string> env(const std::string& name) const override;
  Result<std::optional<std::string>> read_file(const std::string& path) override;
  Status write_file_private(const std::string& path, const std::string& bytes) override;
  Task<Result<ProcessOutput>> run_process(std::vector<std::string> argv, Duration limit) override;
  Result<std::string> prompt(const std::string& text) override;
  std::optional<std::string> home() const override;

 private:
  Runtime& runtime_;
};

}  // namespace s3ferry
