#pragma once

#include <cstddef>

#include "base/error.h"
#include "runtime/task.h"

namespace s3ferry {

class Runtime;

// The one waiting primitive: a queue of suspended tasks, first in first out. Everything else
// (sleeping in virtual time, Event, Semaphore, Channel) is built on it. Same thread as its runtime;
// must outlive its waiters. A woken task runs from the loop, never inside wake_…().
class WaitList {
 public:
  WaitList() = default;
  ~WaitList();
  WaitList(const WaitList&) = delete;
  WaitList& operator=(const WaitList&) = delete;

  // Suspends the calling task until it is woken (success) or its scope is cancelled (kCancelled).
  Task<Status> wait();
  // The same, but deaf to cancellation: only for waits that end soon because others unwind.
  Task<void> wait_uncancelled();
  bool wake_one();  // false: nobody waited
  void wake_all();
  bool empty() const { return head_ == nullptr; }

  // How a waiter is kept; only event.cc derives from it.
  struct Waiter {
    Waiter* previous = nullptr;
    Waiter* next = nullptr;
    WaitList* list = nullptr;
    virtual void complete(bool cancelled) = 0;

   protected:
    ~Waiter() = default;
  };
  void push(Waiter* waiter);
  void remove(Waiter* waiter);

 private:
  Waiter* head_ = nullptr;
  Waiter* tail_ = nullptr;
};

// A flag that tasks can wait for. set() wakes all; stays set until clear().
class Event {
 public:
  void set() {
    set_ = true;
    waiters_.wake_all();
  }
  void clear() { set_ = false; }
  bool is_set() const { return set_; }
  Task<Status> wait();

 private:
  bool set_ = false;
  WaitList waiters_;
};

// True once the scope of the calling task was cancelled. For loops that never wait.
Task<bool> is_cancelled();

}  // namespace s3ferry
