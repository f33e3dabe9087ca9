#include "knowledge/chunk_packer.h"

#include "base/sentence.h"
#include "base/text.h"

namespace slipway::knowledge {
namespace {

// A block that does not fit any more goes whole into the next chunk when this one is filled to a third.
constexpr std::size_t kFilledEnough = 3;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t'; }

// As much of `text` as fits into `room`, to a word's border when there is one, else to a character's.
std::string_view cut_words(std::string_view text, std::size_t room) {
    if (text.size() <= room) return text;
    for (std::size_t end = room + 1; end > room / 2; --end)
        if (is_space(text[end - 1])) return text.substr(0, end - 1);
    return cut_utf8(text, room);
}

std::vector<std::string_view> parts_of(const Block& block) {
    return block.kind == BlockKind::code ? split(block.text, '\n') : split_sentences(block.text);
}

}  // namespace

void ChunkPacker::add(const Block& block) {
    const auto separator = separator_before(block);
    if (fits(separator, block.text.size())) return append(block, separator, block.text);
    const bool filled = text_.size() - overlap_bytes_ >= options_.size_max / kFilledEnough;
    const bool is_line = block.kind == BlockKind::list_item || block.kind == BlockKind::table_row;
    if (block.text.size() <= options_.size_max && (filled || is_line)) {
        flush();
        begin_with_overlap(separator, block.text.size());
        return append(block, separator, block.text);
    }
    add_in_parts(block);
}

void ChunkPacker::add_in_parts(const Block& block) {
    const std::string_view inner = block.kind == BlockKind::code ? "\n" : " ";
    auto separator = separator_before(block);
    for (const auto part : parts_of(block)) {
        const bool blank = trim(part).empty();
        if (blank && (empty() || text_.ends_with("\n\n"))) continue;
        if (!fits(separator, part.size())) {
            flush();
            if (part.size() > options_.size_max) {
                add_in_words(block, part);
                separator = inner;
                continue;
            }
            begin_with_overlap(separator, part.size());
        }
        append(block, separator, part);
        separator = inner;
    }
}

void ChunkPacker::add_in_words(const Block& block, std::string_view text) {
    while (!text.empty()) {
        const auto piece = cut_words(text, options_.size_max);
        flush();
        append(block, "", trim(piece));
        text = trim(text.substr(piece.size()));
    }
}

void ChunkPacker::append(const Block& block, std::string_view separator, std::string_view text) {
    if (!text_.empty()) text_ += separator;
    text_ += text;
    if (first_ == nullptr || (first_->kind == BlockKind::heading && block.kind != BlockKind::heading)) first_ = &block;
    last_ = &block;
}

void ChunkPacker::flush() {
    if (empty()) return;
    Chunk chunk{.text = text_, .place = first_->place, .content_hash = {}, .ordinal = static_cast<int>(chunks_.size())};
    chunks_.push_back(std::move(chunk));
    previous_ = std::move(text_);
    text_.clear();
    overlap_bytes_ = 0;
    first_ = last_ = nullptr;
}

void ChunkPacker::end_section() {
    flush();
    previous_.clear();
}

// The last whole sentences of the chunk before, as many as the overlap allows and as fit beside what comes next; never
// all of it.
void ChunkPacker::begin_with_overlap(std::string_view separator, std::size_t next_bytes) {
    const auto beside = separator.size() + next_bytes;
    if (previous_.empty() || options_.overlap == 0 || beside >= options_.size_max) return;
    const auto room = std::min(options_.overlap, options_.size_max - beside);
    const auto sentences = split_sentences(previous_);
    std::size_t begin = previous_.size();
    for (std::size_t i = sentences.size(); i-- > 1;) {
        const auto at = static_cast<std::size_t>(sentences[i].data() - previous_.data());
        if (previous_.size() - at > room) break;
        begin = at;
    }
    text_ = previous_.substr(begin);
    overlap_bytes_ = text_.size();
}

std::string_view ChunkPacker::separator_before(const Block& block) const {
    if (last_ == nullptr) return text_.empty() ? "" : "\n\n";
    const auto same = last_->kind == block.kind;
    switch (block.kind) {
        case BlockKind::cue:
            return " ";
        case BlockKind::list_item:
        case BlockKind::table_row:
            return "\n";
        case BlockKind::code:
            return same ? "\n" : "\n\n";
        default:
            return last_->kind == BlockKind::heading ? "\n" : "\n\n";
    }
}

}  // namespace slipway::knowledge
