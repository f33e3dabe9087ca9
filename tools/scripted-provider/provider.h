// The provider's HTTP side: chat completions, embeddings and models as OpenAI's API has them.
#pragma once

#include <memory>
#include <string>

#include "net/router.h"
#include "record.h"
#include "script.h"

namespace slipway::scripted {

struct ProviderSettings {
    std::string key;              // when not empty, requests must bring it
    std::size_t dimension = 256;  // of embeddings
};

// Outlives the server that uses its routes. Thread safe.
class Provider {
 public:
    Provider(ProviderSettings settings, std::unique_ptr<Script> script, std::unique_ptr<Recorder> recorder);

    // Under /v1, and under /openai/v1 as Groq has it.
    std::shared_ptr<const net::Router> routes();

 private:
    asio::awaitable<net::Response> chat(net::Request& request);
    asio::awaitable<net::Response> embeddings(net::Request& request);
    asio::awaitable<net::Response> models(net::Request& request);
    void add_routes(net::Router& router, const std::string& prefix);
    bool authorized(const net::Request& request) const;

    ProviderSettings settings_;
    std::unique_ptr<Script> script_;
    std::unique_ptr<Recorder> recorder_;
};

// {"error": {"message", "type", "param", "code"}}
net::Response error_response(int status, std::string_view message, std::string_view type, std::string_view code);

// A vector of length 1 that is near to those of texts with the same words.
std::vector<float> bag_of_words(std::string_view text, std::size_t dimension);
std::int64_t count_words(std::string_view text);

}  // namespace slipway::scripted
