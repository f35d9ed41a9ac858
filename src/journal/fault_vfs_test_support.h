#pragma once

// A SQLite file layer whose n-th write, sync or truncation fails, for the journal's tests.

#include <cerrno>
#include <cstring>
#include <string>

#include <sqlite3.h>

namespace s3ferry {

// Where the fault strikes. One plan at a time; syncs do not reach the disk, so tests are quick.
struct FaultPlan {
  long at = -1;           // the operation that fails, from 0; -1: none
  bool disk_full = true;  // ENOSPC, else EIO
  bool stays = true;      // so do all later ones
  long seen = 0;          // writes, syncs and truncations so far
  bool struck = false;
  bool first_was_write = false;

  bool strikes(bool write) {
    const long now = seen++;
    const bool hit = at >= 0 && (now == at || (stays && now > at));
    if (hit && !struck) first_was_write = write;
    struck = struck || hit;
    if (hit) errno = disk_full ? ENOSPC : EIO;
    return hit;
  }
};

namespace fault_vfs {

inline FaultPlan*& plan() {
  static FaultPlan* current = nullptr;
  return current;
}

struct File {
  sqlite3_file base;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
inline sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<File*>(file)->real();
}
inline const sqlite3_io_methods* of(sqlite3_file* file) {
  return real(file)->pMethods;
}
inline bool strikes(bool write) {
  return plan() != nullptr && plan()->strikes(write);
}
inline int full_or(int code) {
  return plan()->disk_full ? SQLITE_FULL : code;
}

inline int close(sqlite3_file* file) {
  const int code = of(file)->xClose(real(file));
  file->pMethods = nullptr;
  return code;
}
inline int read(sqlite3_file* file, void* out, int n, sqlite3_int64 at) {
  return of(file)->xRead(real(file), out, n, at);
}
inline int write(sqlite3_file* file, const void* bytes, int n, sqlite3_int64 at) {
  if (!strikes(true)) return of(file)->xWrite(real(file), bytes, n, at);
  (void)of(file)->xWrite(real(file), bytes, n / 2, at);  // torn
  return full_or(SQLITE_IOERR_WRITE);
}
inline int truncate(sqlite3_file* file, sqlite3_int64 size) {
  return strikes(false) ? SQLITE_IOERR_TRUNCATE : of(file)->xTruncate(real(file), size);
}
inline int sync(sqlite3_file*, int) {
  return strikes(false) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}
inline int size(sqlite3_file* file, sqlite3_int64* out) {
  return of(file)->xFileSize(real(file), out);
}
inline int lock(sqlite3_file* file, int how) {
  return of(file)->xLock(real(file), how);
}
inline int unlock(sqlite3_file* file, int how) {
  return of(file)->xUnlock(real(file), how);
}
inline int reserved(sqlite3_file* file, int* out) {
  return of(file)->xCheckReservedLock(real(file), out);
}
inline int control(sqlite3_file* file, int op, void* argument) {
  return of(file)->xFileControl(real(file), op, argument);
}
inline int sector(sqlite3_file* file) {
  return of(file)->xSectorSize(real(file));
}
inline int traits(sqlite3_file* file) {
  return of(file)->xDeviceCharacteristics(real(file));
}
inline int shm_map(sqlite3_file* file, int page, int bytes, int extend, void volatile** out) {
  return of(file)->xShmMap(real(file), page, bytes, extend, out);
}
inline int shm_lock(sqlite3_file* file, int at, int n, int flags) {
  return of(file)->xShmLock(real(file), at, n, flags);
}
inline void shm_barrier(sqlite3_file* file) {
  of(file)->xShmBarrier(real(file));
}
inline int shm_unmap(sqlite3_file* file, int erase) {
  return of(file)->xShmUnmap(real(file), erase);
}

inline const sqlite3_io_methods* methods() {
  static const sqlite3_io_methods table = [] {
    sqlite3_io_methods m{};
    m.iVersion = 2;
    m.xClose = close;
    m.xRead = read;
    m.xWrite = write;
    m.xTruncate = truncate;
    m.xSync = sync;
    m.xFileSize = size;
    m.xLock = lock;
    m.xUnlock = unlock;
    m.xCheckReservedLock = reserved;
    m.xFileControl = control;
    m.xSectorSize = sector;
    m.xDeviceCharacteristics = traits;
    m.xShmMap = shm_map;
    m.xShmLock = shm_lock;
    m.xShmBarrier = shm_barrier;
    m.xShmUnmap = shm_unmap;
    return m;
  }();
  return &table;
}

inline sqlite3_vfs* beneath(sqlite3_vfs* vfs) {
  return static_cast<sqlite3_vfs*>(vfs->pAppData);
}
inline int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
  file->pMethods = nullptr;
  sqlite3_file* inner = real(file);
  const int code = beneath(vfs)->xOpen(beneath(vfs), name, inner, flags, out);
  if (code == SQLITE_OK) file->pMethods = methods();
  return code;
}

}  // namespace fault_vfs

// Registers the layer and makes `plan` the current one until it dies. `everywhere`: for whoever
// opens a database without naming a layer, too.
class FaultVfs {
 public:
  static constexpr const char* kName = "s3ferry-faults";
  explicit FaultVfs(FaultPlan& plan, bool everywhere = false) {
    static sqlite3_vfs layer = [] {
      sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
      sqlite3_vfs made = *system;
      made.zName = kName;
      made.pNext = nullptr;
      made.pAppData = system;
      made.szOsFile = static_cast<int>(sizeof(fault_vfs::File)) + system->szOsFile;
      made.xOpen = fault_vfs::open;
      return made;
    }();
    sqlite3_vfs_register(&layer, everywhere ? 1 : 0);
    fault_vfs::plan() = &plan;
  }
  ~FaultVfs() {
    fault_vfs::plan() = nullptr;
    sqlite3_vfs* layer = sqlite3_vfs_find(kName);
    sqlite3_vfs_register(fault_vfs::beneath(layer), 1);
  }
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;
};

}  // namespace s3ferry
