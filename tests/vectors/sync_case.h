#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/spec.h"
#include "vectors/runner.h"

namespace s3ferry::vectors {

// One case of schema sync-cases/1, read strictly: a member that is not known makes it unusable, so
// that nothing is passed by not looking.
struct SyncCase {
  std::string id, title, kind, source_url, target_url;
  std::vector<std::string> arguments;
  // Objects of a bucket; no value: the bucket does not exist.
  std::optional<std::vector<sim::ObjectSpec>> source_objects, target_objects;
  bool same_bucket = false;
  std::optional<sim::Fault> fault;
  bool needs_multipart = false;

  struct Copy {
    std::string from, storage_class;  // empty: not looked at
  };
  using Copies = std::map<std::string, Copy>;  // by the key at the target
  using Keys = std::set<std::string>;
  std::optional<Copies> copies, copies_include;
  std::optional<Keys> deletes, deletes_if_retry_succeeds, deletes_otherwise;
  std::optional<std::size_t> deletes_at_most, warnings;
  std::optional<int> exit_code;
  bool exit_nonzero = false;
  std::optional<double> terminates_within_seconds;

  std::string source_bucket() const { return bucket_of(source_url); }
  std::string target_bucket() const { return bucket_of(target_url); }

 private:
  static std::string bucket_of(const std::string& url) {
    return url.substr(5, url.find('/', 5) - 5);
  }
};

// Fills `out`; a text says what the case has that cannot be understood.
std::string read_sync_case(const Json& json, SyncCase& out);

}  // namespace s3ferry::vectors
