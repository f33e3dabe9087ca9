// HTML: the page's own text by structure, without navigation, scripts and what the page hides.
#include "base/text.h"
#include "knowledge/extract_formats.h"
#include "knowledge/extract_html_tree.h"

namespace slipway::knowledge {
namespace {

bool is_dropped(GumboTag tag) {
    switch (tag) {
        case GUMBO_TAG_SCRIPT:
        case GUMBO_TAG_STYLE:
        case GUMBO_TAG_NOSCRIPT:
        case GUMBO_TAG_TEMPLATE:
        case GUMBO_TAG_NAV:
        case GUMBO_TAG_FOOTER:
        case GUMBO_TAG_ASIDE:
        case GUMBO_TAG_SVG:
        case GUMBO_TAG_MATH:
        case GUMBO_TAG_IFRAME:
        case GUMBO_TAG_OBJECT:
        case GUMBO_TAG_AUDIO:
        case GUMBO_TAG_VIDEO:
        case GUMBO_TAG_CANVAS:
        case GUMBO_TAG_BUTTON:
        case GUMBO_TAG_SELECT:
        case GUMBO_TAG_TEXTAREA:
            return true;
        default:
            return false;
    }
}

bool is_block(GumboTag tag) {
    switch (tag) {
        case GUMBO_TAG_ADDRESS:
        case GUMBO_TAG_ARTICLE:
        case GUMBO_TAG_BLOCKQUOTE:
        case GUMBO_TAG_BODY:
        case GUMBO_TAG_CAPTION:
        case GUMBO_TAG_CENTER:
        case GUMBO_TAG_DD:
        case GUMBO_TAG_DETAILS:
        case GUMBO_TAG_DIV:
        case GUMBO_TAG_DL:
        case GUMBO_TAG_DT:
        case GUMBO_TAG_FIELDSET:
        case GUMBO_TAG_FIGCAPTION:
        case GUMBO_TAG_FIGURE:
        case GUMBO_TAG_FORM:
        case GUMBO_TAG_HEADER:
        case GUMBO_TAG_HR:
        case GUMBO_TAG_MAIN:
        case GUMBO_TAG_OL:
        case GUMBO_TAG_P:
        case GUMBO_TAG_SECTION:
        case GUMBO_TAG_SUMMARY:
        case GUMBO_TAG_TABLE:
        case GUMBO_TAG_UL:
            return true;
        default:
            return false;
    }
}

std::size_t heading_level(GumboTag tag) {
    return tag >= GUMBO_TAG_H1 && tag <= GUMBO_TAG_H6 ? static_cast<std::size_t>(tag - GUMBO_TAG_H1) + 1 : 0;
}

std::string_view attribute(const GumboElement& element, const char* name) {
    const auto* found = gumbo_get_attribute(&element.attributes, name);
    return found != nullptr ? std::string_view(found->value) : std::string_view();
}

// What the reader of the page does not see must not speak to the reader of the answer.
bool is_hidden(const GumboElement& element) {
    if (gumbo_get_attribute(&element.attributes, "hidden") != nullptr) return true;
    const auto style = lower_ascii(attribute(element, "style").substr(0, 500));
    const auto bare = replace_all(style, " ", "");
    return bare.contains("display:none") || bare.contains("visibility:hidden");
}

class HtmlReader {
 public:
    explicit HtmlReader(BlockBuilder& blocks) : blocks_(blocks) {}

    // Depth first, without recursion: the page's nesting is not ours to put on the stack.
    Result<void> read(const GumboNode* root) {
        std::vector<Visit> path;
        enter(root, path);
        while (!path.empty() && !blocks_.full()) {
            auto& [node, next] = path.back();
            const auto& children = node->v.element.children;
            if (next == children.length) {
                leave(node->v.element);
                path.pop_back();
                continue;
            }
            const auto* child = static_cast<const GumboNode*>(children.data[next++]);
            enter(child, path);
        }
        flush();
        return {};
    }

 private:
    struct Visit {
        const GumboNode* node;
        unsigned next;
    };

