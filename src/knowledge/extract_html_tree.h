// gumbo (an HTML5 parser in C) made safe for documents from outside. As it is, it recurses when it frees a deep tree,
// and a hostile page makes it use memory and time without bound: each of 50,000 unclosed <b id=…> is opened again in
// each paragraph after them. So the tree lives in an arena with a budget of bytes and of time, nothing is freed one by
// one, and pages that nest too deep are not parsed.
#pragma once

#include <csetjmp>
#include <memory>
#include <string_view>
#include <vector>

#include <gumbo.h>

#include "knowledge/extract_blocks.h"

namespace slipway::knowledge {

// How deep the page nests, as far as tags tell: those that HTML closes by itself (p, li, td …) do not count.
std::size_t html_nesting(std::string_view text, std::size_t enough);

class HtmlTree {
 public:
    // `too_large` or `timeout` of the limits tree_bytes_max, parse_time.
    static Result<std::unique_ptr<HtmlTree>> parse(std::string_view text, const BlockBuilder& blocks);

    const GumboNode* root() const { return output_->root; }

    ~HtmlTree() = default;
    HtmlTree(const HtmlTree&) = delete;
    HtmlTree& operator=(const HtmlTree&) = delete;

 private:
    using Clock = std::chrono::steady_clock;
    enum class Stop : int { none, memory, time };

    HtmlTree(std::size_t bytes_max, Clock::time_point deadline) : bytes_left_(bytes_max), deadline_(deadline) {}
    // False when the budget stopped it.
    bool run(std::string_view text);
    static void* allocate(void* tree, std::size_t bytes);
    [[noreturn]] void leave(Stop reason);

    std::vector<std::unique_ptr<std::byte[]>> slabs_;
    std::byte* free_ = nullptr;
    std::size_t free_bytes_ = 0;
    std::size_t bytes_left_;
    std::size_t allocations_ = 0;
    Clock::time_point deadline_;
    Stop stopped_ = Stop::none;
    std::jmp_buf out_;
    GumboOutput* output_ = nullptr;
};

}  // namespace slipway::knowledge
