#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "base/error.h"
#include "runtime/event.h"

namespace s3ferry {

// A bounded queue between tasks of one shard. send() waits while `capacity` items are in it: this is
// where back pressure comes from (rule 7). Any number of senders and receivers; first in, first out.
template <class T>
class Channel {
 public:
  explicit Channel(std::size_t capacity) : capacity_(capacity) {}

  // kCancelled when the task's scope was cancelled or the channel is closed; the item is dropped.
  Task<Status> send(T item) {
    while (items_.size() >= capacity_ && !closed_) {
      Status waited = co_await senders_.wait();
      if (!waited) co_return waited;
    }
    if (closed_) co_return fail(ErrorKind::kCancelled, "the channel is closed");
    items_.push_back(std::move(item));
    receivers_.wake_one();
    co_return Status();
  }

  // The next item; nullopt once the channel is closed and drained.
  Task<Result<std::optional<T>>> receive() {
    while (items_.empty() && !closed_) {
      Status waited = co_await receivers_.wait();
      if (!waited) co_return fail(std::move(waited.error()));
    }
    if (items_.empty()) co_return std::optional<T>();
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    senders_.wake_one();
    // A wake-up may have gone to a receiver that was cancelled: pass it on.
    if (!items_.empty()) receivers_.wake_one();
    co_return item;
  }

  // No more sends. What is queued can still be received. Safe to repeat.
  void close() {
    closed_ = true;
    senders_.wake_all();
    receivers_.wake_all();
  }
  bool closed() const { return closed_; }
  std::size_t size() const { return items_.size(); }

 private:
  std::size_t capacity_;
  bool closed_ = false;
  std::deque<T> items_;
  WaitList senders_, receivers_;
};

}  // namespace s3ferry