    void enter(const GumboNode* node, std::vector<Visit>& path) {
        switch (node->type) {
            case GUMBO_NODE_TEXT:
            case GUMBO_NODE_CDATA:
                text_ += node->v.text.text;
                return;
            case GUMBO_NODE_WHITESPACE:
                text_ += pre_ > 0 ? node->v.text.text : " ";
                return;
            case GUMBO_NODE_ELEMENT:
                break;
            default:
                return;
        }
        const auto& element = node->v.element;
        if (element.tag == GUMBO_TAG_HEAD) return head(element);
        if (is_dropped(element.tag) || is_hidden(element)) return;
        // A header of the whole page is boilerplate; that of an article holds its title.
        if (element.tag == GUMBO_TAG_HEADER && article_ == 0) return;
        open(element);
        path.push_back({node, 0});
    }

    void head(const GumboElement& element) {
        for (unsigned i = 0; i < element.children.length; ++i) {
            const auto* child = static_cast<const GumboNode*>(element.children.data[i]);
            if (child->type != GUMBO_NODE_ELEMENT) continue;
            const auto& inside = child->v.element;
            if (inside.tag == GUMBO_TAG_META && equal_ignoring_case(attribute(inside, "name"), "author"))
                blocks_.extracted().metadata["author"] = collapse_spaces(attribute(inside, "content"));
            if (inside.tag != GUMBO_TAG_TITLE || inside.children.length == 0) continue;
            const auto* title = static_cast<const GumboNode*>(inside.children.data[0]);
            if (title->type == GUMBO_NODE_TEXT) blocks_.extracted().title = collapse_spaces(title->v.text.text);
        }
    }

    void open(const GumboElement& element) {
        const auto tag = element.tag;
        if (tag == GUMBO_TAG_ARTICLE || tag == GUMBO_TAG_MAIN) ++article_;
        if (tag == GUMBO_TAG_BR)
            text_ += pre_ > 0 ? '\n' : ' ';
        else if (tag == GUMBO_TAG_TR || tag == GUMBO_TAG_LI || heading_level(tag) > 0 || tag == GUMBO_TAG_PRE ||
                 tag == GUMBO_TAG_TABLE)
            flush();
        else if (tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH)
            text_.clear();
        else if (is_block(tag))
            boundary();
        if (tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH) ++cell_;
        if (tag == GUMBO_TAG_LI) kind_ = BlockKind::list_item;
        if (tag == GUMBO_TAG_PRE) ++pre_;
    }

    void leave(const GumboElement& element) {
        const auto tag = element.tag;
        if (tag == GUMBO_TAG_ARTICLE || tag == GUMBO_TAG_MAIN) --article_;
        if (const auto level = heading_level(tag)) {
            blocks_.heading(level, text_);
            text_.clear();
        } else if (tag == GUMBO_TAG_PRE) {
            --pre_;
            blocks_.add(BlockKind::code, text_);
            text_.clear();
        } else if (tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH) {
            --cell_;
            end_cell();
        } else if (tag == GUMBO_TAG_TR || tag == GUMBO_TAG_TABLE || tag == GUMBO_TAG_LI) {
            flush();
        } else if (is_block(tag)) {
            boundary();
        }
    }

    // The edge of a block ends a paragraph, but inside a table's cell only a word.
    void boundary() {
        if (cell_ > 0)
            text_ += ' ';
        else if (pre_ > 0)
            text_ += '\n';
        else
            flush_text();
    }

    void end_cell() {
        row_ += row_empty_ ? "" : " | ";
        row_empty_ = false;
        row_ += collapse_spaces(text_);
        text_.clear();
    }

    void flush() {
        flush_text();
        if (row_.find_first_not_of(" |") != std::string::npos) blocks_.add(BlockKind::table_row, row_);
        row_.clear();
        row_empty_ = true;
    }

    void flush_text() {
        blocks_.add(kind_, text_);
        text_.clear();
        kind_ = BlockKind::paragraph;
    }

    BlockBuilder& blocks_;
    std::string text_;
    std::string row_;
    bool row_empty_ = true;
    BlockKind kind_ = BlockKind::paragraph;
    int cell_ = 0;
    int pre_ = 0;
    int article_ = 0;
};

}  // namespace

Result<void> read_html(std::string_view text, BlockBuilder& blocks) {
    const auto nesting_max = blocks.limits().nesting_max;
    if (html_nesting(text, nesting_max) > nesting_max) {
        auto error =
            reject("too_large", "{} nests its elements more than {} deep; save it as plain text and upload that.",
                   blocks.name(), nesting_max);
        error.error().details["limit"] = "nesting_max";
        return error;
    }
    SLIPWAY_TRY(const auto tree, HtmlTree::parse(text, blocks));
    return HtmlReader(blocks).read(tree->root());
}

}  // namespace slipway::knowledge
