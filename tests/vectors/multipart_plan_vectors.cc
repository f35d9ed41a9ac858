// Runs part plans: requested part size and object size to part size and number of parts.

#include <fmt/format.h>

#include "transfer/multipart_plan.h"
#include "vectors/runner.h"

namespace s3ferry::vectors {
namespace {

void run_case(const Json& test, Report& report) {
  const auto requested = test["requested_part_size"].get<ByteCount>();
  const auto size = test["object_size"].get<ByteCount>();
  const std::string name = fmt::format("{} bytes in parts of {}", size, requested);
  const auto plan = plan_multipart(requested, size);
  if (!plan) {
    test.contains("error") ? report.pass(name) : report.fail(name, plan.error().message());
  } else if (plan->part_bytes != test["part_size"].get<ByteCount>() ||
             plan->parts != test["parts"].get<std::uint32_t>()) {
    report.fail(name, fmt::format("got {} parts of {}", plan->parts, plan->part_bytes));
  } else {
    report.pass(name);
  }
}

}  // namespace

Runner multipart_plan_runner() {
  return {"multipart plan",
          [](std::string_view, const Json& document) {
            return document.contains("cases") && document["cases"].is_array() &&
                   !document["cases"].empty() &&
                   document["cases"][0].contains("requested_part_size");
          },
          [](const Json& document, Report& report) {
            for (const Json& test : document["cases"]) run_case(test, report);
          }};
}

}  // namespace s3ferry::vectors
