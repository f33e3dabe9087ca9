// Which format a document has.
#include "base/text.h"
#include "knowledge/extract_formats.h"

namespace slipway::knowledge {
namespace {

constexpr std::string_view kCompoundFile = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
// The name of the stream that holds an encrypted Office document, in UTF-16 as a compound file writes it.
constexpr std::string_view kEncryptedPackage{"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0", 32};

struct Signature {
    std::string_view bytes;
    std::string_view what;
};
constexpr auto kForeign = std::to_array<Signature>({{"\x89PNG", "a picture (PNG)"},
                                                    {"\xFF\xD8\xFF", "a picture (JPEG)"},
                                                    {"GIF8", "a picture (GIF)"},
                                                    {"\x1F\x8B", "a gzip archive"},
                                                    {"7z\xBC\xAF", "a 7z archive"},
                                                    {"Rar!", "a RAR archive"},
                                                    {"\x7F"
                                                     "ELF",
                                                     "a program"},
                                                    {"{\\rtf", "an RTF document"},
                                                    {"%!PS", "a PostScript document"},
                                                    {"ID3", "a sound file"},
                                                    {"OggS", "a sound file"},
                                                    {"RIFF", "a sound or video file"}});

constexpr auto kExtensions = std::to_array<std::pair<std::string_view, MediaType>>({{".txt", MediaType::text},
                                                                                    {".text", MediaType::text},
                                                                                    {".md", MediaType::markdown},
                                                                                    {".markdown", MediaType::markdown},
                                                                                    {".html", MediaType::html},
                                                                                    {".htm", MediaType::html},
                                                                                    {".xhtml", MediaType::html},
                                                                                    {".pdf", MediaType::pdf},
                                                                                    {".docx", MediaType::docx},
                                                                                    {".vtt", MediaType::vtt},
                                                                                    {".srt", MediaType::srt}});

std::optional<MediaType> type_of_extension(std::string_view file_name) {
    const auto extension = extension_of(file_name);
    for (const auto& [name, type] : kExtensions)
        if (name == extension) return type;
    return std::nullopt;
}

// A page may begin with comments, a mark of XML or white space.
bool looks_like_html(std::string_view text) {
    auto start = trim(text.substr(0, 4096));
    while (start.starts_with("<!--") || start.starts_with("<?")) {
        const auto end = start.find('>');
        if (end == std::string_view::npos) return false;
        start = trim(start.substr(end + 1));
    }
    const auto lowered = lower_ascii(start.substr(0, 1024));
    if (lowered.starts_with("<!doctype html") || lowered.starts_with("<html") || lowered.starts_with("<head") ||
        lowered.starts_with("<body"))
        return true;
    return lowered.starts_with('<') && (lowered.contains("<html") || lowered.contains("<body"));
}

}  // namespace

std::string extension_of(std::string_view file_name) {
    const auto slash = file_name.find_last_of("/\\");
    const auto name = slash == std::string_view::npos ? file_name : file_name.substr(slash + 1);
    const auto dot = name.rfind('.');
    return dot == std::string_view::npos || dot == 0 ? "" : lower_ascii(name.substr(dot));
}

bool has_readable_extension(std::string_view file_name) { return type_of_extension(file_name).has_value(); }

Result<std::optional<MediaType>> recognise_binary(std::string_view bytes, std::string_view name) {
    // The mark of a PDF may stand anywhere in the first 1024 bytes.
    if (bytes.substr(0, 1024).contains("%PDF-")) return MediaType::pdf;
    if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06")) return MediaType::docx;
    if (bytes.starts_with(kCompoundFile)) {
        if (bytes.contains(kEncryptedPackage))
            return reject("encrypted", "{} is encrypted; remove the password and upload it again.", name);
        return reject("unsupported",
                      "{} is in the old binary format of Office; save it as .docx or PDF and upload that.", name);
    }
    for (const auto& foreign : kForeign)
        if (bytes.starts_with(foreign.bytes))
            return reject("unsupported", "{} is {}; text, Markdown, HTML, PDF, DOCX, VTT and SRT are read.", name,
                          foreign.what);
    const auto promised = type_of_extension(name);
    if (promised == MediaType::pdf || promised == MediaType::docx)
        return reject("broken", "{} is not a {} inside, though its name says so; the file is damaged or misnamed.",
                      name, promised == MediaType::pdf ? "PDF" : "DOCX");
    return std::nullopt;
}

MediaType recognise_text(std::string_view text, std::string_view file_name) {
    if (looks_like_vtt(text)) return MediaType::vtt;
    const auto promised = type_of_extension(file_name);
    // A Markdown file may begin with a piece of HTML and still be Markdown.
    if (promised == MediaType::markdown) return MediaType::markdown;
    if (looks_like_html(text)) return MediaType::html;
    if (looks_like_srt(text)) return MediaType::srt;
    return promised.value_or(MediaType::text);
}

}  // namespace slipway::knowledge
