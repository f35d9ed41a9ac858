#include "aws/process_credentials.h"

#include <fmt/format.h>

#include "aws/credentials_json.h"
#include "base/text.h"

namespace s3ferry::aws {
namespace {

constexpr std::chrono::minutes kLimit(5);

// Takes characters up to the closing quote; false when there is none.
bool take_quoted(std::string_view& text, std::string& word) {
  const char quote = text.front();
  text.remove_prefix(1);
  while (!text.empty()) {
    char c = text.front();
    text.remove_prefix(1);
    if (c == quote) return true;
    const bool escapes =
        quote == '"' && c == '\\' && !text.empty() && (text.front() == '"' || text.front() == '\\');
    if (escapes) {
      c = text.front();
      text.remove_prefix(1);
    }
    word += c;
  }
  return false;
}

}  // namespace

Result<std::vector<std::string>> split_words(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::vector<std::string> words;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    if (text.empty()) return words;
    std::string word;
    while (!text.empty() && kBlanks.find(text.front()) == std::string_view::npos) {
      if (text.front() == '\'' || text.front() == '"') {
        if (!take_quoted(text, word)) return fail(ErrorKind::kConfig, "a quote is not closed");
        continue;
      }
      if (text.front() == '\\') text.remove_prefix(1);
      if (text.empty()) return fail(ErrorKind::kConfig, "a backslash stands at the end");
      word += text.front();
      text.remove_prefix(1);
    }
    words.push_back(std::move(word));
  }
}

Task<Result<Credentials>> process_credentials(Host& host, std::string command, std::string profile,
                                              std::string account_id) {
  const std::string who =
      fmt::format("credential_process of profile {}", escape_for_display(profile));
  auto words = split_words(command);
  if (words && words->empty()) words = fail(ErrorKind::kConfig, "it is empty");
  if (!words)
    co_return fail(ErrorKind::kConfig, fmt::format("{}: {}", who, words.error().message()));
  const std::string program = escape_for_display(words->front());
  auto output = co_await host.run_process(*words, kLimit);
  if (!output && output.error().is(ErrorKind::kCancelled)) co_return fail(output.error());
  if (!output)
    co_return fail(ErrorKind::kCredentials, fmt::format("{}: {}", who, output.error().message()));
  const Secret printed(std::move(output->out));
  if (output->exit_code != 0)
    co_return fail(ErrorKind::kCredentials,
                   fmt::format("{}: {} ended with code {}; run it by hand to see why", who, program,
                               output->exit_code));
  CredentialsJson format;
  format.who = who;
  format.token_member = "SessionToken";
  format.versioned = true;
  auto credentials = parse_credentials_json(printed.reveal(), format);
  if (!credentials) co_return fail(std::move(credentials.error()));
  credentials->source = who;
  if (credentials->account_id.empty()) credentials->account_id = std::move(account_id);
  co_return credentials;
}

}  // namespace s3ferry::aws
