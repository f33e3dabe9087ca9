// Where the queues of an application lie in SQS, and what they are called. Part of sqs.cpp.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace slipway::store {

struct SqsPlace {
    std::string region, prefix = "slipway", endpoint, account;
    std::string workspace;  // of messages that others send; empty: they are parked
    bool fifo = false;
};

// Of a URL as sqs.h describes it. `invalid` says what is wrong.
Result<SqsPlace> parse_sqs_url(std::string_view url, std::string_view region);

// The name in SQS of a queue (queue.h: check_queue_name), or of that for its dead letters. No two have the same name.
// `invalid` when it is longer than the 80 characters that SQS allows.
Result<std::string> sqs_queue_name(const SqsPlace& place, std::string_view queue, bool dead);

}  // namespace slipway::store
