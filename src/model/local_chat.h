// The chat model that needs nothing: no key, no network, no weights. It answers from the passages it is given by
// choosing their best sentences, each word for word as it stands in the passage and followed by its number: "Sit for
// seven minutes a day. [2]"
//
// An answer is one or two stretches of neighbouring sentences, of the passages that answer best: what is said in one go
// stays together and in its order, and a stretch that begins with a word that points back ("It", "Then") begins one
// sentence earlier. List items and rows are sentences of their own; headings are left out. Different passages are
// separated by an empty line.
//
// With an embedding model that runs in this process, meaning decides whether the passages answer (evidence.h) and
// counts in the choice of sentences; without one, or for passages without a similarity, words alone do. When the
// passages do not answer it refuses: StopReason::refused, no content; what to say then is the application's. It makes
// up nothing, and knows nothing that is not in the passages. Messages other than the question are not read.
//
// Deterministic. Words alone: a few milliseconds; with meaning: the embedding of the question and of at most
// kSentencesMax sentences, about 0.1 s of one core.
#pragma once

#include "model/chat_model.h"
#include "model/embedding_model.h"
#include "model/quotation.h"

namespace slipway::model {

struct LocalChatOptions {
    std::string language = "english";  // of store::analyse
    // Below this a passage does not answer. On the scale of knowledge/relevance.h: measured on tests/retrieval, where
    // passages for questions without an answer stay below it, and passages for the others above.
    double score_min = 0.38;
    // The same of Evidence::chance, where meaning decides.
    double chance_min = 0.22;
    std::size_t sentences_max = 5;
    std::size_t sentence_bytes_max = 700;  // longer ones (text without full stops) are not quoted
};

class LocalChat final : public ChatModel {
 public:
    static constexpr std::size_t kPassagesMax = 32;            // further ones are not read
    static constexpr std::size_t kPassageBytesMax = 64 << 10;  // of each; the rest is not read
    static constexpr std::size_t kQuestionBytesMax = 16 << 10;
    static constexpr std::size_t kNearPassagesMax = 3;  // whose sentences are compared in meaning
    static constexpr std::size_t kSentencesMax = 48;    // of them together

    // `meaning` may be null; else the model that the passages' similarities come from.
    explicit LocalChat(LocalChatOptions options = {}, std::shared_ptr<EmbeddingModel> meaning = nullptr)
        : options_(std::move(options)), meaning_(std::move(meaning)) {}
    explicit LocalChat(std::string language) { options_.language = std::move(language); }

    Task<ChatReply> complete(ChatRequest request) override;
    // In pieces of a word.
    Task<ChatReply> stream(ChatRequest request, DeltaSink sink) override;
    std::string name() const override { return "local"; }
    bool is_local() const override { return true; }

    const LocalChatOptions& options() const { return options_; }

 private:
    struct Reading;

    Task<ChatReply> answer(const ChatRequest& request) const;
    // Nothing when the passages have no similarities or the embedding model fails: then words decide.
    asio::awaitable<std::optional<Reading>> read_by_meaning(const ChatRequest& request,
                                                            std::string_view question) const;
    Reading read_by_words(const ChatRequest& request) const;

    LocalChatOptions options_;
    std::shared_ptr<EmbeddingModel> meaning_;
};

}  // namespace slipway::model
