#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "runtime/host.h"

namespace s3ferry::aws {

// One `name = value` of a shared file, with the place it stands at (for messages).
struct Property {
  std::string text;  // a nested block is "\nname = value\nname = value"
  std::string file;
  int line = 0;
  bool from_credentials_file = false;
};

// The properties of a [section]; names are in lower case.
class Section {
 public:
  void set(const std::string& name, Property property) { all_[name] = std::move(property); }
  const Property* find(const std::string& name) const;
  std::optional<std::string> get(const std::string& name) const;
  bool has(const std::string& name) const { return find(name) != nullptr; }
  // A value of the block below `block =`: s3 = {addressing_style = path}.
  std::optional<Property> nested(const std::string& block, const std::string& name) const;
  const std::map<std::string, Property>& all() const { return all_; }

 private:
  std::map<std::string, Property> all_;
};

// The shared config and credentials files, merged as the aws CLI and SDKs merge them: properties of
// the credentials file win, [profile default] beats [default], later ones beat earlier ones.
// Sections with other names are ignored. Where the CLI is laxer than the SDKs without contradicting
// them (indented sections, indented comment lines, quoted names) we are as lax.
struct ConfigFiles {
  std::map<std::string, Section> profiles, sso_sessions, services;
  std::string config_path, credentials_path;  // where was looked; the files may be missing

  const Section* profile(const std::string& name) const;
};

// kConfig with file and line for a text that is not of this format. Never fails otherwise; any
// bytes are safe. Linear in the text's length.
Result<ConfigFiles> parse_config_files(std::string_view config_text,
                                       std::string_view credentials_text,
                                       const std::string& config_path = "config",
                                       const std::string& credentials_path = "credentials");

// AWS_CONFIG_FILE or ~/.aws/config; AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials.
std::string config_file_path(const Host& host);
std::string credentials_file_path(const Host& host);

// Reads and merges both; a missing file is an empty one. kConfig when one cannot be read or parsed.
Result<ConfigFiles> load_config_files(Host& host);

// `named` (an option), or AWS_PROFILE, or AWS_DEFAULT_PROFILE, or "default".
std::string active_profile(const Host& host, const std::optional<std::string>& named);

// kConfig when `profile` was named by option or environment and stands in neither file.
Status check_profile_exists(const ConfigFiles& files, const std::string& profile);

}  // namespace s3ferry::aws
