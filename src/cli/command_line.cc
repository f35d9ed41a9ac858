#include "cli/command_line.h"

#include <algorithm>
#include <map>
#include <numeric>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/text.h"
#include "cli/option_table.h"

namespace s3ferry {
namespace {

constexpr std::pair<std::string_view, Command> kCommands[] = {
    {"sync", Command::kSync}, {"verify", Command::kVerify},   {"ls", Command::kLs},
    {"run", Command::kRun},   {"runs", Command::kRuns},       {"failures", Command::kFailures},
    {"help", Command::kHelp}, {"version", Command::kVersion},
};

tl::unexpected<Error> usage(std::string message) {
  return fail(ErrorKind::kUsage, std::move(message));
}

// Letters that were added, dropped, changed, or swapped with their neighbour.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] =
          std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = last;
    std::swap(last, row);
    row.resize(b.size() + 1);
  }
  return last[b.size()];
}

template <class Names>
std::string nearest(std::string_view text, const Names& names) {
  std::string best;
  std::size_t least = std::max<std::size_t>(2, text.size() / 3) + 1;
  for (const auto& name : names) {
    const std::size_t d = distance(text, name);
    if (d < least) {
      least = d;
      best = name;
    }
  }
  return best;
}

bool names_command(std::string_view word) {
  return std::any_of(std::begin(kCommands), std::end(kCommands),
                     [&](const auto& known) { return known.first == word; });
}

// These stand with or without a value, as in the aws CLI, and ours: what is meant without one.
constexpr std::pair<std::string_view, std::string_view> kOptionalValues[] = {
    {"--sse", "AES256"}, {"--settle", "10m"}, {"--request-payer", "requester"}};

// Whatever follows such a flag and is no flag, place or command is meant as its value, right or
// wrong: a slip must not become a place.
std::vector<std::string> with_optional_values(const std::vector<std::string>& arguments) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& a = arguments[i];
    const auto* known = std::find_if(std::begin(kOptionalValues), std::end(kOptionalValues),
                                     [&](const auto& one) { return one.first == a; });
    if (known == std::end(kOptionalValues)) {
      out.push_back(a);
      continue;
    }
    const std::string* next = i + 1 < arguments.size() ? &arguments[i + 1] : nullptr;
    const bool value = next != nullptr && !next->starts_with("-") && !next->starts_with("s3://") &&
                       !names_command(*next);
    out.push_back(fmt::format("{}={}", a, value ? std::string_view(*next) : known->second));
    i += value ? 1 : 0;
  }
  return out;
}

struct Parsed {
  std::vector<std::pair<const Flag*, std::string>> flags;  // in the order of the command line
  std::vector<std::string> operands;
  bool help = false, version = false;
};

// Suggested are flags of the command that was given; before one is known, any.
tl::unexpected<Error> unknown_flag(const std::string& argument,
                                   const std::vector<std::string>& operands) {
  const std::string flag = argument.substr(0, argument.find('='));
  const auto* named = operands.empty()
                          ? std::end(kCommands)
                          : std::find_if(std::begin(kCommands), std::end(kCommands),
                                         [&](const auto& one) { return one.first == operands[0]; });
  const bool has_flags = named != std::end(kCommands) && command_bit(named->second) != 0;
  const std::string best = nearest_flag(flag, has_flags ? command_bit(named->second) : ~0U);
  return usage(fmt::format("unknown flag {}{}", escape_for_display(flag),
                           best.empty() ? fmt::format("; `s3ferry help {}` lists them all",
                                                      has_flags ? named->first : "sync")
                                        : fmt::format("; did you mean {}?", best)));
}

// CLI11's exceptions, in our words.
tl::unexpected<Error> parse_failure(const CLI::ParseError& error) {
  std::string text = error.what();
  if (const auto end = text.find(" was given a disallowed flag override"); end != std::string::npos)
    return usage(fmt::format("--{} is a switch and takes no value", text.substr(0, end)));
  if (const auto colon = text.find(": "); text.starts_with("--") && colon != std::string::npos) {
    const std::string flag = text.substr(0, colon);
    for (const Flag& known : option_table())
      if (known.long_name() == flag)
        return usage(known.value.empty()
                         ? fmt::format("{} is a switch and takes no value", flag)
                         : fmt::format("{} needs a value: {} {}", flag, flag, known.value));
  }
  return usage(std::move(text));
}

