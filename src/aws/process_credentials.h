#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/credentials.h"
#include "runtime/host.h"

namespace s3ferry::aws {

// A command line in words, as a POSIX shell would cut it, but with nothing expanded and no
// operators: blanks part words, '…' is literal, in "…" a backslash keeps \ and ", outside it keeps
// any character. kConfig when a quote is not closed.
Result<std::vector<std::string>> split_words(std::string_view text);

// Runs a profile's credential_process and reads what it prints. No shell; five minutes at most
// (such programs may open a browser). What it prints reaches no message, nor do its arguments.
Task<Result<Credentials>> process_credentials(Host& host, std::string command, std::string profile,
                                              std::string account_id);

}  // namespace s3ferry::aws
