// The restXml protocol's tests, through our codec: escaping, labels, query, headers, lists,
// timestamps, nesting. A small reader of their shape model; what S3's operations never have is
// skipped by name.

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "http/message.h"
#include "s3/xml.h"
#include "vectors/xml_vectors.h"

namespace s3ferry::vectors {
namespace {

// Why a case is none of ours; thrown nowhere, carried in the walk.
struct Walk {
  const Json& shapes;
  std::string skip, problem;
  bool stopped() const { return !skip.empty() || !problem.empty(); }
};

const Json& shape_of(const Walk& walk, const Json& reference) {
  return walk.shapes[reference["shape"].get<std::string>()];
}
std::string type_of(const Json& shape) {
  return shape.value("type", "");
}

// A member's own trait wins over its target's.
std::string trait(const Walk& walk, const Json& member, const char* name) {
  if (member.contains(name)) return member[name].get<std::string>();
  const Json& shape = shape_of(walk, member);
  return shape.contains(name) && shape[name].is_string() ? shape[name].get<std::string>() : "";
}
bool is_flat(const Walk& walk, const Json& member) {
  return member.value("flattened", false) || shape_of(walk, member).value("flattened", false);
}

// ---- writing ----

std::string time_text(const std::string& format, std::int64_t seconds) {
  const WallTime time{std::chrono::seconds(seconds)};
  if (format == "rfc822") return format_http_date(time);
  if (format == "unixTimestamp") return fmt::to_string(seconds);
  return format_iso8601(time);
}

// `where`: "header", "querystring", "uri" or "body", which decide a timestamp's default form.
std::string scalar_text(const Walk& walk, const Json& member, const Json& value,
                        std::string_view where) {
  const std::string type = type_of(shape_of(walk, member));
  if (type == "timestamp") {
    std::string format = trait(walk, member, "timestampFormat");
    if (format.empty()) format = where == "header" ? "rfc822" : "iso8601";
    return time_text(format, value.get<std::int64_t>());
  }
  if (type == "blob") return to_base64(value.get<std::string>());
  if (value.is_string()) return value.get<std::string>();
  return value.dump();
}

void write_members(Walk& walk, s3::XmlWriter& xml, const Json& shape, const Json& value);

void write_value(Walk& walk, s3::XmlWriter& xml, const std::string& name, const Json& member,
                 const Json& value) {
  if (member.value("xmlAttribute", false)) {
    walk.skip = "S3's requests have no attributes of their own";
    return;
  }
  const Json& shape = shape_of(walk, member);
  if (member.contains("xmlNamespace") || shape.contains("xmlNamespace")) {
    walk.skip = "S3's requests have one namespace, on their root";
    return;
  }
  const std::string type = type_of(shape);
  if (type == "list") {
    const std::string each = shape["member"].value("locationName", "member");
    if (is_flat(walk, member)) {
      for (const Json& item : value) write_value(walk, xml, name, shape["member"], item);
      return;
    }
    xml.open(name);
    for (const Json& item : value) write_value(walk, xml, each, shape["member"], item);
    xml.close();
  } else if (type == "map") {
    const bool flat = is_flat(walk, member);
    if (!flat) xml.open(name);
    for (const auto& [key, item] : value.items()) {
      xml.open(flat ? name : "entry");
      xml.element(shape["key"].value("locationName", "key"), key);
      write_value(walk, xml, shape["value"].value("locationName", "value"), shape["value"], item);
      xml.close();
    }
    if (!flat) xml.close();
  } else if (type == "structure") {
    xml.open(name);
    write_members(walk, xml, shape, value);
    xml.close();
  } else {
    xml.element(name, scalar_text(walk, member, value, "body"));
  }
}

void write_members(Walk& walk, s3::XmlWriter& xml, const Json& shape, const Json& value) {
  for (const auto& [name, member] : shape["members"].items()) {
    if (member.contains("location") || !value.contains(name) || value[name].is_null()) continue;
    write_value(walk, xml, member.value("locationName", name), member, value[name]);
    if (walk.stopped()) return;
  }
}

// Equal but for the blanks between elements, the root's namespace, and orders that JSON does not
// keep: of different members, and of a map's entries (two members each).
std::string canonical(const pugi::xml_node& node) {
  std::map<std::string, std::vector<std::string>> children;
  std::map<std::string, bool> entries;
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    const std::string name(s3::xml_local_name(child));
    children[name].push_back(canonical(child));
    std::size_t members = 0;
    for (const pugi::xml_node& inner : child.children())
      members += inner.type() == pugi::node_element ? 1 : 0;
    entries.try_emplace(name, true).first->second &= members == 2;
  }
  std::string inside;
  for (auto& [name, texts] : children) {
    if (entries[name]) std::sort(texts.begin(), texts.end());
    for (const std::string& text : texts) inside += text;
  }
  if (children.empty()) inside = escape_for_display(s3::xml_text(node));
  return fmt::format("<{}>{}</>", s3::xml_local_name(node), inside);
}
// The order of parameters is not kept either; of one name's values it is.
std::string canonical_uri(const std::string& uri) {
  const auto question = uri.find('?');
  if (question == std::string::npos) return uri;
  std::vector<std::string> parts;
  for (std::size_t from = question + 1; from <= uri.size();) {
    const auto to = std::min(uri.find('&', from), uri.size());
    parts.push_back(uri.substr(from, to - from));
    from = to + 1;
  }
  auto name = [](const std::string& part) { return part.substr(0, part.find('=')); };
  std::stable_sort(parts.begin(), parts.end(),
                   [&](const auto& x, const auto& y) { return name(x) < name(y); });
  std::string out = uri.substr(0, question);
  for (const std::string& part : parts) out += "&" + part;
  return out;
}
std::string canonical(const std::string& body) {
  auto document = s3::XmlDocument::parse(body);
  return document ? canonical(document->root()) : document.error().describe();
}

void add_query(Walk& walk, std::string& query, const Json& member, const std::string& name,
               const Json& value) {
  const Json& shape = shape_of(walk, member);
  auto add = [&](std::string_view n, std::string_view v) {
    query += fmt::format("{}{}={}", query.empty() ? "" : "&", uri_encode(n), uri_encode(v));
  };
  if (type_of(shape) == "list") {
    for (const Json& item : value) add(name, scalar_text(walk, shape["member"], item, "query"));
  } else if (type_of(shape) == "map") {
    walk.skip = "no operation of S3 takes a map as its query";
  } else {
    add(name, scalar_text(walk, member, value, "query"));
  }
}

std::string request_uri(Walk& walk, const Json& given, const Json& shape, const Json& params) {
  std::string uri = given["http"]["requestUri"].get<std::string>();
  std::string query;
  if (const auto question = uri.find('?'); question != std::string::npos) {
    query = uri.substr(question + 1);
    uri.resize(question);
  }
  for (const auto& [name, member] : object_in(shape, "members").items()) {
    if (!params.contains(name) || params[name].is_null()) continue;
    const std::string location = member.value("location", "");
    const std::string wire = member.value("locationName", name);
    if (location == "querystring") add_query(walk, query, member, wire, params[name]);
    if (location != "uri") continue;
    for (const bool greedy : {false, true}) {
      const std::string label = "{" + wire + (greedy ? "+}" : "}");
      if (const auto at = uri.find(label); at != std::string::npos)
        uri.replace(at, label.size(),
                    uri_encode(scalar_text(walk, member, params[name], "uri"), greedy));
    }
  }
  return query.empty() ? uri : uri + "?" + query;
}

std::string header_text(Walk& walk, const Json& member, const Json& value) {
  const Json& shape = shape_of(walk, member);
  if (type_of(shape) != "list") return scalar_text(walk, member, value, "header");
  std::string out;
  for (const Json& item : value)
    out += (out.empty() ? "" : ", ") + scalar_text(walk, shape["member"], item, "header");
  return out;
}

// Our headers of the shape, as the protocol maps them.
std::string check_headers(Walk& walk, const Json& shape, const Json& params, const Json& wanted) {
  Json got = Json::object();
  for (const auto& [name, member] : object_in(shape, "members").items()) {
    if (!params.contains(name) || params[name].is_null()) continue;
    const std::string wire = member.value("locationName", name);
    if (member.value("location", "") == "header")
      got[to_lower_ascii(wire)] = header_text(walk, member, params[name]);
    if (member.value("location", "") == "headers")
      for (const auto& [suffix, value] : params[name].items())
        got[to_lower_ascii(wire + suffix)] = value;
  }
  for (const auto& [name, value] : wanted.items()) {
    if (name == "Content-Type") continue;  // each operation of S3 has its own
    const std::string lower = to_lower_ascii(name);
    if (!got.contains(lower)) return "the header " + name + " is missing";
    if (got[lower] != value)
      return fmt::format("{}: got {}, wanted {}", name, got[lower].dump(), value.dump());
  }
  return {};
}

std::string body_of(Walk& walk, const Json& given, const Json& shape, const Json& params) {
  std::string root =
      shape.value("locationName", object_in(given, "input").value("locationName", ""));
  if (const std::string payload = shape.value("payload", ""); !payload.empty()) {
    if (!params.contains(payload)) return {};
    const Json& member = shape["members"][payload];
    const Json& target = shape_of(walk, member);
    if (type_of(target) != "structure") return params[payload].get<std::string>();
    const std::string own = member.value("locationName", payload);
    root = own != payload ? own : target.value("locationName", member["shape"].get<std::string>());
    if (target.contains("xmlNamespace") || member.contains("xmlNamespace")) {
      walk.skip = "S3's requests have one namespace, S3's";
      return {};
    }
    s3::XmlWriter xml(root);
    write_members(walk, xml, target, params[payload]);
    return std::move(xml).take();
  }
  bool any = false;
  for (const auto& [name, member] : object_in(shape, "members").items())
    any = any || (!member.contains("location") && params.contains(name));
  if (!any) return {};
  s3::XmlWriter xml(root);
  write_members(walk, xml, shape, params);
  return std::move(xml).take();
}

std::string reason_to_skip_input(const Json& suite, const Json& test) {
  const Json& given = test["given"];
  if (given.contains("endpoint") || test["serialized"].contains("host"))
    return "no operation of S3 has its own host";
  if (given.contains("requestcompression")) return "S3 takes no compressed requests";
  for (const auto& [name, shape] : suite["shapes"].items())
    for (const auto& [m, member] : object_in(shape, "members").items())
      if (member.value("idempotencyToken", false)) return "no operation of ours has such a token";
  return {};
}

void tell(Report& report, const std::string& name, const Walk& walk, const std::string& problem) {
  if (!walk.skip.empty())
    report.skip(name, walk.skip);
  else if (!walk.problem.empty())
    report.fail(name, walk.problem);
  else if (!problem.empty())
    report.fail(name, problem);
  else
    report.pass(name);
}

}  // namespace

