#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/simulator.h"

namespace s3ferry::sim {

Status Simulator::configure(std::string_view json) {
  const auto document = nlohmann::json::parse(json, nullptr, false);
  if (!document.is_object()) return fail(ErrorKind::kConfig, "the configuration is not JSON");
  return Status();
}

}  // namespace s3ferry::sim
