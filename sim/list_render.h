#pragma once

#include <string>
#include <string_view>

#include "sim/call.h"

namespace s3ferry::sim {

inline constexpr std::size_t kMostListed = 1000;
// For what stands before the objects: mostly less.
inline constexpr std::size_t kHeadRoom = 1024;

// One page of a listing as it is asked for, and as it comes out. Rendering is the hot path of a
// load test: a page of 1,000 keys costs about 60 µs.
struct ListRequest {
  std::string prefix, delimiter;
  std::string after;  // exclusive; with after_is_prefix: behind all keys that begin with it
  bool has_after = false, after_is_prefix = false;
  bool url = false, fetch_owner = false;
  std::size_t max_keys = kMostListed;
};
struct ListedPage {
  PageText contents{kHeadRoom};  // XML
  std::string prefixes;          // the same
  std::size_t count = 0;         // keys and common prefixes
  bool truncated = false;
  std::string last;  // key or common prefix
  bool last_is_prefix = false;
};

Outcome<ListRequest> read_list_request(const Call& call);
ListedPage list_page(const Bucket& bucket, const ListRequest& request);
void render_entry(PageText& out, std::string_view key, const Object& object,
                  const ListRequest& request);
void render_text(XmlWriter& xml, std::string_view name, std::string_view value, bool url);
// The least text above all that begin with `prefix`; empty: there is none.
std::string behind_prefix(std::string_view prefix);

}  // namespace s3ferry::sim
