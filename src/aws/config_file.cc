#include "aws/config_file.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry::aws {
namespace {

enum class FileKind { kConfig, kCredentials };
enum class SectionKind { kProfile, kSsoSession, kServices, kIgnored };

struct SectionName {
  SectionKind kind = SectionKind::kIgnored;
  std::string name;
  bool prefixed = false;  // [profile x], as opposed to [default]
};

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
bool is_comment_mark(char c) {
  return c == '#' || c == ';';
}

bool is_profile_name(std::string_view name) {
  static constexpr std::string_view kMarks = "-/.%@_:+";
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           static_cast<unsigned char>(c) >= 0x80 || kMarks.find(c) != std::string_view::npos;
  });
}

// "name", or a quoted name, which may hold blanks; empty when it is neither.
std::string_view unquoted_name(std::string_view text) {
  if (text.size() > 2 && (text.front() == '"' || text.front() == '\'') &&
      text.back() == text.front())
    return text.substr(1, text.size() - 2);
  return is_profile_name(text) ? text : std::string_view();
}

SectionName classify(std::string_view text, FileKind file) {
  SectionName result;
  text = trim_ascii(text);
  const auto blank = std::find_if(text.begin(), text.end(), is_blank);
  if (blank == text.end()) {
    const bool is_plain_profile = file == FileKind::kCredentials || text == "default";
    if (is_plain_profile && is_profile_name(text)) {
      result.kind = SectionKind::kProfile;
      result.name = text;
    }
    return result;
  }
  if (file == FileKind::kCredentials) return result;
  const auto prefix_size = static_cast<std::size_t>(blank - text.begin());
  const std::string_view prefix = text.substr(0, prefix_size);
  const std::string_view name = unquoted_name(trim_ascii(text.substr(prefix_size)));
  if (name.empty()) return result;
  if (prefix == "profile") result.kind = SectionKind::kProfile;
  if (prefix == "sso-session") result.kind = SectionKind::kSsoSession;
  if (prefix == "services") result.kind = SectionKind::kServices;
  result.name = name;
  result.prefixed = true;
  return result;
}

// Cuts a comment that follows a blank: "value # why". "value#x" is all value.
std::string_view without_comment(std::string_view value) {
  for (std::size_t i = 0; i + 1 < value.size(); ++i)
    if (is_blank(value[i]) && is_comment_mark(value[i + 1])) return value.substr(0, i);
  return value;
}

// One file, line by line, into `files`.
class Parser {
 public:
  Parser(ConfigFiles& files, FileKind kind, const std::string& path)
      : files_(files), kind_(kind), path_(path) {}

  Status parse(std::string_view text) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text.substr(0, 3) == kByteOrderMark) text.remove_prefix(3);
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      ++line_;
      if (Status taken = take_line(text.substr(0, end)); !taken) return taken;
      if (end == std::string_view::npos) break;
      text.remove_prefix(end + 1);
    }
    flush();
    return Status();
  }

 private:
  tl::unexpected<Error> bad(std::string_view what) const {
    return fail(ErrorKind::kConfig,
                fmt::format("{}:{}: {}", escape_for_display(path_), line_, what));
  }

  Status take_line(std::string_view line) {
    const std::string_view content = trim_ascii(line);
    if (content.empty() || is_comment_mark(content[0])) return Status();
    const auto indent = static_cast<std::size_t>(content.data() - line.data());
    if (pending_ && indent > pending_indent_) return continue_property(content);
    flush();
    if (content[0] == '[') return begin_section(content);
    return begin_property(content, indent);
  }

  Status begin_section(std::string_view content) {
    const std::size_t end = content.find(']');
    if (end == std::string_view::npos) return bad("a section's name must end with ']'");
    const std::string_view rest = trim_ascii(content.substr(end + 1));
    if (!rest.empty() && !is_comment_mark(rest[0]))
      return bad("only a comment may follow a section's name");
    const SectionName name = classify(content.substr(1, end - 1), kind_);
    in_section_ = true;
    section_ = nullptr;
    if (name.kind == SectionKind::kIgnored) return Status();
    if (name.kind == SectionKind::kSsoSession) section_ = &files_.sso_sessions[name.name];
    if (name.kind == SectionKind::kServices) section_ = &files_.services[name.name];
    if (name.kind == SectionKind::kProfile) open_profile(name);
    return Status();
  }

  void open_profile(const SectionName& name) {
    if (kind_ == FileKind::kConfig && name.name == "default") {
      // [profile default] replaces what [default] said, and silences it from here on.
      if (!name.prefixed && default_was_prefixed_) return;
      if (name.prefixed && !default_was_prefixed_) files_.profiles.erase("default");
      default_was_prefixed_ = name.prefixed || default_was_prefixed_;
    }
    section_ = &files_.profiles[name.name];
  }

  Status begin_property(std::string_view content, std::size_t indent) {
    if (!in_section_) return bad("expected a [section] before the first property");
    std::size_t equals = content.find('=');
    if (equals == std::string_view::npos) equals = content.find(':');  // the CLI reads it as well
    if (equals == std::string_view::npos) return bad("expected 'name = value' or a [section]");
    const std::string_view name = trim_ascii(content.substr(0, equals));
    if (name.empty()) return bad("a property has no name before '='");
    pending_ = true;
    pending_indent_ = indent;
    pending_name_ = to_lower_ascii(name);
    pending_value_ = Property();
    pending_value_.text = trim_ascii(without_comment(content.substr(equals + 1)));
    pending_value_.file = path_;
    pending_value_.line = line_;
    pending_value_.from_credentials_file = kind_ == FileKind::kCredentials;
    nested_ = pending_value_.text.empty();
    return Status();
  }

  Status continue_property(std::string_view content) {
    const std::size_t equals = content.find('=');
    if (nested_ && equals == std::string_view::npos)
      return bad("expected 'name = value' in the block of " + escape_for_display(pending_name_));
    if (nested_ && trim_ascii(content.substr(0, equals)).empty())
      return bad("a property has no name before '='");
    pending_value_.text += '\n';
    pending_value_.text += content;
    return Status();
  }

  void flush() {
    if (pending_ && section_ != nullptr) section_->set(pending_name_, std::move(pending_value_));
    pending_ = false;
  }

  ConfigFiles& files_;
  FileKind kind_;
  const std::string& path_;
  int line_ = 0;
  bool in_section_ = false;
  Section* section_ = nullptr;  // null in a section that is ignored
  bool default_was_prefixed_ = false;
  bool pending_ = false, nested_ = false;
  std::size_t pending_indent_ = 0;
  std::string pending_name_;
  Property pending_value_;
};

