// Runs credential vectors without traffic: the parser of shared files, chains of roles, file
// locations, endpoints of containers and instances, configured endpoints, seeds for parsers. Those
// with recorded traffic are in credential_chain_vectors.cc.

#include <fmt/format.h>

#include "aws/config_file.h"
#include "aws/credentials_json.h"
#include "aws/endpoint.h"
#include "aws/metadata_credentials.h"
#include "aws/process_credentials.h"
#include "aws/profile.h"
#include "aws/profile_plan.h"
#include "runtime/fake_host.h"
#include "vectors/runner.h"

namespace s3ferry::vectors {

Runner credential_chain_runner();  // credential_chain_vectors.cc

namespace {

using aws::BasePlan;
using aws::ConfigFiles;
using aws::Section;

bool has_first(const Json& document, const char* list, std::initializer_list<const char*> members) {
  const auto found = document.find(list);
  if (found == document.end() || !found->is_array() || found->empty()) return false;
  for (const char* member : members)
    if (!found->front().is_object() || !found->front().contains(member)) return false;
  return true;
}

std::string name_of(const Json& test, std::size_t index) {
  for (const char* member : {"name", "docs"})
    if (test.contains(member) && test[member].is_string()) return test[member];
  return fmt::format("#{}", index);
}

// Runs `check` (what differs, or empty) over a list.
void run_list(const Json& list, Report& report, std::string (*check)(const Json&)) {
  std::size_t index = 0;
  for (const auto& test : list) {
    const std::string name = name_of(test, index++);
    const std::string problem = check(test);
    if (problem.empty())
      report.pass(name);
    else
      report.fail(name, problem);
  }
}

Section section_of(const Json& properties) {
  Section section;
  for (const auto& [name, value] : properties.items()) {
    aws::Property property;
    if (value.is_object()) {  // a nested block
      for (const auto& [inner, text] : value.items())
        property.text += "\n" + inner + " = " + text.get<std::string>();
    } else {
      property.text = value.get<std::string>();
    }
    section.set(name, property);
  }
  return section;
}

std::map<std::string, Section> sections_of(const Json& holder, const char* member) {
  std::map<std::string, Section> sections;
  if (holder.contains(member))
    for (const auto& [name, properties] : holder[member].items())
      sections[name] = section_of(properties);
  return sections;
}

FakeHost host_of(const Json& test, const char* member) {
  FakeHost host;
  if (test.contains(member)) host.environment = test[member];
  if (test.contains("fs")) host.files = test["fs"].get<std::map<std::string, std::string>>();
  return host;
}

// ---- the parser

Json to_json(const std::map<std::string, Section>& sections) {
  Json out = Json::object();
  for (const auto& [name, section] : sections) {
    out[name] = Json::object();
    for (const auto& [property, value] : section.all()) out[name][property] = value.text;
  }
  return out;
}

std::string check_parser(const Json& test) {
  const Json& input = test["input"];
  const auto files =
      aws::parse_config_files(input.value("configFile", ""), input.value("credentialsFile", ""));
  const Json& output = test["output"];
  if (!output.contains("config")) return files ? "parsed, an error was expected" : "";
  if (!files) return files.error().message();
  for (const auto& [kind, expected] : output["config"].items()) {
    if (kind != "profiles" && kind != "sso_sessions" && kind != "services")
      return "unknown member " + kind;
    const Json got = to_json(kind == "profiles"       ? files->profiles
                             : kind == "sso_sessions" ? files->sso_sessions
                                                      : files->services);
    if (got != expected) return fmt::format("{}: got {}", kind, got.dump());
  }
  return {};
}

// ---- chains of roles

Json non_empty(std::initializer_list<std::pair<const char*, std::string>> members) {
  Json out = Json::object();
  for (const auto& [name, text] : members)
    if (!text.empty()) out[name] = text;
  return out;
}

Json to_json(const BasePlan& base) {
  switch (base.kind) {
    case BasePlan::Kind::kKeys:
      return {{"AccessKey", non_empty({{"access_key_id", base.keys.access_key_id},
                                       {"secret_access_key", base.keys.secret_access_key.reveal()},
                                       {"session_token", base.keys.session_token.reveal()}})}};
    case BasePlan::Kind::kWebIdentity:
      return {{"WebIdentityToken", non_empty({{"role_arn", base.web.role_arn},
                                              {"web_identity_token_file", base.web.token_file},
                                              {"role_session_name", base.web.session_name}})}};
    case BasePlan::Kind::kSso:
      return {{"Sso", non_empty({{"sso_account_id", base.sso.account_id},
                                 {"sso_region", base.sso.region},
                                 {"sso_role_name", base.sso.role_name},
                                 {"sso_session", base.sso.session_name},
                                 {"sso_start_url", base.sso.start_url}})}};
    case BasePlan::Kind::kProcess:
      return {{"CredentialProcess", base.command}};
    case BasePlan::Kind::kEnvironment:
      return {{"NamedSource", "Environment"}};
    case BasePlan::Kind::kContainer:
      return {{"NamedSource", "EcsContainer"}};
    case BasePlan::Kind::kInstance:
      return {{"NamedSource", "Ec2InstanceMetadata"}};
  }
  return {};
}

std::string check_roles(const Json& test) {
  const Json& input = test["input"];
  ConfigFiles files;
  files.profiles = sections_of(input, "profiles");
  files.sso_sessions = sections_of(input, "sso_sessions");
  const std::string selected = input.value("selected_profile", "default");
  const bool exists = aws::check_profile_exists(files, selected).has_value();
  const auto plan = aws::plan_credentials(files, selected);
  const bool planned = exists && plan && plan->has_value();
  const Json& output = test["output"];
  if (!output.contains("ProfileChain")) return planned ? "planned, an error was expected" : "";
  if (!planned) return plan ? "no credentials in it" : plan.error().message();
  Json got = Json::array({to_json((*plan)->base)});
  for (const auto& role : (*plan)->roles)
    got.push_back({{"AssumeRole", non_empty({{"role_arn", role.role_arn},
                                             {"external_id", role.external_id},
                                             {"session_name", role.session_name}})}});
  return got == output["ProfileChain"] ? "" : "got " + got.dump();
}

// ---- places

std::string check_location(const Json& test) {
  if (test.value("platform", "linux") == "windows") return {};
  const FakeHost host = host_of(test, "environment");
  const auto differs = [&test](const char* member, const std::string& got) {
    return test.contains(member) && test[member] != got ? fmt::format("{}: got {}", member, got)
                                                        : std::string();
  };
  return differs("configLocation", aws::config_file_path(host)) +
         differs("credentialsLocation", aws::credentials_file_path(host)) +
         differs("profile", aws::active_profile(host, std::nullopt));
}

std::string url_text(const http::Url& url) {
  const std::string scheme = url.origin.tls ? "https://" : "http://";
  return scheme + url.origin.authority() + url.path + (url.query.empty() ? "" : "?" + url.query);
}

Result<std::string> metadata_url(const Json& test, FakeHost& host) {
  const bool instance =
      test.contains("fs") || test.contains("mode_override") || test.contains("endpoint_override");
  if (!instance) {
    const auto url = aws::container_credentials_url(host);
    if (!url) return fail(url.error());
    return *url ? url_text(**url) : "(none)";
  }
  const auto files = aws::load_config_files(host);
  if (!files) return fail(files.error());
  aws::InstanceMetadataOverride override;
  if (test.contains("endpoint_override")) override.endpoint = test["endpoint_override"];
  if (test.contains("mode_override")) override.mode = test["mode_override"];
  auto url = aws::instance_metadata_url(host, *files, aws::active_profile(host, {}), override);
  if (!url) return fail(url.error());
  while (!url->path.empty() && url->path.back() == '/') url->path.pop_back();
  url->path += "/latest/api/token";
  return url_text(*url);
}

std::string check_metadata(const Json& test) {
  FakeHost host = host_of(test, "env");
  const auto url = metadata_url(test, host);
  const Json& result = test["result"];
  if (!result.contains("Ok")) return url ? "got " + *url + ", an error was expected" : "";
  if (!url) return url.error().message();
  return result["Ok"] == *url ? "" : "got " + *url;
}

// ---- configured endpoints

std::string check_endpoint(const Json& suite, const Json& test) {
  ConfigFiles files;
  files.profiles = sections_of(suite, "profiles");
  files.services = sections_of(suite, "services");
  FakeHost host;
  host.environment = suite["environments"][test["environment"].get<std::string>()];
  const Json& client = suite["client_configs"][test["client_config"].get<std::string>()];
  if (client.value("ignore_configured_endpoint_urls", false))
    host.environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  const std::string profile = test["profile"], service = test["service"];
  std::string got = client.value("endpoint_url", "");
  if (got.empty()) got = aws::configured_endpoint_url(host, files, profile, service).value_or("");
  if (got.empty()) {
    aws::EndpointParams params;
    params.region = aws::configured_region(host, files, profile).value_or("");
    if (service != "s3") return "no endpoint, and only S3's rules are known";
    const auto endpoint = aws::resolve_s3_endpoint(params);
    if (!endpoint) return endpoint.error().message();
    got = "https://" + endpoint->origin.authority() + endpoint->base_path;
  }
  return test["output"]["endpointUrl"] == got ? "" : "got " + got;
}

void run_endpoints(const Json& document, Report& report) {
  for (const auto& suite : document["testSuites"])
    for (const auto& test : suite["endpointUrlTests"]) {
      const std::string problem = check_endpoint(suite, test);
      if (problem.empty())
        report.pass(test["name"].get<std::string>());
      else
        report.fail(test["name"].get<std::string>(), problem);
    }
}

// ---- seeds: no crash, no hang, no leak

void try_all_parsers(const std::string& text) {
  FakeHost host;
  host.environment["HOME"] = "/h";
  for (const bool as_config : {true, false}) {
    const auto files = aws::parse_config_files(as_config ? text : "", as_config ? "" : text);
    if (!files) continue;
    for (const auto& [name, section] : files->profiles) {
      (void)aws::plan_credentials(*files, name);
      (void)aws::profile_settings(host, *files, name);
    }
  }
  (void)aws::split_words(text);
  aws::CredentialsJson format;
  format.who = "a seed";
  format.token_member = "Token";
  (void)aws::parse_credentials_json(text, format);
}

void run_seed(const std::string& name, const Json& seed, Report& report) {
  if (seed.is_string()) {
    try_all_parsers(seed);
    return report.pass(name);
  }
  if (seed.is_object() && seed.contains("text") && seed["text"].is_string()) {
    try_all_parsers(seed["text"]);
    return report.pass(seed.value("name", name));
  }
  report.fail(name, "neither a text nor an object with one");
}

void run_seeds(const Json& list, const std::string& prefix, Report& report) {
  std::size_t index = 0;
  for (const auto& [key, seed] : list.items())
    run_seed(prefix + (list.is_object() ? key : fmt::format("#{}", index++)), seed, report);
}

void run_all_seeds(const Json& document, Report& report) {
  for (const char* member : {"seeds", "files"})
    if (document.contains(member)) run_seeds(document[member], "", report);
  if (document.contains("cases"))
    for (const auto& test : document["cases"])
      run_seeds(test["files"], test.value("name", "") + " ", report);
}

bool holds_seeds(std::string_view folder, const Json& document) {
  if (document.contains("seeds")) return true;
  return folder == "credentials" &&
         (document.contains("files") || has_first(document, "cases", {"files"}));
}

}  // namespace

std::vector<Runner> credentials_runners() {
  const auto over_tests = [](std::string (*check)(const Json&)) {
    return [check](const Json& document, Report& report) {
      run_list(document["tests"], report, check);
    };
  };
  std::vector<Runner> runners;
  runners.push_back(credential_chain_runner());
  runners.push_back({"profile-parser",
                     [](std::string_view, const Json& d) {
                       return has_first(d, "tests", {"input", "output"}) &&
                              !d["tests"][0]["input"].contains("profiles");
                     },
                     over_tests(check_parser)});
  runners.push_back({"assume-role-chain",
                     [](std::string_view, const Json& d) {
                       return has_first(d, "tests", {"input", "output"}) &&
                              d["tests"][0]["input"].contains("profiles");
                     },
                     over_tests(check_roles)});
  runners.push_back({"file-location",
                     [](std::string_view, const Json& d) {
                       return has_first(d, "tests", {"environment", "configLocation"});
                     },
                     over_tests(check_location)});
  runners.push_back({"metadata-endpoint",
                     [](std::string_view, const Json& d) {
                       return has_first(d, "tests", {"env", "result"});
                     },
                     over_tests(check_metadata)});
  runners.push_back({"configured-endpoint-urls",
                     [](std::string_view, const Json& d) {
                       return has_first(d, "testSuites", {"endpointUrlTests"});
                     },
                     run_endpoints});
  runners.push_back({"seeds", holds_seeds, run_all_seeds});
  return runners;
}

}  // namespace s3ferry::vectors
