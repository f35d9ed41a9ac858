#pragma once

#include <memory>

#include "runtime/event.h"
#include "runtime/runtime.h"

namespace s3ferry {

// SIGINT and SIGTERM while it lives: the first sets `first`, so that the work ends in good order;
// the second ends the process at once with exit code 130. For the one real runtime of a process.
class Interrupts {
 public:
  Interrupts(Runtime& runtime, Event& first);
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

 private:
  struct Signals;
  std::unique_ptr<Signals> signals_;
};

}  // namespace s3ferry
