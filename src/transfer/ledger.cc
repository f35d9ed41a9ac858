#include "transfer/ledger.h"

#include <utility>

namespace s3ferry {

Chunk& Ledger::begin(std::optional<std::string> after) {
  Chunk& chunk = chunks_.emplace_back();
  chunk.at_ = std::prev(chunks_.end());
  chunk.after = std::move(after);
  return chunk;
}

void Ledger::end_work(Chunk& chunk) {
  --chunk.outstanding_;
  settle(chunk);
}

void Ledger::close(Chunk& chunk, std::optional<std::string> up_to) {
  chunk.up_to = std::move(up_to);
  chunk.closed_ = true;
  held_deletes_ += chunk.planned_deletes.size();
  settle(chunk);
}

void Ledger::settle(Chunk& chunk) {
  if (!chunk.closed_ || chunk.outstanding_ > 0 || chunk.open) return;
  held_deletes_ -= chunk.planned_deletes.size();
  finished_(chunk);
  chunks_.erase(chunk.at_);
}

}  // namespace s3ferry