Result<Parsed> read(const std::vector<std::string>& arguments) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::map<const CLI::Option*, const Flag*> by_option;
  for (const Flag& flag : option_table()) {
    const std::string name(flag.name);
    CLI::Option* option = flag.value.empty() ? app.add_flag(name) : app.add_option(name);
    option->take_all();
    if (flag.value.empty())
      option->disable_flag_override();
    else
      option->expected(1)->allow_extra_args(false);
    by_option[option] = &flag;
  }
  const CLI::Option* help = app.add_flag("-h,--help");
  const CLI::Option* version = app.add_flag("--version");
  std::vector<std::string> reversed = with_optional_values(arguments);
  std::reverse(reversed.begin(), reversed.end());
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return parse_failure(error);
  }
  Parsed parsed;
  parsed.help = help->count() > 0;
  parsed.version = version->count() > 0;
  std::map<const CLI::Option*, std::size_t> seen;
  for (const CLI::Option* option : app.parse_order()) {
    const auto known = by_option.find(option);
    if (known == by_option.end()) continue;
    parsed.flags.emplace_back(known->second, option->results()[seen[option]++]);
  }
  bool after_dashes = false;
  std::optional<std::string> unknown;
  for (const std::string& rest : app.remaining()) {
    if (!after_dashes && rest == "--")
      after_dashes = true;
    else if (!after_dashes && rest.size() > 1 && rest.front() == '-')
      unknown = unknown.value_or(rest);
    else
      parsed.operands.push_back(rest);
  }
  if (unknown) return unknown_flag(*unknown, parsed.operands);
  return parsed;
}

Result<Command> command_named(const std::string& name) {
  std::vector<std::string_view> names;
  for (const auto& [text, command] : kCommands) {
    if (name == text) return command;
    names.push_back(text);
  }
  if (name.starts_with("s3://"))
    return usage("which command? write s3ferry sync SOURCE TARGET, or s3ferry ls SOURCE");
  const std::string best = nearest(name, names);
  return usage(fmt::format(
      "unknown command '{}'{}", escape_for_display(name),
      best.empty() ? "; the commands are sync, verify, ls, run, runs, failures, version, help"
                   : fmt::format("; did you mean {}?", best)));
}

std::string commands_of(const Flag& flag) {
  std::string list;
  for (const auto& [text, command] : kCommands)
    if ((flag.commands & command_bit(command)) != 0) (list += list.empty() ? "" : ", ") += text;
  return list;
}

Status apply_flags(const Parsed& parsed, Options& options) {
  const unsigned bit = command_bit(options.command);
  for (const auto& [flag, value] : parsed.flags) {
    if ((flag->commands & bit) == 0)
      return usage(fmt::format("{} means nothing to {}; it belongs to {}", flag->long_name(),
                               to_string(options.command), commands_of(*flag)));
    Status applied = flag->apply(options, value);
    if (!applied) return applied;
  }
  return {};
}

