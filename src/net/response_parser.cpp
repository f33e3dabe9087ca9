#include "net/response_parser.h"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "base/text.h"
#include "net/chunk_pause.h"

namespace slipway::net {
namespace {

namespace http = boost::beast::http;
using Code = boost::beast::error_code;
using View = boost::beast::string_view;

constexpr int kInterimMax = 8;  // 100 Continue, 103 Early Hints: more than a few are an attack
constexpr std::size_t kFieldsMax = 256;

}  // namespace

struct ResponseParser::Machine final : http::basic_parser<false> {
    int status_code = 0;
    Headers fields;
    std::string body;
    ChunkPause pause;

 private:
    void on_request_impl(http::verb, View, View, int, Code&) override {}
    void on_response_impl(int code, View, int, Code&) override { status_code = code; }
    void on_field_impl(http::field, View name, View value, Code& error) override {
        if (fields.size() >= kFieldsMax) error = http::error::header_limit;
        fields.add(std::string(name), std::string(value));
    }
    // Two ways to find the end are one too many, and nobody asked for a coding other than chunked (RFC 9112 6.1, 6.3).
    void on_header_impl(Code& error) override {
        std::size_t lengths = 0, codings = 0;
        for (const auto& [name, value] : fields) {
            if (equal_ignoring_case(name, "Content-Length")) ++lengths;
            if (!equal_ignoring_case(name, "Transfer-Encoding")) continue;
            ++codings;
            if (!equal_ignoring_case(trim(value), "chunked")) error = http::error::bad_transfer_encoding;
        }
        if (codings > 1 || (codings > 0 && lengths > 0)) error = http::error::bad_transfer_encoding;
    }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
    std::size_t on_body_impl(View bytes, Code&) override {
        body.append(bytes);
        return bytes.size();
    }
    void on_chunk_header_impl(std::uint64_t size, View, Code&) override { pause.begin_chunk(size); }
    std::size_t on_chunk_body_impl(std::uint64_t, View bytes, Code&) override {
        body.append(bytes);
        pause.take(bytes.size());
        return bytes.size();
    }
    void on_finish_impl(Code&) override {}
};

ResponseParser::ResponseParser(bool without_body, std::size_t header_bytes_max, std::uint64_t body_bytes_max)
    : without_body_(without_body), header_bytes_max_(header_bytes_max), body_bytes_max_(body_bytes_max) {
    restart();
}
ResponseParser::~ResponseParser() = default;

void ResponseParser::restart() {
    machine_ = std::make_unique<Machine>();
    machine_->header_limit(static_cast<std::uint32_t>(header_bytes_max_));
    machine_->body_limit(body_bytes_max_);
    machine_->skip(without_body_);
    machine_->eager(true);
}

Result<std::size_t> ResponseParser::feed(std::string_view bytes) {
    std::size_t used = 0;
    while (used < bytes.size() && !machine_->is_done()) {
        Code error;
        const auto rest = bytes.substr(used);
        if (machine_->is_header_done() && machine_->chunked() && machine_->pause.must_wait(rest)) break;
        const auto taken = machine_->put(boost::asio::buffer(rest.data(), rest.size()), error);
        used += taken;
        if (error == http::error::need_more || (!error && taken == 0)) break;
        if (error == http::error::header_limit)
            return fail(ErrorCode::upstream, "sent a header of more than {} bytes", header_bytes_max_);
        if (error == http::error::body_limit)
            return fail(ErrorCode::upstream, "sent a body of more than {} bytes", body_bytes_max_);
        if (error) return fail(ErrorCode::upstream, "sent something that is not HTTP ({})", error.message());
        const bool interim = machine_->is_done() && machine_->status_code / 100 == 1 && machine_->status_code != 101;
        if (interim && ++interim_ > kInterimMax)
            return fail(ErrorCode::upstream, "sent more than {} interim answers", kInterimMax);
        if (interim) restart();
    }
    return used;
}

Result<void> ResponseParser::feed_end() {
    if (machine_->is_done()) return {};
    Code error;
    if (has_head()) machine_->put_eof(error);
    if (!has_head()) return fail(ErrorCode::upstream, "closed the connection before it answered");
    if (error) return fail(ErrorCode::upstream, "closed the connection in the middle of its answer");
    return {};
}

bool ResponseParser::has_head() const { return machine_->is_header_done(); }
bool ResponseParser::done() const { return machine_->is_done(); }
bool ResponseParser::keep_alive() const { return machine_->keep_alive() && machine_->status_code != 101; }
int ResponseParser::status() const { return machine_->status_code; }
Headers& ResponseParser::headers() { return machine_->fields; }
bool ResponseParser::has_body() const { return !machine_->body.empty(); }
std::string ResponseParser::take_body() { return std::exchange(machine_->body, {}); }

}  // namespace slipway::net
