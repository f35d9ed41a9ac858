#include "sim/policy.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace s3ferry::sim {
namespace {

using Json = nlohmann::json;

tl::unexpected<Error> malformed(std::string why) {
  return fail(ErrorKind::kInvalidRequest, std::move(why));
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool string_list(const Json& json, std::vector<std::string>& out) {
  if (json.is_string()) {
    out.push_back(json.get<std::string>());
    return true;
  }
  if (!json.is_array() || json.empty()) return false;
  for (const Json& item : json) {
    if (!item.is_string()) return false;
    out.push_back(item.get<std::string>());
  }
  return true;
}

bool is_account_id(std::string_view text) {
  return text.size() == 12 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

constexpr std::string_view kOperators[] = {
    "StringEquals", "StringNotEquals",       "StringLike", "StringNotLike", "Bool",
    "Null",         "StringEqualsIgnoreCase"};

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text, bool ignore_case) {
  std::size_t p = 0, t = 0;
  std::size_t star = std::string_view::npos, star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t] ||
                                      (ignore_case && lower(pattern[p]) == lower(text[t])))) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

struct Policy::Parser {
  std::string_view bucket;  // empty: an identity's policy
  const KnowsPrincipal* knows = nullptr;

  Status principal(const Json& json, Statement& out) const {
    if (json.is_string() && json == "*") {
      out.anyone = true;
      return Status();
    }
    if (!json.is_object() || json.size() != 1 || !json.contains("AWS"))
      return malformed("Invalid principal in policy");
    std::vector<std::string> names;
    if (!string_list(json["AWS"], names)) return malformed("Invalid principal in policy");
    for (const std::string& name : names) {
      if (name == "*") {
        out.anyone = true;
        continue;
      }
      if (is_account_id(name)) {
        if (!(*knows)(name, "")) return malformed("Invalid principal in policy");
        out.accounts.push_back(name);
        continue;
      }
      if (!name.starts_with("arn:aws:iam::") && !name.starts_with("arn:aws:sts::"))
        return malformed("Invalid principal in policy");
      const std::string account = name.substr(13, 12);
      if (!is_account_id(account) || name.find('*') != std::string::npos)
        return malformed("Invalid principal in policy");
      if (name.substr(25) == ":root") {
        if (!(*knows)(account, "")) return malformed("Invalid principal in policy");
        out.accounts.push_back(account);
      } else {
        if (!(*knows)(account, name)) return malformed("Invalid principal in policy");
        out.arns.push_back(name);
      }
    }
    return Status();
  }

  Status resources(const Json& json, Statement& out) const {
    if (!string_list(json, out.resources)) return malformed("Policy has invalid resource");
    for (const std::string& resource : out.resources) {
      if (resource != "*" && !resource.starts_with("arn:aws:s3:::"))
        return malformed("Policy has invalid resource");
      if (bucket.empty() || resource == "*") continue;
      const std::string_view name = std::string_view(resource).substr(13);
      const std::string_view in = name.substr(0, name.find('/'));
      if (!glob_match(in, bucket)) return malformed("Policy has invalid resource");
    }
    return Status();
  }

  Status conditions(const Json& json, Statement& out) const {
    if (!json.is_object()) return malformed("Conditions must be an object");
    for (const auto& [name, keys] : json.items()) {
      Condition condition;
      condition.op = name;
      if (condition.op.ends_with("IfExists")) {
        condition.op.resize(condition.op.size() - 8);
        condition.if_exists = true;
      }
      if (std::find(std::begin(kOperators), std::end(kOperators), condition.op) ==
          std::end(kOperators))
        return malformed(fmt::format("Invalid Condition type : {}", name));
      if (!keys.is_object()) return malformed("Conditions must be an object");
      for (const auto& [key, values] : keys.items()) {
        Condition one = condition;
        one.key = to_lower_ascii(key);
        if (values.is_boolean()) {
          one.values.push_back(values.get<bool>() ? "true" : "false");
        } else if (!string_list(values, one.values)) {
          return malformed("Policy has an invalid condition value");
        }
        out.conditions.push_back(std::move(one));
      }
    }
    return Status();
  }

