#pragma once

#include <string>
#include <string_view>

#include "report/output.h"
#include "report/progress.h"
#include "report/run_report.h"
#include "runtime/runtime.h"
#include "transfer/events.h"

namespace s3ferry {

struct ConsoleOptions {
  bool quiet = false;             // no line an object, no summary; only what ended the run
  bool only_show_errors = false;  // errors and warnings
  bool json = false;              // standard output belongs to the events
  bool progress = false;          // draw a progress line on standard error
  std::size_t columns = 80;
};

// What a person sees of a run: one line a result on standard output as `aws s3 sync` writes it,
// failures and warnings on standard error, a progress line there if it is a terminal, a summary at
// the end. One shard's thread; `pair` and counters of on_begin are used until on_end.
class Console final : public EventSink {
 public:
  Console(Runtime& runtime, Output& out, Output& err, ConsoleOptions options);

  void on_begin(const Pair& pair, const RunCounters& counters) override;
  void on_end() override;
  void on_resumed(const ResumedEvent& event) override;
  void on_phase(Phase phase) override;
  void on_copied(const CopiedEvent& event) override;
  void on_deleted(const DeletedEvent& event) override;
  void on_skipped(const SkippedEvent& event) override;
  void on_failed(const FailedEvent& event) override;
  void on_warning(const WarningEvent& event) override;
  void on_difference(const DifferenceEvent& event) override;

  // For the progress line: so many objects the last run of the task counted at the source.
  void expect(std::uint64_t objects) { progress_.expect(objects); }
  // Call it a few times a second: passes on what is buffered and redraws the progress line.
  void tick();
  // The end of the run: the summary, and why it did not go well.
  void finish(const RunReport& report);

 private:
  void result(std::string_view line);   // standard output
  void message(std::string_view line);  // standard error, at once
  void pass_on();                       // standard output's lines, where no progress line stands
  void draw(const std::string& line);
  void clear_progress();

  Runtime& runtime_;
  Output& out_;
  Output& err_;
  ConsoleOptions options_;
  Progress progress_;
  const Pair* pair_ = nullptr;
  std::string progress_line_;
  std::size_t held_ = 0;  // bytes written to out_ since it was passed on
  bool drawn_ = false;
  bool end_told_ = false;
  bool spoke_ = false;  // a line went to standard output
};

// "s3ferry: …" as the one line that an error gets; escaped.
std::string error_line(const Error& error);

}  // namespace s3ferry
