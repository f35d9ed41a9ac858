#include "sim/fault_config.h"

#include "sim/json_fields.h"

namespace s3ferry::sim {
namespace {

using Json = nlohmann::json;

std::string_view default_code(int status) {
  switch (status) {
    case 301:
      return "PermanentRedirect";
    case 400:
      return "InvalidRequest";
    case 403:
      return "AccessDenied";
    case 404:
      return "NoSuchKey";
    case 405:
      return "MethodNotAllowed";
    case 409:
      return "ConditionalRequestConflict";
    case 412:
      return "PreconditionFailed";
    case 429:
      return "TooManyRequests";
    case 500:
      return "InternalError";
    case 501:
      return "NotImplemented";
    case 503:
      return "SlowDown";
    default:
      return "";
  }
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t end = text.find(separator);
    out.emplace_back(trim_ascii(text.substr(0, end)));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

void read_operations(JsonFields& fields, Fault& fault) {
  std::string text;
  fields.text("operation", text);
  if (text.empty() || text == "any") return;
  for (const std::string& name : split(text, '|')) {
    const auto operation = parse_operation(name);
    if (!operation) return fields.complain("no operation '" + name + "'");
    fault.operations.push_back(*operation);
  }
}

void read_times(JsonFields& fields, Fault& fault) {
  const Json* times = fields.find("times");
  if (times == nullptr || *times == "always") return;
  if (!times->is_number_unsigned()) return fields.complain("'times' is a number or 'always'");
  fault.times = times->get<int>();
}

Status read_response(const Json& json, Fault& fault) {
  JsonFields fields(json, "fault.response");
  fields.number("status", fault.status);
  fields.text("code", fault.code);
  fields.text("message", fault.message);
  fields.map("headers", fault.headers);
  std::string body;
  const bool has_body = fields.find("body") != nullptr;
  fields.text("body", body);
  if (body == "cut") {
    fault.cut_body = true;
    if (fault.code.empty() && fault.status / 100 == 2) fault.status = 0;
  } else if (has_body) {
    fault.body = std::move(body);
  } else if (fault.code.empty()) {
    fault.code = default_code(fault.status);
  }
  return fields.finish();
}

void read_behaviour(JsonFields& fields, Fault& fault) {
  std::string text;
  fields.text("behaviour", text);
  if (text.empty()) return;
  if (text == "same-token") {
    fault.same_token = true;
  } else if (text == "truncated-no-token") {
    fault.truncated_no_token = true;
  } else if (text.starts_with("order:")) {
    fault.pages.push_back(split(std::string_view(text).substr(6), ','));
  } else if (text.starts_with("pages:")) {
    std::string_view rest = std::string_view(text).substr(6);
    for (std::size_t open = rest.find('['); open != std::string_view::npos; open = rest.find('[')) {
      const std::size_t close = rest.find(']', open);
      if (close == std::string_view::npos) return fields.complain("a page lacks its ']'");
      const std::string_view inside = trim_ascii(rest.substr(open + 1, close - open - 1));
      fault.pages.push_back(inside.empty() ? std::vector<std::string>() : split(inside, ','));
      rest.remove_prefix(close + 1);
    }
    if (fault.pages.empty()) fields.complain("'pages:' names no page");
  } else {
    fields.complain("no behaviour '" + text + "'");
  }
}

}  // namespace

Result<Fault> parse_fault(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  JsonFields fields(json, "fault");
  Fault fault;
  std::string on;
  fields.text("on", on);
  if (on == "source") {
    fault.on = Fault::On::kSource;
  } else if (on == "dest" || on == "target") {
    fault.on = Fault::On::kTarget;
  } else if (!on.empty() && on != "both") {
    fields.complain("'on' is source, dest or both");
  }
  read_operations(fields, fault);
  read_times(fields, fault);
  fields.text("bucket", fault.bucket);
  if (fields.find("key") != nullptr) fields.text("key", fault.key.emplace());
  fields.number("page", fault.page);
  fields.number("part", fault.part);
  fields.number("after", fault.after);
  if (const Json* response = fields.find("response")) {
    Status read = read_response(*response, fault);
    if (!read) return fail(std::move(read.error()));
  }
  read_behaviour(fields, fault);
  fields.flag("take_effect", fault.take_effect);
  static constexpr std::string_view kDrops[] = {"none", "before", "after"};
  fields.choice("drop", kDrops, fault.drop);
  static constexpr std::string_view kMischiefs[] = {"none", "lost", "repeated", "swapped"};
  fields.choice("mischief", kMischiefs, fault.mischief);
  if (fields.find("break_after_bytes") != nullptr)
    fields.number("break_after_bytes", fault.break_after_bytes.emplace());
  fields.millis("delay_ms", fault.delay);
  fields.number("slow_chunk_bytes", fault.slow_chunk_bytes);
  fields.millis("slow_every_ms", fault.slow_every);
  Status status = fields.finish();
  if (!status) return fail(std::move(status.error()));
  return fault;
}

}  // namespace s3ferry::sim
