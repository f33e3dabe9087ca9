#include "model/local_chat.h"

#include <algorithm>
#include <cmath>

#include "base/sentence.h"
#include "base/text.h"
#include "model/evidence.h"
#include "model/quotation.h"
#include "model/tokens.h"

namespace slipway::model {
namespace {

// A further passage is quoted too when it answers nearly as well as the best.
constexpr double kNearlyAsGood = 0.85;
constexpr double kNearlyAsLikely = 0.6;

std::string_view question_of(const ChatRequest& request) {
    if (!request.question.empty()) return request.question;
    for (auto message = request.messages.rbegin(); message != request.messages.rend(); ++message)
        if (message->role == Role::user) return message->content;
    return {};
}

// The passages that answer, in the order they were given, which is best first.
std::vector<const GroundingPassage*> answering(const ChatRequest& request, double score_min) {
    std::vector<const GroundingPassage*> passages;
    double best = 0;
    for (const auto& passage : request.passages) {
        if (passages.size() == LocalChat::kPassagesMax) break;
        if (!(passage.score >= score_min)) continue;  // not a number is not enough
        passages.push_back(&passage);
        best = std::max(best, passage.score);
    }
    std::erase_if(passages, [&](const auto* passage) { return passage->score < kNearlyAsGood * best; });
    return passages;
}

std::string render(const std::vector<Quotation>& quotations) {
    std::string text;
    for (const auto& quotation : quotations) {
        if (!text.empty()) text += "\n\n";
        bool first = true;
        for (const auto sentence : quotation.sentences) {
            if (!std::exchange(first, false)) text += ' ';
            text += fmt::format("{} [{}]", sentence, quotation.passage->number);
        }
    }
    return text;
}

std::int64_t tokens_of(const std::vector<Quotation>& quotations) { return estimate_tokens(render(quotations)); }

// Leaves out sentences from the end until the rest fits; true when something had to go.
bool shorten(std::vector<Quotation>& quotations, std::int64_t tokens_max) {
    bool shortened = false;
    while (!quotations.empty() && tokens_of(quotations) > tokens_max) {
        shortened = true;
        quotations.back().sentences.pop_back();
        if (quotations.back().sentences.empty()) quotations.pop_back();
    }
    return shortened;
}

// The end of the piece that begins at `begin`: after the white space that follows its word.
std::size_t piece_end(std::string_view text, std::size_t begin) {
    const auto space = text.find_first_of(" \n", begin);
    const auto next = space == std::string_view::npos ? space : text.find_first_not_of(" \n", space);
    return next == std::string_view::npos ? text.size() : next;
}

// The nearest ones, in the order they were given, which weighs words too.
std::vector<const GroundingPassage*> nearest_passages(const ChatRequest& request) {
    std::vector<const GroundingPassage*> passages;
    for (const auto& passage : request.passages)
        if (passages.size() < LocalChat::kPassagesMax && passage.similarity) passages.push_back(&passage);
    std::ranges::sort(passages, [](const auto* a, const auto* b) {
        return *a->similarity != *b->similarity ? *a->similarity > *b->similarity : a->number < b->number;
    });
    if (passages.size() > LocalChat::kNearPassagesMax) passages.resize(LocalChat::kNearPassagesMax);
    std::ranges::sort(passages, {}, &GroundingPassage::number);
    return passages;
}

// Which sentence of which passage a text is.
struct Place {
    std::size_t passage = 0, sentence = 0;
};

void collect_sentences(const GroundingPassage& passage, std::size_t number, std::vector<std::string>& texts,
                       std::vector<Place>& places, std::size_t bytes_max) {
    constexpr std::size_t kBytesMin = 15;  // shorter ones mean nothing by themselves
    std::size_t sentence = 0;
    for (const auto part : split_sentences(cut_utf8(passage.text, LocalChat::kPassageBytesMax))) {
        if (places.size() == LocalChat::kSentencesMax) return;
        if (part.size() >= kBytesMin && part.size() <= bytes_max) {
            texts.emplace_back(part);
            places.push_back({number, sentence});
        }
        ++sentence;
    }
}

double cosine(const store::Vector& a, const store::Vector& b) {
    double product = 0, left = 0, right = 0;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        product += static_cast<double>(a[i]) * b[i];
        left += static_cast<double>(a[i]) * a[i];
        right += static_cast<double>(b[i]) * b[i];
    }
    return left > 0 && right > 0 ? product / std::sqrt(left * right) : 0;
}

// A passage that may be quoted, with what speaks for it.
struct Candidate {
    const GroundingPassage* passage = nullptr;
    Nearness nearness;
    Evidence evidence;
};

// Not what is only beside the best: a passage is quoted when its meaning or its words come near those of the best.
std::vector<Candidate> worth_quoting(std::vector<Candidate> candidates) {
    double chance = 0, score = 0;
    for (const auto& candidate : candidates) {
        chance = std::max(chance, candidate.evidence.chance());
        score = std::max(score, candidate.passage->score);
    }
    std::erase_if(candidates, [&](const Candidate& candidate) {
        const bool by_meaning = candidate.evidence.chance() >= kNearlyAsLikely * chance;
        const bool by_score = score > 0 && candidate.passage->score >= kNearlyAsGood * score;
        return !by_meaning && !by_score;
    });
    return candidates;
}

}  // namespace

