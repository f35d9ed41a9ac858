#include "engine/mortal_run.h"

#include <filesystem>
#include <stdexcept>

#include <stdlib.h>

#include "journal/sqlite_store.h"
#include "transfer/run_book.h"

namespace s3ferry::testing {
namespace fs = std::filesystem;

namespace {

std::string new_folder() {
  std::string name = (fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path().string()) +
                     "/s3ferry-mortal-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  return name;
}

Task<void> cancel_when(Event& died, Scope& process) {
  const Status told = co_await died.wait();
  if (told) process.cancel();
}

}  // namespace

MortalRun::MortalRun(SimPair& world, SyncOptions asked)
    : options(std::move(asked)), world_(world), folder_(new_folder()) {
  const auto on_request = [this](const sim::RequestInfo& request, bool after) {
    if (dead_) return;
    const bool counts = !death_ || !death_->of || *death_->of == request.operation;
    if (!after) ++requests_;
    if (!after && counts) ++counted_;
    if (death_ && counts && counted_ >= death_->at_request && after == death_->after_effect) die();
  };
  world_.sim().before_request([=](const sim::RequestInfo& one) { on_request(one, false); });
  world_.sim().after_request([=](const sim::RequestInfo& one) { on_request(one, true); });
}

MortalRun::~MortalRun() {
  fs::remove_all(folder_);
}

void MortalRun::die() {
  dead_ = true;
  world_.transport().cut_off(true);
  const std::string now = folder_ + "/" + std::to_string(generation_);
  const std::string next = folder_ + "/" + std::to_string(++generation_);
  if (fs::exists(now)) fs::copy(now, next, fs::copy_options::recursive);
  died_.set();
}

Task<void> MortalRun::process(Try& out) {
  auto directory = StateDirectory::open(folder_ + "/" + std::to_string(generation_));
  if (!directory) throw std::runtime_error(directory.error().describe());
  auto store = SqliteStore::open(world_.runtime(), std::move(*directory), SqliteStoreOptions());
  if (!store) throw std::runtime_error(store.error().describe());
  RunRequest request;
  request.identity = "source=a\ntarget=b\n";
  request.retry_failed = retry_failed;
  request.restart = restart;
  Result<RunRecord> record = co_await (*store)->open_run(std::move(request));
  if (record) {
    out.record = *record;
    Result<std::unique_ptr<RunBook>> book = co_await RunBook::open(**store, std::move(*record));
    if (book) {
      out.result.emplace(
          co_await run_sync(world_.runtime(), world_.pair(), options, sink_, book->get()));
    } else {
      out.error = std::move(book.error());
    }
  } else {
    out.error = std::move(record.error());
  }
  (void)co_await (*store)->close();
}

Task<void> MortalRun::supervise(Try& out) {
  Scope process_scope(world_.runtime()), watcher(world_.runtime());
  process_scope.spawn(process(out));
  watcher.spawn(cancel_when(died_, process_scope));
  co_await process_scope.join();
  watcher.cancel();
  co_await watcher.join();
}

MortalRun::Try MortalRun::go(std::optional<Death> death) {
  Try out;
  sink_ = RecordingSink();
  death_ = death;
  requests_ = counted_ = 0;
  dead_ = false;
  died_.clear();
  world_.transport().cut_off(false);
  world_.runtime().run(supervise(out));
  out.died = dead_;
  out.requests = requests_;
  sink_.sort();
  world_.transport().cut_off(false);
  return out;
}

}  // namespace s3ferry::testing
