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

// One streamed answer on its way. Thousands may wait for their next piece: who waits is one small coroutine, and what
// it needs is here.
class OpenAiChat::Streaming {
 public:
    Streaming(const Provider& provider, DeltaSink sink, Stand stand)
        : provider_(provider), sink_(std::move(sink)), stand_(std::move(stand)) {}

    // Takes the response to read from, or the reason why there is none.
    asio::awaitable<void> begin(Result<std::unique_ptr<net::ClientResponse>> response);
    bool goes_on() const { return goes_on_; }
    Task<std::optional<std::string>> read() { return response_->read_some(); }
    asio::awaitable<void> take(Result<std::optional<std::string>>& piece);
    // Once it goes on no more.
    Result<ChatReply> end();

 private:
    Task<void> take_whole();
    // True once the stream has said that it is done.
    Task<bool> take_events(std::string_view bytes);
    Task<bool> take_event(const std::string& data);
    asio::awaitable<void> let_connection_be_reused();
    void fail_with(Error error);

    const Provider& provider_;
    DeltaSink sink_;
    Stand stand_;
    std::unique_ptr<net::ClientResponse> response_;
    net::EventParser events_{kEventBytesMax};
    StreamAssembler assembler_;
    std::unique_ptr<ChatReply> whole_;  // of a provider that did not stream
    std::unique_ptr<Error> failure_;
    bool goes_on_ = true;
};

void OpenAiChat::Streaming::fail_with(Error error) {
    failure_ = std::make_unique<Error>(std::move(error));
    goes_on_ = false;
}

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

Task<bool> OpenAiChat::Streaming::take_events(std::string_view bytes) {
    SLIPWAY_CO_TRY(const auto events, events_.feed(bytes));
    for (const auto& event : events) {
        SLIPWAY_CO_TRY(const bool done, co_await take_event(event.data));
        if (done) co_return true;
    }
    co_return false;
}

asio::awaitable<void> OpenAiChat::Streaming::let_connection_be_reused() {
    auto end = response_->read_some();
    const auto ended = co_await with_timeout(std::move(end), kEndOfBodyMax, "The end of the body");
}

// Some servers answer a request for a stream in one piece, some send an error that way.
Task<void> OpenAiChat::Streaming::take_whole() {
    SLIPWAY_CO_TRY(const auto body, co_await provider_.read(std::move(response_)));
    auto reply = parse_reply(body);
    if (!reply) co_return fail(ErrorCode::upstream, "{} {}.", provider_.options().name, reply.error().message);
    whole_ = std::make_unique<ChatReply>(*std::move(reply));
    if (!whole_->message.content.empty()) SLIPWAY_CO_CHECK(co_await sink_(whole_->message.content));
    co_return Result<void>();
}

asio::awaitable<void> OpenAiChat::Streaming::begin(Result<std::unique_ptr<net::ClientResponse>> response) {
    if (!response) co_return fail_with(std::move(response).error());
    response_ = *std::move(response);
    const auto type = lower_ascii(response_->headers.get("content-type"));
    response_->headers = net::Headers();
    if (type.starts_with("text/html"))
        co_return fail_with(provider_.nonsense("a web page instead of an answer; check its base URL").error());
    if (!type.starts_with("application/json")) co_return;
    auto taken = co_await take_whole();
    goes_on_ = false;
    if (!taken) fail_with(std::move(taken).error());
}

asio::awaitable<void> OpenAiChat::Streaming::take(Result<std::optional<std::string>>& piece) {
    const bool over = !piece || !*piece;
    if (over && assembler_.finished()) {
        goes_on_ = false;
    } else if (!piece) {
        fail_with(std::move(piece).error());
    } else if (!*piece) {
        const auto& name = provider_.options().name;
        fail_with({ErrorCode::upstream, fmt::format("{} ended the stream in the middle of its answer.", name)});
    } else {
        auto done = co_await take_events(**piece);
        if (!done) co_return fail_with(std::move(done).error());
        if (!*done) co_return;
        co_await let_connection_be_reused();
        goes_on_ = false;
    }
}

Result<ChatReply> OpenAiChat::Streaming::end() {
    if (failure_) return broken_off(std::move(*failure_), assembler_.text());
    return completed(whole_ ? std::move(*whole_) : assembler_.reply(), std::move(stand_));
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

asio::awaitable<std::unique_ptr<OpenAiChat::Streaming>> OpenAiChat::begin_stream(std::unique_ptr<ChatRequest> request,
                                                                                 DeltaSink sink) {
    auto streaming = std::make_unique<Streaming>(provider_, std::move(sink), stand_in(*request));
    auto response = co_await send(*request, true);
    request.reset();  // its prompt has done its work
    auto beginning = streaming->begin(std::move(response));
    co_await std::move(beginning);
    co_return streaming;
}

Task<ChatReply> OpenAiChat::stream_answer(std::unique_ptr<ChatRequest> request, DeltaSink sink) {
    const auto streaming = co_await begin_stream(std::move(request), std::move(sink));
    while (streaming->goes_on()) {
        auto piece = co_await streaming->read();
        co_await streaming->take(piece);
    }
    co_return streaming->end();
}

}  // namespace slipway::model
