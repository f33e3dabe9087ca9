#include "model/openai_chat.h"

#include "base/text.h"
#include "model/openai_wire.h"
#include "model/tokens.h"

namespace slipway::model {
namespace {

constexpr std::size_t kEventBytesMax = 1 << 20;
// How long the end of a body may take after [DONE]. Only then can the connection be used again; it is not worth waiting
// longer.
constexpr Milliseconds kEndOfBodyMax{50};

std::unexpected<Error> broken_off(Error error, const std::string& text) {
    if (!text.empty()) error.details["partial"] = text;
    return std::unexpected(std::move(error));
}

}  // namespace

// One streamed answer on its way.
class OpenAiChat::Streaming {
 public:
    Streaming(const Provider& provider, std::unique_ptr<net::ClientResponse> response, DeltaSink sink)
        : provider_(provider), response_(std::move(response)), sink_(std::move(sink)) {}

    Task<void> run();
    // After run(); and what has come of an answer that broke off.
    ChatReply reply() const { return whole_ ? *whole_ : assembler_.reply(); }
    const std::string& text() const { return assembler_.text(); }

 private:
    Task<void> run_whole();
    // True once the stream has said that it is done.
    Task<bool> take(std::string bytes);
    Task<bool> take_event(const std::string& data);
    Task<void> let_connection_be_reused();

    const Provider& provider_;
    std::unique_ptr<net::ClientResponse> response_;
    DeltaSink sink_;
    net::EventParser events_{kEventBytesMax};
    StreamAssembler assembler_;
    std::unique_ptr<ChatReply> whole_;  // of a provider that did not stream
};

Task<bool> OpenAiChat::Streaming::take_event(const std::string& data) {
    if (data.starts_with("[DONE]")) co_return true;
    if (trim(data).empty()) co_return false;
    JsonLimits limits;
    limits.bytes_max = kEventBytesMax;
    const auto parsed = parse_json(data, limits);
    if (!parsed || !parsed->is_object()) co_return provider_.nonsense("a chunk that is not a JSON object");
    const auto& chunk = parsed->get_object();
    if (const auto* error = object_in(chunk, "error")) co_return std::unexpected(provider_.error_inside(*error));
    auto added = assembler_.add(chunk);
    if (!added) co_return fail(ErrorCode::upstream, "{} {}.", provider_.options().name, added.error().message);
    if (!added->empty()) {
        SLIPWAY_CO_CHECK(co_await sink_(*added));
    }
    co_return false;
}

Task<bool> OpenAiChat::Streaming::take(std::string bytes) {
    SLIPWAY_CO_TRY(const auto events, events_.feed(bytes));
    for (const auto& event : events) {
        SLIPWAY_CO_TRY(const bool done, co_await take_event(event.data));
        if (done) co_return true;
    }
    co_return false;
}

Task<void> OpenAiChat::Streaming::let_connection_be_reused() {
    auto end = response_->read_some();
    const auto ended = co_await with_timeout(std::move(end), kEndOfBodyMax, "The end of the body");
    co_return Result<void>();
}

// Some servers answer a request for a stream in one piece, some send an error that way.
Task<void> OpenAiChat::Streaming::run_whole() {
    SLIPWAY_CO_TRY(const auto body, co_await provider_.read(std::move(response_)));
    auto reply = parse_reply(body);
    if (!reply) co_return fail(ErrorCode::upstream, "{} {}.", provider_.options().name, reply.error().message);
    whole_ = std::make_unique<ChatReply>(*std::move(reply));
    if (!whole_->message.content.empty()) SLIPWAY_CO_CHECK(co_await sink_(whole_->message.content));
    co_return Result<void>();
}

Task<void> OpenAiChat::Streaming::run() {
    const auto type = lower_ascii(response_->headers.get("content-type"));
    if (type.starts_with("application/json")) co_return co_await run_whole();
    if (type.starts_with("text/html"))
        co_return provider_.nonsense("a web page instead of an answer; check its base URL");
    response_->headers = net::Headers();
    while (true) {
        auto piece = co_await response_->read_some();
        const bool over = !piece || !*piece;
        if (over && assembler_.finished()) break;
        SLIPWAY_CO_CHECK(piece);
        if (!*piece) {
            co_return fail(ErrorCode::upstream, "{} ended the stream in the middle of its answer.",
                           provider_.options().name);
        }
        SLIPWAY_CO_TRY(const bool done, co_await take(std::move(**piece)));
        if (done) {
            SLIPWAY_CO_CHECK(co_await let_connection_be_reused());
            break;
        }
    }
    co_return Result<void>();
}

OpenAiChat::OpenAiChat(std::shared_ptr<net::Client> client, OpenAiChatOptions options)
    : options_(std::move(options)), provider_(std::move(client), options_.provider) {}

Task<std::unique_ptr<net::ClientResponse>> OpenAiChat::send(const ChatRequest& request, bool stream) const {
    const auto end = std::chrono::steady_clock::now() + request.time_max;
    const WireOptions wire{.model = options_.model, .tokens_field = options_.tokens_field, .stream = stream};
    SLIPWAY_CO_TRY(auto body, render_request(request, wire));
    co_return co_await provider_.post("/chat/completions", std::move(body), end, stream);
}

OpenAiChat::Stand OpenAiChat::stand_in(const ChatRequest& request) const {
    return {estimate_tokens(request), request.model.empty() ? options_.model : request.model};
}

ChatReply OpenAiChat::completed(ChatReply reply, Stand stand) {
    if (reply.usage.estimated) {
        reply.usage.prompt_tokens = stand.prompt_tokens;
        reply.usage.completion_tokens = estimate_tokens(reply.message);
    }
    if (reply.model.empty()) reply.model = std::move(stand.model);
    return reply;
}

Task<ChatReply> OpenAiChat::complete(ChatRequest request) {
    SLIPWAY_CO_TRY(auto response, co_await send(request, false));
    SLIPWAY_CO_TRY(const auto body, co_await provider_.read(std::move(response)));
    auto reply = parse_reply(body);
    if (!reply) co_return fail(ErrorCode::upstream, "{} {}.", provider_.options().name, reply.error().message);
    co_return completed(*std::move(reply), stand_in(request));
}

Task<ChatReply> OpenAiChat::stream(ChatRequest request, DeltaSink sink) {
    return stream_answer(std::make_unique<ChatRequest>(std::move(request)), std::move(sink));
}

Task<ChatReply> OpenAiChat::stream_answer(std::unique_ptr<ChatRequest> request, DeltaSink sink) {
    SLIPWAY_CO_TRY(auto response, co_await send(*request, true));
    // Thousands may wait for what a model has to say; its prompt has done its work.
    auto stand = stand_in(*request);
    request.reset();
    Streaming streaming(provider_, std::move(response), std::move(sink));
    auto ran = co_await streaming.run();
    if (!ran) co_return broken_off(std::move(ran).error(), streaming.text());
    co_return completed(streaming.reply(), std::move(stand));
}

}  // namespace slipway::model