void run_rest_xml_input(const Json& suite, const Json& test, Report& report) {
  const std::string name = test.value("id", "(no id)");
  if (const std::string reason = reason_to_skip_input(suite, test); !reason.empty())
    return report.skip(name, reason);
  const Json &given = test["given"], &wanted = test["serialized"];
  Walk walk{suite["shapes"], {}, {}};
  const Json params = test.value("params", Json::object());
  const Json shape =
      given.contains("input") ? shape_of(walk, given["input"]) : Json(Json::object());
  std::string problem;
  const std::string uri = request_uri(walk, given, shape, params);
  if (canonical_uri(uri) != canonical_uri(wanted.value("uri", "")))
    problem = fmt::format("got {}, wanted {}", uri, wanted.value("uri", ""));
  if (problem.empty())
    problem = check_headers(walk, shape, params, wanted.value("headers", Json::object()));
  const std::string body = body_of(walk, given, shape, params);
  if (problem.empty() && wanted.contains("body")) {
    const std::string expected = wanted["body"].get<std::string>();
    const bool xml = expected.starts_with('<');
    const std::string got = xml ? canonical(body) : body;
    const std::string want = xml ? canonical(expected) : expected;
    if (got != want) problem = fmt::format("got {}, wanted {}", got, want);
  }
  tell(report, name, walk, problem);
}

