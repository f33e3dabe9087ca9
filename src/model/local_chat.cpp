#include "model/local_chat.h"

#include <algorithm>

#include "base/text.h"
#include "model/quotation.h"
#include "model/tokens.h"

namespace slipway::model {
namespace {

// A further passage is quoted too when it answers nearly as well as the best.
constexpr double kNearlyAsGood = 0.85;

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

}  // namespace

ChatReply LocalChat::answer(const ChatRequest& request) const {
    ChatReply reply;
    reply.model = name();
    const auto question = cut_utf8(question_of(request), kQuestionBytesMax);
    const auto passages = answering(request, options_.score_min);
    auto quotations = choose_quotations(passages, question, options_.language,
                                        {options_.sentences_max, options_.sentence_bytes_max, kPassageBytesMax});
    reply.stop = quotations.empty() ? StopReason::refused : StopReason::end;
    if (request.tokens_max && shorten(quotations, *request.tokens_max)) reply.stop = StopReason::length;
    reply.message.content = render(quotations);
    for (const auto& quotation : quotations) reply.cited.push_back(quotation.passage->number);
    reply.usage = {estimate_tokens(request), estimate_tokens(reply.message), true};
    return reply;
}

Task<ChatReply> LocalChat::complete(ChatRequest request) { co_return answer(request); }

Task<ChatReply> LocalChat::stream(ChatRequest request, DeltaSink sink) {
    auto reply = answer(request);
    const std::string_view text = reply.message.content;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = piece_end(text, begin);
        SLIPWAY_CO_CHECK(co_await sink(text.substr(begin, end - begin)));
        begin = end;
    }
    co_return reply;
}

}  // namespace slipway::model
