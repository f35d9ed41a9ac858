#include "runtime/interrupts.h"

#include <csignal>
#include <cstdlib>

#include <boost/asio/signal_set.hpp>

namespace s3ferry {

struct Interrupts::Signals {
  Signals(Runtime& runtime, Event& event)
      : set(runtime.context(), SIGINT, SIGTERM), first(std::make_shared<Event*>(&event)) {}
  // A handler that was queued, with its signal, before this dies is called after it: `first` tells.
  ~Signals() { *first = nullptr; }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  void wait() {
    set.async_wait([this, event = first](const boost::system::error_code& failed, int) {
      if (failed || *event == nullptr) return;
      if ((*event)->is_set()) std::_Exit(130);
      (*event)->set();
      wait();
    });
  }
  boost::asio::signal_set set;
  std::shared_ptr<Event*> first;
};

Interrupts::Interrupts(Runtime& runtime, Event& first)
    : signals_(std::make_unique<Signals>(runtime, first)) {
  signals_->wait();
}
Interrupts::~Interrupts() = default;

}  // namespace s3ferry
