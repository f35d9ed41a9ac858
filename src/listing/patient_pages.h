#pragma once

#include <functional>

#include "listing/page_source.h"
#include "runtime/runtime.h"

namespace s3ferry {

// Asks for a page again where `worth_waiting` says so of the error: a policy that has not arrived
// everywhere yet. Doubling delays from half a second to 20 s, jittered. Whoever calls holds the
// place of one LIST meanwhile. All that is referred to outlives it.
class PatientPages final : public PageSource {
 public:
  using WorthWaiting = std::function<bool(const Error&)>;
  PatientPages(Runtime& runtime, PageSource& inner, WorthWaiting worth_waiting)
      : runtime_(runtime), inner_(inner), worth_waiting_(std::move(worth_waiting)) {}

  Task<Status> fetch(s3::ListRequest request, s3::ListPage& page) override;
  std::uint64_t granted_a_second() const override { return inner_.granted_a_second(); }

 private:
  Runtime& runtime_;
  PageSource& inner_;
  WorthWaiting worth_waiting_;
};

}  // namespace s3ferry
