// The chat model that needs nothing: no key, no network, no weights. It answers from the passages it is given by
// choosing their best sentences, each word for word as it stands in the passage and followed by its number: "Sit for
// seven minutes a day. [2]"
//
// An answer is one or two stretches of neighbouring sentences, of the passages that answer best: what is said in one go
// stays together and in its order, and a stretch that begins with a word that points back ("It", "Then") begins one
// sentence earlier. List items and rows are sentences of their own; headings are left out. Different passages are
// separated by an empty line.
//
// When no passage reaches the score below, or none holds a word of the question, it refuses: StopReason::refused, no
// content; what to say then is the application's. It makes up nothing, and knows nothing that is not in the passages.
// Messages other than the question are not read.
//
// Deterministic; never waits; a few milliseconds for the passages of a question.
#pragma once

#include "model/chat_model.h"

namespace slipway::model {

struct LocalChatOptions {
    std::string language = "english";  // of store::analyse
    // Below this a passage does not answer. On the scale of knowledge/relevance.h: measured on tests/retrieval, where
    // passages for questions without an answer stay below it, and passages for the others above.
    double score_min = 0.38;
    std::size_t sentences_max = 5;
    std::size_t sentence_bytes_max = 700;  // longer ones (text without full stops) are not quoted
};

class LocalChat final : public ChatModel {
 public:
    static constexpr std::size_t kPassagesMax = 32;            // further ones are not read
    static constexpr std::size_t kPassageBytesMax = 64 << 10;  // of each; the rest is not read
    static constexpr std::size_t kQuestionBytesMax = 16 << 10;

    explicit LocalChat(LocalChatOptions options = {}) : options_(std::move(options)) {}
    explicit LocalChat(std::string language) { options_.language = std::move(language); }

    Task<ChatReply> complete(ChatRequest request) override;
    // In pieces of a word.
    Task<ChatReply> stream(ChatRequest request, DeltaSink sink) override;
    std::string name() const override { return "local"; }
    bool is_local() const override { return true; }

    const LocalChatOptions& options() const { return options_; }

 private:
    ChatReply answer(const ChatRequest& request) const;

    LocalChatOptions options_;
};

}  // namespace slipway::model
