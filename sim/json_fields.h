#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

namespace s3ferry::sim {

// Reads the members of one JSON object into typed places. The first thing that does not fit is kept
// as the error; finish() also refuses members that nobody asked for, so that a misspelt one never
// passes in silence.
class JsonFields {
 public:
  using Json = nlohmann::json;
  JsonFields(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json_.is_object()) complain("is not an object");
  }

  const Json* find(const char* name) {
    seen_.insert(name);
    if (!json_.is_object()) return nullptr;
    const auto at = json_.find(name);
    return at == json_.end() || at->is_null() ? nullptr : &*at;
  }
  void text(const char* name, std::string& out) {
    if (const Json* value = find(name)) {
      if (value->is_string()) {
        out = value->get<std::string>();
      } else {
        complain(fmt::format("'{}' is not a text", name));
      }
    }
  }
  void flag(const char* name, bool& out) {
    if (const Json* value = find(name)) {
      if (value->is_boolean()) {
        out = value->get<bool>();
      } else {
        complain(fmt::format("'{}' is neither true nor false", name));
      }
    }
  }
  template <class Number>
  void number(const char* name, Number& out) {
    const Json* value = find(name);
    if (value == nullptr) return;
    const bool whole = std::is_floating_point_v<Number> || value->is_number_unsigned();
    if (value->is_number() && whole) {
      out = value->get<Number>();
    } else {
      complain(fmt::format("'{}' is not a number that fits", name));
    }
  }
  void millis(const char* name, Duration& out) {
    double value = -1;
    number(name, value);
    if (value >= 0)
      out = std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(value));
  }
  void time(const char* name, std::optional<WallTime>& out) {
    std::string value;
    text(name, value);
    if (value.empty()) return;
    out = parse_iso8601(value);
    if (!out) complain(fmt::format("'{}' is not a time like 2026-01-31T00:00:00Z", name));
  }
  // Text, or any JSON value as its text: policies are written either way.
  void document(const char* name, std::string& out) {
    if (const Json* value = find(name))
      out = value->is_string() ? value->get<std::string>() : value->dump();
  }
  template <class Map>
  void map(const char* name, Map& out) {
    const Json* value = find(name);
    if (value == nullptr) return;
    if (!value->is_object()) return complain(fmt::format("'{}' is not an object", name));
    for (const auto& [key, item] : value->items()) {
      if (!item.is_string()) return complain(fmt::format("'{}.{}' is not a text", name, key));
      out[key] = item.get<std::string>();
    }
  }
  // Calls visit(element, "where.name[i]") for each element of an array.
  template <class Visit>
  void each(const char* name, const Visit& visit) {
    const Json* value = find(name);
    if (value == nullptr) return;
    if (!value->is_array()) return complain(fmt::format("'{}' is not an array", name));
    for (std::size_t i = 0; i < value->size() && !error_; ++i) {
      Status status = visit((*value)[i], fmt::format("{}.{}[{}]", where_, name, i));
      if (!status) error_ = std::move(status.error());
    }
  }
  // One of `names`, by its index.
  template <class Enum, std::size_t kCount>
  void choice(const char* name, const std::string_view (&names)[kCount], Enum& out) {
    std::string value;
    text(name, value);
    if (value.empty()) return;
    for (std::size_t i = 0; i < kCount; ++i) {
      if (names[i] != value) continue;
      out = static_cast<Enum>(i);
      return;
    }
    complain(fmt::format("'{}' cannot be '{}'", name, value));
  }
  void complain(std::string what) {
    if (!error_) error_ = Error(ErrorKind::kConfig, fmt::format("{}: {}", where_, what));
  }
  Status finish() {
    if (json_.is_object())
      for (const auto& [name, value] : json_.items())
        if (!seen_.contains(name)) complain(fmt::format("no member '{}' is known", name));
    return error_ ? Status(fail(std::move(*error_))) : Status();
  }

 private:
  const Json& json_;
  std::string where_;
  std::set<std::string, std::less<>> seen_;
  std::optional<Error> error_;
};

}  // namespace s3ferry::sim
