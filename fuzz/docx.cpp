// word/document.xml of a DOCX whose archive is in order (the target `extract` breaks the archive itself). A line "@@"
// separates it from word/styles.xml, if any.
#include <zlib.h>

#include "base/text.h"
#include "knowledge/extract.h"
#include "target.h"

namespace {

using namespace slipway;

void append(std::string& bytes, std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xff);
}

// An archive of stored entries (PKWARE's APPNOTE.TXT, sections 4.3.7, 4.3.12, 4.3.16).
class Archive {
 public:
    void add(std::string_view name, std::string_view content) {
        const auto sum = static_cast<std::uint32_t>(
            crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size())));
        const auto begin = static_cast<std::uint32_t>(bytes_.size());
        std::string common;
        for (const int value : {20, 0, 0, 0, 0}) append(common, static_cast<std::uint32_t>(value), 2);
        append(common, sum, 4);
        for (int i = 0; i < 2; ++i) append(common, static_cast<std::uint32_t>(content.size()), 4);
        append(common, static_cast<std::uint32_t>(name.size()), 2);
        append(common, 0, 2);
        bytes_.append("PK\3\4").append(common).append(name).append(content);
        directory_.append("PK\1\2").append(std::string("\x14\0", 2)).append(common);
        directory_.append(10, '\0');
        append(directory_, begin, 4);
        directory_.append(name);
        ++entries_;
    }
    std::string finish() && {
        const auto begin = static_cast<std::uint32_t>(bytes_.size());
        bytes_ += directory_;
        bytes_.append("PK\5\6").append(4, '\0');
        for (int i = 0; i < 2; ++i) append(bytes_, entries_, 2);
        append(bytes_, static_cast<std::uint32_t>(directory_.size()), 4);
        append(bytes_, begin, 4);
        append(bytes_, 0, 2);
        return std::move(bytes_);
    }

 private:
    std::string bytes_, directory_;
    std::uint32_t entries_ = 0;
};

}  // namespace

SLIPWAY_FUZZ_TARGET(docx) {
    const auto mark = input.find("\n@@\n");
    Archive archive;
    archive.add("word/document.xml", input.substr(0, mark));
    if (mark != std::string_view::npos) archive.add("word/styles.xml", input.substr(mark + 4));
    knowledge::ExtractLimits limits;
    limits.nesting_max = 200;
    limits.tree_bytes_max = 1 << 20;
    limits.text_bytes_max = 1 << 20;
    const auto document = knowledge::extract(std::move(archive).finish(), "a.docx", limits);
    if (!document) {
        const auto reason = text_or(document.error().details, "reason");
        fuzz::require(reason == "broken" || reason == "empty" || reason == "too_large", "only its text is at fault");
        fuzz::require(is_valid_utf8(document.error().message), "errors are for people");
        return;
    }
    fuzz::require(!input.contains("<!ENTITY"), "entities are refused");
    for (const auto& block : document->blocks)
        fuzz::require(!block.text.empty() && is_valid_utf8(block.text), "blocks are valid");
}
