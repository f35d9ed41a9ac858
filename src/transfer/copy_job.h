#pragma once

#include <atomic>
#include <memory>

#include "aws/call.h"
#include "s3/types.h"
#include "transfer/copy_queue.h"
#include "transfer/copy_route.h"

namespace s3ferry {

// One object on its way: tries, looks again when a condition did not hold, and ends in exactly one
// outcome, told through RunState. Rule 3 lives here: the copy names the ETag that the listing saw;
// a 412 is looked into, never repeated blindly; a foreign write at the target is never overwritten.
class CopyJob {
 public:
  CopyJob(CopyShared& shared, CopyQueue::Next&& next)
      : shared_(shared),
        item_(std::move(next.item)),
        lane_(std::move(next.lane)),
        watch_(lane_->pace) {}
  CopyJob(const CopyJob&) = delete;
  CopyJob& operator=(const CopyJob&) = delete;

  // Gives up after 8 tries that were given back (40 that a 503 refused; an empty retry budget only
  // slows), and after two changes at the source.
  Task<void> run();

 private:
  // Tells the lane's pace how its copies go, and what they send beside the try that was paid for.
  class Watch final : public aws::AttemptWatch {
   public:
    explicit Watch(LanePace& pace) : pace_(pace) {}
    void paid() { paid_ = true; }  // the next try
    Duration took() const { return took_; }
    void sent(TimePoint now) override;
    void answered(TimePoint now, const Error* error) override;

   private:
    LanePace& pace_;
    // Parts are sent from several tasks, on any thread.
    std::atomic<bool> paid_{true};
    std::atomic<TimePoint> sent_{TimePoint{}};  // the latest
    std::atomic<Duration> took_{Duration{}};    // … that worked
  };

  enum class Step : std::uint8_t { kDone, kAgain, kLater };

  Task<Step> attempt();
  Task<Step> look_and_send();
  Task<Step> send();
  Task<Result<s3::CopyResult>> take_route(RouteTry& attempt);
  void allowed();
  Task<Step> settle_error(Error error);
  bool is_as_listed(const s3::CopyResult& result) const;
  Task<Step> settle_copied(s3::CopyResult result);

  // copy_looks.cc: what is done when an answer says that the plan no longer fits.
  Task<Step> look_at_etags();
  Task<Step> look_at_attributes();
  void leave_locks_out();
  Task<Step> look_at_source(Error why);
  Task<Step> look_at_target(Error why);
  bool may_be_of_a_killed_try(const s3::ObjectInfo& target) const;
  Task<Step> verify_copied(s3::CopyResult result, bool surely_another);
  Step replan(const s3::ObjectInfo& source);
  Step cannot_look(Error error, const Error* instead);

  Step denied(Error error);
  Step later(const Error& error);
  Step when_settled(const Error& error);
  Task<Status> wait();
  Step copied();
  Step skipped(SkipReason reason);
  Step failed(Error error);
  Step abandoned();
  s3::WriteCondition guard() const;
  bool drop_guard(const Error& error);
  bool is_relayed() const { return item_.route == CopyRoute::kRelay; }
  std::string source_key() const { return state().pair.source_at.full_key(item_.key); }
  std::string target_key() const { return state().pair.target_at.full_key(item_.key); }
  RunState& state() const { return shared_.state; }

  CopyShared& shared_;
  CopyItem item_;
  CopyLanePtr lane_;
  Watch watch_;
  CopyIdentity::Turn turn_;
  std::unique_ptr<s3::ObjectInfo> full_;  // few jobs have one, and it is large
  std::string lost_;                      // what could not arrive, beside what full_ tells
  bool etags_looked_at_ = false;
  bool late_ = false;           // replanned after the source changed
  bool guarded_ = false;        // the last request carried a condition on the target
  bool ambiguous_ = false;      // an answer was lost: what is at the target may be ours
  bool fell_back_ = false;      // relayed because every principal was denied
  bool without_guard_ = false;  // denied with If-Match: tried once without
  GivenBack given_back_;
  int settled_ = 0;  // tries that --settle gave
  int looks_ = 0;
  std::int64_t retry_after_ms_ = 0;
};

// Looks after an answer that did not fit.
inline constexpr int kMostLooks = 4;

}  // namespace s3ferry
