#include "journal/span_set.h"

#include <iterator>
#include <utility>

namespace s3ferry {

bool ends_at_or_before(const std::optional<std::string>& a, const std::optional<std::string>& b) {
  if (!b) return true;
  return a && *a <= *b;
}

bool is_empty(const KeyRange& range) {
  return range.up_to && range.after && *range.up_to <= *range.after;
}

namespace {

// The end of one lies at or before the (exclusive) begin of the next.
bool ends_by(const std::optional<std::string>& up_to, const std::optional<std::string>& after) {
  return up_to && after && *up_to <= *after;
}

}  // namespace

bool overlap(const KeyRange& a, const KeyRange& b) {
  return !ends_by(a.up_to, b.after) && !ends_by(b.up_to, a.after);
}

bool SpanSet::overlaps(const KeyRange& range, Spans::const_iterator right) const {
  if (right != spans_.end() && overlap(range, KeyRange{right->first, right->second.up_to}))
    return true;
  if (right == spans_.begin()) return false;
  const auto left = std::prev(right);
  return overlap(range, KeyRange{left->first, left->second.up_to});
}

Status SpanSet::load(std::uint64_t id, const KeyRange& range) {
  const auto right = spans_.lower_bound(range.after);
  if (is_empty(range) || overlaps(range, right))
    return fail(ErrorKind::kConflict, "finished spans overlap");
  spans_.emplace_hint(right, range.after, Span{range.up_to, id});
  stored_.insert(id);
  if (id >= next_id_) next_id_ = id + 1;
  return {};
}

Status SpanSet::add(const KeyRange& range) {
  auto right = spans_.lower_bound(range.after);
  if (is_empty(range)) return fail(ErrorKind::kConflict, "an empty span cannot be finished");
  if (overlaps(range, right))
    return fail(ErrorKind::kConflict, "a span that is finished already is finished again");
  std::optional<std::string> up_to = range.up_to;
  if (right != spans_.end() && up_to && right->first == up_to) {
    up_to = right->second.up_to;
    erased_.insert(right->second.id);
    changed_.erase(right->second.id);
    right = spans_.erase(right);
  }
  if (right != spans_.begin()) {
    Span& left = std::prev(right)->second;
    if (left.up_to && range.after == left.up_to) {
      left.up_to = std::move(up_to);
      changed_.insert(left.id);
      return {};
    }
  }
  const std::uint64_t id = next_id_++;
  spans_.emplace_hint(right, range.after, Span{std::move(up_to), id});
  changed_.insert(id);
  return {};
}

SpanSet::Changes SpanSet::take_changes() {
  Changes out;
  for (const std::uint64_t id : erased_)
    if (stored_.erase(id) > 0) out.erased.push_back(id);
  if (!changed_.empty())
    for (const auto& [after, span] : spans_)
      if (changed_.contains(span.id)) out.written.push_back(Row{span.id, {after, span.up_to}});
  stored_.insert(changed_.begin(), changed_.end());
  erased_.clear();
  changed_.clear();
  return out;
}

bool SpanSet::covers(const KeyRange& range) const {
  std::optional<std::string> at = range.after;
  auto span = spans_.upper_bound(at);
  if (span != spans_.begin()) --span;
  for (; span != spans_.end(); ++span) {
    if (span->first > at) return false;
    if (ends_at_or_before(range.up_to, span->second.up_to)) return true;
    if (span->second.up_to > at) at = span->second.up_to;
  }
  return false;
}

std::vector<KeyRange> SpanSet::ranges() const {
  std::vector<KeyRange> out;
  for (const auto& [after, span] : spans_) {
    if (!out.empty() && out.back().up_to && out.back().up_to == after)
      out.back().up_to = span.up_to;
    else
      out.push_back(KeyRange{after, span.up_to});
  }
  return out;
}

void SpanSet::clear() {
  *this = SpanSet();
}

}  // namespace s3ferry