// What single flags cannot see.
Status check_together(const Options& o) {
  const AttributeOptions& a = o.sync.attributes;
  if (!a.replacement_headers.empty() && !a.replace_metadata)
    return usage(
        fmt::format("--{} changes nothing while metadata is copied; add "
                    "--metadata-directive REPLACE",
                    a.replacement_headers.front().first));
  if (!a.sse_kms_key_id.empty() && !a.sse.starts_with("aws:kms"))
    return usage("--sse-kms-key-id is sent only with --sse aws:kms; add it");
  const bool names_tasks = o.command == Command::kRun;
  if (o.log_dir_given && !o.task_given && !names_tasks)
    return usage("--log-dir says where, but the log has no name; add --task NAME");
  const bool has_budget =
      o.source_rps.limits() || o.target_rps.limits() || o.sync.relay.max_bandwidth.limits();
  const bool wants_zone = o.task_given || has_budget || names_tasks || o.command == Command::kLs ||
                          o.command == Command::kRuns;
  if (!o.time_zone.empty() && !wants_zone)
    return usage(
        "--timezone is for the log and for budgets by the time of day, and neither is asked for; "
        "add "
        "--task NAME, or --source-rps");
  if (o.log_objects && !o.task_given)
    return usage("--log-objects adds to the log, and there is none; add --task NAME");
  if (o.log_objects && o.check.level == CheckLevel::kNone)
    return usage("--log-objects lists what the check sees; leave --check none out");
  if (o.sync.dry_run && (o.restart || o.retry_failed))
    return usage(fmt::format("--dryrun writes nothing down, so {} means nothing to it",
                             o.restart ? "--restart" : "--retry-failed"));
  if (!o.journal && (o.restart || o.retry_failed || !o.state_dir.empty()))
    return usage("--no-journal keeps no state: leave out --state, --restart and --retry-failed");
  if (o.command == Command::kVerify && o.check.level == CheckLevel::kNone)
    return usage("verify with --check none would check nothing; use --check etag or --check size");
  return {};
}

Status check_operands(const Options& o) {
  const std::size_t n = o.operands.size();
  switch (o.command) {
    case Command::kSync:
    case Command::kVerify: {
      if (n == 2) return {};
      const std::string_view name = to_string(o.command);
      return usage(n > 2 ? fmt::format("{} takes two places, and '{}' is a third; write s3ferry {} "
                                       "s3://SOURCE/prefix s3://TARGET/prefix",
                                       name, escape_for_display(o.operands[2]), name)
                         : fmt::format("{} needs two places; write s3ferry {} s3://SOURCE/prefix "
                                       "s3://TARGET/prefix",
                                       name, name));
    }
    case Command::kRun:
      if (n == 1) return {};
      return usage("run takes one file with a task a line; write s3ferry run FILE");
    case Command::kLs:
      if (n <= 1) return {};
      return usage("ls takes one place; write s3ferry ls s3://bucket/prefix");
    case Command::kRuns:
      if (n == 0) return {};
      return usage("runs takes no places; write s3ferry runs, or s3ferry runs --state DIR");
    case Command::kFailures:
      if (n <= 2) return {};
      return usage("failures takes a task's name or its two places; write s3ferry failures NAME");
    case Command::kVersion:
    case Command::kHelp:
      return {};
  }
  return {};
}

}  // namespace

std::string_view to_string(Command command) {
  for (const auto& [text, known] : kCommands)
    if (known == command) return text;
  return "";
}

std::string nearest_flag(std::string_view flag, unsigned commands) {
  std::vector<std::string_view> names = {"--help", "--version"};
  for (const Flag& known : option_table())
    if (!known.group.empty() && (known.commands & commands) != 0)
      names.push_back(known.long_name());
  return nearest(flag, names);
}

Result<Options> parse_command_line(const std::vector<std::string>& arguments) {
  Result<Parsed> parsed = read(arguments);
  if (!parsed) return fail(std::move(parsed.error()));
  Options options;
  options.asked = arguments;
  options.operands = std::move(parsed->operands);
  if (options.operands.empty()) {
    if (parsed->version)
      options.command = Command::kVersion;
    else if (!parsed->help)
      return usage("no command; write s3ferry sync s3://SOURCE s3://TARGET, or s3ferry --help");
    return options;
  }
  Result<Command> command = command_named(options.operands.front());
  if (!command) return fail(std::move(command.error()));
  options.operands.erase(options.operands.begin());
  options.command = *command;
  if (parsed->help) {
    options.command = Command::kHelp;
    options.help_topic = *command;
    return options;
  }
  if (options.command == Command::kHelp) {
    if (options.operands.empty()) return options;
    Result<Command> topic = command_named(options.operands.front());
    if (!topic) return fail(std::move(topic.error()));
    options.help_topic = *topic;
    return options;
  }
  if (Status applied = apply_flags(*parsed, options); !applied)
    return fail(std::move(applied.error()));
  if (Status operands = check_operands(options); !operands)
    return fail(std::move(operands.error()));
  if (Status together = check_together(options); !together)
    return fail(std::move(together.error()));
  return options;
}

}  // namespace s3ferry
