#include "model/provider.h"

#include <algorithm>
#include <charconv>

#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"

namespace slipway::model {
namespace {

constexpr std::size_t kErrorBodyBytesMax = 64 << 10;
constexpr std::size_t kShownBytesMax = 300;

Milliseconds left_until(SteadyTime end) {
    return std::chrono::ceil<Milliseconds>(end - std::chrono::steady_clock::now());
}

// Retry-After in seconds (also with a fraction) or retry-after-ms. A date is not worth understanding: providers send
// seconds.
std::optional<Milliseconds> retry_after(const net::Headers& headers) {
    const auto number = [](std::string_view text) -> std::optional<double> {
        double value = 0;
        const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
        if (error != std::errc() || end != text.end() || !(value >= 0) || value > 1e6) return std::nullopt;
        return value;
    };
    if (const auto milliseconds = number(headers.get("retry-after-ms")))
        return Milliseconds(static_cast<std::int64_t>(*milliseconds));
    if (const auto seconds = number(headers.get("retry-after")))
        return Milliseconds(static_cast<std::int64_t>(*seconds * 1000));
    return std::nullopt;
}

struct ProviderError {
    std::string message;
    std::string code;
};

// {"error":{"message","type","code"}}, {"error":"text"}, or {"detail":"text"}; the code is text or a number.
ProviderError error_of(const json::object& error) {
    ProviderError found{std::string(text_or(error, "message")), std::string(text_or(error, "code"))};
    if (found.code.empty()) {
        const auto number = integer_or(error, "code", 0);
        found.code = number != 0 ? std::to_string(number) : std::string(text_or(error, "type"));
    }
    return found;
}

ProviderError error_in(const std::string& body) {
    const auto parsed = parse_json(body);
    if (!parsed || !parsed->is_object()) return {};
    const auto& object = parsed->get_object();
    if (const auto* error = object_in(object, "error")) return error_of(*error);
    const auto text = text_or(object, "error", text_or(object, "detail", text_or(object, "message")));
    return {std::string(text), ""};
}

}  // namespace

struct Provider::Failure {
    Error error;
    bool may_pass = false;  // worth another attempt
    std::optional<Milliseconds> pause;
};

Provider::Provider(std::shared_ptr<net::Client> client, ProviderOptions options)
    : client_(std::move(client)), options_(std::move(options)) {
    while (options_.base_url.ends_with('/')) options_.base_url.pop_back();
}

// Some providers repeat the key, or a part of it, in what they say about it.
std::string Provider::shown(std::string_view provider_message) const {
    if (provider_message.empty()) return "";
    std::string text = collapse_spaces(to_valid_utf8(provider_message));
    if (!options_.key.empty()) text = replace_all(std::move(text), options_.key, "[key]");
    return ": " + std::string(cut_utf8(text, kShownBytesMax));
}

std::unexpected<Error> Provider::nonsense(std::string_view what) const {
    return fail(ErrorCode::upstream, "{} sent {}.", options_.name, what);
}

Error Provider::error_inside(const json::object& object) const {
    const auto said = error_of(object);
    Error error{ErrorCode::upstream, fmt::format("{} broke off its answer{}", options_.name, shown(said.message))};
    if (!said.code.empty()) error.details["provider_code"] = said.code;
    return error;
}

Provider::Failure Provider::classify(int status, const net::Headers& headers, const std::string& body) const {
    const auto said = error_in(body);
    const auto& name = options_.name;
    Failure failure{.error = {ErrorCode::upstream, ""}, .may_pass = false, .pause = retry_after(headers)};
    auto& error = failure.error;
    if (status == 401 || status == 403) {
        // What it says is not shown here: it may hold parts of the key.
        const auto check = options_.key_variable.empty() ? "the key in the configuration" : options_.key_variable;
        error.message = fmt::format("{} refused the key (status {}); check {}.", name, status, check);
    } else if (status == 429) {
        const bool used_up = said.code == "insufficient_quota";
        error.code = ErrorCode::rate_limited;
        error.message = used_up ? fmt::format("The quota at {} is used up{}", name, shown(said.message))
                                : fmt::format("{} allows no more requests for now{}", name, shown(said.message));
        if (failure.pause) error.details["retry_after_seconds"] = static_cast<double>(failure.pause->count()) / 1000;
        failure.may_pass = !used_up;
    } else if (status == 408 || status == 409 || status >= 500) {
        error.code = ErrorCode::unavailable;
        error.message = fmt::format("{} cannot answer now (status {}){}", name, status, shown(said.message));
        failure.may_pass = true;
    } else {
        error.message = fmt::format("{} did not accept the request (status {}){}", name, status, shown(said.message));
    }
    if (const auto wish = headers.get("x-should-retry"); wish == "true" || wish == "false")
        failure.may_pass = wish == "true";
    error.details["status"] = status;
    if (!said.code.empty()) error.details["provider_code"] = said.code;
    return failure;
}

Task<std::unique_ptr<net::ClientResponse>> Provider::attempt(std::string path, std::string body, SteadyTime end,
                                                             bool stream, Failure& failure) const {
    const auto left = std::max(left_until(end), Milliseconds(1));
    net::ClientRequest request;
    request.method = net::Method::post;
    request.url = options_.base_url + path;
    request.headers = options_.headers;
    request.headers.set("Content-Type", "application/json");
    request.headers.set("Accept", stream ? "text/event-stream" : "application/json");
    if (!options_.key.empty()) request.headers.set("Authorization", "Bearer " + options_.key);
    request.body = std::move(body);
    request.response_bytes_max = options_.response_bytes_max;
    // A plain answer comes in one piece when the model is done, so only a stream can be called silent.
    request.timeouts = {.connect = std::min(left, options_.connect_time_max),
                        .first_byte = stream ? std::min(left, options_.first_byte_time_max) : left,
                        .between_bytes = stream ? std::min(left, options_.silence_max) : left,
                        .total = left};

    auto response = co_await client_->send(std::move(request));
    if (!response) {
        const auto phase = text_or(response.error().details, "phase");
        failure.error = std::move(response).error();
        // A time-out would only happen again; a connection that could not be made or was closed early may work the next
        // time.
        failure.may_pass = phase == "connect" ||
                           (failure.error.code == ErrorCode::upstream && (phase == "send" || phase == "first_byte"));
        co_return std::unique_ptr<net::ClientResponse>();
    }
    if ((*response)->status / 100 == 2) co_return response;

    std::string text;
    while (text.size() < kErrorBodyBytesMax) {
        const auto piece = co_await (*response)->read_some();
        if (!piece || !*piece) break;
        text += **piece;
    }
    failure = classify((*response)->status, (*response)->headers, text);
    co_return std::unique_ptr<net::ClientResponse>();
}

Milliseconds Provider::pause_after(int attempt, const Failure& failure) const {
    if (failure.pause) return *failure.pause;
    const auto doubled = options_.backoff_first * (1LL << std::min(attempt - 1, 16));
    const auto longest = std::min<Milliseconds>(doubled, options_.backoff_max);
    // Between three quarters and the whole, so that many clients do not come back at the same time.
    const auto random = static_cast<unsigned char>(random_bytes(1).front());
    return longest * 3 / 4 + longest * random / (4 * 255);
}

Task<std::unique_ptr<net::ClientResponse>> Provider::post(std::string path, json::object body, SteadyTime end,
                                                          bool stream) const {
    const auto text = write_json(body);
    end = std::min(end, std::chrono::steady_clock::now() + options_.time_max);
    for (int tried = 1;; ++tried) {
        Failure failure;
        SLIPWAY_CO_TRY(auto response, co_await attempt(path, text, end, stream, failure));
        if (response) co_return response;
        const auto pause = pause_after(tried, failure);
        const bool again = failure.may_pass && tried < options_.attempts_max && pause <= options_.retry_after_max &&
                           pause < left_until(end);
        if (!again) co_return std::unexpected(std::move(failure.error));
        log::info("model call tried again",
                  {{"provider", options_.name}, {"attempt", tried}, {"pause_ms", pause.count()}});
        co_await sleep_for(pause);
    }
}

Task<json::object> Provider::read(std::unique_ptr<net::ClientResponse> response) const {
    SLIPWAY_CO_TRY(const auto text, co_await response->read_all());
    JsonLimits limits;
    limits.bytes_max = options_.response_bytes_max;
    auto parsed = parse_json(text, limits);
    if (!parsed || !parsed->is_object()) co_return nonsense("an answer that is not a JSON object");
    auto& object = parsed->get_object();
    if (const auto* error = object_in(object, "error")) co_return std::unexpected(error_inside(*error));
    co_return std::move(object);
}

}  // namespace slipway::model
