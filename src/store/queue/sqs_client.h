// The operations of SQS on the queues of an application, which are found or made at their first use. Part of sqs.cpp.
//
// Thread safe. Errors of all: `unavailable`, whatever SQS says, since nothing that the caller gave is wrong then;
// `invalid` for the name of a queue.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/aws/aws_client.h"
#include "store/queue/sqs_message.h"
#include "store/queue/sqs_place.h"

namespace slipway::store {

inline constexpr std::size_t kSqsBatch = 10;  // of one call
inline constexpr Milliseconds kSqsDelayMax{900'000};
inline constexpr Milliseconds kSqsWaitMax{20'000};
inline constexpr Milliseconds kSqsVisibilityMax{12LL * 3600 * 1000};
inline constexpr int kSqsReceivesMax = 100;  // a ticket is renewed then

struct SqsTicket {
    std::string id;  // of the message, or empty
    Milliseconds delay{0};
};

struct SqsVisibility {
    std::string handle;
    Milliseconds time{0};  // from now; whole seconds, rounded up
};

// About how many messages there are: SQS counts with a delay of up to a minute.
struct SqsCounts {
    std::int64_t visible = 0, delayed = 0, in_flight = 0;
    std::int64_t all() const { return visible + delayed + in_flight; }
};

class SqsClient {
 public:
    SqsClient(SqsPlace place, std::shared_ptr<CredentialsProvider> credentials, AwsClientOptions options,
              net::Client& client);

    const SqsPlace& place() const { return place_; }

    Task<void> send(std::string queue, std::vector<SqsTicket> tickets);
    // At most ten. Waits for the first one, in whole seconds.
    Task<std::vector<SqsMessage>> receive(std::string queue, std::size_t count_max, Milliseconds wait,
                                          Milliseconds visibility);
    // How many of the handles are not valid any more: the ticket is gone, or somebody else has received it.
    Task<std::size_t> change_visibility(std::string queue, std::vector<SqsVisibility> changes);
    Task<std::size_t> remove(std::string queue, std::vector<std::string> handles);
    // To the queue for dead letters, with the reason.
    Task<void> park(std::string queue, SqsMessage message, std::string reason);
    Task<SqsCounts> counts(std::string queue);
    // What of its settings may lose tickets. None when there is no such queue yet.
    Task<std::vector<std::string>> warnings(std::string queue);

 private:
    // One call about a queue; a queue that was removed meanwhile is made again.
    Task<json::object> call(std::string queue, bool dead, std::string operation, json::object input);
    Task<json::object> call_now(std::string operation, json::object input);
    // How many entries were refused for what they are, not for the state that SQS is in.
    Task<std::size_t> batch(std::string queue, std::string operation, json::array entries);
    Task<std::string> url_of(std::string queue, bool dead);
    Task<std::string> find_url(std::string name);
    Task<std::string> make(std::string queue, bool dead);
    json::object entry_of(const SqsTicket& ticket, std::size_t number) const;

    SqsPlace place_;
    AwsEndpoint endpoint_;
    AwsClient aws_, polling_;
    std::mutex mutex_;
    std::map<std::string, std::string> urls_;  // by name in SQS
};

}  // namespace slipway::store
