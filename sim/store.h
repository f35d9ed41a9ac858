#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sim/object.h"
#include "sim/synthetic.h"

namespace s3ferry::sim {

// The keys of one bucket in byte order: a formula (or none) below, what was written above it.
// Adding and finding a key cost O(log n); a formula's keys cost nothing until they are overwritten.
class ObjectStore {
 public:
  using Written = std::map<std::string, ObjectPtr, std::less<>>;  // null: erased from the formula

  // The formula, with what its objects have in common.
  void set_formula(SyntheticKeys keys, Object prototype);
  // The current version, a delete marker too; null: no such key.
  ObjectPtr find(std::string_view key) const;
  void put(std::string_view key, ObjectPtr object);
  void erase(std::string_view key);
  bool empty() const;
  // The formula's i-th object, made anew.
  ObjectPtr formula_object(std::uint64_t index) const;
  const SyntheticKeys* formula() const { return formula_ ? &*formula_ : nullptr; }

  // Walks the keys in byte order, delete markers included. Invalid after a change of the store.
  class Cursor {
   public:
    explicit Cursor(const ObjectStore& store) : store_(store) {}
    void seek(std::string_view at_or_after);
    bool valid() const { return valid_; }
    // Good until next() was called twice.
    std::string_view key() const { return from_formula_ ? formula_key() : written_->first; }
    // Null where the object is the formula's: then index() names it.
    const Object* object() const { return from_formula_ ? nullptr : written_->second.get(); }
    std::uint64_t index() const { return index_; }
    void next();

   private:
    void settle();
    std::string& formula_key() { return formula_keys_[formula_key_at_]; }
    const std::string& formula_key() const { return formula_keys_[formula_key_at_]; }
    const ObjectStore& store_;
    Written::const_iterator written_;
    std::uint64_t index_ = 0;
    std::string formula_keys_[2];  // the present one and the one before
    int formula_key_at_ = 0;
    bool formula_key_known_ = false;
    bool from_formula_ = false;
    bool valid_ = false;
  };

 private:
  std::optional<SyntheticKeys> formula_;
  Object prototype_;
  Written written_;
};

}  // namespace s3ferry::sim
