#include "knowledge/extract_blocks.h"

#include "base/text.h"

namespace slipway::knowledge {
namespace {

constexpr std::size_t kHeadingBytesInPlace = 120;
// Every block carries its headings; a hostile outline must not multiply them beyond this.
constexpr std::size_t kPlaceBytesMax = 64 << 20;

}  // namespace

void BlockBuilder::heading(std::size_t level, std::string_view text) {
    const auto clean = collapse_spaces(text);
    if (clean.empty()) return;
    while (!open_.empty() && open_.back().level >= level) {
        heading_bytes_ -= open_.back().text.size();
        open_.pop_back();
    }
    open_.push_back({level, std::string(cut_utf8(clean, kHeadingBytesInPlace))});
    heading_bytes_ += open_.back().text.size();
    add(BlockKind::heading, clean);
}

void BlockBuilder::add(BlockKind kind, std::string_view text) {
    std::string clean(text);
    if (kind != BlockKind::code) {
        clean = collapse_spaces(text);
    } else {
        while (!clean.empty() && (clean.back() == '\n' || clean.back() == '\r' || clean.back() == ' '))
            clean.pop_back();
    }
    if (clean.empty() || !fits(clean.size())) return;
    extracted_.blocks.push_back({std::move(clean), kind, place()});
}

void BlockBuilder::extend_last(std::string_view text) {
    const auto clean = collapse_spaces(text);
    if (empty() || !fits(clean.size())) return;
    auto& last = extracted_.blocks.back().text;
    const bool hyphen = last.ends_with('-');
    if (hyphen)
        last.pop_back();
    else
        last += ' ';
    last += clean;
}

Place BlockBuilder::place() const {
    Place place{.headings = {}, .page = page_, .seconds = seconds_};
    place.headings.reserve(open_.size());
    for (const auto& heading : open_) place.headings.push_back(heading.text);
    return place;
}

bool BlockBuilder::fits(std::size_t bytes) {
    if (full_) return false;
    text_bytes_ += bytes;
    place_bytes_ += heading_bytes_ + open_.size() * sizeof(std::string);
    full_ = true;
    if (extracted_.blocks.size() >= limits_.blocks_max)
        passed_ = "blocks_max";
    else if (place_bytes_ > kPlaceBytesMax)
        passed_ = "place_bytes_max";
    else
        full_ = text_bytes_ > limits_.text_bytes_max;
    return !full_;
}

Result<Extracted> BlockBuilder::finish() && {
    if (full_) {
        auto error =
            reject("too_large", "{} holds too much text (limit {}); split it into several documents.", name_, passed_);
        error.error().details["limit"] = passed_;
        return error;
    }
    if (empty()) return reject("empty", "{} is empty: there is no text in it.", name_);
    return std::move(extracted_);
}

}  // namespace slipway::knowledge
