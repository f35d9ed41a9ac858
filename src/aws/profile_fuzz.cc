// libFuzzer: any bytes as a shared config file, a credentials file, a credential_process line and a
// credentials answer.

#include <cstdlib>

#include "aws/credentials_json.h"
#include "aws/process_credentials.h"
#include "aws/profile.h"
#include "aws/profile_plan.h"
#include "runtime/fake_host.h"

using namespace s3ferry;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void use(const FakeHost& host, const aws::ConfigFiles& files) {
  for (const auto& [name, section] : files.profiles) {
    require(!name.empty());
    for (const auto& [property, value] : section.all()) {
      require(!property.empty() && value.line > 0);
      (void)section.nested(property, "a");
    }
    const auto plan = aws::plan_credentials(files, name);
    // Each role is another profile, so a chain is never longer than there are profiles.
    if (plan && *plan) require((*plan)->roles.size() <= files.profiles.size());
    (void)aws::profile_settings(host, files, name);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const FakeHost host;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto files = aws::parse_config_files(text, "")) use(host, *files);
  if (const auto files = aws::parse_config_files("", text)) use(host, *files);
  (void)aws::split_words(text);
  aws::CredentialsJson format;
  format.who = "the fuzzer";
  format.token_member = "Token";
  if (const auto keys = aws::parse_credentials_json(text, format))
    require(!keys->access_key_id.empty() && !keys->secret_access_key.empty());
  return 0;
}
