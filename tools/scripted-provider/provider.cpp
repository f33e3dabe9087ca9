#include "provider.h"

#include <cmath>

#include "base/crypto.h"
#include "base/text.h"
#include "chat.h"

namespace slipway::scripted {
namespace {

constexpr std::size_t kBodyBytesMax = 32 << 20;
constexpr Milliseconds kTimeMax{600'000};
constexpr std::size_t kDimensionMax = 8192;

bool is_word_byte(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80;
}

template <typename Visit>
void for_each_word(std::string_view text, Visit visit) {
    for (std::size_t i = 0; i < text.size();) {
        std::size_t end = i;
        while (end < text.size() && is_word_byte(text[end])) ++end;
        if (end > i) visit(text.substr(i, end - i));
        i = std::max(end, i + 1);
    }
}

// The text of a message, whose content may be a list of parts.
std::string content_of(const json::object& message) {
    std::string text(text_or(message, "content"));
    if (const auto* parts = array_in(message, "content")) {
        for (const auto& part : *parts) {
            if (part.is_object()) text += text_or(part.get_object(), "text");
        }
    }
    return text;
}

std::string last_of_user(const json::array& messages) {
    std::string last;
    for (const auto& message : messages) {
        if (message.is_object() && text_or(message.get_object(), "role") == "user")
            last = content_of(message.get_object());
    }
    return last;
}

std::optional<net::Response> failure_of(const Behaviour& behaviour) {
    if (behaviour.status == 200) return std::nullopt;
    json::value error = behaviour.error;
    if (error.is_null())
        error =
            json::object{{"message", "scripted failure"}, {"type", "scripted"}, {"param", nullptr}, {"code", nullptr}};
    auto response = net::Response::of_json(behaviour.status, json::object{{"error", std::move(error)}});
    for (const auto& [name, value] : behaviour.headers) response.headers.set(name, value);
    return response;
}

std::optional<std::vector<std::string>> texts_of(const json::value* input) {
    std::vector<std::string> texts;
    if (input == nullptr) return std::nullopt;
    if (input->is_string()) texts.push_back(to_text(input->get_string()));
    if (input->is_array()) {
        for (const auto& item : input->get_array()) {
            if (!item.is_string()) return std::nullopt;
            texts.push_back(to_text(item.get_string()));
        }
    }
    if (texts.empty() || std::ranges::any_of(texts, [](const auto& text) { return text.empty(); })) return std::nullopt;
    return texts;
}

json::value rendered(const std::vector<float>& vector, bool base64) {
    if (base64)
        return json::value(to_base64({reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float)}));
    return json::array(vector.begin(), vector.end());
}

}  // namespace

std::int64_t count_words(std::string_view text) {
    std::int64_t count = 0;
    for_each_word(text, [&](std::string_view) { ++count; });
    return count;
}

std::vector<float> bag_of_words(std::string_view text, std::size_t dimension) {
    std::vector<float> vector(dimension, 0.0F);
    for_each_word(text, [&](std::string_view word) {
        std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a
        for (const char c : lower_ascii(word)) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
        vector[(hash >> 8) % dimension] += (hash & 1U) != 0 ? 1.0F : -1.0F;
    });
    double square = 0;
    for (const float value : vector) square += static_cast<double>(value) * static_cast<double>(value);
    if (square == 0) vector[0] = 1;
    const auto length = square == 0 ? 1.0F : static_cast<float>(std::sqrt(square));
    for (float& value : vector) value /= length;
    return vector;
}

net::Response error_response(int status, std::string_view message, std::string_view type, std::string_view code) {
    json::object error{{"message", json::string_view(message)},
                       {"type", json::string_view(type)},
                       {"param", nullptr},
                       {"code", nullptr}};
    if (!code.empty()) error["code"] = json::string_view(code);
    return net::Response::of_json(status, json::object{{"error", std::move(error)}});
}

Provider::Provider(ProviderSettings settings, std::unique_ptr<Script> script, std::unique_ptr<Recorder> recorder)
    : settings_(std::move(settings)), script_(std::move(script)), recorder_(std::move(recorder)) {}

bool Provider::authorized(const net::Request& request) const {
    return settings_.key.empty() || request.headers.get("Authorization") == "Bearer " + settings_.key;
}

asio::awaitable<net::Response> Provider::chat(net::Request& request) {
    if (!authorized(request))
        co_return error_response(401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key");
    auto body = parse_json(request.body);
    const auto* messages = body && body->is_object() ? array_in(body->get_object(), "messages") : nullptr;
    if (messages == nullptr || messages->empty())
        co_return error_response(400, "Missing required parameter: 'messages'.", "invalid_request_error",
                                 "missing_required_parameter");
    const auto& object = body->get_object();
    ChatJob job;
    job.model = text_or(object, "model", "scripted-chat");
    const bool stream = bool_or(object, "stream", false);
    if (const auto* options = object_in(object, "stream_options"))
        job.include_usage = bool_or(*options, "include_usage", false);
    const auto question = last_of_user(*messages);
    for (const auto& message : *messages) {
        if (message.is_object()) job.prompt_tokens += count_words(content_of(message.get_object()));
    }
    const Ask ask{.path = request.path, .model = job.model, .text = question, .stream = stream};
    job.behaviour = script_->choose(ask);
    job.entry = std::make_shared<Entry>(*recorder_, request, *body);
    job.entry->rule = job.behaviour.rule;
    job.entry->status = job.behaviour.status;
    const auto answer = job.behaviour.tool_calls.empty() ? "You said: " + question : "";
    job.answer = job.behaviour.answer.value_or(answer);
    if (job.behaviour.first_delay.count() > 0) co_await sleep_for(job.behaviour.first_delay);
    const bool gone = co_await cancelled();
    if (gone) co_return net::Response::empty();
    if (auto failure = failure_of(job.behaviour)) {
        job.entry->finished = true;
        co_return std::move(*failure);
    }
    auto response = stream ? streamed_answer(std::move(job)) : plain_answer(std::move(job));
    co_return response;
}

asio::awaitable<net::Response> Provider::embeddings(net::Request& request) {
    if (!authorized(request))
        co_return error_response(401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key");
    auto body = parse_json(request.body);
    const bool is_object = body && body->is_object();
    const auto texts = is_object ? texts_of(find(body->get_object(), "input")) : std::nullopt;
    if (!texts)
        co_return error_response(400, "'input' must be a text or a list of texts, none of them empty.",
                                 "invalid_request_error", "");
    const auto& object = body->get_object();
    const auto asked = integer_or(object, "dimensions", static_cast<std::int64_t>(settings_.dimension));
    if (asked < 1 || static_cast<std::size_t>(asked) > kDimensionMax)
        co_return error_response(400, "'dimensions' is out of range.", "invalid_request_error", "invalid_value");
    const std::string model(text_or(object, "model", "scripted-embedding"));
    const Ask ask{.path = request.path, .model = model, .text = texts->front()};
    const auto behaviour = script_->choose(ask);
    auto entry = std::make_shared<Entry>(*recorder_, request, *body);
    entry->rule = behaviour.rule;
    entry->status = behaviour.status;
    if (behaviour.first_delay.count() > 0) co_await sleep_for(behaviour.first_delay);
    const bool gone = co_await cancelled();
    if (gone) co_return net::Response::empty();
    entry->finished = true;
    if (auto failure = failure_of(behaviour)) co_return std::move(*failure);

    const auto dimension = behaviour.dimension > 0 ? behaviour.dimension : static_cast<std::size_t>(asked);
    const bool base64 = behaviour.base64 || text_or(object, "encoding_format") == "base64";
    json::array data;
    std::int64_t tokens = 0;
    for (std::size_t i = 0; i + behaviour.drop < texts->size(); ++i) {
        tokens += count_words((*texts)[i]);
        const auto vector = bag_of_words((*texts)[i], dimension);
        data.push_back(json::object{{"object", "embedding"}, {"index", i}, {"embedding", rendered(vector, base64)}});
    }
    json::object answer{{"object", "list"}, {"data", std::move(data)}, {"model", model}};
    answer["usage"] = json::object{{"prompt_tokens", tokens}, {"total_tokens", tokens}};
    co_return net::Response::of_json(200, answer);
}

asio::awaitable<net::Response> Provider::models(net::Request& request) {
    if (!authorized(request))
        co_return error_response(401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key");
    json::array data;
    for (const auto* name : {"scripted-chat", "scripted-embedding"})
        data.push_back(
            json::object{{"id", name}, {"object", "model"}, {"created", 1'795'200'000}, {"owned_by", "slipway"}});
    co_return net::Response::of_json(200, json::object{{"object", "list"}, {"data", std::move(data)}});
}

void Provider::add_routes(net::Router& router, const std::string& prefix) {
    net::Operation operation;
    operation.authenticated = false;
    operation.body_bytes_max = kBodyBytesMax;
    operation.time_max = kTimeMax;
    router.add(net::Method::post, prefix + "/chat/completions", operation,
               [this](net::Request& request) { return chat(request); });
    router.add(net::Method::post, prefix + "/embeddings", operation,
               [this](net::Request& request) { return embeddings(request); });
    router.add(net::Method::get, prefix + "/models", operation,
               [this](net::Request& request) { return models(request); });
}

std::shared_ptr<const net::Router> Provider::routes() {
    auto router = std::make_shared<net::Router>();
    add_routes(*router, "/v1");
    add_routes(*router, "/openai/v1");
    return router;
}

}  // namespace slipway::scripted
