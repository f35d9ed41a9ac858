#pragma once

#include <cstddef>

#include "runtime/event.h"

namespace s3ferry {

// Counts permits; waiters are served in order. The limit may be changed while in use (pacing):
// lowering it makes acquirers wait until enough was released.
class Semaphore {
 public:
  explicit Semaphore(std::size_t limit) : limit_(limit) {}

  Task<Status> acquire();
  bool try_acquire();
  void release();
  void set_limit(std::size_t limit);
  std::size_t limit() const { return limit_; }
  std::size_t in_use() const { return in_use_; }

 private:
  std::size_t limit_;
  std::size_t in_use_ = 0;
  WaitList waiters_;
};

// Gives a permit back at the end of a block; made after a successful acquire().
class Permit {
 public:
  Permit() = default;
  explicit Permit(Semaphore& semaphore) : semaphore_(&semaphore) {}
  Permit(Permit&& other) noexcept : semaphore_(other.semaphore_) { other.semaphore_ = nullptr; }
  Permit& operator=(Permit&& other) noexcept {
    if (this != &other) {
      reset();
      semaphore_ = other.semaphore_;
      other.semaphore_ = nullptr;
    }
    return *this;
  }
  ~Permit() { reset(); }
  void reset() {
    if (semaphore_ != nullptr) semaphore_->release();
    semaphore_ = nullptr;
  }

 private:
  Semaphore* semaphore_ = nullptr;
};

}  // namespace s3ferry
