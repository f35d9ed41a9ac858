#pragma once

#include "engine/recording_sink.h"
#include "engine/sim_pair.h"
#include "transfer/sync.h"

namespace s3ferry::testing {

// One sync, and what must hold after each, whatever a test is about: the source was only read
// (rule 1), and every object is in exactly one place (rule 13).
SyncResult sync(SimPair& world, const SyncOptions& options, RecordingSink& sink);

}  // namespace s3ferry::testing
