#include "store/aws/aws_client.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/crypto.h"
#include "base/log.h"
#include "net/file_body.h"
#include "store/aws/aws_actions.h"

namespace slipway::store {
namespace {

constexpr std::size_t kJsonBytesMax = 8 << 20;
constexpr std::uint64_t kBytesPerMsMin = 256;       // of a slow line, for the time that large bodies get
constexpr std::int64_t kClockToleranceMs = 60'000;  // less is not why a signature was refused

using SteadyTime = std::chrono::steady_clock::time_point;

// Between a half and all of it, so that many do not come back at the same time.
Milliseconds jittered(Milliseconds wait) {
    const auto bytes = random_bytes(1);
    const auto part = static_cast<unsigned char>(bytes.front());
    return wait / 2 + wait * part / 512;
}

Milliseconds asked_wait(const net::Headers& headers) {
    const auto text = headers.get("Retry-After");
    int seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size() || seconds < 0) return Milliseconds(0);
    return std::chrono::seconds(std::min(seconds, 3600));
}

std::unexpected<Error> too_large(std::size_t bytes_max) {
    return fail(ErrorCode::invalid, "The answer is larger than the {} bytes that are read at once.", bytes_max);
}

// Nothing is read of what says that it is too large.
Task<std::string> read_body(net::ClientResponse& response, std::size_t bytes_max) {
    std::uint64_t announced = 0;
    const auto length = response.headers.get("Content-Length");
    std::from_chars(length.data(), length.data() + length.size(), announced);
    if (announced > bytes_max) co_return too_large(bytes_max);
    std::string body;
    body.reserve(announced);
    while (true) {
        SLIPWAY_CO_TRY(const auto piece, co_await response.read_some());
        if (!piece) co_return body;
        body += *piece;
        if (body.size() > bytes_max) co_return too_large(bytes_max);
    }
}

bool is_fine(int status) { return (status >= 200 && status < 300) || status == 304; }

}  // namespace

struct AwsClient::Attempt {
    SteadyTime end;
    int number = 1;
    bool clock_corrected = false, credentials_renewed = false;
    std::optional<AwsCredentials> used;
    AwsProblem problem;      // of an answer that is none
    net::Headers headers{};  // its headers
    bool answered = false;
};

std::string authority_of(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
    return std::string(url.substr(0, url.find('/')));
}

AwsEndpoint aws_endpoint(std::string service, std::string region, std::string url) {
    if (url.empty()) {
        const std::string_view domain = region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
        url = fmt::format("https://{}.{}.{}", service, region, domain);
    }
    while (url.ends_with('/')) url.pop_back();
    return {std::move(url), std::move(region), std::move(service)};
}

Instant AwsClient::service_time() const {
    return options_.clock() + Milliseconds(clock_behind_ms_.load(std::memory_order_relaxed));
}

bool AwsClient::learn_time(const net::Headers& headers) {
    const auto theirs = net::from_http_date(headers.get("Date"));
    if (!theirs) return false;
    const auto difference = *theirs * 1000 - to_unix_ms(service_time());
    if (std::abs(difference) < kClockToleranceMs) return false;
    clock_behind_ms_ += difference;
    log::warning("clock differs from AWS", {{"seconds", difference / 1000}});
    return true;
}

