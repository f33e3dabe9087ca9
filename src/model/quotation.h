// Choosing what to quote: the sentences of passages that cover a question best. Internal to the local model. Pure.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "model/chat_model.h"

namespace slipway::model {

// Neighbouring sentences of one passage.
struct Quotation {
    const GroundingPassage* passage = nullptr;
    std::vector<std::string_view> sentences;  // views into the passage's text
};

struct QuotationLimits {
    std::size_t sentences = 5;  // of all quotations together
    std::size_t sentence_bytes = 700;
    std::size_t passage_bytes = 64 << 10;
};

// How near each sentence of a passage is to the question in meaning, in the order of split_sentences; empty: not known.
using Nearness = std::vector<double>;

// In the order of the passages, which is best first; empty when no sentence holds a word that counts and none is known
// to be near. Words count by their rarity in these passages, and by what GroundingPassage::terms says they are worth.
// `nearness` is empty or has one entry per passage.
std::vector<Quotation> choose_quotations(std::span<const GroundingPassage* const> passages, std::string_view question,
                                         std::string_view language, const QuotationLimits& limits,
                                         std::span<const Nearness> nearness = {});

}  // namespace slipway::model
