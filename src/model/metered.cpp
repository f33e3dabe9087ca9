#include "model/metered.h"

#include <chrono>

#include "base/metrics.h"

namespace slipway::model {
namespace {

// One call. Counted as cancelled unless somebody says how it ended: a coroutine that is dropped says nothing.
class Call {
 public:
    Call(std::string_view kind, std::string name)
        : kind_(kind),
          name_(std::move(name)),
          under_way_(metrics::gauge("slipway_model_requests_in_progress", "Calls of models under way.",
                                    {{"kind", kind_}, {"model", name_}})) {}
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call() {
        const metrics::Labels labels{{"kind", kind_}, {"model", name_}};
        metrics::counter("slipway_model_requests_total", "Calls of models, by how they ended.",
                         {{"kind", kind_}, {"model", name_}, {"outcome", outcome_}})
            .add();
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began_;
        metrics::histogram("slipway_model_request_duration_seconds", "Time of calls of models, to their end.", labels)
            .observe(taken.count());
    }

    // An adapter whose call was cancelled may return an error for that; it stays counted as cancelled.
    template <typename Value>
    void end(const Result<Value>& result, bool left) {
        if (!left) outcome_ = result ? "ok" : to_string(result.error().code);
    }
    void count(const Usage& usage) {
        const auto add = [this](std::string_view direction, std::int64_t tokens) {
            if (tokens <= 0) return;
            metrics::counter("slipway_model_tokens_total", "Tokens read and written by chat models.",
                             {{"model", name_}, {"direction", direction}})
                .add(static_cast<std::uint64_t>(tokens));
        };
        add("prompt", usage.prompt_tokens);
        add("completion", usage.completion_tokens);
    }

 private:
    std::string_view kind_;
    std::string name_;
    std::string_view outcome_ = "cancelled";
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    metrics::UnderWay under_way_;
};

class MeteredChat final : public ChatModel {
 public:
    explicit MeteredChat(std::shared_ptr<ChatModel> model) : model_(std::move(model)) {}

    Task<ChatReply> complete(ChatRequest request) override {
        auto call = std::make_unique<Call>("chat", name_of(request));
        return counted(std::move(call), model_->complete(std::move(request)));
    }
    Task<ChatReply> stream(ChatRequest request, DeltaSink sink) override {
        auto call = std::make_unique<Call>("chat", name_of(request));
        return counted(std::move(call), model_->stream(std::move(request), std::move(sink)));
    }
    std::string name() const override { return model_->name(); }
    bool is_local() const override { return model_->is_local(); }

 private:
    static Task<ChatReply> counted(std::unique_ptr<Call> call, Task<ChatReply> answering) {
        auto reply = co_await std::move(answering);
        const bool left = co_await cancelled();
        call->end(reply, left);
        if (reply) call->count(reply->usage);
        co_return reply;
    }
    // A request may name another model of the provider: configured ones only, so they are few.
    std::string name_of(const ChatRequest& request) const {
        const auto own = model_->name();
        return request.model.empty() ? own : fmt::format("{}/{}", own.substr(0, own.find('/')), request.model);
    }

    std::shared_ptr<ChatModel> model_;
};

class MeteredEmbedding final : public EmbeddingModel {
 public:
    explicit MeteredEmbedding(std::shared_ptr<EmbeddingModel> model) : model_(std::move(model)) {}

    Task<std::vector<store::Vector>> embed(std::vector<std::string> texts) override {
        Call call("embedding", model_->name());
        const auto count = texts.size();
        auto vectors = co_await model_->embed(std::move(texts));
        const bool left = co_await cancelled();
        call.end(vectors, left);
        if (vectors)
            metrics::counter("slipway_model_embedded_texts_total", "Texts that became vectors.",
                             {{"model", model_->name()}})
                .add(count);
        co_return vectors;
    }
    std::size_t dimension() const override { return model_->dimension(); }
    std::string name() const override { return model_->name(); }

 private:
    std::shared_ptr<EmbeddingModel> model_;
};

}  // namespace

std::shared_ptr<ChatModel> metered(std::shared_ptr<ChatModel> model) {
    return model ? std::make_shared<MeteredChat>(std::move(model)) : nullptr;
}
std::shared_ptr<EmbeddingModel> metered(std::shared_ptr<EmbeddingModel> model) {
    return model ? std::make_shared<MeteredEmbedding>(std::move(model)) : nullptr;
}

}  // namespace slipway::model
