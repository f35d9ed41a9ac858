#include "vectors/sync_case.h"

#include <algorithm>
#include <stdexcept>

namespace s3ferry::vectors {
namespace {

struct Unknown : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void know(const Json& object, std::string_view where, std::set<std::string> members) {
  for (const auto& [name, value] : object.items())
    if (!members.contains(name))
      throw Unknown(std::string(where) + " has the unknown member " + name);
}

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (;;) {
    const auto at = text.find(by, from);
    std::string part = text.substr(from, at == std::string::npos ? at : at - from);
    part.erase(0, part.find_first_not_of(' '));
    part.erase(part.find_last_not_of(' ') + 1);
    parts.push_back(std::move(part));
    if (at == std::string::npos) return parts;
    from = at + 1;
  }
}

// The contents of the two sides differ, so that a copy can be seen.
std::vector<sim::ObjectSpec> read_objects(const Json& list, std::uint64_t seed) {
  std::vector<sim::ObjectSpec> objects;
  for (const Json& entry : list) {
    know(entry, "an object", {"key", "size", "mtime", "storage_class", "etag"});
    sim::ObjectSpec object;
    object.key = entry.at("key").get<std::string>();
    object.size = entry.at("size").get<ByteCount>();
    object.seed = seed;
    object.mtime = parse_iso8601(entry.at("mtime").get<std::string>());
    if (!object.mtime) throw Unknown("an mtime is no time");
    object.storage_class = entry.value("storage_class", "STANDARD");
    object.etag = entry.value("etag", "");
    objects.push_back(std::move(object));
  }
  return objects;
}

// "pages: [a,b],[b]", "order: b, a", "same-token", "truncated-no-token".
void read_behaviour(const std::string& text, sim::Fault& fault) {
  if (text == "same-token") {
    fault.same_token = true;
  } else if (text == "truncated-no-token") {
    fault.truncated_no_token = true;
  } else if (text.starts_with("order:")) {
    fault.pages = {split(text.substr(6), ',')};
  } else if (text.starts_with("pages:")) {
    std::size_t at = 0;
    while ((at = text.find('[', at)) != std::string::npos) {
      const auto end = text.find(']', at);
      if (end == std::string::npos) throw Unknown("a page has no end");
      fault.pages.push_back(split(text.substr(at + 1, end - at - 1), ','));
      at = end;
    }
  } else {
    throw Unknown("unknown behaviour: " + text);
  }
}

void read_response(const Json& response, sim::Fault& fault) {
  know(response, "fault.response", {"status", "code", "headers", "body"});
  const std::string body = response.value("body", "");
  if (body == "cut")
    fault.cut_body = true;
  else
    fault.status = response.value("status", 200);
  fault.code = response.value("code", "");
  if (!body.empty() && body != "cut") fault.body = body;
  if (response.contains("headers"))
    for (const auto& [name, value] : response["headers"].items())
      fault.headers[name] = value.get<std::string>();
}

sim::Fault read_fault(const Json& json, bool& needs_multipart) {
  know(json, "fault", {"on", "operation", "key", "page", "part", "times", "response", "behaviour"});
  sim::Fault fault;
  const std::string on = json.at("on").get<std::string>();
  if (on == "source")
    fault.on = sim::Fault::On::kSource;
  else if (on == "dest")
    fault.on = sim::Fault::On::kTarget;
  else if (on != "both")
    throw Unknown("unknown fault.on: " + on);
  for (const std::string& name : split(json.at("operation").get<std::string>(), '|')) {
    if (name == "any") continue;
    const auto operation = sim::parse_operation(name);
    if (!operation) throw Unknown("unknown operation: " + name);
    needs_multipart = needs_multipart || name == "CompleteMultipartUpload" ||
                      name == "UploadPartCopy" || name == "CreateMultipartUpload";
    fault.operations.push_back(*operation);
  }
  if (json.contains("key")) fault.key = json["key"].get<std::string>();
  fault.page = json.value("page", 0);
  fault.part = json.value("part", 0);
  if (json.contains("times") && json["times"].is_number())
    fault.times = json["times"].get<int>();
  else if (json.contains("times") && json["times"] != "always")
    throw Unknown("fault.times");
  if (json.contains("response")) read_response(json["response"], fault);
  if (json.contains("behaviour")) read_behaviour(json["behaviour"].get<std::string>(), fault);
  return fault;
}

SyncCase::Copies read_copies(const Json& list) {
  SyncCase::Copies copies;
  for (const Json& entry : list) {
    know(entry, "a copy", {"from", "to", "storage_class"});
    copies[entry.at("to").get<std::string>()] = {entry.at("from").get<std::string>(),
                                                 entry.value("storage_class", "")};
  }
  return copies;
}

void read_expect(const Json& expect, SyncCase& out) {
  know(expect, "expect",
       {"copies", "copies_include", "deletes", "deletes_at_most", "deletes_if_retry_succeeds",
        "deletes_otherwise", "warnings", "exit_code", "exit_nonzero", "exit_nonzero_or",
        "terminates_within_seconds", "never", "note", "best"});
  auto keys = [&](const char* name) -> std::optional<SyncCase::Keys> {
    if (!expect.contains(name)) return std::nullopt;
    return expect[name].get<SyncCase::Keys>();
  };
  if (expect.contains("copies")) out.copies = read_copies(expect["copies"]);
  if (expect.contains("copies_include")) out.copies_include = read_copies(expect["copies_include"]);
  out.deletes = keys("deletes");
  out.deletes_if_retry_succeeds = keys("deletes_if_retry_succeeds");
  out.deletes_otherwise = keys("deletes_otherwise");
  if (expect.contains("deletes_at_most"))
    out.deletes_at_most = expect["deletes_at_most"].get<std::size_t>();
  if (expect.contains("warnings")) out.warnings = expect["warnings"].get<std::size_t>();
  if (expect.contains("exit_code")) out.exit_code = expect["exit_code"].get<int>();
  out.exit_nonzero = expect.value("exit_nonzero", false);
  if (expect.contains("terminates_within_seconds"))
    out.terminates_within_seconds = expect["terminates_within_seconds"].get<double>();
}

void read_all(const Json& json, SyncCase& out) {
  know(json, "the case",
       {"id", "title", "tags", "inspired_by", "oracle", "kind", "src", "dst", "args",
        "source_objects", "dest_objects", "expect", "fault"});
  out.id = json.at("id").get<std::string>();
  out.title = json.at("title").get<std::string>();
  out.kind = json.at("kind").get<std::string>();
  out.source_url = json.at("src").get<std::string>();
  out.target_url = json.at("dst").get<std::string>();
  out.arguments = json.at("args").get<std::vector<std::string>>();
  if (!json.at("source_objects").is_null())
    out.source_objects = read_objects(json["source_objects"], 1);
  const Json& target = json.at("dest_objects");
  if (target.is_string()) {
    if (target != "same bucket as source") throw Unknown("dest_objects");
    out.same_bucket = true;
  } else if (!target.is_null()) {
    out.target_objects = read_objects(target, 2);
  }
  out.needs_multipart = out.title.find("multipart threshold") != std::string::npos ||
                        out.title.find("multipart_threshold") != std::string::npos;
  if (json.contains("fault")) out.fault = read_fault(json["fault"], out.needs_multipart);
  read_expect(json.at("expect"), out);
}

}  // namespace

std::string read_sync_case(const Json& json, SyncCase& out) {
  try {
    read_all(json, out);
    return {};
  } catch (const std::exception& why) {
    return why.what();
  }
}

}  // namespace s3ferry::vectors
