#include "transfer/counters_text.h"

#include <nlohmann/json.hpp>

namespace s3ferry {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kEnded = "ended_because";

// The one list of what is kept: `each(name, member pointer)`.
template <class Each>
void for_each_tally(Each each) {
  each("listed_source", &RunCounters::listed_source);
  each("listed_target", &RunCounters::listed_target);
  each("excluded_source", &RunCounters::excluded_source);
  each("excluded_target", &RunCounters::excluded_target);
  each("ignored_markers_source", &RunCounters::ignored_markers_source);
  each("ignored_markers_target", &RunCounters::ignored_markers_target);
  each("source_only", &RunCounters::source_only);
  each("target_only", &RunCounters::target_only);
  each("both", &RunCounters::both);
  each("planned_copies", &RunCounters::planned_copies);
  each("planned_deletes", &RunCounters::planned_deletes);
  each("copied", &RunCounters::copied);
  each("relayed", &RunCounters::relayed);
  each("same", &RunCounters::same);
  each("copied_earlier", &RunCounters::copied_earlier);
  each("deleted", &RunCounters::deleted);
  each("extras_kept", &RunCounters::extras_kept);
  each("skipped", &RunCounters::skipped);
  each("failed", &RunCounters::failed);
  each("skipped_deletes", &RunCounters::skipped_deletes);
  each("failed_deletes", &RunCounters::failed_deletes);
}

template <class Each>
void for_each_number(Each each) {
  each("late", &RunCounters::late);
  each("conflicts", &RunCounters::conflicts);
  each("not_reproducible", &RunCounters::not_reproducible);
  each("requeued", &RunCounters::requeued);
  each("etag_incomparable", &RunCounters::etag_incomparable);
  each("list_pages_source", &RunCounters::list_pages_source);
  each("list_pages_target", &RunCounters::list_pages_target);
}

std::string name_of(CopyReason, std::size_t at) {
  return std::string(to_string(static_cast<CopyReason>(at)));
}
std::string name_of(SkipReason, std::size_t at) {
  return std::string(to_string(static_cast<SkipReason>(at)));
}

template <class Reason, class Counts>
void put_reasons(Json& out, const char* name, const Counts& counts) {
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0) out[name][name_of(Reason(), i)] = counts[i];
}

template <class Reason, class Counts>
void take_reasons(const Json& in, const char* name, Counts& counts) {
  const auto found = in.find(name);
  if (found == in.end() || !found->is_object()) return;
  for (std::size_t i = 0; i < counts.size(); ++i)
    counts[i] = found->value(name_of(Reason(), i), std::uint64_t{0});
}

Json to_json(const RunCounters& counters) {
  Json out = Json::object();
  for_each_tally([&](const char* name, Tally RunCounters::*member) {
    const Tally& tally = counters.*member;
    if (tally.objects > 0) out[name] = {tally.objects, tally.bytes};
  });
  for_each_number([&](const char* name, std::uint64_t RunCounters::*member) {
    if (counters.*member > 0) out[name] = counters.*member;
  });
  put_reasons<CopyReason>(out, "copied_because", counters.copied_because);
  put_reasons<SkipReason>(out, "skipped_because", counters.skipped_because);
  return out;
}

}  // namespace

std::string counters_to_text(const RunCounters& counters) {
  return to_json(counters).dump();
}

std::string left_to_text(const RunCounters& counters, std::string_view why) {
  Json out = to_json(counters);
  out[kEnded] = why;
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string why_left(std::string_view text) {
  const Json in = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!in.is_object()) return {};
  const auto found = in.find(kEnded);
  return found != in.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<RunCounters> counters_from_text(std::string_view text) {
  RunCounters out;
  try {
    const Json in = Json::parse(text);
    if (!in.is_object()) return fail(ErrorKind::kIo, "a run's figures are no JSON object");
    for_each_tally([&](const char* name, Tally RunCounters::*member) {
      const auto found = in.find(name);
      if (found == in.end()) return;
      (out.*member).objects = found->at(0).get<std::uint64_t>();
      (out.*member).bytes = found->at(1).get<ByteCount>();
    });
    for_each_number([&](const char* name, std::uint64_t RunCounters::*member) {
      out.*member = in.value(name, std::uint64_t{0});
    });
    take_reasons<CopyReason>(in, "copied_because", out.copied_because);
    take_reasons<SkipReason>(in, "skipped_because", out.skipped_because);
  } catch (const Json::exception& fault) {
    return fail(ErrorKind::kIo, std::string("a run's figures cannot be read: ") + fault.what());
  }
  return out;
}

void add_counters(RunCounters& sum, const RunCounters& more) {
  for_each_tally([&](const char*, Tally RunCounters::*member) {
    (sum.*member).objects += (more.*member).objects;
    (sum.*member).bytes += (more.*member).bytes;
  });
  for_each_number(
      [&](const char*, std::uint64_t RunCounters::*member) { sum.*member += more.*member; });
  for (std::size_t i = 0; i < sum.copied_because.size(); ++i)
    sum.copied_because[i] += more.copied_because[i];
  for (std::size_t i = 0; i < sum.skipped_because.size(); ++i)
    sum.skipped_because[i] += more.skipped_because[i];
}

}  // namespace s3ferry
