#include "sim/counters.h"

#include <nlohmann/json.hpp>

namespace s3ferry::sim {
namespace {

nlohmann::json to_object(const OperationCounts& counts) {
  nlohmann::json out = nlohmann::json::object();
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0) out[std::string(to_string(static_cast<Operation>(i)))] = counts[i];
  return out;
}

}  // namespace

std::string Counters::to_json() const {
  nlohmann::json out;
  out["requests"] = requests;
  out["operations"] = to_object(by_operation);
  out["sides"]["none"] = to_object(by_side[0]);
  out["sides"]["source"] = to_object(by_side[1]);
  out["sides"]["target"] = to_object(by_side[2]);
  out["buckets"] = nlohmann::json::object();
  for (const auto& [name, counts] : by_bucket) out["buckets"][name] = to_object(counts);
  out["errors_4xx"] = errors_4xx;
  out["errors_5xx"] = errors_5xx;
  out["slow_downs"] = slow_downs;
  out["dropped"] = dropped;
  out["source_writes"] = source_writes;
  out["source_reads_by_copy"] = source_reads_by_copy;
  out["source_bytes_by_copy"] = source_bytes_by_copy;
  out["in_flight"] = in_flight;
  out["most_in_flight"] = most_in_flight;
  out["most_in_a_second"] = {{"none", most_in_a_second(Side::kNone)},
                             {"source", most_in_a_second(Side::kSource)},
                             {"target", most_in_a_second(Side::kTarget)}};
  return out.dump();
}

}  // namespace s3ferry::sim
