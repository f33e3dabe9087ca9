// Signs and sends requests to services of AWS, and to those that speak their protocols.
//
// It repeats what may be repeated: always what the service refused unseen (too fast, clock, expired credentials) or
// what never reached it; what may have been done only when the request says that twice is as good as once. Waits in
// between grow, are random, and never shorter than the service asks for.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/json.h"
#include "net/client.h"
#include "store/aws/credentials_provider.h"
#include "store/aws/problem.h"
#include "store/aws/sigv4.h"

namespace slipway::store {

struct AwsEndpoint {
    std::string url;  // "https://sqs.us-east-1.amazonaws.com", without a path
    std::string region;
    std::string service;  // its signing name
};
// The service's own endpoint of the region (also of the regions in China), or `url` when that is given.
AwsEndpoint aws_endpoint(std::string service, std::string region, std::string url = "");

struct AwsRequest {
    net::Method method = net::Method::get;
    std::string path = "/";  // escaped
    net::Fields query;
    net::Headers headers;
    std::string body;
    std::optional<std::string> payload_hash;   // hex SHA-256 of the body, when it is known already
    bool repeatable = true;                    // twice is as good as once
    std::size_t response_bytes_max = 4 << 20;  // more is `invalid`
    std::uint64_t bytes_awaited = 0;           // so many may come: that takes its time, as sending the body does
};

struct AwsResponse {
    int status = 0;  // 2xx, or 304
    net::Headers headers;
    std::string body;
};

struct AwsClientOptions {
    int attempts_max = 4;
    Milliseconds total_time_max{
        60'000};  // of all attempts and the waits between them; without the time that bytes take
    net::ClientTimeouts timeouts{.connect = Milliseconds(3'000),
                                 .first_byte = Milliseconds(20'000),
                                 .between_bytes = Milliseconds(20'000),
                                 .total = Milliseconds(60'000)};
    Milliseconds wait_first{50};  // doubles
    Milliseconds wait_max{5'000};
    std::function<Instant()> clock = now;  // of this machine; the difference to the service's is learnt
};

// Thread safe; used from any number of event loops. The net client must outlive it.
class AwsClient {
 public:
    // Without credentials requests are sent unsigned.
    AwsClient(net::Client& client, std::shared_ptr<CredentialsProvider> credentials, AwsClientOptions options = {})
        : client_(client), credentials_(std::move(credentials)), options_(std::move(options)) {}

    // Errors: those of error_of() and of net::Client. Who calls it records what it asks for (aws_actions.h); call()
    // does.
    Task<AwsResponse> send(AwsEndpoint endpoint, AwsRequest request);

    // One operation of the JSON protocols, version "1.0" or "1.1"; `target` is "AmazonSQS.SendMessage".
    struct JsonCall {
        std::string version, target;
        json::object input;
        bool repeatable = true;
    };
    Task<json::object> call(AwsEndpoint endpoint, JsonCall call);

    // For what is signed beside send(): presigned URLs.
    const std::shared_ptr<CredentialsProvider>& credentials() const { return credentials_; }
    Instant service_time() const;

 private:
    struct Attempt;
    Task<AwsResponse> attempt(const AwsEndpoint& endpoint, const AwsRequest& request, Attempt& state);
    std::optional<Milliseconds> wait_before_next(const Result<AwsResponse>& outcome, bool repeatable, Attempt& state);
    bool learn_time(const net::Headers& headers);

    net::Client& client_;
    std::shared_ptr<CredentialsProvider> credentials_;
    AwsClientOptions options_;
    std::atomic<std::int64_t> clock_behind_ms_{0};  // add it to our time for theirs
};

// "s3.us-east-1.amazonaws.com" of a URL, for messages and the Host header.
std::string authority_of(std::string_view url);

}  // namespace slipway::store
