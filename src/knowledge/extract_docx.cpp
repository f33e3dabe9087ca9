// DOCX (ECMA-376, WordprocessingML): paragraphs, headings by style, lists and tables of the main part. Deleted text,
// field codes and what word processors repeat for older readers are left out.
#include <pugixml.hpp>

#include "base/text.h"
#include "knowledge/extract_formats.h"
#include "knowledge/extract_zip.h"

namespace slipway::knowledge {
namespace {

constexpr std::size_t kBytesPerXmlNode = 128;  // generously, with its attributes

// A parsed part. Entities of a DTD would be the way to blow up a small part; Word never writes one, so a part that has
// one is refused.
Result<std::unique_ptr<pugi::xml_document>> parse_part(std::string_view xml, const BlockBuilder& blocks) {
    if (xml.contains("<!DOCTYPE") || xml.contains("<!ENTITY"))
        return reject(
            "broken",
            "{} holds a document type definition, which no word processor writes; save it again and upload that.",
            blocks.name());
    const auto nodes = static_cast<std::size_t>(std::ranges::count(xml, '<') + std::ranges::count(xml, '='));
    if (nodes > blocks.limits().tree_bytes_max / kBytesPerXmlNode) {
        auto error = reject("too_large", "{} is too complex to read; split it into several documents.", blocks.name());
        error.error().details["limit"] = "tree_bytes_max";
        return error;
    }
    auto document = std::make_unique<pugi::xml_document>();
    const auto outcome = document->load_buffer(xml.data(), xml.size(), pugi::parse_default | pugi::parse_ws_pcdata);
    if (!outcome)
        return reject("broken", "{} is damaged: {} at byte {} of its text.", blocks.name(), outcome.description(),
                      outcome.offset);
    return document;
}

// The name without its namespace prefix, which a writer may choose.
std::string_view local_name(const char* name) {
    const std::string_view whole(name);
    const auto colon = whole.find(':');
    return colon == std::string_view::npos ? whole : whole.substr(colon + 1);
}

pugi::xml_node child(const pugi::xml_node& node, std::string_view name) {
    for (const auto& each : node.children())
        if (local_name(each.name()) == name) return each;
    return {};
}

std::string_view attribute(const pugi::xml_node& node, std::string_view name) {
    for (const auto& each : node.attributes())
        if (local_name(each.name()) == name) return each.value();
    return {};
}

// "heading 2", "Heading2" → 2; "Title" → 1; else 0.
std::size_t level_of_name(std::string_view name) {
    const auto lowered = replace_all(lower_ascii(name), " ", "");
    if (lowered == "title") return 1;
    if (!lowered.starts_with("heading") || lowered.size() != 8 || lowered[7] < '1' || lowered[7] > '9') return 0;
    return static_cast<std::size_t>(lowered[7] - '0');
}

std::size_t outline_level(const pugi::xml_node& properties) {
    const auto value = attribute(child(properties, "outlineLvl"), "val");
    return value.size() == 1 && value[0] >= '0' && value[0] <= '8' ? static_cast<std::size_t>(value[0] - '0') + 1 : 0;
}

// Style ids are translated ("berschrift1"); the names behind them and outline levels are not.
std::unordered_map<std::string, std::size_t> heading_styles(const pugi::xml_document& styles) {
    std::unordered_map<std::string, std::size_t> levels;
    for (const auto& style : styles.document_element().children()) {
        if (local_name(style.name()) != "style") continue;
        auto level = level_of_name(attribute(child(style, "name"), "val"));
        if (level == 0) level = outline_level(child(style, "pPr"));
        if (level > 0) levels.emplace(attribute(style, "styleId"), level);
    }
    return levels;
}

class DocxReader {
 public:
    DocxReader(std::unordered_map<std::string, std::size_t> styles, BlockBuilder& blocks)
        : styles_(std::move(styles)), blocks_(blocks) {}

    // Depth first through the siblings and parents that every node knows: no stack, no recursion.
    Result<void> read(const pugi::xml_node& root) {
        auto node = root;
        std::size_t depth = 0;
        while (node && !blocks_.full()) {
            const bool inside = enter(node);
            if (inside && node.first_child()) {
                node = node.first_child();
                if (++depth > blocks_.limits().nesting_max) return too_deep();
                continue;
            }
            leave(node);
            while (node != root && !node.next_sibling()) {
                node = node.parent();
                --depth;
                leave(node);
            }
            if (node == root) break;
            node = node.next_sibling();
        }
        return {};
    }

