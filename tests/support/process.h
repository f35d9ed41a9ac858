#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

namespace s3ferry::testing {

using Environment = std::map<std::string, std::string>;

// PATH and nothing else: no credentials, no HOME of the person who runs the tests.
Environment bare_environment();

struct ProcessEnd {
  int exit_code = -1;  // 128 + N after signal N
  std::string out, err;
  bool timed_out = false;  // it was killed
};

// A child process with no standard input, whose output is collected. It dies with this process and
// with this object, by its own pid. Not thread-safe.
class Child {
 public:
  Child(std::vector<std::string> argv, const Environment& environment);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number);
  // Reads its output until `text` was written to standard output or standard error. False: it ended
  // or `limit` passed first.
  bool wait_for(const std::string& text, std::chrono::milliseconds limit);
  // Waits for its end; kills it after `limit`.
  ProcessEnd wait(std::chrono::milliseconds limit);
  const std::string& out() const { return out_; }
  const std::string& err() const { return err_; }

 private:
  bool pump(std::chrono::milliseconds limit);  // false: both outputs are closed
  pid_t pid_ = -1;
  int out_fd_ = -1, err_fd_ = -1;
  std::string out_, err_;
};

ProcessEnd run_process(std::vector<std::string> argv, const Environment& environment,
                       std::chrono::milliseconds limit = std::chrono::seconds(60));

// A folder of its own that is removed with everything in it; in memory where there is /dev/shm.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& bytes) const;  // gives its path

 private:
  std::string path_;
};

std::string read_file(const std::string& path);  // "" if it is not there

}  // namespace s3ferry::testing
