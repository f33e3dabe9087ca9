#include "knowledge/extract_html_tree.h"

#include <cctype>

#include "base/text.h"

namespace slipway::knowledge {
namespace {

constexpr std::size_t kSlabBytes = 1 << 20;

constexpr auto kClosedByItself = std::to_array<std::string_view>(
    {"a",     "area", "base", "body",   "br",    "button", "caption", "col",  "colgroup", "dd",       "dt",     "embed",
     "head",  "hr",   "html", "img",    "input", "li",     "link",    "meta", "nobr",     "optgroup", "option", "p",
     "param", "rp",   "rt",   "source", "tbody", "td",     "tfoot",   "th",   "thead",    "tr",       "track",  "wbr"});
static_assert(std::ranges::is_sorted(kClosedByItself));
constexpr auto kRawText =
    std::to_array<std::string_view>({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"});

std::string_view tag_name(std::string_view text, std::size_t at) {
    std::size_t end = at;
    while (end < text.size() && end - at < 32 && std::isalnum(static_cast<unsigned char>(text[end])) != 0) ++end;
    return text.substr(at, end - at);
}

// After the raw text that `<script>` and its like begin at `at`. A missing end tag ends the search for good.
std::size_t after_raw_text(std::string_view text, std::size_t at, std::string_view name) {
    while (true) {
        at = text.find("</", at);
        if (at == std::string_view::npos) return text.size();
        at += 2;
        if (equal_ignoring_case(tag_name(text, at), name)) return at;
    }
}

}  // namespace

std::size_t html_nesting(std::string_view text, std::size_t enough) {
    std::size_t depth = 0;
    std::size_t deepest = 0;
    for (std::size_t at = text.find('<'); at < text.size() && deepest <= enough; at = text.find('<', at)) {
        ++at;
        if (text.substr(at).starts_with("!--")) {
            at = text.find("-->", at);
            continue;
        }
        const bool closing = at < text.size() && text[at] == '/';
        if (closing) ++at;
        const auto name = lower_ascii(tag_name(text, at));
        if (name.empty() || std::ranges::binary_search(kClosedByItself, std::string_view(name))) continue;
        if (closing) {
            depth -= depth > 0 ? 1 : 0;
        } else if (std::ranges::find(kRawText, name) != kRawText.end()) {
            at = after_raw_text(text, at, name);
        } else {
            deepest = std::max(deepest, ++depth);
        }
    }
    return deepest;
}

Result<std::unique_ptr<HtmlTree>> HtmlTree::parse(std::string_view text, const BlockBuilder& blocks) {
    const auto& limits = blocks.limits();
    auto tree = std::unique_ptr<HtmlTree>(new HtmlTree(limits.tree_bytes_max, Clock::now() + limits.parse_time));
    if (tree->run(text)) return tree;
    if (tree->stopped_ == Stop::time)
        return reject("timeout", "{} takes longer than {} s to read; simplify the page or save it as text.",
                      blocks.name(), std::chrono::duration_cast<std::chrono::seconds>(limits.parse_time).count());
    auto error = reject("too_large", "{} needs more memory to read than is allowed; split the page or save it as text.",
                        blocks.name());
    error.error().details["limit"] = "tree_bytes_max";
    return error;
}

// longjmp passes C frames only: nothing here or in gumbo has a destructor to run.
bool HtmlTree::run(std::string_view text) {
    GumboOptions options = kGumboDefaultOptions;
    options.allocator = &HtmlTree::allocate;
    options.deallocator = [](void*, void*) {};
    options.userdata = this;
    options.max_errors = 0;
    if (setjmp(out_) != 0) return false;
    output_ = gumbo_parse_with_options(&options, text.data(), text.size());
    return true;
}

void* HtmlTree::allocate(void* self, std::size_t bytes) {
    auto& tree = *static_cast<HtmlTree*>(self);
    constexpr std::size_t kAlignment = alignof(std::max_align_t);
    bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    if (bytes > tree.free_bytes_) {
        const auto slab = std::max(bytes, kSlabBytes);
        if (slab > tree.bytes_left_) tree.leave(Stop::memory);
        tree.bytes_left_ -= slab;
        tree.slabs_.push_back(std::make_unique_for_overwrite<std::byte[]>(slab));
        tree.free_ = tree.slabs_.back().get();
        tree.free_bytes_ = slab;
    }
    if (++tree.allocations_ % 256 == 0 && Clock::now() >= tree.deadline_) tree.leave(Stop::time);
    void* const memory = tree.free_;
    tree.free_ += bytes;
    tree.free_bytes_ -= bytes;
    return memory;
}

void HtmlTree::leave(Stop reason) {
    stopped_ = reason;
    std::longjmp(out_, 1);
}

}  // namespace slipway::knowledge