Result<std::string> read_or_empty(Host& host, const std::string& path) {
  auto text = host.read_file(path);
  if (!text) return fail(ErrorKind::kConfig, text.error().message());
  return text->value_or(std::string());
}

std::string path_of(const Host& host, const char* variable, const char* otherwise) {
  const auto set = host.env(variable);
  return host.expand_home(set && !set->empty() ? *set : otherwise);
}

}  // namespace

const Property* Section::find(const std::string& name) const {
  const auto found = all_.find(name);
  return found == all_.end() ? nullptr : &found->second;
}

std::optional<std::string> Section::get(const std::string& name) const {
  const Property* property = find(name);
  if (property == nullptr) return std::nullopt;
  return property->text;
}

std::optional<Property> Section::nested(const std::string& block, const std::string& name) const {
  const Property* whole = find(block);
  if (whole == nullptr || whole->text.empty() || whole->text[0] != '\n') return std::nullopt;
  std::optional<Property> result;
  std::string_view text = whole->text;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos &&
        iequals_ascii(trim_ascii(line.substr(0, equals)), name)) {
      result = *whole;
      result->text = trim_ascii(line.substr(equals + 1));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

const Section* ConfigFiles::profile(const std::string& name) const {
  const auto found = profiles.find(name);
  return found == profiles.end() ? nullptr : &found->second;
}

Result<ConfigFiles> parse_config_files(std::string_view config_text,
                                       std::string_view credentials_text,
                                       const std::string& config_path,
                                       const std::string& credentials_path) {
  ConfigFiles files;
  files.config_path = config_path;
  files.credentials_path = credentials_path;
  Status parsed = Parser(files, FileKind::kConfig, config_path).parse(config_text);
  if (parsed)
    parsed = Parser(files, FileKind::kCredentials, credentials_path).parse(credentials_text);
  if (!parsed) return fail(std::move(parsed.error()));
  return files;
}

std::string config_file_path(const Host& host) {
  return path_of(host, "AWS_CONFIG_FILE", "~/.aws/config");
}

std::string credentials_file_path(const Host& host) {
  return path_of(host, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
}

Result<ConfigFiles> load_config_files(Host& host) {
  const std::string config_path = config_file_path(host);
  const std::string credentials_path = credentials_file_path(host);
  const auto config = read_or_empty(host, config_path);
  if (!config) return fail(config.error());
  const auto credentials = read_or_empty(host, credentials_path);
  if (!credentials) return fail(credentials.error());
  return parse_config_files(*config, *credentials, config_path, credentials_path);
}

std::string active_profile(const Host& host, const std::optional<std::string>& named) {
  if (named && !named->empty()) return *named;
  for (const char* variable : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"})
    if (const auto set = host.env(variable); set && !set->empty()) return *set;
  return "default";
}

Status check_profile_exists(const ConfigFiles& files, const std::string& profile) {
  if (profile == "default" || files.profile(profile) != nullptr) return Status();
  return fail(
      ErrorKind::kConfig,
      fmt::format("profile {} stands neither in {} nor in {}; `aws configure list-profiles` "
                  "names those that do",
                  escape_for_display(profile), escape_for_display(files.config_path),
                  escape_for_display(files.credentials_path)));
}

}  // namespace s3ferry::aws
