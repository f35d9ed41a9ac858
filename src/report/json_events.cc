#include "report/json_events.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "report/display.h"
#include "report/json_key.h"

namespace s3ferry {
namespace {

using Json = nlohmann::ordered_json;

Json error_json(const Error& error) {
  Json out;
  out["kind"] = to_string(error.kind());
  if (!error.code().empty()) out["code"] = error.code();
  if (error.http_status() != 0) out["status"] = error.http_status();
  if (!error.operation().empty()) out["operation"] = error.operation();
  if (!error.request_id().empty()) out["request_id"] = error.request_id();
  if (error.attempts() > 0) out["attempts"] = error.attempts();
  out["message"] = error.message();
  return out;
}

Json object_json(const ObjectView* object) {
  if (object == nullptr) return nullptr;
  Json out;
  out["size"] = object->size;
  out["etag"] = object->etag;
  out["modified"] = format_iso8601(object->modified);
  return out;
}

Json tally_json(const Tally& tally) {
  return Json{{"objects", tally.objects}, {"bytes", tally.bytes}};
}

}  // namespace

JsonEvents::Json JsonEvents::begin(std::string_view event) const {
  Json out;
  out["event"] = event;
  out["time"] = format_iso8601_millis(runtime_.wall_now());
  return out;
}

void JsonEvents::put(const Json& event) {
  out_.write(event.dump(-1, ' ', false, Json::error_handler_t::replace));
  out_.write("\n");
}

void JsonEvents::on_begin(const Pair& pair, const RunCounters&) {
  if (std::exchange(begun_, true)) return;
  Json event = begin("begin");
  event["source"] = pair.source_at.url();
  event["target"] = pair.target_at.url();
  put(event);
}

void JsonEvents::on_resumed(const ResumedEvent& resumed) {
  Json event = begin("resumed");
  event["began"] = format_iso8601_millis(resumed.began);
  event["tries"] = resumed.tries;
  event["done"] = resumed.earlier.settled();
  put(event);
}

void JsonEvents::on_phase(Phase phase) {
  Json event = begin("phase");
  event["phase"] = to_string(phase);
  put(event);
}

void JsonEvents::on_copied(const CopiedEvent& copied) {
  Json event = begin("copied");
  put_json_key(event, copied.key);
  event["size"] = copied.size;
  event["reason"] = to_string(copied.reason);
  event["late"] = copied.late;
  event["dry_run"] = copied.dry_run;
  put(event);
}

void JsonEvents::on_deleted(const DeletedEvent& deleted) {
  Json event = begin("deleted");
  put_json_key(event, deleted.key);
  event["size"] = deleted.size;
  event["dry_run"] = deleted.dry_run;
  put(event);
}

void JsonEvents::on_skipped(const SkippedEvent& skipped) {
  Json event = begin("skipped");
  event["side"] = to_string(skipped.side);
  put_json_key(event, skipped.key);
  event["size"] = skipped.size;
  event["reason"] = to_string(skipped.reason);
  event["warning"] = is_warning(skipped.reason);
  put(event);
}

void JsonEvents::on_failed(const FailedEvent& failed) {
  Json event = begin("failed");
  event["operation"] = failed.side == Side::kSource ? "copy" : "delete";
  put_json_key(event, failed.key);
  event["size"] = failed.size;
  event["error"] = error_json(failed.error);
  put(event);
}

void JsonEvents::on_warning(const WarningEvent& warning) {
  Json event = begin("warning");
  event["kind"] = to_string(warning.kind);
  event["message"] = warning.message;
  put(event);
}

void JsonEvents::on_difference(const DifferenceEvent& difference) {
  Json event = begin("difference");
  event["kind"] = to_string(difference.kind);
  put_json_key(event, difference.key);
  event["source"] = object_json(difference.source);
  event["target"] = object_json(difference.target);
  event["late"] = difference.late;
  event["excused"] = difference.excused;
  event["archived"] = difference.archived;
  put(event);
}

void JsonEvents::put_check(const RunReport& report) {
  if (report.check_error) {
    Json event = begin("check");
    event["verdict"] = to_string(report.verdict());
    event["error"] = error_json(*report.check_error);
    put(event);
    return;
  }
  if (!report.check) return;
  const CheckCounters& c = report.check->counters;
  Json event = begin("check");
  event["verdict"] = to_string(report.verdict());
  event["level"] = to_string(report.check->level);
  event["source"] = tally_json(c.source);
  event["target"] = tally_json(c.target);
  event["folder_markers_source"] = c.markers_source.objects;
  event["folder_markers_target"] = c.markers_target.objects;
  event["matched"] = c.matched;
  event["by_etag"] = c.by_etag;
  event["by_size"] = c.by_size;
  event["by_size_encrypted"] = c.by_size_encrypted;
  event["by_size_layout"] = c.by_size_layout;
  event["missing"] = c.missing;
  event["extra"] = c.extra;
  event["size_differs"] = c.size_differs;
  event["etag_differs"] = c.etag_differs;
  event["could_not_look"] = c.could_not_look;
  event["late"] = c.late;
  event["archived"] = c.archived;
  event["archived_missing"] = c.archived_missing;
  event["excused"] = c.excused;
  event["extras_allowed"] = c.extras_allowed;
  event["advice"] = report.check->advice;
  put(event);
}

void JsonEvents::finish(const RunReport& report) {
  put_check(report);
  if (report.sync && report.sync->stopped) {
    Json event = begin("error");
    event["error"] = error_json(*report.sync->stopped);
    put(event);
  }
  if (report.error) {
    Json event = begin("error");
    event["error"] = error_json(*report.error);
    put(event);
  }
  const RunCounters none;
  const RunCounters& c = report.sync ? report.sync->counters : none;
  Json summary;
  summary["event"] = "summary";
  summary["copied"] = c.all_copied().objects;
  summary["same"] = report.sync ? c.only_same() : report.check ? report.check->counters.matched : 0;
  summary["deleted"] = c.deleted.objects;
  summary["skipped"] = c.skipped.objects;
  summary["failed"] = c.failed.objects;
  summary["late"] = report.late();
  summary["requests"] = Json::object();
  for (const auto& [name, count] : report.requests) summary["requests"][name] = count;
  summary["command"] = report.command;
  summary["dry_run"] = report.dry_run;
  summary["skipped_because"] = Json::object();
  for (std::size_t i = 0; i < kSkipReasons; ++i)
    if (c.skipped_because[i] > 0)
      summary["skipped_because"][std::string(to_string(static_cast<SkipReason>(i)))] =
          c.skipped_because[i];
  summary["not_reproducible"] = c.not_reproducible;
  if (report.sync) summary["conditional_writes"] = conditional_writes(*report.sync);
  summary["would_copy"] = c.would_copy.objects;
  summary["would_delete"] = c.would_delete.objects;
  summary["copied_bytes"] = c.all_copied().bytes;
  summary["deleted_bytes"] = c.deleted.bytes;
  summary["relayed"] = c.relayed.objects;
  summary["relayed_bytes"] = c.relayed.bytes;
  const bool only_checked = !report.sync && report.check;
  summary["source"] = tally_json(only_checked ? report.check->counters.source : c.listed_source);
  summary["target"] = tally_json(only_checked ? report.check->counters.target : c.listed_target);
  if (report.sync && report.sync->tries > 1) {
    const RunCounters& earlier = report.sync->earlier;
    summary["tries"] = report.sync->tries;
    summary["began"] = format_iso8601_millis(report.sync->began);
    summary["copied_earlier"] = c.copied_earlier.objects;
    summary["earlier"] = Json{{"copied", earlier.all_copied().objects},
                              {"same", earlier.only_same()},
                              {"deleted", earlier.deleted.objects},
                              {"skipped", earlier.skipped.objects},
                              {"failed", earlier.failed.objects}};
  }
  summary["deletions"] = report.sync ? to_string(report.sync->deletions) : "not-asked";
  summary["check"] = to_string(report.verdict());
  summary["runtime_s"] = std::chrono::duration<double>(report.runtime).count();
  summary["job"] = report.job_succeeded() ? "success" : "fail";
  summary["exit_code"] = report.exit_code;
  if (!report.log_path.empty()) summary["log"] = report.log_path;
  put(summary);
  out_.flush();
}

}  // namespace s3ferry
