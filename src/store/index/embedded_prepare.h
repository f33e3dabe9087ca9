// From passages to what the writer's thread puts into the tables: everybody waits for that thread, so it need neither
// analyse text nor sort terms. Knows no connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/index/index.h"

namespace slipway::store::embedded {

struct TermCount {
    std::uint32_t term = 0;  // its place in PreparedPassages::terms
    std::uint32_t occurrences = 0;
};

struct PreparedPassage {
    std::string id, name_space, text, extra_text;
    std::string metadata;               // JSON
    std::optional<std::string> vector;  // bytes
    std::vector<TermCount> terms;       // each once
    std::uint64_t length = 0;           // of all terms
};

struct PreparedPassages {
    std::vector<std::string> terms;  // of all, each once, in order of bytes
    std::vector<PreparedPassage> all;
};

// In the order of the ids' last appearance; an id that comes twice keeps only its last passage.
PreparedPassages prepare_passages(std::vector<Passage> passages, const CollectionOptions& options);

}  // namespace slipway::store::embedded
