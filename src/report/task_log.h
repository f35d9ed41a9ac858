#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/output.h"
#include "report/run_report.h"
#include "report/time_zone.h"
#include "runtime/runtime.h"
#include "transfer/events.h"

namespace s3ferry {

struct TaskLogSettings {
  std::string directory;
  std::string task;
  TimeZone zone;
  bool objects = false;  // both object lists of the check
  // What was asked, without secrets: a title and a text a line.
  std::vector<std::pair<std::string, std::string>> asked;
};

// The dated log of a task, DIRECTORY/YYYYMMDD NAME.txt by the zone's date at the start; a later run
// on that day appends. docs/formats/task-log.md describes it. Memory does not grow with the run:
// lines go to the file as they come, and the object lists wait in unnamed files beside it. One
// shard's thread.
class TaskLog final : public EventSink {
 public:
  // Makes the directory where only its last part is missing, opens the file and writes the head, so
  // that an unusable place is found before any request. kUsage for the name and the folder, kConfig
  // where another run is writing the file (nothing is written then), kIo when nothing can be
  // written.
  static Result<std::unique_ptr<TaskLog>> open(Runtime& runtime, TaskLogSettings settings);
  ~TaskLog() override;
  TaskLog(const TaskLog&) = delete;
  TaskLog& operator=(const TaskLog&) = delete;

  const std::string& path() const { return path_; }

  void on_begin(const Pair& pair, const RunCounters& counters) override;
  void on_resumed(const ResumedEvent& event) override;
  void on_phase(Phase phase) override;
  void on_copied(const CopiedEvent& event) override;
  void on_deleted(const DeletedEvent& event) override;
  void on_skipped(const SkippedEvent& event) override;
  void on_failed(const FailedEvent& event) override;
  void on_warning(const WarningEvent& event) override;
  void on_difference(const DifferenceEvent& event) override;
  bool wants_objects() const override { return settings_.objects; }
  void on_object(Side side, const ObjectView& object) override;

  // Writes what waits in memory to the file. kIo when the file took no more (a full disk).
  Status flush();
  // Lists, counts, verdict and outcome; then the file is synced and closed. An error means that the
  // log is not whole, and the run must not end as a success. Call once.
  Status finish(const RunReport& report);

 private:
  class File;
  TaskLog(Runtime& runtime, TaskLogSettings settings);
  Status open_files();
  void write_head();
  void line(std::string_view text);
  Status append_list(Side side);
  std::string time_text(WallTime time) const;
  std::string now_text() const { return time_text(runtime_.wall_now()); }

  Runtime& runtime_;
  TaskLogSettings settings_;
  std::string path_;
  std::unique_ptr<File> file_;
  std::unique_ptr<File> lists_[2];  // by Side; unnamed files, null where no lists were asked for
  const Pair* pair_ = nullptr;
  bool checked_ = false;
};

}  // namespace s3ferry