 private:
    std::unexpected<Error> too_deep() const {
        auto error = reject("too_large", "{} nests its parts more than {} deep; save it again and upload that.",
                            blocks_.name(), blocks_.limits().nesting_max);
        error.error().details["limit"] = "nesting_max";
        return error;
    }

    // Whether to look inside.
    bool enter(const pugi::xml_node& node) {
        const auto name = local_name(node.name());
        if (name == "t") {
            text_ += to_valid_utf8(node.text().get());  // a character reference can name what is no character
            return false;
        }
        if (name == "tab" || name == "br" || name == "cr")
            text_ += ' ';
        else if (name == "noBreakHyphen")
            text_ += '-';
        else if (name == "tbl")
            ++tables_;
        else if (name == "p" && tables_ == 0)
            begin_paragraph(node);
        else if (name == "tc" && tables_ == 1)
            text_.clear();
        // pPr and the like hold only properties ("tab" there is a stop, not a character).
        return !name.ends_with("Pr") && name != "del" && name != "moveFrom" && name != "instrText" &&
               name != "Fallback";
    }

    void begin_paragraph(const pugi::xml_node& node) {
        text_.clear();
        const auto properties = child(node, "pPr");
        const auto style = styles_.find(std::string(attribute(child(properties, "pStyle"), "val")));
        level_ = style != styles_.end() ? style->second : outline_level(properties);
        item_ = static_cast<bool>(child(properties, "numPr")) ||
                attribute(child(properties, "pStyle"), "val").starts_with("List");
    }

    void leave(const pugi::xml_node& node) {
        const auto name = local_name(node.name());
        if (name == "p") {
            if (tables_ > 0)
                text_ += ' ';
            else
                end_paragraph();
        } else if (name == "tc" && tables_ == 1) {
            if (!row_.empty()) row_ += " | ";
            row_ += collapse_spaces(text_);
            text_.clear();
        } else if (name == "tr" && tables_ == 1) {
            if (row_.find_first_not_of(" |") != std::string::npos) blocks_.add(BlockKind::table_row, row_);
            row_.clear();
        } else if (name == "tbl") {
            --tables_;
        }
    }

    void end_paragraph() {
        if (level_ > 0)
            blocks_.heading(level_, text_);
        else
            blocks_.add(item_ ? BlockKind::list_item : BlockKind::paragraph, text_);
        text_.clear();
    }

    std::unordered_map<std::string, std::size_t> styles_;
    BlockBuilder& blocks_;
    std::string text_;
    std::string row_;
    std::size_t level_ = 0;
    bool item_ = false;
    int tables_ = 0;
};

// Title and author of docProps/core.xml, when it can be read.
void read_properties(ZipArchive& archive, BlockBuilder& blocks) {
    if (!archive.has("docProps/core.xml")) return;
    const auto xml = archive.read("docProps/core.xml");
    if (!xml) return;
    const auto properties = parse_part(*xml, blocks);
    if (!properties) return;
    const auto root = (*properties)->document_element();
    blocks.extracted().title = collapse_spaces(to_valid_utf8(child(root, "title").text().get()));
    if (const auto author = collapse_spaces(to_valid_utf8(child(root, "creator").text().get())); !author.empty())
        blocks.extracted().metadata["author"] = author;
}

}  // namespace

Result<void> read_docx(std::string_view bytes, BlockBuilder& blocks) {
    SLIPWAY_TRY(const auto archive, ZipArchive::open(bytes, blocks));
    if (!archive->has("word/document.xml"))
        return reject("unsupported", "{} is an archive, but not a DOCX; save it as .docx or PDF and upload that.",
                      blocks.name());
    std::unordered_map<std::string, std::size_t> styles;
    if (archive->has("word/styles.xml")) {
        SLIPWAY_TRY(const auto xml, archive->read("word/styles.xml"));
        SLIPWAY_TRY(const auto parsed, parse_part(xml, blocks));
        styles = heading_styles(*parsed);
    }
    SLIPWAY_TRY(const auto xml, archive->read("word/document.xml"));
    SLIPWAY_TRY(const auto document, parse_part(to_valid_utf8(xml), blocks));
    SLIPWAY_CHECK(DocxReader(std::move(styles), blocks).read(document->document_element()));
    read_properties(*archive, blocks);
    return {};
}

}  // namespace slipway::knowledge
