// The SQS adapter of the queue port on a moto: a database of its own, and queues of a prefix of its own.
#pragma once

#include "engines/moto_server.h"
#include "store/queue/database_queue_place.h"
#include "store/queue/sqs.h"

namespace slipway::test {

inline const auto kSqsKeys =
    store::CredentialsProvider::of({.access_key_id = "ID", .secret_access_key = "hunter2-the-key"});

// Gives up soon.
inline store::SqsQueueOptions sqs_options(std::string url) {
    store::SqsQueueOptions options;
    options.url = std::move(url);
    options.credentials = kSqsKeys;
    options.client.total_time_max = Milliseconds(4'000);
    options.client.wait_first = Milliseconds(10);
    options.client.timeouts.first_byte = Milliseconds(2'000);
    options.client.timeouts.total = Milliseconds(3'000);
    // moto gives a ticket twice when two ask at the same time; what that loses is to be found soon.
    return options;
}

inline std::string sqs_url(std::uint16_t port, std::string_view prefix, std::string_view more = "") {
    return fmt::format("sqs://us-east-1/{}?endpoint=http%3A%2F%2F127.0.0.1%3A{}{}", prefix, port, more);
}

inline std::string next_prefix() {
    static int number = 0;
    return fmt::format("app{}", ++number);
}

class SqsQueuePlace : public DatabaseQueuePlace {
 public:
    explicit SqsQueuePlace(const MotoServer& moto, std::string_view more = "")
        : options_(sqs_options(sqs_url(moto.port(), next_prefix(), more))) {}
    Result<std::unique_ptr<store::Queue>> open() override {
        SLIPWAY_TRY(const auto records, DatabaseQueuePlace::open());
        return store::make_sqs_queue(options_, database(), client_);
    }
    store::SqsQueueOptions& options() { return options_; }
    net::Client& client() { return client_; }

 private:
    store::SqsQueueOptions options_;
    net::Client client_;
};

}  // namespace slipway::test
