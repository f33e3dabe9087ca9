// What travels through SQS: tickets, messages of others, and the proof of a lease. All of it comes from outside. Part
// of sqs.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

namespace slipway::store {

// The text of a ticket, and what it says: {"slipway":"ticket","message":ID}. The id is that of the message it was sent
// for, though it calls for any; empty when it was sent for none.
std::string ticket_text(std::string_view id);
std::optional<std::string> read_ticket(std::string_view text);  // nullopt: another's message

struct SqsMessage {
    std::string id, handle;  // MessageId, ReceiptHandle
    std::string body;
    std::optional<std::string> ticket;  // read_ticket(body)
    Instant sent;
    int receives = 1;
};
// The answer of ReceiveMessage. Messages without id or handle are left out: nothing can be done about them.
std::vector<SqsMessage> read_received(const json::object& answer);

// The receipt of a lease: the record's, the group, and the ticket that stands for it.
struct SqsReceipt {
    std::string record, group, handle;
    std::string text() const;
    static std::optional<SqsReceipt> from(std::string_view text);
};

}  // namespace slipway::store