// ---- reading ----

namespace {

std::optional<std::int64_t> seconds_of(const std::string& text) {
  if (const auto time = parse_iso8601(text)) return time->time_since_epoch().count() / 1000;
  if (const auto time = parse_http_date(text)) return time->time_since_epoch().count() / 1000;
  if (const auto number = parse_u64(text)) return static_cast<std::int64_t>(*number);
  return std::nullopt;
}

bool same_scalar(const Walk& walk, const Json& member, const std::string& text,
                 const Json& wanted) {
  const std::string type = type_of(shape_of(walk, member));
  if (type == "timestamp") return seconds_of(text) == wanted.get<std::int64_t>();
  if (type == "blob") return from_base64(text) == wanted.get<std::string>();
  if (type == "float" || type == "double")
    return wanted.is_string() ? text == wanted.get<std::string>()
                              : std::abs(std::stod(text) - wanted.get<double>()) < 1e-9;
  return wanted.is_string() ? text == wanted.get<std::string>() : text == wanted.dump();
}

std::string compare_members(Walk& walk, const pugi::xml_node& node, const Json& shape,
                            const Json& wanted);

std::string compare_value(Walk& walk, const pugi::xml_node& parent, const std::string& name,
                          const Json& member, const Json& wanted);

// `node` is the element itself.
std::string compare_node(Walk& walk, const pugi::xml_node& node, const Json& member,
                         const Json& wanted) {
  const Json& shape = shape_of(walk, member);
  const std::string type = type_of(shape);
  if (type == "structure") return compare_members(walk, node, shape, wanted);
  if (type == "list")
    return compare_value(walk, node, shape["member"].value("locationName", "member"),
                         Json{{"shape", member["shape"]}, {"flattened", true}}, wanted);
  if (type == "map") {
    walk.skip = "no answer of S3 holds a map";
    return {};
  }
  const std::string text = s3::xml_text(node);
  return same_scalar(walk, member, text, wanted)
             ? std::string()
             : fmt::format("got '{}', wanted {}", escape_for_display(text), wanted.dump());
}

std::string compare_value(Walk& walk, const pugi::xml_node& parent, const std::string& name,
                          const Json& member, const Json& wanted) {
  const Json& shape = shape_of(walk, member);
  if (type_of(shape) == "list" && is_flat(walk, member)) {
    std::string problem;
    std::size_t n = 0;
    s3::xml_each(parent, name, [&](const pugi::xml_node& node) {
      if (problem.empty() && n < wanted.size())
        problem = compare_node(walk, node, shape["member"], wanted[n]);
      ++n;
    });
    if (n != wanted.size()) return fmt::format("{} of {}", n, name);
    return problem;
  }
  const pugi::xml_node node = s3::xml_child(parent, name);
  if (!node) return "no <" + name + ">";
  return compare_node(walk, node, member, wanted);
}

std::string compare_members(Walk& walk, const pugi::xml_node& node, const Json& shape,
                            const Json& wanted) {
  for (const auto& [name, value] : wanted.items()) {
    const Json& member = shape["members"][name];
    if (member.contains("location")) continue;
    if (member.value("xmlAttribute", false)) {
      walk.skip = "no answer of S3 that we read has attributes";
      return {};
    }
    const Json& target = shape_of(walk, member);
    if (type_of(target) == "map") {
      walk.skip = "no answer of S3 holds a map";
      return {};
    }
    const std::string wire = member.value("locationName", name);
    std::string problem = compare_value(walk, node, wire, member, value);
    if (!problem.empty() || walk.stopped()) return problem;
  }
  return {};
}

// Splits "a, b" — and HTTP dates, which hold a comma themselves.
std::vector<std::string> split_header(const std::string& text, bool dates) {
  std::vector<std::string> out;
  std::size_t from = 0;
  while (from <= text.size()) {
    auto comma = text.find(',', from);
    if (dates && comma != std::string::npos) comma = text.find(',', comma + 1);
    if (comma == std::string::npos) comma = text.size();
    out.emplace_back(trim_ascii(std::string_view(text).substr(from, comma - from)));
    from = comma + 1;
  }
  return out;
}

std::string compare_header(Walk& walk, const Json& member, const http::Headers& headers,
                           const std::string& wire, const Json& wanted) {
  const auto text = headers.get(wire);
  if (!text) return "no header " + wire;
  const Json& shape = shape_of(walk, member);
  if (type_of(shape) != "list")
    return same_scalar(walk, member, std::string(*text), wanted) ? "" : "header " + wire;
  const bool dates = type_of(shape_of(walk, shape["member"])) == "timestamp";
  const auto items = split_header(std::string(*text), dates);
  if (items.size() != wanted.size()) return "header " + wire;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (!same_scalar(walk, shape["member"], items[i], wanted[i])) return "header " + wire;
  return {};
}

std::string compare_headers(Walk& walk, const Json& shape, const http::Headers& headers,
                            const Json& wanted) {
  for (const auto& [name, value] : wanted.items()) {
    const Json& member = shape["members"][name];
    const std::string wire = member.value("locationName", name);
    if (member.value("location", "") == "header") {
      if (auto problem = compare_header(walk, member, headers, wire, value); !problem.empty())
        return problem;
    } else if (member.value("location", "") == "headers") {
      for (const auto& [suffix, text] : value.items())
        if (headers.get(wire + suffix) != text.get<std::string>()) return "header " + wire + suffix;
    }
  }
  return {};
}

std::string compare_body(Walk& walk, const Json& shape, const std::string& body,
                         const Json& wanted) {
  std::string payload = shape.value("payload", "");
  if (!payload.empty()) {
    if (!wanted.contains(payload)) return body.empty() ? "" : "a body that nobody wanted";
    const Json& target = shape_of(walk, shape["members"][payload]);
    if (type_of(target) != "structure")
      return body == wanted[payload].get<std::string>() ? "" : "another body";
    auto document = s3::XmlDocument::parse(body);
    if (!document) return document.error().describe();
    return compare_members(walk, document->root(), target, wanted[payload]);
  }
  bool any = false;
  for (const auto& [name, value] : wanted.items())
    any = any || !shape["members"][name].contains("location");
  if (!any) return {};
  auto document = s3::XmlDocument::parse(body);
  if (!document) return document.error().describe();
  return compare_members(walk, document->root(), shape, wanted);
}

}  // namespace

void run_rest_xml_output(const Json& suite, const Json& test, Report& report) {
  const std::string name = test.value("id", "(no id)");
  const Json& given = test["given"];
  if (!test.contains("result"))
    return report.skip(name, "an error of a made-up service; S3's errors have their own cases");
  Walk walk{suite["shapes"], {}, {}};
  const Json shape =
      given.contains("output") ? shape_of(walk, given["output"]) : Json(Json::object());
  http::Headers headers;
  const Json& response = test["response"];
  for (const auto& [header, value] : object_in(response, "headers").items())
    headers.add(header, value.get<std::string>());
  std::string problem = compare_headers(walk, shape, headers, test["result"]);
  if (problem.empty())
    problem = compare_body(walk, shape, response.value("body", ""), test["result"]);
  tell(report, name, walk, problem);
}

}  // namespace s3ferry::vectors
