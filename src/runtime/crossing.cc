#include "runtime/crossing.h"

#include <exception>
#include <mutex>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "runtime/event.h"

namespace s3ferry {

// Apart from the mailbox, because a delivery that was posted may come after it has died.
struct Mailbox::Box {
  std::mutex mutex;
  Letter* first = nullptr;
  Letter* last = nullptr;
  bool on_its_way = false;  // a delivery

  bool take_in(Letter& letter) {
    const std::lock_guard lock(mutex);
    letter.next_ = nullptr;
    (last != nullptr ? last->next_ : first) = &letter;
    last = &letter;
    return !std::exchange(on_its_way, true);
  }
  void deliver() {
    Letter* letter = nullptr;
    {
      const std::lock_guard lock(mutex);
      letter = std::exchange(first, nullptr);
      last = nullptr;
      on_its_way = false;
    }
    while (letter != nullptr) {
      Letter* const next = letter->next_;  // arriving, a letter may die
      letter->arrive();
      letter = next;
    }
  }
};

struct Mailbox::Guard {
  explicit Guard(Executor executor) : work(std::move(executor)) {}
  boost::asio::executor_work_guard<Executor> work;
};

Mailbox::Mailbox(Runtime& runtime)
    : runtime_(runtime),
      box_(std::make_shared<Box>()),
      guard_(std::make_unique<Guard>(runtime.executor())) {}
Mailbox::~Mailbox() = default;

void Mailbox::send(Letter& letter) {
  // A copy: once the letter is in, its sender may end, and this mailbox with it.
  const std::shared_ptr<Box> box = box_;
  const Executor executor = runtime_.executor();
  if (box->take_in(letter)) boost::asio::post(executor, [box] { box->deliver(); });
}

namespace detail {
namespace {

// As Scope's tasks: cancellation is an answer of each wait.
Task<void> without_throwing(Task<void> task) {
  co_await boost::asio::this_coro::throw_if_cancelled(false);
  co_await boost::asio::this_coro::reset_cancellation_state(
      boost::asio::enable_total_cancellation());
  co_await std::move(task);
}

// One task at the other loop. Two letters go there and come back: the task, and at most one request
// to stop. It dies when both are back, so neither finds it gone. What the letters hand over is
// ordered by the mailboxes' locks.
class Crossing {
 public:
  Crossing(Mailbox& there, Mailbox& home, Task<void> task)
      : there_(there), home_(home), task_(std::move(task)), go_(*this), stop_(*this) {}
  Crossing(const Crossing&) = delete;
  Crossing& operator=(const Crossing&) = delete;

  Task<void> wait();

 private:
  class Return : public Mailbox::Letter {
   public:
    explicit Return(Crossing& crossing) : crossing_(crossing) {}
    void arrive() final {
      if (std::exchange(returning_, true))
        crossing_.came_back();
      else
        arrive_there();
    }

   protected:
    ~Return() = default;
    virtual void arrive_there() = 0;
    Crossing& crossing_;

   private:
    bool returning_ = false;
  };
  struct Go final : Return {
    using Return::Return;
    void arrive_there() override { crossing_.begin(); }
  };
  struct Stop final : Return {
    using Return::Return;
    void arrive_there() override {
      if (crossing_.running_) crossing_.signal_.emit(boost::asio::cancellation_type::terminal);
      crossing_.home_.send(*this);
    }
  };

  void begin();
  void came_back() {
    --away_;
    back_.wake_one();
  }

  Mailbox& there_;
  Mailbox& home_;
  // There, until `go_` is back.
  Task<void> task_;
  boost::asio::cancellation_signal signal_;
  bool running_ = false;
  std::exception_ptr thrown_;
  // Here.
  int away_ = 0;
  WaitList back_;
  Go go_;
  Stop stop_;
};

void Crossing::begin() {
  running_ = true;
  boost::asio::co_spawn(
      there_.runtime().executor(), without_throwing(std::move(task_)),
      boost::asio::bind_cancellation_slot(signal_.slot(), [this](std::exception_ptr thrown) {
        running_ = false;
        thrown_ = std::move(thrown);
        home_.send(go_);
      }));
}

Task<void> Crossing::wait() {
  away_ = 1;
  there_.send(go_);
  while (away_ > 0) {
    if (co_await back_.wait()) continue;
    ++away_;
    there_.send(stop_);
    while (away_ > 0) co_await back_.wait_uncancelled();
  }
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
}

}  // namespace

Task<void> cross(Mailbox& there, Mailbox& home, Task<void> task) {
  Crossing crossing(there, home, std::move(task));
  co_await crossing.wait();
}

}  // namespace detail
}  // namespace s3ferry
