// Chat with any API that speaks OpenAI's chat completions: OpenAI, Groq, OpenRouter, vLLM, Ollama, llama.cpp …
#pragma once

#include <memory>
#include <string>

#include "model/chat_model.h"
#include "model/provider.h"

namespace slipway::model {

struct OpenAiChatOptions {
    ProviderOptions provider;
    std::string model;                        // used when a request names none
    std::string tokens_field = "max_tokens";  // how ChatRequest::tokens_max is called on the wire
};

// A stream without [DONE] is a cut one, unless a finish_reason has come. When the provider reports no usage, it is
// estimated.
class OpenAiChat final : public ChatModel {
 public:
    OpenAiChat(std::shared_ptr<net::Client> client, OpenAiChatOptions options);

    Task<ChatReply> complete(ChatRequest request) override;
    Task<ChatReply> stream(ChatRequest request, DeltaSink sink) override;
    std::string name() const override { return provider_.options().name + "/" + options_.model; }
    bool is_local() const override { return false; }

 private:
    class Streaming;
    Task<std::unique_ptr<net::ClientResponse>> send(const ChatRequest& request, bool stream) const;
    asio::awaitable<std::unique_ptr<Streaming>> begin_stream(std::unique_ptr<ChatRequest> request, DeltaSink sink);
    Task<ChatReply> stream_answer(std::unique_ptr<ChatRequest> request, DeltaSink sink);
    // What stands in for what a provider leaves out of its reply.
    struct Stand {
        std::int64_t prompt_tokens = 0;
        std::string model;
    };
    Stand stand_in(const ChatRequest& request) const;
    static ChatReply completed(ChatReply reply, Stand stand);

    OpenAiChatOptions options_;
    Provider provider_;
};

}  // namespace slipway::model
