#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "aws/credentials_chain.h"
#include "aws/scripted_transport.h"
#include "base/text.h"
#include "runtime/fake_host.h"
#include "runtime/virtual_runtime.h"

namespace s3ferry::aws::testing {

// A chain in a made-up surrounding: files, environment and answers are the test's; time is virtual.
// Without answers left, nobody is there (kConnect).
class ChainFixture : public ::testing::Test {
 protected:
  ChainFixture() { host.environment["HOME"] = "/h"; }

  void config(std::string text) { host.files["/h/.aws/config"] = std::move(text); }
  void env(const std::string& name, std::string value) {
    host.environment[name] = std::move(value);
  }
  void reply(Reply answer) { replies.push_back(std::move(answer)); }
  // STS's answer with keys named after `name`.
  void reply_sts(const std::string& operation, const std::string& name, int life_seconds = 3600) {
    reply(Reply(
        200, "<" + operation + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">" +
                 "<" + operation +
                 "Result><AssumedRoleUser><Arn>arn:aws:sts::111122223333:"
                 "assumed-role/r/s</Arn></AssumedRoleUser><Credentials><AccessKeyId>" +
                 name + "</AccessKeyId><SecretAccessKey>secret-" + name +
                 "</SecretAccessKey><SessionToken>token-" + name + "</SessionToken><Expiration>" +
                 format_iso8601(runtime.wall_now() + std::chrono::seconds(life_seconds)) +
                 "</Expiration></Credentials></" + operation + "Result></" + operation +
                 "Response>"));
  }
  void reply_keys(const std::string& name) {
    reply(Reply(200, R"({"Code":"Success","AccessKeyId":")" + name +
                         R"(","SecretAccessKey":"s","Token":"t","Expiration":")" +
                         format_iso8601(runtime.wall_now() + std::chrono::hours(6)) + "\"}"));
  }

  Result<Credentials> get(ChainOptions options = {}) {
    auto made = make_credentials_chain(runtime, transport, host, std::move(options));
    if (!made) return fail(made.error());
    chain = std::move(*made);
    return again();
  }
  Result<Credentials> get_profile(const std::string& profile) {
    ChainOptions options;
    options.profile = profile;
    return get(options);
  }
  Result<Credentials> again() { return runtime.run(chain->get()); }
  // The access key id, or the kind of error and its message.
  static std::string id(const Result<Credentials>& got) {
    return got ? got->access_key_id : got.error().describe();
  }

  std::string url(std::size_t number) const {
    const http::Request& request = transport.requests.at(number);
    return std::string(http::to_string(request.method)) + " " +
           (request.origin.tls ? "https://" : "http://") + request.origin.authority() +
           request.target;
  }
  std::string header(std::size_t number, std::string_view name) const {
    return std::string(transport.requests.at(number).headers.get_or(name, "(none)"));
  }
  std::map<std::string, std::string> form(std::size_t number) const {
    std::map<std::string, std::string> fields;
    std::string_view text = transport.requests.at(number).body;
    while (!text.empty()) {
      const std::string_view field = text.substr(0, text.find('&'));
      const std::size_t equals = field.find('=');
      fields[std::string(field.substr(0, equals))] = *uri_decode(field.substr(equals + 1), true);
      text.remove_prefix(std::min(field.size() + 1, text.size()));
    }
    return fields;
  }

  VirtualRuntime runtime{11};
  FakeHost host;
  std::deque<Reply> replies;
  ScriptedTransport transport{runtime, [this](const http::Request&, std::size_t) {
                                if (replies.empty()) return Reply::broken(ErrorKind::kConnect);
                                Reply next = std::move(replies.front());
                                replies.pop_front();
                                return next;
                              }};
  std::unique_ptr<CredentialsProvider> chain;
};

}  // namespace s3ferry::aws::testing
