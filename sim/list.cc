#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "sim/access.h"
#include "sim/list_render.h"
#include "sim/operations.h"
#include "sim/write.h"

namespace s3ferry::sim {
namespace {

Outcome<std::size_t> max_keys(const Call& call) {
  const std::string* text = call.find_query("max-keys");
  if (text == nullptr || text->empty()) return kMostListed;
  const auto value = parse_u64(*text);
  if (!value || *value > 2'147'483'647)
    return refuse(service_error("InvalidArgument")
                      .saying("Provided max-keys not an integer or within integer range")
                      .with("ArgumentName", "max-keys")
                      .with("ArgumentValue", *text));
  return std::min<std::size_t>(*value, kMostListed);
}

// A fault that lies about the page; the keys' attributes are the bucket's where it has them.
ListedPage scripted_page(const Call& call, const ListRequest& request) {
  const Fault& fault = *call.fault;
  ListedPage page;
  const auto wanted = static_cast<std::size_t>(call.page);
  if (wanted > fault.pages.size()) return page;
  for (const std::string& key : fault.pages[wanted - 1]) {
    const ObjectPtr object = call.bucket->store.find(key);
    Object fallback;
    fallback.etag = std::string(32, '0');
    render_entry(page.contents, key, object ? *object : fallback, request);
    ++page.count;
    page.last = key;
  }
  page.truncated = wanted < fault.pages.size();
  return page;
}

std::string render_head(const Call& call, const ListRequest& request, const ListedPage& page,
                        const std::string* token) {
  XmlWriter xml;
  xml.open_root("ListBucketResult");
  xml.element("Name", call.bucket->name);
  render_text(xml, "Prefix", request.prefix, request.url);
  if (const std::string* start = call.find_query("start-after"))
    render_text(xml, "StartAfter", *start, request.url);
  if (const std::string* given = call.find_query("continuation-token"))
    xml.element("ContinuationToken", *given);
  if (token != nullptr) xml.element("NextContinuationToken", *token);
  xml.element("KeyCount", page.count);
  xml.element("MaxKeys", request.max_keys);
  if (!request.delimiter.empty()) render_text(xml, "Delimiter", request.delimiter, request.url);
  if (request.url) xml.element("EncodingType", "url");
  xml.element("IsTruncated", page.truncated ? "true" : "false");
  return xml.take();
}

}  // namespace

Outcome<ListRequest> read_list_request(const Call& call) {
  ListRequest request;
  request.prefix = call.query_or("prefix", "");
  request.delimiter = call.query_or("delimiter", "");
  request.fetch_owner = call.query_or("fetch-owner", "false") == "true";
  auto most = max_keys(call);
  if (!most) return refuse(std::move(most.error()));
  request.max_keys = *most;
  if (const std::string* encoding = call.find_query("encoding-type")) {
    if (*encoding != "url" && !encoding->empty())
      return refuse(service_error("InvalidArgument")
                        .saying("Invalid Encoding Method specified in Request")
                        .with("ArgumentName", "encoding-type")
                        .with("ArgumentValue", *encoding));
    request.url = *encoding == "url";
  }
  return request;
}

Outcome<Reply> list_objects_v2(State&, const Call& call) {
  if (auto may = require(call, *call.bucket, "s3:ListBucket", ""); !may)
    return refuse(std::move(may.error()));
  auto request = read_list_request(call);
  if (!request) return refuse(std::move(request.error()));
  const std::string* given = call.find_query("continuation-token");
  if (given != nullptr) {
    const auto token = read_token(*given);
    if (!token)
      return refuse(service_error("InvalidArgument")
                        .saying("The continuation token provided is incorrect")
                        .with("ArgumentName", "continuation-token"));
    request->after = token->after;
    request->after_is_prefix = token->is_prefix;
    request->has_after = true;
  } else if (const std::string* start = call.find_query("start-after")) {
    request->after = *start;
    request->has_after = !start->empty();
  }
  const Fault* fault = call.fault.get();
  const bool scripted = fault != nullptr && !fault->pages.empty();
  ListedPage page = scripted ? scripted_page(call, *request) : list_page(*call.bucket, *request);
  std::string token = make_token(call.page + 1, page.last, page.last_is_prefix);
  bool show_token = page.truncated;
  if (fault != nullptr && fault->same_token) {
    page.truncated = show_token = true;
    if (given != nullptr) token = *given;
  }
  if (fault != nullptr && fault->truncated_no_token) {
    page.truncated = true;
    show_token = false;
  }
  const std::string head = render_head(call, *request, page, show_token ? &token : nullptr);
  Reply reply = xml_reply("");
  reply.page = std::move(page.contents);
  reply.page.prepend(head);
  reply.page.append(page.prefixes);
  reply.page.append("</ListBucketResult>");
  return reply;
}

}  // namespace s3ferry::sim
