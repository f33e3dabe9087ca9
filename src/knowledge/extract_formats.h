// One function per format, for extract() alone. All: the bytes are within limits.bytes_max; text is valid UTF-8 with
// "\n" line ends.
#pragma once

#include <optional>
#include <string_view>

#include "knowledge/extract_blocks.h"
#include "knowledge/extract_pdf_layout.h"

namespace slipway::knowledge {

enum class MediaType : unsigned char { text, markdown, html, pdf, docx, vtt, srt, transcript };

// PDF and DOCX by their first bytes; nothing when it may be text. `unsupported` and `encrypted` for other binary
// formats that are known, `broken` when the extension promises a binary format that the content is not.
Result<std::optional<MediaType>> recognise_binary(std::string_view bytes, std::string_view file_name);
// By content, then by the extension.
MediaType recognise_text(std::string_view text, std::string_view file_name);
// Lower case with the dot, empty when there is none.
std::string extension_of(std::string_view file_name);

// UTF-8 with or without mark, UTF-16 with a mark, else Windows-1252; line ends become "\n", control characters go.
// `unsupported` when it is binary.
Result<std::string> decode_text(std::string_view bytes, std::string_view name);

Result<void> read_plain_text(std::string_view text, BlockBuilder& blocks);
Result<void> read_markdown(std::string_view text, BlockBuilder& blocks);
Result<void> read_html(std::string_view text, BlockBuilder& blocks);
Result<void> read_pdf(std::string_view bytes, BlockBuilder& blocks);
Result<void> read_docx(std::string_view bytes, BlockBuilder& blocks);
Result<void> read_subtitles(std::string_view text, BlockBuilder& blocks);  // WebVTT and SRT
Result<void> read_transcript(std::string_view text,
                             BlockBuilder& blocks);  // [hh:mm:ss] lines, with Markdown headings between

// Whether most lines begin with a time stamp in brackets.
bool looks_like_transcript(std::string_view text);
// Whether the text begins with a WebVTT mark or an SRT cue.
bool looks_like_vtt(std::string_view text);
bool looks_like_srt(std::string_view text);

// Emphasis, links, images, code marks and escapes of one Markdown paragraph removed.
std::string strip_markdown(std::string_view text);
// The named and numbered character references that occur in Markdown and subtitles; others stay as they are.
std::string decode_entities(std::string_view text);

// Takes front matter off the text when there is any: `---`, keys, `---`. What it cannot read in there is left out.
json::object take_front_matter(std::string_view& text);

// The pages of a PDF to blocks: running heads and page numbers dropped, lines reflowed.
void read_pdf_pages(std::vector<PdfPage> pages, BlockBuilder& blocks);

}  // namespace slipway::knowledge
