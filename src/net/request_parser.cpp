#include "net/request_parser.h"

#include <algorithm>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "base/text.h"
#include "net/chunk_reader.h"
#include "net/target.h"

namespace slipway::net {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

// Where the head ends (after its empty line), 0 when it is not complete. Remembers how far it has looked.
class HeadScanner {
 public:
    std::expected<std::size_t, Refusal> find_end(std::string_view input, std::size_t head_bytes_max) {
        while (true) {
            const auto line_end = input.find('\n', scanned_);
            if (line_end == std::string_view::npos || line_end >= head_bytes_max) break;
            if (line_end == line_start_ || input[line_end - 1] != '\r')
                return refuse(400, ErrorCode::invalid, "A line of the request's header does not end in CR LF.");
            if (line_end == line_start_ + 1) return line_end + 1;
            if (line_start_ > 0 && (input[line_start_] == ' ' || input[line_start_] == '\t'))
                return refuse(400, ErrorCode::invalid, "Folded header lines are not accepted.");
            line_start_ = scanned_ = line_end + 1;
        }
        scanned_ = std::min(input.size(), head_bytes_max);
        if (input.size() < head_bytes_max) return 0;
        if (line_start_ == 0)
            return refuse(414, ErrorCode::invalid, "The request line is longer than {} bytes.", head_bytes_max);
        return refuse(431, ErrorCode::invalid, "The request's header is longer than {} bytes.", head_bytes_max);
    }

 private:
    std::size_t scanned_ = 0, line_start_ = 0;
};

bool has_token(std::string_view list, std::string_view token) {
    for (const auto part : split(list, ','))
        if (equal_ignoring_case(trim(part), token)) return true;
    return false;
}

}  // namespace

struct RequestParser::Impl final : http::basic_parser<true> {
    explicit Impl(Request& filled) : request(filled) {
        header_limit(~std::uint32_t{0});  // the scanner has counted
        body_limit(boost::none);
    }

    Request& request;
    HeadScanner scanner;
    std::size_t fields = 0, hosts = 0, lengths = 0, codings = 0;
    ChunkReader chunks;
    std::uint64_t remaining = 0;  // of a body with a length
    bool known_method = false, http_1_0 = false;
    bool expect = false, other_expectation = false, connection_upgrade = false, websocket = false;
    bool bad_host = false, bad_length = false, chunked_only = true;

    void on_request_impl(http::verb, boost::beast::string_view name, boost::beast::string_view target, int version,
                         error_code&) override {
        const auto method = method_from({name.data(), name.size()});
        known_method = method.has_value();
        request.method = method.value_or(Method::get);
        request.target.assign(target.data(), target.size());
        http_1_0 = version == 10;
    }

    void on_field_impl(http::field field, boost::beast::string_view name, boost::beast::string_view text,
                       error_code& error) override {
        if (++fields > kFieldsMax) error = http::error::header_limit;
        if (error) return;
        const std::string_view value(text.data(), text.size());
        switch (field) {
            case http::field::host:
                ++hosts;
                bad_host = !is_host(value);
                break;
            case http::field::content_length:
                ++lengths;
                bad_length = value.empty() || !std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
                break;
            case http::field::transfer_encoding:
                ++codings;
                chunked_only = equal_ignoring_case(value, "chunked");
                break;
            case http::field::expect:
                if (equal_ignoring_case(value, "100-continue"))
                    expect = true;
                else
                    other_expectation = true;
                break;
            case http::field::connection:
                connection_upgrade = connection_upgrade || has_token(value, "upgrade");
                break;
            case http::field::upgrade:
                websocket = websocket || has_token(value, "websocket");
                break;
            default:
                break;
        }
        request.headers.add(std::string_view(name.data(), name.size()), std::string(value));
    }

    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    void on_chunk_header_impl(std::uint64_t, boost::beast::string_view, error_code&) override {}
    void on_finish_impl(error_code&) override {}
    void on_response_impl(int, boost::beast::string_view, int, error_code&) override {}

    std::size_t on_body_impl(boost::beast::string_view, error_code&) override { return 0; }  // it sees heads alone
    std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view, error_code&) override { return 0; }

    std::expected<void, Refusal> judge_head() const {
        if (hosts > 1 || bad_host || (hosts == 0 && !http_1_0))
            return refuse(400, ErrorCode::invalid, "The request needs exactly one valid Host header.");
        if (lengths > 1 || bad_length)
            return refuse(400, ErrorCode::invalid, "The Content-Length header is not one number.");
        if (codings > 0 && (lengths > 0 || http_1_0))
            return refuse(400, ErrorCode::invalid,
                          "Transfer-Encoding does not go together with Content-Length or HTTP/1.0.");
        if (codings > 1 || !chunked_only)
            return refuse(501, ErrorCode::invalid, "Of the transfer codings only 'chunked' is understood.");
        if (!known_method) return refuse(501, ErrorCode::invalid, "The method of the request is not known here.");
        if (other_expectation)
            return refuse(417, ErrorCode::invalid, "Only the expectation '100-continue' is understood.");
        return {};
    }
};

RequestParser::RequestParser(Request& request) : impl_(std::make_unique<Impl>(request)) {}
RequestParser::~RequestParser() = default;

std::expected<std::size_t, Refusal> RequestParser::parse_head(std::string_view input, std::size_t head_bytes_max) {
    const auto end = impl_->scanner.find_end(input, head_bytes_max);
    if (!end || *end == 0) return end;
    error_code error;
    impl_->put(asio::buffer(input.data(), *end), error);
    if (error == http::error::header_limit)
        return refuse(431, ErrorCode::invalid, "The request has more than {} header fields.", kFieldsMax);
    if (error == http::error::bad_version)
        return refuse(505, ErrorCode::invalid, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    if (error || !impl_->is_header_done())
        return refuse(400, ErrorCode::invalid, "The request is not valid HTTP: {}.",
                      error ? error.message() : "incomplete header");
    const auto judged = impl_->judge_head();
    if (!judged) return std::unexpected(judged.error());
    impl_->remaining = content_length().value_or(0);
    return end;
}

std::expected<std::size_t, Refusal> RequestParser::parse_body(std::string_view input, std::size_t body_bytes_max) {
    auto& body = impl_->request.body;
    if (impl_->chunked()) return impl_->chunks.read(input, body, body_bytes_max);
    if (impl_->remaining > body_bytes_max - std::min(body_bytes_max, body.size()))
        return refuse(413, ErrorCode::invalid, "The body is larger than {} bytes.", body_bytes_max);
    const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(impl_->remaining, input.size()));
    body.append(input.substr(0, taken));
    impl_->remaining -= taken;
    return taken;
}

bool RequestParser::done() const {
    return impl_->is_header_done() && (impl_->chunked() ? impl_->chunks.done() : impl_->remaining == 0);
}
bool RequestParser::http_1_0() const { return impl_->http_1_0; }
bool RequestParser::keep_alive() const { return impl_->keep_alive(); }
bool RequestParser::expects_continue() const { return impl_->expect && !impl_->http_1_0; }
bool RequestParser::upgrades_to_websocket() const {
    return impl_->connection_upgrade && impl_->websocket && !impl_->http_1_0 && impl_->request.method == Method::get;
}

std::optional<std::uint64_t> RequestParser::content_length() const {
    const auto length = impl_->content_length();
    if (!length) return std::nullopt;
    return *length;
}

}  // namespace slipway::net
