#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/secret.h"
#include "base/time.h"
#include "runtime/task.h"

namespace s3ferry::aws {

// What a request is signed with. A value.
struct Credentials {
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;             // empty: none
  std::optional<WallTime> expires;  // nullopt: never, as far as we know
  std::string source;               // for people: "profile prod", "environment"
  std::string account_id;           // where the provider says it
};

// Gives credentials when asked, again and again. One shard's thread; outlives its callers.
class CredentialsProvider {
 public:
  virtual ~CredentialsProvider() = default;
  // What is given out by the provider of make_credentials_chain is kept and renewed before it
  // expires; any number of callers wait for one renewal. kCredentials when there are none,
  // kExpiredCredentials when they ran out and cannot be renewed, kConfig for a bad configuration.
  virtual Task<Result<Credentials>> get() = 0;
  // Those that get() would give without waiting for anybody; null: ask get(). They stay as they are
  // however long they are held.
  virtual std::shared_ptr<const Credentials> at_hand() { return nullptr; }
  // The server said that they are expired: the next get() fetches anew.
  virtual void invalidate() = 0;
};

// Always the same ones.
std::unique_ptr<CredentialsProvider> static_credentials(Credentials credentials);

}  // namespace s3ferry::aws
