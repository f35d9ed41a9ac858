#include "report/display.h"

#include <chrono>

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry {
namespace {

std::string shown_url(const Location& at, std::string_view key) {
  return escape_for_display(at.url_of(key));
}

std::string_view explanation(SkipReason reason) {
  switch (reason) {
    case SkipReason::kArchived:
    case SkipReason::kArchivedSilent:
      return "archived: restore it first, or use --force-glacier-transfer where it is restored";
    case SkipReason::kVanished:
      return "gone at the source since it was listed";
    case SkipReason::kChangedMeanwhile:
      return "it keeps changing at the source; run again";
    case SkipReason::kNoTargetName:
      return "the prefix's own folder marker has no name there";
    case SkipReason::kBackAtSource:
      return "not deleted: the source has it again";
    case SkipReason::kWrittenMeanwhile:
      return "not deleted: written after this run began";
    case SkipReason::kChangedAtTarget:
      return "not deleted: it changed since it was listed";
    case SkipReason::kDeletionsRefused:
      return "not deleted: deletions were refused";
    case SkipReason::kNotTried:
      return "not tried: the run stopped";
    case SkipReason::kCount:
      break;
  }
  return "";
}

std::string side_facts(const ObjectView* object) {
  if (object == nullptr) return "absent";
  return fmt::format("{} bytes, ETag {}", object->size,
                     object->etag.empty() ? "unknown" : escape_for_display(object->etag));
}

}  // namespace

std::string display_duration(Duration time) {
  const double seconds = std::chrono::duration<double>(time).count();
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string display_tally(const Tally& tally) {
  return fmt::format("{} object{} ({})", display_count(tally.objects),
                     tally.objects == 1 ? "" : "s", display_bytes(tally.bytes));
}

std::string shell_quote(std::string_view argument) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=%+@,";
  if (!argument.empty() && argument.find_first_not_of(kPlain) == std::string_view::npos)
    return std::string(argument);
  std::string out = "'";
  for (const char c : argument) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

std::string reason_of(const Error& error) {
  std::string out;
  if (!error.operation().empty()) out += error.operation() + ": ";
  if (!error.code().empty() && !error.message().starts_with(error.code())) out += error.code();
  if (error.http_status() != 0) out += fmt::format(" ({})", error.http_status());
  if (!out.empty() && !out.ends_with(": ")) out += ": ";
  out += error.message();
  if (error.attempts() > 1) out += fmt::format(" [{} attempts]", error.attempts());
  return escape_for_display(out);
}

std::string copied_line(const Pair& pair, const CopiedEvent& event) {
  return fmt::format("{}copy: {} to {}", event.dry_run ? "(dryrun) " : "",
                     shown_url(pair.source_at, event.key), shown_url(pair.target_at, event.key));
}

std::string deleted_line(const Pair& pair, const DeletedEvent& event) {
  return fmt::format("{}delete: {}", event.dry_run ? "(dryrun) " : "",
                     shown_url(pair.target_at, event.key));
}

std::string failed_line(const Pair& pair, const FailedEvent& event) {
  if (event.side == Side::kTarget)
    return fmt::format("delete failed: {} {}", shown_url(pair.target_at, event.key),
                       reason_of(event.error));
  return fmt::format("copy failed: {} to {} {}", shown_url(pair.source_at, event.key),
                     shown_url(pair.target_at, event.key), reason_of(event.error));
}

std::string skipped_line(const Pair& pair, const SkippedEvent& event) {
  const Location& at = event.side == Side::kSource ? pair.source_at : pair.target_at;
  return fmt::format("{}skipped: {} {}", is_warning(event.reason) ? "warning: " : "",
                     shown_url(at, event.key), explanation(event.reason));
}

std::string resumed_line(const ResumedEvent& event, std::string_view began) {
  return fmt::format("resuming the run that began at {} ({} objects done), try {}", began,
                     display_count(event.earlier.settled()), event.tries);
}

std::string difference_line(const Pair& pair, const DifferenceEvent& event) {
  const Location& at =
      event.kind == DifferenceKind::kExtraAtTarget ? pair.target_at : pair.source_at;
  std::string_view title = "difference";
  if (event.late)
    title = "late";
  else if (event.excused)
    title = event.archived ? "archived" : "excused";
  const bool restore = event.archived && !event.late && !event.excused;
  return fmt::format("{}: {}: {} (source: {}{}; target: {})", title, to_string(event.kind),
                     shown_url(at, event.key), side_facts(event.source),
                     restore ? ", archived: restore it first" : "", side_facts(event.target));
}

}  // namespace s3ferry