  Result<Statement> statement(const Json& json) const {
    Statement out;
    if (!json.is_object()) return malformed("Statement must be an object");
    bool has_principal = false, has_action = false, has_resource = false;
    for (const auto& [name, value] : json.items()) {
      Status status;
      if (name == "Sid") {
        continue;
      } else if (name == "Effect") {
        if (value != "Allow" && value != "Deny")
          return malformed(fmt::format("Invalid effect: {}", value.dump()));
        out.allow = value == "Allow";
      } else if (name == "Principal" && !bucket.empty()) {
        has_principal = true;
        status = principal(value, out);
      } else if (name == "Action" || name == "NotAction") {
        has_action = true;
        out.not_actions = name == "NotAction";
        if (!string_list(value, out.actions)) return malformed("Policy has invalid action");
      } else if (name == "Resource" || name == "NotResource") {
        has_resource = true;
        out.not_resources = name == "NotResource";
        status = resources(value, out);
      } else if (name == "Condition") {
        status = conditions(value, out);
      } else {
        return malformed(fmt::format("Unknown field {}", name));
      }
      if (!status) return fail(std::move(status.error()));
    }
    if (!json.contains("Effect")) return malformed("Missing required field Effect");
    if (!bucket.empty() && !has_principal) return malformed("Missing required field Principal");
    if (!has_action) return malformed("Missing required field Action");
    if (!has_resource) return malformed("Missing required field Resource");
    return out;
  }

  Result<Policy> policy(std::string_view text) const {
    const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object())
      return malformed("Policies must be valid JSON and the first byte must be '{'");
    Policy out;
    out.has_principals_ = !bucket.empty();
    for (const auto& [name, value] : json.items())
      if (name != "Version" && name != "Id" && name != "Statement")
        return malformed(fmt::format("Unknown field {}", name));
    if (!json.contains("Statement")) return malformed("Missing required field Statement");
    const Json& statements = json["Statement"];
    if (statements.is_object()) {
      auto one = statement(statements);
      if (!one) return fail(std::move(one.error()));
      out.statements_.push_back(std::move(*one));
      return out;
    }
    if (!statements.is_array() || statements.empty())
      return malformed("Statement must not be empty");
    for (const Json& item : statements) {
      auto one = statement(item);
      if (!one) return fail(std::move(one.error()));
      out.statements_.push_back(std::move(*one));
    }
    return out;
  }
};

Result<Policy> Policy::for_bucket(std::string_view json, std::string_view bucket,
                                  const KnowsPrincipal& knows) {
  return Parser{bucket, &knows}.policy(json);
}
Result<Policy> Policy::for_identity(std::string_view json) {
  return Parser{}.policy(json);
}

bool Policy::Condition::holds(const AccessRequest& request) const {
  std::optional<std::string> value;
  if (request.condition != nullptr) value = (*request.condition)(key);
  if (op == "Null") return (values.front() == "true") == !value.has_value();
  const bool negative = op == "StringNotEquals" || op == "StringNotLike";
  if (!value) return if_exists || negative;
  const bool found = std::any_of(values.begin(), values.end(), [&](const std::string& wanted) {
    if (op == "StringLike" || op == "StringNotLike") return glob_match(wanted, *value);
    if (op == "StringEqualsIgnoreCase" || op == "Bool") return iequals_ascii(wanted, *value);
    return wanted == *value;
  });
  return found != negative;
}

Verdict Policy::names(const Statement& statement, const Principal& principal) {
  if (statement.anyone) return Verdict::kAllow;
  if (principal.anonymous()) return Verdict::kNone;
  for (const std::string& arn : statement.arns)
    if (arn == principal.arn || arn == principal.role_arn) return Verdict::kAllow;
  for (const std::string& account : statement.accounts)
    if (account == principal.account) return Verdict::kAllowAccount;
  return Verdict::kNone;
}

Verdict Policy::evaluate(const AccessRequest& request) const {
  Verdict verdict = Verdict::kNone;
  for (const Statement& statement : statements_) {
    Verdict named = Verdict::kAllow;
    if (has_principals_) named = names(statement, *request.principal);
    if (named == Verdict::kNone) continue;
    if (!statement.allow && verdict == Verdict::kDeny) continue;
    const bool action = std::any_of(
        statement.actions.begin(), statement.actions.end(),
        [&](const std::string& pattern) { return glob_match(pattern, request.action, true); });
    if (action == statement.not_actions) continue;
    const bool resource = std::any_of(
        statement.resources.begin(), statement.resources.end(),
        [&](const std::string& pattern) { return glob_match(pattern, request.resource); });
    if (resource == statement.not_resources) continue;
    if (!std::all_of(statement.conditions.begin(), statement.conditions.end(),
                     [&](const Condition& condition) { return condition.holds(request); }))
      continue;
    if (!statement.allow) return Verdict::kDeny;
    if (verdict != Verdict::kAllow) verdict = named;
  }
  return verdict;
}

}  // namespace s3ferry::sim
