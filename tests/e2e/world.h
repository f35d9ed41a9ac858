#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/process.h"
#include "support/program.h"

namespace s3ferry::testing {

// A simulated S3 as a process. Stopped by its pid.
class SimulatedService {
 public:
  // `config`: the JSON document of sim/README.md. Throws when it does not start.
  SimulatedService(const ScratchFolder& scratch, const nlohmann::json& config, bool tls = false);

  const std::string& url() const { return url_; }          // http://127.0.0.1:PORT
  const std::string& tls_url() const { return tls_url_; }  // https://…, with `tls`
  const std::string& ca_file() const { return ca_file_; }
  nlohmann::json counters();
  // Everything done since the last call; from the first call on.
  nlohmann::json take_log();
  nlohmann::json objects(const std::string& bucket);  // of /_s3sim/objects
  void configure(const nlohmann::json& more);         // faults, latencies, buckets: added
  void kill();                                        // at once, like a power cut

 private:
  std::string control(const std::string& method, const std::string& what, const std::string& body);
  std::string ca_file_, url_, tls_url_;
  std::unique_ptr<Child> process_;
};

// Two accounts, a source bucket of the first that the second may read, a target bucket of the
// second, a program with the profiles `asis` and `tobe`.
class EndToEnd : public ::testing::Test {
 protected:
  static constexpr const char* kSourceSecret = "fake-source-secret-MARKER-7f3a";
  static constexpr const char* kTargetSecret = "fake-target-secret-MARKER-91cc";

  EndToEnd();
  // The world's JSON document; tests add to it before start().
  nlohmann::json config;
  void start(bool tls = false);
  // {"sync", "s3://source", "s3://target", profiles, the endpoint}, then `more`.
  std::vector<std::string> sync(std::vector<std::string> more = {}) const;
  void add_object(const std::string& bucket, nlohmann::json object);
  void add_objects(std::size_t count, const std::string& prefix = "k");

  ScratchFolder scratch;
  Program program{scratch};
  std::unique_ptr<SimulatedService> service;
};

std::size_t lines_in(const std::string& text);

}  // namespace s3ferry::testing
