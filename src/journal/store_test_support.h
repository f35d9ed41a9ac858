#pragma once

// A folder and stores in it, for the journal's tests.

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <stdlib.h>

#include "journal/sqlite_store.h"
#include "runtime/virtual_runtime.h"

namespace s3ferry {

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = testing_root() + "/s3ferry-journal-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no scratch folder");
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string journal() const { return StateDirectory::journal_path(path_); }

 private:
  static std::string testing_root() {
    const char* root = ::getenv("TMPDIR");
    return root != nullptr && *root != '\0' ? root : "/tmp";
  }
  std::string path_;
};

inline Result<std::unique_ptr<SqliteStore>> open_store(Runtime& runtime, const std::string& path,
                                                       SqliteStoreOptions options = {}) {
  Result<StateDirectory> directory = StateDirectory::open(path);
  if (!directory) return fail(std::move(directory.error()));
  return SqliteStore::open(runtime, std::move(*directory), std::move(options));
}

// For work_store_conformance.h.
class SqliteWorld {
 public:
  Runtime& runtime() { return clock_; }
  std::unique_ptr<WorkStore> open() {
    // As on a file system that forgets locks: the fence alone keeps two apart.
    std::filesystem::remove(folder_.path() + "/lock");
    Result<std::unique_ptr<SqliteStore>> store = open_store(clock_, folder_.path());
    if (!store) throw std::runtime_error(store.error().message());
    return std::move(*store);
  }

 private:
  ScratchFolder folder_;
  VirtualRuntime clock_{1};
};

}  // namespace s3ferry
