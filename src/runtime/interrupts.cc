#include "runtime/interrupts.h"

#include <csignal>
#include <cstdlib>

#include <boost/asio/signal_set.hpp>

namespace s3ferry {

struct Interrupts::Signals {
  Signals(Runtime& runtime, Event& event) : set(runtime.context(), SIGINT, SIGTERM), first(event) {}
  void wait() {
    set.async_wait([this](const boost::system::error_code& failed, int) {
      if (failed) return;
      if (first.is_set()) std::_Exit(130);
      first.set();
      wait();
    });
  }
  boost::asio::signal_set set;
  Event& first;
};

Interrupts::Interrupts(Runtime& runtime, Event& first)
    : signals_(std::make_unique<Signals>(runtime, first)) {
  signals_->wait();
}

// The handler that still waits is told of the end only when the loop runs again, and it will not
// touch what is gone: Asio hands it an error, and it returns at once.
Interrupts::~Interrupts() = default;

}  // namespace s3ferry