Task<AwsResponse> AwsClient::attempt(const AwsEndpoint& endpoint, const AwsRequest& request, Attempt& state) {
    const auto left = std::chrono::duration_cast<Milliseconds>(state.end - std::chrono::steady_clock::now());
    if (left <= Milliseconds(0))
        co_return fail(ErrorCode::unavailable, "{} did not answer in time.", authority_of(endpoint.url));
    SignedRequest part{.method = request.method,
                       .path = request.path,
                       .query = request.query,
                       .headers = request.headers,
                       .payload_hash = request.payload_hash.value_or("")};
    part.headers.set("Host", authority_of(endpoint.url));
    if (credentials_) {
        SLIPWAY_CO_TRY(state.used, co_await credentials_->get());
        if (!request.payload_hash) part.payload_hash = sha256_hex(request.body);
        const SigningScope scope{.region = endpoint.region, .service = endpoint.service, .at = service_time()};
        sign_headers(part, scope, *state.used, signing_rules_of(endpoint.service));
    }
    const auto query = amz_query(part.query);
    net::ClientRequest sent{.method = request.method,
                            .url = endpoint.url + request.path + (query.empty() ? "" : "?") + query,
                            .headers = std::move(part.headers),
                            .body = request.body,
                            .timeouts = options_.timeouts,
                            .response_bytes_max = std::numeric_limits<std::int64_t>::max()};  // read_body() counts
    const Milliseconds for_bytes((request.body.size() + request.bytes_awaited) / kBytesPerMsMin);
    sent.timeouts.total = std::min(sent.timeouts.total, left) + for_bytes;
    SLIPWAY_CO_TRY(const auto response, co_await client_.send(std::move(sent)));
    std::string body;
    if (request.method != net::Method::head) {
        SLIPWAY_CO_TRY(body, co_await read_body(*response, request.response_bytes_max));
    }
    AwsResponse answer{.status = response->status, .headers = std::move(response->headers), .body = std::move(body)};
    if (is_fine(answer.status)) co_return answer;
    state.answered = true;
    state.problem = read_problem(answer.status, answer.headers, answer.body);
    state.headers = std::move(answer.headers);
    co_return std::unexpected(error_of(state.problem, authority_of(endpoint.url)));
}

std::optional<Milliseconds> AwsClient::wait_before_next(const Result<AwsResponse>& outcome, bool repeatable,
                                                        Attempt& state) {
    auto wait = std::min(options_.wait_max, options_.wait_first * (1 << std::min(state.number, 10)));
    bool again = false;
    if (state.answered) {
        const auto kind = kind_of(state.problem);
        // S3 answers HEAD without a body, so without a code.
        const bool clock = kind == ProblemKind::clock || state.problem.status == 403;
        if (clock && !state.clock_corrected && learn_time(state.headers)) {
            state.clock_corrected = true;
            return Milliseconds(0);
        }
        if (kind == ProblemKind::stale_credentials && state.used && !state.credentials_renewed) {
            credentials_->refused(*state.used);
            state.credentials_renewed = true;
            return Milliseconds(0);
        }
        if (kind == ProblemKind::busy) wait = std::max(wait * 4, asked_wait(state.headers));
        again = kind == ProblemKind::busy || (kind == ProblemKind::broken && repeatable);
    } else {
        const auto phase = text_or(outcome.error().details, "phase");
        again = phase == "connect" || (repeatable && !phase.empty());
    }
    if (!again || state.number >= options_.attempts_max) return std::nullopt;
    wait = jittered(wait);
    if (kind_of(state.problem) == ProblemKind::busy) wait = std::max(wait, asked_wait(state.headers));
    if (std::chrono::steady_clock::now() + wait >= state.end) return std::nullopt;
    return wait;
}

Task<AwsResponse> AwsClient::send(AwsEndpoint endpoint, AwsRequest request) {
    Attempt state{.end = std::chrono::steady_clock::now() + options_.total_time_max};
    if (credentials_ && !request.payload_hash) request.payload_hash = sha256_hex(request.body);
    while (true) {
        state.answered = false;
        state.problem = {};
        state.headers = {};
        auto outcome = co_await attempt(endpoint, request, state);
        if (outcome) co_return outcome;
        const auto wait = wait_before_next(outcome, request.repeatable, state);
        if (!wait || co_await cancelled()) co_return outcome;
        co_await sleep_for(*wait);
        ++state.number;
    }
}

Task<json::object> AwsClient::call(AwsEndpoint endpoint, JsonCall call) {
    record(actions_of(endpoint.service, endpoint.region, call.target, call.input));
    AwsRequest request{.method = net::Method::post,
                       .body = write_json(call.input),
                       .repeatable = call.repeatable,
                       .response_bytes_max = kJsonBytesMax};
    request.headers.set("Content-Type", "application/x-amz-json-" + call.version);
    request.headers.set("X-Amz-Target", call.target);
    const auto host = authority_of(endpoint.url);
    SLIPWAY_CO_TRY(const auto response, co_await send(std::move(endpoint), std::move(request)));
    if (response.body.empty()) co_return json::object();
    auto value = parse_json(response.body);
    if (!value || !value->is_object())
        co_return fail(ErrorCode::upstream, "{} answered {} with something that is not JSON.", host, call.target);
    co_return std::move(value->get_object());
}

}  // namespace slipway::store
