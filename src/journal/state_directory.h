#pragma once

#include <string>

#include "base/error.h"

namespace s3ferry {

// A folder that holds the journal of one task, locked for one process at a time. The lock is the
// kernel's (flock), so it ends with the process however that ends; the file's text, a process id,
// only serves the message. Everything in it is for its owner alone.
class StateDirectory {
 public:
  // Makes the folder, and those above it, where missing (mode 0700). kConfig where it cannot be
  // used, and where another process is at work in it.
  static Result<StateDirectory> open(std::string path);
  StateDirectory(StateDirectory&& other) noexcept;
  StateDirectory& operator=(StateDirectory&& other) noexcept;
  ~StateDirectory();

  const std::string& path() const { return path_; }
  std::string journal_path() const { return journal_path(path_); }
  static std::string journal_path(const std::string& directory) {
    return directory + "/journal.sqlite";
  }
  // Whether a process is at work in it now. Takes no lock for longer than the look.
  static bool is_in_use(const std::string& path);

 private:
  StateDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_ = -1;
};

}  // namespace s3ferry
