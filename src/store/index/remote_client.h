// JSON over HTTP to a search engine: bounded, with back-off where the engine says that it is busy. What the adapters
// send may be sent twice without harm, so a connection that broke before an answer is tried once more.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/pool.h"
#include "net/client.h"
#include "net/service_url.h"

namespace slipway::store {

// Adds what proves who asks to a request that is otherwise complete (SigV4 signs all of it). Called before each
// attempt; keeps what it needs alive itself.
using SignRequest = std::function<Task<void>(net::ClientRequest& request)>;

struct RemoteOptions {
    std::string engine;         // for messages
    net::ServiceUrl place;      // scheme http or https, host, port; the rest is not used
    net::Headers headers = {};  // of each request; they hold secrets
    SignRequest sign = {};
    std::optional<std::filesystem::path> certificate_authorities = {};  // PEM; default: the system's
    std::size_t requests_max = 256;                                     // at once; more are answered `unavailable`
    std::size_t answer_bytes_max = 256 << 20;
    Milliseconds connect_time_max{5'000};
    Milliseconds busy_time_max{15'000};  // of trying again while the engine says that it is busy
};

struct RemoteRequest {
    net::Method method = net::Method::get;
    std::string path;  // begins with '/', encoded
    std::string body = {};
    std::string_view content_type = "application/json";
    Milliseconds time_max{30'000};
};

struct RemoteAnswer {
    int status = 0;
    json::value body;  // null when the answer is no JSON
    bool good() const { return status / 100 == 2; }
    const json::object& object() const;  // empty when it is none
};

// Thread safe; any number of event loops. Large answers are parsed on the pool, which outlives it.
class RemoteClient {
 public:
    RemoteClient(RemoteOptions options, WorkerPool& pool);

    // Any answer, also a refusal. `unavailable` when the engine cannot be reached, took too long or stayed busy;
    // `upstream` when what answers is no such engine.
    Task<RemoteAnswer> call(RemoteRequest request);
    std::string place() const { return options_.place.place(); }
    const std::string& engine() const { return options_.engine; }

 private:
    Task<RemoteAnswer> attempt(const RemoteRequest& request);

    RemoteOptions options_;
    WorkerPool& pool_;
    net::Client client_;
    std::atomic<std::size_t> under_way_{0};
};

// http(s) of "opensearch+http(s)://", `prefix` being "opensearch"; `invalid` for another scheme, or without a host.
Result<net::ServiceUrl> remote_url(std::string_view url, std::string_view prefix, std::uint16_t port);

}  // namespace slipway::store
