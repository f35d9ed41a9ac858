#include "report/task_log.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "report/display.h"
#include "report/task_name.h"

namespace s3ferry {
namespace {

std::string system_message() {
  return std::generic_category().message(errno);
}

std::string object_line(const ObjectView& object) {
  return fmt::format("  {} {:>14} {:<36} {}\n", format_iso8601(object.modified), object.size,
                     object.etag.empty() ? "-" : escape_for_display(object.etag),
                     escape_for_display(object.key));
}

// A run that was killed left half a line: the next one must not go on in it.
bool ends_within_a_line(int descriptor) {
  const off_t size = ::lseek(descriptor, 0, SEEK_END);
  char last = '\n';
  return size > 0 && ::pread(descriptor, &last, 1, size - 1) == 1 && last != '\n';
}

}  // namespace

// A descriptor of our own and the buffered output over it.
class TaskLog::File {
 public:
  File(int descriptor, const std::string& name)
      : descriptor_(descriptor), output_(descriptor, name) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  Output& output() { return output_; }
  int descriptor() const { return descriptor_; }
  // Pipes and devices cannot be synced, and say EINVAL.
  Status sync_and_close(const std::string& name) {
    const int descriptor = std::exchange(descriptor_, -1);
    const bool synced = ::fsync(descriptor) == 0 || errno == EINVAL;
    const std::string why = synced ? "" : system_message();
    const bool closed = ::close(descriptor) == 0;
    if (synced && closed) return {};
    return fail(ErrorKind::kIo, fmt::format("cannot write the log '{}': {}", name,
                                            synced ? system_message() : why));
  }

 private:
  int descriptor_;
  DescriptorOutput output_;
};

TaskLog::TaskLog(Runtime& runtime, TaskLogSettings settings)
    : runtime_(runtime), settings_(std::move(settings)) {}
TaskLog::~TaskLog() = default;

Result<std::unique_ptr<TaskLog>> TaskLog::open(Runtime& runtime, TaskLogSettings settings) {
  Status named = check_task_name(settings.task);
  if (!named) return fail(std::move(named.error()));
  std::unique_ptr<TaskLog> log(new TaskLog(runtime, std::move(settings)));
  Status opened = log->open_files();
  if (!opened) return fail(std::move(opened.error()));
  log->write_head();
  Status written = log->flush();
  if (!written) return fail(std::move(written.error()));
  return log;
}

Status TaskLog::open_files() {
  std::string& folder = settings_.directory;
  if (folder.empty()) folder = ".";
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  auto bad = [&](const std::string& what) {
    return fail(ErrorKind::kUsage,
                fmt::format("--log-dir: cannot write '{}': {}; name a folder that can "
                            "be written",
                            escape_for_display(what), system_message()));
  };
  if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) return bad(folder);
  path_ = fmt::format("{}/{} {}.txt", folder,
                      format_date_digits(settings_.zone.at(runtime_.wall_now())), settings_.task);
  const int descriptor = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) return bad(path_);
  file_ = std::make_unique<File>(descriptor, "the log '" + escape_for_display(path_) + "'");
  // Held until the file is closed, however the process ends. File systems without locks do without.
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return fail(ErrorKind::kConfig,
                fmt::format("another run is at work and writes the log '{}': wait for its end, or "
                            "give this one another --task",
                            escape_for_display(path_)));
  if (ends_within_a_line(descriptor)) file_->output().write("\n\n");
  if (!settings_.objects) return {};
  for (auto& list : lists_) {
    std::string name = folder + "/.s3ferry-objects-XXXXXX";
    const int opened = ::mkostemp(name.data(), O_CLOEXEC);
    if (opened < 0) return bad(name);
    ::unlink(name.c_str());
    list = std::make_unique<File>(opened, "an object list in '" + escape_for_display(folder) + "'");
  }
  return {};
}

std::string TaskLog::time_text(WallTime time) const {
  const LocalTime now = settings_.zone.at(time);
  return fmt::format("{} {} ({})", format_local(now), format_offset(now), settings_.zone.name());
}

void TaskLog::write_head() {
  line("======== s3ferry ========");
  line("start: " + now_text());
  line("task: " + settings_.task);
  for (const auto& [title, text] : settings_.asked)
    line(fmt::format("{}: {}", title, escape_for_display(text)));
}

void TaskLog::line(std::string_view text) {
  file_->output().write(text);
  file_->output().write("\n");
}

void TaskLog::on_begin(const Pair& pair, const RunCounters&) {
  pair_ = &pair;
}

void TaskLog::on_resumed(const ResumedEvent& event) {
  line(resumed_line(event, time_text(event.began)));
}

void TaskLog::on_phase(Phase phase) {
  checked_ = checked_ || phase == Phase::kChecking;
  line(fmt::format("---- {}: {}", to_string(phase), now_text()));
}

void TaskLog::on_copied(const CopiedEvent& event) {
  if (pair_ != nullptr) line(copied_line(*pair_, event));
}
void TaskLog::on_deleted(const DeletedEvent& event) {
  if (pair_ != nullptr) line(deleted_line(*pair_, event));
}
void TaskLog::on_skipped(const SkippedEvent& event) {
  if (pair_ != nullptr) line(skipped_line(*pair_, event));
}
void TaskLog::on_failed(const FailedEvent& event) {
  if (pair_ != nullptr) line(failed_line(*pair_, event));
}
void TaskLog::on_warning(const WarningEvent& event) {
  line((is_note(event.kind) ? "note: " : "warning: ") + escape_for_display(event.message));
}
void TaskLog::on_difference(const DifferenceEvent& event) {
  if (pair_ != nullptr) line(difference_line(*pair_, event));
}

void TaskLog::on_object(Side side, const ObjectView& object) {
  lists_[static_cast<std::size_t>(side)]->output().write(object_line(object));
}

Status TaskLog::append_list(Side side) {
  File& list = *lists_[static_cast<std::size_t>(side)];
  line(fmt::format("---- objects of the {}", to_string(side)));
  list.output().flush();
  if (!list.output().status()) {
    line("the list is not whole: " + list.output().status().error().message());
    return list.output().status();
  }
  char buffer[32 * 1024];
  off_t at = 0;
  for (;;) {
    const ssize_t n = ::pread(list.descriptor(), buffer, sizeof buffer, at);
    if (n < 0) return fail(ErrorKind::kIo, "cannot read an object list back: " + system_message());
    if (n == 0) return {};
    file_->output().write(std::string_view(buffer, static_cast<std::size_t>(n)));
    at += n;
  }
}

Status TaskLog::flush() {
  file_->output().flush();
  return file_->output().status();
}

Status TaskLog::finish(const RunReport& report) {
  Status list;
  for (const Side side : {Side::kSource, Side::kTarget})
    if (list && settings_.objects && checked_) list = append_list(side);
  line("---- result");
  for (const std::string& text : summary_lines(report)) line(text);
  if (report.error) line("error: " + reason_of(*report.error));
  switch (report.verdict()) {
    case CheckVerdict::kSuccess:
      line(kCheckSuccess);
      break;
    case CheckVerdict::kFail:
      line(kCheckFail);
      break;
    case CheckVerdict::kNotMade:
      line("data integrity check not made");
      break;
  }
  line("end: " + now_text());
  line("runtime: " + display_duration(report.runtime));
  line(fmt::format("exit code: {}", report.exit_code));
  line(report.job_succeeded() && list ? kJobSuccess : kJobFail);
  line("");
  Status written = flush();
  Status closed = file_->sync_and_close(path_);
  if (!written) return written;
  if (!closed) return closed;
  return list;
}

}  // namespace s3ferry