// What the answer is drawn from: the passages that answer, best first; none to refuse.
struct LocalChat::Reading {
    std::vector<const GroundingPassage*> passages;
    std::vector<Nearness> nearness;  // of each passage's sentences, or empty
    std::string reason;
};

LocalChat::Reading LocalChat::read_by_words(const ChatRequest& request) const {
    return {answering(request, options_.score_min), {}, {}};
}

asio::awaitable<std::optional<LocalChat::Reading>> LocalChat::read_by_meaning(const ChatRequest& request,
                                                                              std::string_view question) const {
    std::optional<Reading> reading;
    const auto nearest = nearest_passages(request);
    if (!meaning_ || nearest.empty() || question.empty()) co_return reading;
    std::vector<std::string> texts;
    std::vector<Place> places;
    for (std::size_t i = 0; i < nearest.size(); ++i)
        collect_sentences(*nearest[i], i, texts, places, options_.sentence_bytes_max);
    const bool known = !request.question.empty() && request.question_vector;
    if (!known) texts.emplace_back(question);
    auto vectors = co_await meaning_->embed(std::move(texts));
    if (!vectors || vectors->size() != places.size() + (known ? 0 : 1)) co_return reading;
    const auto asked = known ? *request.question_vector : vectors->back();

    const bool fact = asks_for_fact(question, options_.language);
    Evidence evidence{0, 0, fact};
    std::vector<Candidate> candidates;
    for (const auto* passage : nearest) {
        candidates.push_back({passage, {}, {*passage->similarity, 0, fact}});
        evidence.passage = std::max(evidence.passage, *passage->similarity);
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
        const double likeness = cosine(asked, (*vectors)[i]);
        auto& candidate = candidates[places[i].passage];
        candidate.nearness.resize(places[i].sentence + 1);
        candidate.nearness.back() = likeness;
        candidate.evidence.sentence = std::max(candidate.evidence.sentence, likeness);
        evidence.sentence = std::max(evidence.sentence, likeness);
    }
    reading.emplace();
    reading->reason = fmt::format("chance {:.2f}: nearest passage {:.3f}, nearest sentence {:.3f}{}", evidence.chance(),
                                  evidence.passage, evidence.sentence, fact ? ", asks for a fact" : "");
    if (evidence.chance() < options_.chance_min) co_return reading;
    for (auto& candidate : worth_quoting(std::move(candidates))) {
        reading->passages.push_back(candidate.passage);
        reading->nearness.push_back(std::move(candidate.nearness));
    }
    co_return reading;
}

Task<ChatReply> LocalChat::answer(const ChatRequest& request) const {
    ChatReply reply;
    reply.model = name();
    const auto question = cut_utf8(question_of(request), kQuestionBytesMax);
    auto by_meaning = co_await read_by_meaning(request, question);
    const auto reading = by_meaning ? std::move(*by_meaning) : read_by_words(request);
    const QuotationLimits limits{options_.sentences_max, options_.sentence_bytes_max, kPassageBytesMax};
    auto quotations = choose_quotations(reading.passages, question, options_.language, limits, reading.nearness);
    reply.reason = reading.reason;
    reply.stop = quotations.empty() ? StopReason::refused : StopReason::end;
    if (request.tokens_max && shorten(quotations, *request.tokens_max)) reply.stop = StopReason::length;
    reply.message.content = render(quotations);
    for (const auto& quotation : quotations) reply.cited.push_back(quotation.passage->number);
    reply.usage = {estimate_tokens(request), estimate_tokens(reply.message), true};
    co_return reply;
}

Task<ChatReply> LocalChat::complete(ChatRequest request) { co_return co_await answer(request); }

Task<ChatReply> LocalChat::stream(ChatRequest request, DeltaSink sink) {
    SLIPWAY_CO_TRY(auto reply, co_await answer(request));
    const std::string_view text = reply.message.content;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = piece_end(text, begin);
        SLIPWAY_CO_CHECK(co_await sink(text.substr(begin, end - begin)));
        begin = end;
    }
    co_return reply;
}

}  // namespace slipway::model
