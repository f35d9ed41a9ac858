#include "aws/profile.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/text.h"

namespace s3ferry::aws {
namespace {

// A setting's text and where it comes from.
struct Found {
  std::string text;
  std::string place;
};

// Reads settings one by one; remembers the first that makes no sense.
class Reader {
 public:
  Reader(const Host& host, const Section& section) : host_(host), section_(section) {}

  // Environment first (where a variable is named), then the profile, then its `s3 =` block.
  std::optional<Found> find(const char* variable, const char* name, const char* in_s3) const {
    if (variable != nullptr)
      if (auto set = host_.env(variable); set && !set->empty())
        return Found{std::move(*set), std::string("environment variable ") + variable};
    if (name != nullptr)
      if (const Property* p = section_.find(name); p != nullptr && !p->text.empty())
        return Found{p->text, place_of(*p, name)};
    if (in_s3 != nullptr)
      if (auto p = section_.nested("s3", in_s3)) return Found{p->text, place_of(*p, in_s3)};
    return std::nullopt;
  }

  std::optional<std::string> text(const char* variable, const char* name, const char* in_s3) const {
    auto found = find(variable, name, in_s3);
    if (!found) return std::nullopt;
    return std::move(found->text);
  }
  // As the CLI: "true" in any case is true, anything else false.
  std::optional<bool> flag(const char* variable, const char* name, const char* in_s3) const {
    const auto found = find(variable, name, in_s3);
    if (!found) return std::nullopt;
    return iequals_ascii(found->text, "true");
  }
  std::optional<unsigned> count(const char* variable, const char* name, const char* in_s3) {
    const auto found = find(variable, name, in_s3);
    if (!found) return std::nullopt;
    const auto number = parse_u64(found->text);
    if (number && *number > 0 && *number <= std::numeric_limits<unsigned>::max())
      return static_cast<unsigned>(*number);
    complain(*found, "a positive number");
    return std::nullopt;
  }
  template <class Parse>
  std::optional<ByteCount> bytes(const char* in_s3, Parse parse, const char* wanted) {
    const auto found = find(nullptr, nullptr, in_s3);
    if (!found) return std::nullopt;
    auto value = parse(found->text);
    if (!value || *value == 0) complain(*found, wanted);
    return value;
  }
  std::optional<std::string> one_of(const char* variable, const char* name, const char* in_s3,
                                    std::initializer_list<const char*> words, const char* wanted) {
    const auto found = find(variable, name, in_s3);
    if (!found) return std::nullopt;
    for (const char* word : words)
      if (iequals_ascii(found->text, word)) return word;
    complain(*found, wanted);
    return std::nullopt;
  }
  const std::optional<Error>& complaint() const { return complaint_; }

 private:
  static std::string place_of(const Property& property, const char* name) {
    return fmt::format("{}:{}: {}", escape_for_display(property.file), property.line, name);
  }
  void complain(const Found& found, const char* wanted) {
    if (complaint_) return;
    complaint_.emplace(ErrorKind::kConfig, fmt::format("{} must be {}, not \"{}\"", found.place,
                                                       wanted, escape_for_display(found.text)));
  }

