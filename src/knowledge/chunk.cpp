#include "knowledge/chunk.h"

#include "base/crypto.h"
#include "base/text.h"
#include "knowledge/chunk_packer.h"

namespace slipway::knowledge {
namespace {

// Blocks that stand together: same headings, same page.
struct Section {
    std::span<const Block> blocks;
    std::size_t bytes = 0;
    bool heading_only = true;

    const Place& place() const { return blocks.front().place; }
    bool spoken() const { return blocks.back().kind == BlockKind::cue; }
};

bool begins_section(const Block& before, const Block& block) {
    if (block.kind == BlockKind::heading) return true;
    return before.place.page != block.place.page || before.place.headings != block.place.headings;
}

std::vector<Section> sections_of(const std::vector<Block>& blocks) {
    std::vector<Section> sections;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (i == 0 || begins_section(blocks[i - 1], blocks[i])) sections.push_back({std::span(&blocks[i], 0)});
        auto& section = sections.back();
        section.blocks = std::span(section.blocks.data(), section.blocks.size() + 1);
        section.bytes += blocks[i].text.size() + 2;
        section.heading_only = section.heading_only && blocks[i].kind == BlockKind::heading;
    }
    return sections;
}

// Under the same parent, or one under the other.
bool related(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    const auto common = std::min(a.size(), b.size());
    const auto shared = a.size() == b.size() && common > 0 ? common - 1 : common;
    return std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(shared), b.begin());
}

// Whether the section joins the group that began with `first`.
bool joins(const Section& group, const Section& last, const Section& next, const ChunkOptions& options) {
    if (!related(group.place().headings, next.place().headings)) return false;
    // A heading alone belongs to what follows, however long that is and though a page may end between.
    if (group.heading_only) return true;
    if (group.bytes + next.bytes > options.size_max || group.spoken() || next.spoken()) return false;
    if (last.place().page != next.place().page) return false;
    return group.bytes < options.size_min || next.bytes < options.size_min;
}

void pack_blocks(std::span<const Block> blocks, ChunkPacker& packer) {
    for (const auto& block : blocks) packer.add(block);
    packer.end_section();
}

bool ends_sentence(std::string_view text) {
    return text.ends_with('.') || text.ends_with('!') || text.ends_with('?') || text.ends_with("。") ||
           text.ends_with("…");
}

// A chunk of speech ends with a sentence after transcript_seconds, or anyhow a quarter later; what is left at the end
// must be worth one.
void pack_cues(std::span<const Block> blocks, const ChunkOptions& options, ChunkPacker& packer) {
    std::size_t left = 0;
    for (const auto& block : blocks) left += block.text.size() + 1;
    std::optional<int> begin;  // of the chunk that is being filled
    const Block* last = nullptr;
    for (const auto& block : blocks) {
        const int now = block.place.seconds.value_or(0);
        const int spoken = begin ? now - *begin : 0;
        const bool due = spoken >= options.transcript_seconds && last != nullptr && ends_sentence(last->text);
        const bool overdue = spoken >= options.transcript_seconds + options.transcript_seconds / 4;
        const auto chunks = packer.chunk_count();
        if ((due || overdue) && left >= options.size_min) packer.flush();
        packer.add(block);
        if (packer.chunk_count() != chunks) begin.reset();
        if (!begin && block.kind == BlockKind::cue) begin = now;
        left -= block.text.size() + 1;
        last = &block;
    }
    packer.end_section();
}

ChunkOptions in_range(ChunkOptions options) {
    options.size_max = std::max<std::size_t>(options.size_max, 64);
    options.overlap = std::min(options.overlap, options.size_max / 2);
    options.size_min = std::min(options.size_min, options.size_max / 2);
    options.transcript_seconds = std::max(options.transcript_seconds, 1);
    return options;
}

std::string hash_of(const Chunk& chunk) { return sha256_hex(join(chunk.place.headings, "\n") + "\n\n" + chunk.text); }

}  // namespace

std::vector<Chunk> chunk(const Extracted& document, ChunkOptions wanted) {
    const auto options = in_range(wanted);
    const auto sections = sections_of(document.blocks);
    std::vector<Chunk> chunks;
    ChunkPacker packer(options, chunks);
    for (std::size_t i = 0; i < sections.size();) {
        auto group = sections[i];
        std::size_t next = i + 1;
        for (; next < sections.size() && joins(group, sections[next - 1], sections[next], options); ++next) {
            group.blocks = std::span(group.blocks.data(), group.blocks.size() + sections[next].blocks.size());
            group.bytes += sections[next].bytes;
            group.heading_only = group.heading_only && sections[next].heading_only;
        }
        if (group.spoken())
            pack_cues(group.blocks, options, packer);
        else
            pack_blocks(group.blocks, packer);
        i = next;
    }
    for (auto& each : chunks) each.content_hash = hash_of(each);
    return chunks;
}

std::string chunk_id(std::string_view document_id, std::string_view content_hash, int occurrence) {
    auto bytes = sha256(fmt::format("{}\n{}\n{}", document_id, content_hash, occurrence)).substr(0, 16);
    bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x80);  // version 8, RFC 9562
    bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
    auto id = to_hex(bytes);
    for (const std::size_t at : {8U, 13U, 18U, 23U}) id.insert(at, "-");
    // A document's id begins with its time (UUID version 7). Ids that begin alike lie together in the trees of the
    // stores, so that a document changes a few pages of them, not one for each chunk.
    constexpr std::size_t kTime = 13;
    if (document_id.size() == id.size()) id.replace(0, kTime, document_id.substr(0, kTime));
    return id;
}

}  // namespace slipway::knowledge
