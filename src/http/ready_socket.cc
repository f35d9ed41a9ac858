#include "http/ready_socket.h"

#include <array>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/epoll.h>
#include <unistd.h>

namespace s3ferry::http {
namespace {

namespace asio = boost::asio;
using Woken = ReadySocket::Woken;
constexpr asio::use_awaitable_t<Executor> kUseAwaitable{};
// What a suspended coroutine is resumed by.
using Resume = asio::async_result<asio::use_awaitable_t<Executor>, void(Woken)>::handler_type;

void resume_later(const Executor& executor, Resume handler, Woken how) {
  auto slot = asio::get_associated_cancellation_slot(handler);
  if (slot.is_connected()) slot.clear();
  asio::post(executor, [handler = std::move(handler), how]() mutable { std::move(handler)(how); });
}

}  // namespace

// The sockets of one loop. Asio waits for this set as for one descriptor, and only while some task
// waits for a socket of it.
class ReadySet final : public asio::execution_context::service {
 public:
  using key_type = ReadySet;
  static asio::execution_context::id id;

  explicit ReadySet(asio::execution_context& context)
      : service(context),
        descriptor_(static_cast<asio::io_context&>(context), open_set()),
        executor_(static_cast<asio::io_context&>(context).get_executor()) {}

  const Executor& executor() const { return executor_; }

  // 0, or the system's error: there are limits of what is listened to (epoll(7)).
  [[nodiscard]] int add(ReadySocket& socket) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = &socket;
    const int added =
        ::epoll_ctl(descriptor_.native_handle(), EPOLL_CTL_ADD, socket.descriptor(), &event);
    return added == 0 ? 0 : errno;
  }

  // Said, not left to close(): a process that is being started may still hold the descriptor.
  void remove(ReadySocket& socket) {
    epoll_event unused{};
    (void)::epoll_ctl(descriptor_.native_handle(), EPOLL_CTL_DEL, socket.descriptor(), &unused);
    for (int i = next_; i < told_; ++i)
      if (events_[static_cast<std::size_t>(i)].data.ptr == &socket)
        events_[static_cast<std::size_t>(i)].data.ptr = nullptr;
  }

  void began_wait() {
    ++waiting_;
    watch();
  }
  void ended_wait() { --waiting_; }
  bool listens() const { return waiting_ > 0; }

 private:
  static int open_set() {
    const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "epoll");
    return descriptor;
  }

  void shutdown() override {
    boost::system::error_code ignored;
    descriptor_.close(ignored);
  }

  void watch() {
    if (watched_ || telling_ || waiting_ == 0) return;
    watched_ = true;
    descriptor_.async_wait(asio::posix::descriptor_base::wait_read,
                           [this](boost::system::error_code error) {
                             watched_ = false;
                             if (!error) tell();
                           });
  }

  // What did not fit into `events_` is told in the loop's next turn.
  void tell() {
    telling_ = true;
    told_ = ::epoll_wait(descriptor_.native_handle(), events_.data(),
                         static_cast<int>(events_.size()), 0);
    for (next_ = 0; next_ < told_;) {
      const epoll_event event = events_[static_cast<std::size_t>(next_++)];
      if (event.data.ptr != nullptr)
        static_cast<ReadySocket*>(event.data.ptr)->on_events(event.events);
    }
    next_ = told_ = 0;
    telling_ = false;
    watch();
  }

  asio::posix::basic_stream_descriptor<Executor> descriptor_;
  Executor executor_;
  std::array<epoll_event, 128> events_;
  int next_ = 0, told_ = 0;  // of events_: the next to tell, and the end of them
  std::size_t waiting_ = 0;
  bool watched_ = false, telling_ = false;
};

asio::execution_context::id ReadySet::id;

ReadySocket::ReadySocket(Runtime& runtime, int descriptor, bool connected)
    : set_(asio::use_service<ReadySet>(runtime.context())),
      descriptor_(descriptor),
      ready_(connected ? kRead | kWrite : 0) {
  setup_error_ = set_.add(*this);
  interrupted_ = setup_error_ != 0;
}

bool ReadySocket::heard_nothing() const {
  return !may_read() && set_.listens();
}

ReadySocket::~ReadySocket() {
  set_.remove(*this);
  ::close(descriptor_);
}

template <class Handler>
void ReadySocket::suspend(Handler handler, std::uint8_t wanted) {
  static_assert(sizeof(Handler) <= sizeof handler_ && alignof(Handler) <= alignof(void*));
  if (interrupted_ || (ready_ & wanted) != 0)
    return resume_later(set_.executor(), std::move(handler),
                        interrupted_ ? Woken::kInterrupted : Woken::kReady);
  auto slot = asio::get_associated_cancellation_slot(handler);
  ::new (static_cast<void*>(handler_)) Handler(std::move(handler));
  wanted_ = wanted;
  set_.began_wait();
  if (slot.is_connected())
    slot.assign([this](asio::cancellation_type) {
      if (wanted_ != 0) wake_later(Woken::kCancelled);
    });
}

Task<Woken> ReadySocket::wait(std::uint8_t wanted) {
  return asio::async_initiate<const asio::use_awaitable_t<Executor>, void(Woken)>(
      [this, wanted](auto&& handler) {
        suspend(Resume(std::forward<decltype(handler)>(handler)), wanted);
      },
      kUseAwaitable);
}

void ReadySocket::on_events(std::uint32_t events) {
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    ended_ = true;
    ready_ |= kRead;
  }
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) ready_ |= kWrite;
  if ((events & EPOLLIN) != 0) ready_ |= kRead;
  if ((events & EPOLLOUT) != 0) ready_ |= kWrite;
  if ((ready_ & wanted_) != 0) wake(Woken::kReady);
}

void ReadySocket::interrupt() {
  interrupted_ = true;
  if (wanted_ != 0) wake_later(Woken::kInterrupted);
}

template <class Handler>
Handler ReadySocket::take_handler() {
  auto* stored = std::launder(reinterpret_cast<Handler*>(handler_));
  Handler handler = std::move(*stored);
  stored->~Handler();
  wanted_ = 0;
  set_.ended_wait();
  return handler;
}

// The task runs within this call, and may end this socket.
void ReadySocket::wake(Woken how) {
  take_handler<Resume>()(how);
}

void ReadySocket::wake_later(Woken how) {
  resume_later(set_.executor(), take_handler<Resume>(), how);
}

}  // namespace s3ferry::http