  const Host& host_;
  const Section& section_;
  std::optional<Error> complaint_;
};

const Section& section_or_empty(const ConfigFiles& files, const std::string& profile) {
  static const Section kEmpty;
  const Section* section = files.profile(profile);
  return section != nullptr ? *section : kEmpty;
}

// A decimal number with a fraction, then the rest.
std::optional<double> take_number(std::string_view& text) {
  std::size_t n = 0, dots = 0;
  while (n < text.size() && ((text[n] >= '0' && text[n] <= '9') || (text[n] == '.' && dots == 0))) {
    if (text[n] == '.') ++dots;
    ++n;
  }
  if (n == dots || n > 18) return std::nullopt;
  const double value = std::strtod(std::string(text.substr(0, n)).c_str(), nullptr);
  text.remove_prefix(n);
  return value;
}

std::optional<double> unit_factor(std::string_view letter) {
  if (letter.empty()) return 1.0;
  constexpr std::string_view kLetters = "kmgtp";
  const std::size_t power = kLetters.find(to_lower_ascii(letter));
  if (letter.size() != 1 || power == std::string_view::npos) return std::nullopt;
  return std::pow(1024.0, static_cast<double>(power + 1));
}

std::optional<ByteCount> to_bytes(double value) {
  if (!(value >= 0) || value > 9.0e18) return std::nullopt;
  return static_cast<ByteCount>(value);
}

bool ignores_configured_endpoints(const Reader& reader) {
  return reader
      .flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls", nullptr)
      .value_or(false);
}

std::string service_variable(std::string_view service) {
  std::string name = "AWS_ENDPOINT_URL_";
  for (const char c : service)
    name += c == ' ' || c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return name;
}

std::optional<std::string> endpoint_of_environment(const Host& host, std::string_view service) {
  for (const std::string& variable : {service_variable(service), std::string("AWS_ENDPOINT_URL")})
    if (auto set = host.env(variable); set && !set->empty()) return set;
  return std::nullopt;
}

// `services = NAME` without a [services NAME]: S3 would be asked at AWS instead of where the
// profile means, so it is an error, as it is for the aws CLI.
Status check_services(const Host& host, const ConfigFiles& files, const Section& section) {
  const Property* services = section.find("services");
  if (services == nullptr || files.services.count(services->text) > 0) return Status();
  if (ignores_configured_endpoints(Reader(host, section)) || endpoint_of_environment(host, "s3"))
    return Status();
  return fail(
      ErrorKind::kConfig,
      fmt::format("{}:{}: services names [services {}], which is not in {}; add it or take "
                  "the line away",
                  escape_for_display(services->file), services->line,
                  escape_for_display(services->text), escape_for_display(files.config_path)));
}

}  // namespace

std::optional<ByteCount> parse_size(std::string_view text) {
  text = trim_ascii(text);
  const auto value = take_number(text);
  if (!value) return std::nullopt;
  std::string unit = to_lower_ascii(trim_ascii(text));
  if (unit.ends_with("ib")) {
    unit.resize(unit.size() - 2);
    if (unit.empty()) return std::nullopt;
  } else if (unit.ends_with("b")) {
    unit.resize(unit.size() - 1);
    if (unit.empty()) return std::nullopt;
  } else if (!unit.empty()) {
    return std::nullopt;
  }
  const auto factor = unit_factor(unit);
  return factor ? to_bytes(*value * *factor) : std::nullopt;
}

std::optional<ByteCount> parse_rate(std::string_view text) {
  text = trim_ascii(text);
  if (!text.ends_with("/s")) return parse_u64(text) ? parse_u64(text) : std::nullopt;
  text.remove_suffix(2);
  const auto value = take_number(text);
  text = trim_ascii(text);
  if (!value || text.empty()) return std::nullopt;
  const bool bits = text.back() == 'b';
  if (!bits && text.back() != 'B') return std::nullopt;
  text.remove_suffix(1);
  if (!text.empty() && (text.back() == 'i')) text.remove_suffix(1);
  const auto factor = unit_factor(text);
  return factor ? to_bytes(*value * *factor / (bits ? 8.0 : 1.0)) : std::nullopt;
}

std::optional<std::string> configured_region(const Host& host, const ConfigFiles& files,
                                             const std::string& profile) {
  for (const char* variable : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (auto set = host.env(variable); set && !set->empty()) return set;
  auto region = section_or_empty(files, profile).get("region");
  if (region && region->empty()) return std::nullopt;
  return region;
}

std::optional<std::string> configured_endpoint_url(const Host& host, const ConfigFiles& files,
                                                   const std::string& profile,
                                                   std::string_view service) {
  const Section& section = section_or_empty(files, profile);
  const Reader reader(host, section);
  if (ignores_configured_endpoints(reader)) return std::nullopt;
  if (auto set = endpoint_of_environment(host, service)) return set;
  if (const auto name = section.get("services")) {
    std::string block(service);
    for (char& c : block)
      if (c == ' ' || c == '-') c = '_';
    if (const auto found = files.services.find(*name); found != files.services.end())
      if (auto url = found->second.nested(block, "endpoint_url"); url && !url->text.empty())
        return std::move(url->text);
  }
  return reader.text(nullptr, "endpoint_url", nullptr);
}

Result<ProfileSettings> profile_settings(const Host& host, const ConfigFiles& files,
                                         const std::string& profile) {
  Reader reader(host, section_or_empty(files, profile));
  ProfileSettings s;
  s.profile = profile;
  s.region = configured_region(host, files, profile);
  s.endpoint_url = configured_endpoint_url(host, files, profile, "s3");
  s.ca_bundle = reader.text("AWS_CA_BUNDLE", "ca_bundle", nullptr);
  if (s.ca_bundle) s.ca_bundle = host.expand_home(*s.ca_bundle);
  s.max_attempts = reader.count("AWS_MAX_ATTEMPTS", "max_attempts", nullptr);
  s.retry_mode = reader.one_of("AWS_RETRY_MODE", "retry_mode", nullptr,
                               {"legacy", "standard", "adaptive"}, "legacy, standard or adaptive");
  s.use_fips_endpoint = reader.flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", nullptr);
  s.use_dualstack_endpoint =
      reader.flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", "use_dualstack_endpoint");
  s.use_accelerate_endpoint = reader.flag(nullptr, nullptr, "use_accelerate_endpoint");
  s.payload_signing_enabled = reader.flag(nullptr, nullptr, "payload_signing_enabled");
  s.use_arn_region = reader.flag("AWS_S3_USE_ARN_REGION", "s3_use_arn_region", "use_arn_region");
  const auto style = reader.one_of(nullptr, nullptr, "addressing_style",
                                   {"auto", "path", "virtual"}, "auto, path or virtual");
  if (style == "path") s.addressing_style = AddressingStyle::kPath;
  if (style == "virtual") s.addressing_style = AddressingStyle::kVirtual;
  s.us_east_1_regional_endpoint =
      reader.one_of("AWS_S3_US_EAST_1_REGIONAL_ENDPOINT", "s3_us_east_1_regional_endpoint",
                    "us_east_1_regional_endpoint", {"legacy", "regional"}, "legacy or regional");
  s.max_concurrent_requests = reader.count(nullptr, nullptr, "max_concurrent_requests");
  s.max_queue_size = reader.count(nullptr, nullptr, "max_queue_size");
  s.multipart_threshold = reader.bytes("multipart_threshold", parse_size, "a size such as 8MB");
  s.multipart_chunksize = reader.bytes("multipart_chunksize", parse_size, "a size such as 8MB");
  s.max_bandwidth_per_second = reader.bytes("max_bandwidth", parse_rate, "a rate such as 50MB/s");
  if (reader.complaint()) return fail(*reader.complaint());
  if (Status known = check_services(host, files, section_or_empty(files, profile)); !known)
    return fail(std::move(known.error()));
  return s;
}

Result<ProfileSettings> load_profile_settings(Host& host, const std::optional<std::string>& named) {
  const auto files = load_config_files(host);
  if (!files) return fail(files.error());
  const std::string profile = active_profile(host, named);
  if (Status exists = check_profile_exists(*files, profile); !exists) return fail(exists.error());
  return profile_settings(host, *files, profile);
}

}  // namespace s3ferry::aws
