#include "listing/patient_pages.h"

#include <algorithm>

namespace s3ferry {
namespace {

constexpr Duration kFirstDelay = std::chrono::milliseconds(500);
constexpr Duration kLongestDelay = std::chrono::seconds(20);

}  // namespace

Task<Status> PatientPages::fetch(s3::ListRequest request, s3::ListPage& page) {
  Duration delay = kFirstDelay;
  for (;;) {
    Status fetched = co_await inner_.fetch(request, page);
    if (fetched || !worth_waiting_(fetched.error())) co_return fetched;
    const double part = 0.5 + 0.5 * runtime_.random_unit();
    Status slept = co_await runtime_.sleep_for(std::chrono::duration_cast<Duration>(delay * part));
    if (!slept) co_return slept;
    delay = std::min(delay * 2, kLongestDelay);
  }
}

}  // namespace s3ferry
