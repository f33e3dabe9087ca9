// Calls to a provider's HTTP API: authorization, retries, and its errors in our terms. Shared by the adapters.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/json.h"
#include "net/client.h"

namespace slipway::model {

struct ProviderOptions {
    std::string name;          // "openai"; in model names, messages and logs
    std::string base_url;      // "https://api.openai.com/v1"
    std::string key;           // sent as a bearer token; empty: none. Never shown
    std::string key_variable;  // "OPENAI_API_KEY": what a person is told to check
    net::Headers headers;      // sent with every request

    int attempts_max = 3;
    Milliseconds backoff_first{500};  // doubles with every attempt, with jitter
    Milliseconds backoff_max{8'000};
    Milliseconds retry_after_max{30'000};  // a provider that asks for a longer pause gets no further attempt
    Milliseconds connect_time_max{5'000};
    Milliseconds first_byte_time_max{60'000}, silence_max{60'000};  // of a stream: before its head, between its pieces
    Milliseconds time_max{120'000};  // for everything, retries included, where the request has not less
    std::size_t response_bytes_max = 64 << 20;
};

using SteadyTime = std::chrono::steady_clock::time_point;

// Thread safe.
class Provider {
 public:
    Provider(std::shared_ptr<net::Client> client, ProviderOptions options);

    const ProviderOptions& options() const { return options_; }

    // POSTs and returns a 2xx response whose body is still to be read. Tried again, until `end`, after failures that
    // may pass: no connection, one closed before an answer, 408, 409, 429, 5xx; the provider's Retry-After and
    // x-should-retry are obeyed. Errors as in chat_model.h; details.status and details.provider_code are the provider's
    // own.
    Task<std::unique_ptr<net::ClientResponse>> post(std::string path, json::object body, SteadyTime end,
                                                    bool stream) const;

    // The whole body of a 2xx response, which must be a JSON object without an `error`.
    Task<json::object> read(std::unique_ptr<net::ClientResponse> response) const;

    // A provider's error object inside an answer that began well.
    Error error_inside(const json::object& error) const;
    // `upstream`: "<name> sent …".
    std::unexpected<Error> nonsense(std::string_view what) const;

 private:
    struct Failure;
    Task<std::unique_ptr<net::ClientResponse>> attempt(std::string path, std::string body, SteadyTime end, bool stream,
                                                       Failure& failure) const;
    Failure classify(int status, const net::Headers& headers, const std::string& body) const;
    Milliseconds pause_after(int attempt, const Failure& failure) const;
    std::string shown(std::string_view provider_message) const;

    std::shared_ptr<net::Client> client_;
    ProviderOptions options_;
};

}  // namespace slipway::model
