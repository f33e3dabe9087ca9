#include "knowledge/extract.h"

#include "base/text.h"
#include "knowledge/extract_formats.h"

namespace slipway::knowledge {
namespace {

constexpr std::size_t kNameBytesInMessages = 120;
constexpr std::size_t kTitleBytesMax = 300;

std::string_view file_part(std::string_view path) {
    const auto slash = path.find_last_of("/\\");
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// "feng-shui_at_home.pdf" → "feng shui at home"
std::string title_from_name(std::string_view name) {
    const auto dot = name.rfind('.');
    std::string title(dot == std::string_view::npos || dot == 0 ? name : name.substr(0, dot));
    std::ranges::replace(title, '_', ' ');
    std::ranges::replace(title, '-', ' ');
    return collapse_spaces(title);
}

// The document's own words for its title, best first.
std::string choose_title(const Extracted& extracted, std::string_view name) {
    std::string title(text_or(extracted.metadata, "title"));
    if (title.empty()) title = extracted.title;
    if (title.empty()) {
        const auto heading = std::ranges::find(extracted.blocks, BlockKind::heading, &Block::kind);
        if (heading != extracted.blocks.end()) title = heading->text;
    }
    if (title.empty()) title = title_from_name(name);
    return std::string(cut_utf8(collapse_spaces(title), kTitleBytesMax));
}

Result<void> read_binary(MediaType type, std::string_view bytes, BlockBuilder& blocks) {
    return type == MediaType::pdf ? read_pdf(bytes, blocks) : read_docx(bytes, blocks);
}

Result<void> read_text(std::string_view text, std::string_view file_name, BlockBuilder& blocks) {
    auto type = recognise_text(text, file_name);
    if (type == MediaType::text || type == MediaType::markdown) {
        blocks.extracted().metadata = take_front_matter(text);
        if (looks_like_transcript(text)) type = MediaType::transcript;
    }
    switch (type) {
        case MediaType::markdown:
            return read_markdown(text, blocks);
        case MediaType::html:
            return read_html(text, blocks);
        case MediaType::vtt:
        case MediaType::srt:
            return read_subtitles(text, blocks);
        case MediaType::transcript:
            return read_transcript(text, blocks);
        default:
            return read_plain_text(text, blocks);
    }
}

}  // namespace

Result<Extracted> extract(std::string_view bytes, std::string_view file_name, const ExtractLimits& limits) {
    const auto name = to_valid_utf8(cut_utf8(file_part(file_name), kNameBytesInMessages));
    if (bytes.empty()) return reject("empty", "{} is empty: there is no text in it.", name);
    if (bytes.size() > limits.bytes_max) {
        auto error = reject("too_large", "{} has {} bytes; at most {} are read. Split it into several documents.", name,
                            bytes.size(), limits.bytes_max);
        error.error().details["limit"] = "bytes_max";
        return error;
    }
    BlockBuilder blocks(name, limits);
    SLIPWAY_TRY(const auto binary, recognise_binary(bytes, name));
    if (binary) {
        SLIPWAY_CHECK(read_binary(*binary, bytes, blocks));
    } else {
        SLIPWAY_TRY(const auto text, decode_text(bytes, name));
        SLIPWAY_CHECK(read_text(text, name, blocks));
    }
    SLIPWAY_TRY(auto extracted, std::move(blocks).finish());
    extracted.title = choose_title(extracted, name);
    return extracted;
}

}  // namespace slipway::knowledge
