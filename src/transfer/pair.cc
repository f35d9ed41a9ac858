#include "transfer/pair.h"

#include "s3/source_bucket.h"

namespace s3ferry {

std::string Location::full_key(std::string_view relative) const {
  std::string out;
  out.reserve(prefix.size() + relative.size());
  out += prefix;
  out += relative;
  return out;
}

std::string Location::url() const {
  return "s3://" + bucket.str() + "/" + prefix;
}

std::string Location::url_of(std::string_view relative) const {
  std::string out = url();
  out += relative;
  return out;
}

Status check_not_nested(const Pair& pair) {
  const Location &source = pair.source_at, &target = pair.target_at;
  if (!pair.same_service || source.bucket != target.bucket) return {};
  if (source.prefix == target.prefix) {
    return fail(ErrorKind::kRefused,
                "source and target are the same (" + source.url() + "): name another target");
  }
  const bool inside =
      source.prefix.starts_with(target.prefix) || target.prefix.starts_with(source.prefix);
  if (!inside) return {};
  return fail(ErrorKind::kRefused, source.url() + " and " + target.url() +
                                       " lie inside each other: a sync would copy (or delete) its "
                                       "own results; choose prefixes beside each other");
}

}  // namespace s3ferry
