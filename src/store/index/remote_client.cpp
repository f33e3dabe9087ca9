#include "store/index/remote_client.h"

#include "base/crypto.h"

namespace slipway::store {
namespace {

constexpr std::size_t kParsedHere = 256 << 10;  // more takes milliseconds
constexpr std::chrono::seconds kSoon{2};
constexpr Milliseconds kFirstPause{100}, kLongestPause{3'000};

bool is_busy(int status) { return status == 429 || (status >= 502 && status <= 504); }

// With jitter, so that those who were refused together do not come back together.
Milliseconds pause_after(std::size_t attempts) {
    const auto whole = std::min(kLongestPause, kFirstPause * (1 << std::min<std::size_t>(attempts, 5)));
    const auto share = static_cast<unsigned char>(random_bytes(1).front());
    return whole / 2 + whole * share / 512;
}

class Count {
 public:
    explicit Count(std::atomic<std::size_t>& count) : count_(count), value_(count.fetch_add(1)) {}
    Count(const Count&) = delete;
    Count& operator=(const Count&) = delete;
    ~Count() { count_.fetch_sub(1); }
    std::size_t before() const { return value_; }

 private:
    std::atomic<std::size_t>& count_;
    std::size_t value_;
};

}  // namespace

const json::object& RemoteAnswer::object() const {
    static const json::object kEmpty;
    return body.is_object() ? body.get_object() : kEmpty;
}

RemoteClient::RemoteClient(RemoteOptions options, WorkerPool& pool)
    : options_(std::move(options)),
      pool_(pool),
      client_({.certificate_authorities = options_.certificate_authorities, .environment = {}}) {}

Task<RemoteAnswer> RemoteClient::call(RemoteRequest request) {
    const Count count(under_way_);
    if (count.before() >= options_.requests_max)
        co_return fail(ErrorCode::unavailable, "{} requests to {} are under way already; try again in a moment.",
                       options_.requests_max, engine());
    const auto begun = std::chrono::steady_clock::now();
    for (std::size_t attempts = 1;; ++attempts) {
        const auto sent = std::chrono::steady_clock::now();
        auto answer = co_await attempt(request);
        const auto ended = std::chrono::steady_clock::now();
        if (!answer) {
            // A kept connection that the engine had closed, or one that broke; who took long would take long again,
            // and who cannot be reached at all is told so at once.
            const bool soon = ended - sent < std::min<std::chrono::steady_clock::duration>(kSoon, request.time_max / 2);
            const bool again = attempts == 1 && soon && text_or(answer.error().details, "phase") != "connect";
            if (!again) co_return pass(answer);
            continue;
        }
        if (!is_busy(answer->status) || ended - begun > options_.busy_time_max) co_return answer;
        co_await sleep_for(pause_after(attempts));
        if (co_await cancelled()) co_return fail(ErrorCode::unavailable, "The request was cancelled.");
    }
}

Task<RemoteAnswer> RemoteClient::attempt(const RemoteRequest& request) {
    net::ClientRequest sent;
    sent.method = request.method;
    sent.url = place() + request.path;
    sent.headers = options_.headers;
    sent.body = request.body;
    if (!sent.body.empty()) sent.headers.set("Content-Type", std::string(request.content_type));
    sent.response_bytes_max = options_.answer_bytes_max;
    sent.timeouts.connect = options_.connect_time_max;
    sent.timeouts.first_byte = sent.timeouts.between_bytes = sent.timeouts.total = request.time_max;
    if (options_.sign) {
        SLIPWAY_CO_CHECK(co_await options_.sign(sent));
    }
    auto response = co_await client_.send(std::move(sent));
    if (!response) {
        response.error().message = fmt::format("{}: {}", engine(), response.error().message);
        co_return pass(response);
    }
    SLIPWAY_CO_TRY(const auto text, co_await (*response)->read_all());
    RemoteAnswer answer;
    answer.status = (*response)->status;
    const JsonLimits limits{.bytes_max = options_.answer_bytes_max};
    const auto parse = [&]() -> Result<json::value> { return parse_json(text, limits); };
    Result<json::value> parsed = json::value();
    if (text.size() > kParsedHere)
        parsed = co_await pool_.run(parse);
    else if (!text.empty())
        parsed = parse();
    if (!parsed && answer.good())
        co_return fail(ErrorCode::upstream, "What {} answers at {} is not JSON.", engine(), place());
    if (parsed) answer.body = *std::move(parsed);
    co_return answer;
}

Result<net::ServiceUrl> remote_url(std::string_view url, std::string_view prefix, std::uint16_t port) {
    const auto plain = fmt::format("{}+http", prefix), secure = fmt::format("{}+https", prefix);
    SLIPWAY_TRY(auto place, net::parse_service_url(url));
    if (place.scheme != plain && place.scheme != secure)
        return fail(ErrorCode::invalid, "The URL of the index begins with {}:// or {}://.", plain, secure);
    place.scheme.erase(0, prefix.size() + 1);
    if (place.port == 0) place.port = port;
    return place;
}

}  // namespace slipway::store
