#pragma once

#include <optional>
#include <string>

#include "transfer/source_facts.h"
#include "transfer/upload.h"

namespace s3ferry {

// How the parts of one route get there, and what else is peculiar to it.
struct PartsWay {
  using Whole = Task<Result<s3::CopyResult>> (*)(RouteTry&);
  PartsWay(PartCarrier& by, Whole as_one) : carrier(by), whole(as_one) {}
  PartCarrier& carrier;
  Whole whole;  // the same way without parts: where they are no use
  // Layouts that are tried where the server does not tell of parts.
  std::size_t guesses_to_keep = 1, guesses_by_the_way = 1;
  // The server computes the checksum of each part as it copies it, so that it can be asked for.
  bool computes_checksum = false;
};

// One object in parts: on the source's own boundaries, so that the ETag is kept, or on some of our
// own; as one piece where parts are no use. Used once; what it refers to outlives it.
class PartsRoute {
 public:
  PartsRoute(RouteTry& attempt, SourceFacts facts, PartsWay way)
      : attempt_(attempt), facts_(std::move(facts)), way_(way) {}

  Task<Result<s3::CopyResult>> take();

 private:
  using Kept = Result<std::optional<s3::CopyResult>>;

  const MultipartOptions& options() const { return attempt_.state().options.multipart; }
  bool must_keep() const { return options().etag == EtagPolicy::kKeep; }
  bool must_be_parts() const;
  std::string why_not_kept() const;
  Error cannot_keep(const std::string& why) const;
  UploadPlan plan(PartLayout layout, bool keep) const;
  std::string left_there() const;
  void begin_with_what_is_left(std::vector<PartLayout>& candidates) const;
  bool was_cut_anew() const;
  Result<PartLayout> new_layout() const;
  Task<Kept> keep();
  Task<Result<s3::CopyResult>> cut_anew();

  RouteTry& attempt_;
  SourceFacts facts_;
  PartsWay way_;
  std::string why_;
};

}  // namespace s3ferry
