#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace s3ferry::sim {

// Who asks. An unsigned request has no account.
struct Principal {
  std::string account;   // 12 digits; empty: anonymous
  std::string arn;       // of the user, or of the assumed-role session
  std::string role_arn;  // of the role behind a session; else empty
  bool is_root = false;
  bool anonymous() const { return account.empty(); }
};

// Shell-like: '*' any bytes, '?' one. `ignore_case` for actions.
bool glob_match(std::string_view pattern, std::string_view text, bool ignore_case = false);

enum class Verdict { kNone, kAllow, kAllowAccount, kDeny };

// What is asked: one action on one resource. The views live during the evaluation.
struct AccessRequest {
  const Principal* principal = nullptr;
  std::string_view action;    // "s3:GetObject"
  std::string_view resource;  // "arn:aws:s3:::bucket/key"
  // The request's values of condition keys ("s3:prefix"); nullopt: absent.
  const std::function<std::optional<std::string>(std::string_view)>* condition = nullptr;
};

// An access policy, compiled. Understands Effect, Principal ("*", account id, account root, user
// and role ARN), Action/NotAction, Resource/NotResource with wildcards, and the conditions
// String(Not)Equals, String(Not)Like, Bool, Null, each also with …IfExists. Anything else is
// refused, not ignored.
class Policy {
 public:
  // kInvalidRequest with S3's wording ("Invalid principal in policy" …) where it does not parse.
  // A bucket's policy names principals and only that bucket; an identity's names none.
  // `knows` says whether an account, user or role exists.
  using KnowsPrincipal = std::function<bool(std::string_view account, std::string_view arn)>;
  static Result<Policy> for_bucket(std::string_view json, std::string_view bucket,
                                   const KnowsPrincipal& knows);
  static Result<Policy> for_identity(std::string_view json);

  // kAllowAccount: allowed by a statement that names the account (or its root), which in the
  // account itself only hands the decision to the identity policies.
  Verdict evaluate(const AccessRequest& request) const;

 private:
  struct Condition {
    std::string op, key;
    bool if_exists = false;
    std::vector<std::string> values;
    bool holds(const AccessRequest& request) const;
  };
  struct Statement {
    bool allow = false;
    bool anyone = false;
    std::vector<std::string> accounts, arns;
    std::vector<std::string> actions, resources;
    bool not_actions = false, not_resources = false;
    std::vector<Condition> conditions;
  };
  struct Parser;
  static Verdict names(const Statement& statement, const Principal& principal);
  std::vector<Statement> statements_;
  bool has_principals_ = false;
};

}  // namespace s3ferry::sim
