#include "chat.h"

#include <stdexcept>

#include "base/text.h"
#include "provider.h"

namespace slipway::scripted {
namespace {

constexpr Milliseconds kStall{600'000};
constexpr std::int64_t kCreated = 1'795'200'000;  // the same in every answer, so that answers can be compared

json::object usage_of(const ChatJob& job) {
    const auto completion = count_words(job.answer);
    return {{"prompt_tokens", job.prompt_tokens},
            {"completion_tokens", completion},
            {"total_tokens", job.prompt_tokens + completion}};
}

json::array tool_calls_of(const Behaviour& behaviour, bool with_index) {
    json::array calls;
    for (const auto& wanted : behaviour.tool_calls) {
        if (!wanted.is_object()) continue;
        const auto& object = wanted.get_object();
        const auto* arguments = find(object, "arguments");
        const auto text = arguments == nullptr     ? "{}"
                          : arguments->is_string() ? to_text(arguments->get_string())
                                                   : write_json(*arguments);
        json::object function{{"name", json::string_view(text_or(object, "name"))}, {"arguments", text}};
        json::object call{
            {"id", fmt::format("call_{}", calls.size())}, {"type", "function"}, {"function", std::move(function)}};
        if (with_index) call["index"] = calls.size();
        calls.push_back(std::move(call));
    }
    return calls;
}

// The script asks for a broken connection: the server cuts a body whose producer throws.
[[noreturn]] void cut() { throw std::runtime_error("cut by the script"); }

// Writes one stream. Owns everything that it needs, because it outlives the handler.
class Stream {
 public:
    explicit Stream(ChatJob job) : job_(std::move(job)) {}

    asio::awaitable<void> run(net::BodyWriter& writer);

 private:
    // False when the client has gone.
    asio::awaitable<bool> send(net::BodyWriter& writer, std::string data);
    asio::awaitable<bool> send_delta(net::BodyWriter& writer, json::object delta);
    asio::awaitable<bool> send_text(net::BodyWriter& writer);
    asio::awaitable<bool> send_tool_calls(net::BodyWriter& writer);
    asio::awaitable<bool> send_end(net::BodyWriter& writer);
    json::object chunk(json::array choices) const;
    std::string chunk_of(json::object delta, json::value finish_reason) const;

    ChatJob job_;
};

json::object Stream::chunk(json::array choices) const {
    json::object made{{"id", "chatcmpl-scripted"},
                      {"object", "chat.completion.chunk"},
                      {"created", kCreated},
                      {"model", job_.model},
                      {"choices", std::move(choices)}};
    if (job_.include_usage) made["usage"] = nullptr;
    return made;
}

std::string Stream::chunk_of(json::object delta, json::value finish_reason) const {
    json::object choice{
        {"index", 0}, {"delta", std::move(delta)}, {"logprobs", nullptr}, {"finish_reason", std::move(finish_reason)}};
    json::array choices;
    choices.push_back(std::move(choice));
    return write_json(chunk(std::move(choices)));
}

asio::awaitable<bool> Stream::send(net::BodyWriter& writer, std::string data) {
    auto bytes = "data: " + std::move(data) + "\n\n";
    const auto written = co_await writer.write(std::move(bytes));
    co_return written.has_value();
}

// A chunk that counts: what the script says about chunks happens here.
asio::awaitable<bool> Stream::send_delta(net::BodyWriter& writer, json::object delta) {
    const auto& behaviour = job_.behaviour;
    auto& sent = job_.entry->chunks;
    if (behaviour.chunk_delay.count() > 0) co_await sleep_for(behaviour.chunk_delay);
    if (behaviour.stall_after == sent) co_await sleep_for(kStall);
    const bool gone = co_await cancelled();
    if (gone) co_return false;
    if (behaviour.cut_after == sent) {
        job_.entry->finished = true;
        cut();
    }
    if (behaviour.malformed_after == sent) {
        const bool written = co_await send(writer, R"({"choices":[{"delta":{"content":"brok)");
        if (!written) co_return false;
    }
    if (behaviour.error_after == sent) {
        json::object error{{"message", "The server had an error while processing your request."},
                           {"type", "server_error"},
                           {"param", nullptr},
                           {"code", nullptr}};
        if (behaviour.error.is_object()) error = behaviour.error.get_object();
        auto data = write_json(json::object{{"error", std::move(error)}});
        co_await send(writer, std::move(data));
        job_.entry->finished = true;
        co_return false;
    }
    auto data = chunk_of(std::move(delta), nullptr);
    const bool written = co_await send(writer, std::move(data));
    if (written) ++sent;
    co_return written;
}

asio::awaitable<bool> Stream::send_text(net::BodyWriter& writer) {
    do {
        for (std::string_view rest = job_.answer; !rest.empty();) {
            std::size_t end = 0;
            for (std::size_t i = 0; i < job_.behaviour.chunk_size && end < rest.size(); ++i) {
                do ++end;
                while (end < rest.size() && (static_cast<unsigned char>(rest[end]) & 0xC0U) == 0x80U);
            }
            json::object delta{{"content", json::string_view(rest.substr(0, end))}};
            const bool written = co_await send_delta(writer, std::move(delta));
            if (!written) co_return false;
            rest.remove_prefix(end);
        }
    } while (job_.behaviour.endless && !job_.answer.empty());
    co_return true;
}

// As OpenAI does it: identity first, then the arguments in pieces, joined by index.
asio::awaitable<bool> Stream::send_tool_calls(net::BodyWriter& writer) {
    for (auto& call : tool_calls_of(job_.behaviour, true)) {
        auto& function = call.get_object().at("function").get_object();
        const auto arguments = to_text(function.at("arguments").get_string());
        const auto index = call.get_object().at("index");
        function["arguments"] = "";
        json::object first{{"tool_calls", json::array{call}}};
        bool written = co_await send_delta(writer, std::move(first));
        for (std::size_t at = 0; written && at < arguments.size(); at += job_.behaviour.chunk_size) {
            json::object piece{
                {"index", index},
                {"function", json::object{{"arguments", arguments.substr(at, job_.behaviour.chunk_size)}}}};
            json::object delta{{"tool_calls", json::array{std::move(piece)}}};
            written = co_await send_delta(writer, std::move(delta));
        }
        if (!written) co_return false;
    }
    co_return true;
}

asio::awaitable<bool> Stream::send_end(net::BodyWriter& writer) {
    if (job_.behaviour.finish) {
        auto data = chunk_of(json::object(), json::value(job_.behaviour.finish_reason));
        const bool written = co_await send(writer, std::move(data));
        if (!written) co_return false;
    }
    if (job_.include_usage && job_.behaviour.usage) {
        auto last = chunk(json::array());
        last["usage"] = usage_of(job_);
        auto data = write_json(last);
        const bool written = co_await send(writer, std::move(data));
        if (!written) co_return false;
    }
    if (!job_.behaviour.done) co_return true;
    co_return co_await send(writer, "[DONE]");
}

asio::awaitable<void> Stream::run(net::BodyWriter& writer) {
    json::object role{{"role", "assistant"}, {"content", ""}, {"refusal", nullptr}};
    auto opening = chunk_of(std::move(role), nullptr);
    bool going = co_await send(writer, std::move(opening));
    if (going && !job_.behaviour.tool_calls.empty()) going = co_await send_tool_calls(writer);
    if (going) going = co_await send_text(writer);
    if (going) going = co_await send_end(writer);
    if (going) job_.entry->finished = true;
}

}  // namespace

net::Response plain_answer(ChatJob job) {
    const auto calls = tool_calls_of(job.behaviour, false);
    json::object message{{"role", "assistant"}, {"content", job.answer}, {"refusal", nullptr}};
    if (!calls.empty()) {
        message["tool_calls"] = calls;
        if (job.answer.empty()) message["content"] = nullptr;
    }
    json::object choice{{"index", 0},
                        {"message", std::move(message)},
                        {"logprobs", nullptr},
                        {"finish_reason", job.behaviour.finish_reason}};
    json::object body{
        {"id", "chatcmpl-scripted"}, {"object", "chat.completion"}, {"created", kCreated}, {"model", job.model}};
    body["choices"] = json::array{std::move(choice)};
    if (job.behaviour.usage) body["usage"] = usage_of(job);
    job.entry->finished = true;
    auto text = write_json(body);
    if (job.behaviour.malformed_after) text.resize(text.size() / 2);
    if (!job.behaviour.cut_after) return net::Response::text(200, std::move(text), "application/json");
    net::Response response;
    response.headers.set("Content-Type", "application/json");
    response.body =
        net::StreamBody([half = text.substr(0, text.size() / 2)](net::BodyWriter& writer) -> asio::awaitable<void> {
            static_cast<void>(co_await writer.write(half));
            cut();
        });
    return response;
}

net::Response streamed_answer(ChatJob job) {
    net::Response response;
    response.headers.set("Content-Type", "text/event-stream; charset=utf-8");
    response.headers.set("Cache-Control", "no-cache");
    auto stream = std::make_shared<Stream>(std::move(job));
    response.body = net::StreamBody([stream](net::BodyWriter& writer) { return stream->run(writer); });
    return response;
}

}  // namespace slipway::scripted
