#include "sim/store.h"

#include "base/text.h"

namespace s3ferry::sim {
namespace {

std::string etag_text(std::uint64_t high, std::uint64_t low) {
  std::string raw(16, '\0');
  for (std::size_t i = 0; i < 8; ++i) {
    raw[i] = static_cast<char>(high >> (56 - 8 * i));
    raw[8 + i] = static_cast<char>(low >> (56 - 8 * i));
  }
  return to_hex(raw);
}

}  // namespace

const std::string& Object::checksum_base64() const {
  if (checksum_value.empty() && checksum != Checksum::kNone)
    checksum_value = to_base64(content.checksum(checksum));
  return checksum_value;
}

void ObjectStore::set_formula(SyntheticKeys keys, Object prototype) {
  formula_ = std::move(keys);
  prototype_ = std::move(prototype);
}

ObjectPtr ObjectStore::formula_object(std::uint64_t index) const {
  const SyntheticKeys::Attributes attributes = formula_->attributes(index);
  auto object = std::make_shared<Object>(prototype_);
  object->content = Content::formula(attributes.seed, attributes.size, /*declared=*/true);
  object->etag = etag_text(attributes.etag_high, attributes.etag_low);
  object->mtime = attributes.mtime;
  return object;
}

// A key that would come last, as those of a bucket that is being filled do, costs one comparison.
ObjectPtr ObjectStore::find(std::string_view key) const {
  if (!written_.empty() && key <= written_.rbegin()->first) {
    const auto at = written_.find(key);
    if (at != written_.end()) return at->second;
  }
  std::uint64_t index = 0;
  if (formula_ && formula_->find(key, index)) return formula_object(index);
  return nullptr;
}

void ObjectStore::put(std::string_view key, ObjectPtr object) {
  const bool last = written_.empty() || key > written_.rbegin()->first;
  const auto at = last ? written_.end() : written_.lower_bound(key);
  if (at != written_.end() && at->first == key) {
    at->second = std::move(object);
  } else {
    written_.emplace_hint(at, std::string(key), std::move(object));
  }
}

void ObjectStore::erase(std::string_view key) {
  std::uint64_t index = 0;
  if (formula_ && formula_->find(key, index)) {
    put(key, nullptr);
  } else if (const auto at = written_.find(key); at != written_.end()) {
    written_.erase(at);
  }
}

bool ObjectStore::empty() const {
  Cursor cursor(*this);
  cursor.seek("");
  return !cursor.valid();
}

void ObjectStore::Cursor::seek(std::string_view at_or_after) {
  written_ = store_.written_.lower_bound(at_or_after);
  index_ = store_.formula_ ? store_.formula_->lower_bound(at_or_after) : 0;
  formula_key_known_ = false;
  settle();
}

void ObjectStore::Cursor::next() {
  if (from_formula_) {
    ++index_;
    formula_key_known_ = false;
    formula_key_at_ ^= 1;
  } else {
    ++written_;
  }
  settle();
}

// Finds which of the two sides is next; what was written hides the formula's object of that key.
void ObjectStore::Cursor::settle() {
  while (true) {
    const bool has_formula = store_.formula_ && index_ < store_.formula_->size();
    const bool has_written = written_ != store_.written_.end();
    valid_ = has_formula || has_written;
    from_formula_ = has_formula;
    if (has_formula && !formula_key_known_) {
      store_.formula_->key(index_, formula_key());
      formula_key_known_ = true;
    }
    if (!has_written) return;
    if (has_formula) {
      const int order = formula_key().compare(written_->first);
      if (order < 0) return;
      if (order == 0) {
        ++index_;
        formula_key_known_ = false;
      }
    }
    from_formula_ = false;
    if (written_->second != nullptr) return;
    ++written_;
  }
}

}  // namespace s3ferry::sim
