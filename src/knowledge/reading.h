// What the analyser sees in a passage, whatever is asked. Internal to retrieval. The same passages answer many
// questions, and reading one takes longer than judging it (about 20 µs for 1 KB), so what was read is kept for a while.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/workspace.h"
#include "knowledge/types.h"

namespace slipway::knowledge {

// Terms stand here as hashes of 64 bits: two that are taken for one would change a score, nothing else.
using TermHash = std::uint64_t;
TermHash hash_of_term(std::string_view term);

struct Reading {
    std::vector<TermHash> terms;           // in their order: of the title, the headings, the sentences
    std::vector<std::uint32_t> ends;       // in terms: of title and headings together, then of each sentence
    std::vector<TermHash> different_ones;  // of the text alone, ascending
};

Reading read(const Found& found, std::string_view language);

// A chunk's id says what its title, headings and text are, see name_chunks(); so what was read of it stays true.
// Thread safe.
class Readings {
 public:
    static constexpr std::size_t kBytesMax = 4 << 20;

    std::shared_ptr<const Reading> find(const WorkspaceId& workspace, const std::string& chunk_id);
    void keep(const WorkspaceId& workspace, const std::string& chunk_id, std::shared_ptr<const Reading> reading);

 private:
    // What was not asked for while the newer half filled goes with the older one.
    using Half = std::unordered_map<std::string, std::shared_ptr<const Reading>>;
    void add(std::string key, std::shared_ptr<const Reading> reading);

    std::mutex mutex_;
    Half newer_, older_;
    std::size_t newer_bytes_ = 0;
};

}  // namespace slipway::knowledge
