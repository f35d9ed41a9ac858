#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/connections.h"
#include "cli/exit_code.h"
#include "report/console.h"
#include "runtime/host.h"
#include "s3/bucket_reader.h"
#include "transfer/run_drained.h"

namespace s3ferry {
namespace {

// Sizes as `aws s3 ls --human-readable` writes them.
std::string human_size(ByteCount bytes) {
  if (bytes == 1) return "1 Byte";
  if (bytes < kKiB) return fmt::format("{} Bytes", bytes);
  constexpr std::string_view kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1023.5 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

// The last part of a key, or of a folder's name without its slash.
std::string_view last_part(std::string_view name) {
  const auto slash = name.rfind('/');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

class LsCommand {
 public:
  LsCommand(AppContext& context, const Options& options) : context_(context), options_(options) {}
  Task<Status> run();
  bool nothing_found() const { return empty_matters_ && lines_ == 0; }
  bool asked_s3() const { return asked_s3_; }

 private:
  Task<Status> buckets(s3::Connection& connection);
  Task<Status> objects(s3::Connection& connection, Location at);
  void show_page(const s3::ListPage& page);
  void line(std::string text);
  std::string when(WallTime time) const { return format_local(zone_.at(time)); }
  std::string size_text(ByteCount size) const {
    return options_.human_readable ? human_size(size) : std::to_string(size);
  }

  AppContext& context_;
  const Options& options_;
  TimeZone zone_;
  bool empty_matters_ = false, asked_s3_ = false;
  std::uint64_t lines_ = 0;
  Tally total_;
};

void LsCommand::line(std::string text) {
  ++lines_;
  context_.out.write(text += '\n');
}

void LsCommand::show_page(const s3::ListPage& page) {
  for (const std::string_view prefix : page.common_prefixes) {
    const std::string_view name =
        prefix.ends_with('/') ? prefix.substr(0, prefix.size() - 1) : prefix;
    line(fmt::format("{:>30} {}/", "PRE", escape_for_display(last_part(name))));
  }
  for (const s3::ListEntry& entry : page.entries) {
    total_.add(entry.size);
    line(fmt::format("{} {:>10} {}", when(entry.modified), size_text(entry.size),
                     escape_for_display(options_.recursive ? entry.key : last_part(entry.key))));
  }
}

Task<Status> LsCommand::buckets(s3::Connection& connection) {
  std::string token;
  do {
    Result<s3::BucketList> page =
        co_await s3::list_buckets(connection, token, options_.bucket_prefix);
    if (!page) co_return fail(std::move(page.error()));
    for (const s3::BucketEntry& bucket : page->buckets)
      line(fmt::format("{} {}", bucket.created ? when(*bucket.created) : std::string(19, ' '),
                       bucket.name.str()));
    token = std::move(page->next_token);
  } while (!token.empty());
  co_return Status();
}

Task<Status> LsCommand::objects(s3::Connection& connection, Location at) {
  s3::BucketOptions settings;
  settings.request_payer = options_.request_payer;
  s3::SourceBucket bucket(connection, at.bucket, settings);
  empty_matters_ = !at.prefix.empty();
  s3::ListPage page;
  std::string token;
  do {
    s3::ListRequest request;
    request.prefix = at.prefix;
    if (!options_.recursive) request.delimiter = "/";
    request.continuation_token = token;
    request.max_keys = options_.sync.page_size;
    Status listed = co_await bucket.list_page(std::move(request), page);
    if (!listed) co_return listed;
    show_page(page);
    context_.out.flush();
    if (page.truncated && page.next_token == token)
      co_return fail(ErrorKind::kListing,
                     "the server repeats a continuation token; the listing "
                     "cannot be finished");
    token = page.truncated ? page.next_token : std::string();
  } while (!token.empty());
  co_return Status();
}

Task<Status> LsCommand::run() {
  Result<TimeZone> zone = zone_of(context_, options_);
  if (!zone) co_return fail(std::move(zone.error()));
  zone_ = std::move(*zone);
  Result<Location> at = parse_ls_location(options_.operands.empty() ? "" : options_.operands[0]);
  if (!at) co_return fail(std::move(at.error()));
  Result<std::unique_ptr<Connections>> connections = Connections::open(context_, options_);
  if (!connections) co_return fail(std::move(connections.error()));
  Status ready = co_await (*connections)->check_credentials();
  if (!ready) co_return ready;
  s3::Connection& connection = (*connections)->common();
  asked_s3_ = true;
  Status done = at->bucket.empty() ? co_await buckets(connection)
                                   : co_await objects(connection, std::move(*at));
  if (!done) co_return done;
  if (options_.summarize) {
    context_.out.write(fmt::format("\nTotal Objects: {}\n   Total Size: {}\n", total_.objects,
                                   size_text(total_.bytes)));
  }
  context_.out.flush();
  co_return context_.out.status();
}

Task<void> keep_status(Task<Status> task, Status& out) {
  out = co_await std::move(task);
}

}  // namespace

Task<int> run_ls_command(AppContext& context, const Options& options, DrainSignal& ending) {
  LsCommand command(context, options);
  Status done;
  co_await run_drained(context.runtime, &ending, Duration::zero(), nullptr,
                       keep_status(command.run(), done));
  context.out.flush();
  if (!done) {
    context.err.write(error_line(done.error()) + "\n");
    context.err.flush();
    const bool of_the_service = done.error().http_status() != 0;
    co_return static_cast<int>(of_the_service && !command.asked_s3() ? ExitCode::kConfiguration
                                                                     : exit_code_of(done.error()));
  }
  co_return static_cast<int>(command.nothing_found() ? ExitCode::kFailure : ExitCode::kSuccess);
}

}  // namespace s3ferry
