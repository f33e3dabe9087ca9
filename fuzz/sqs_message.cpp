// What comes out of a queue in SQS, which others may send to: the answer of a receive, tickets, receipts of leases. And
// the URL that names the queues.
#include "store/queue/sqs_message.h"

#include "store/queue/sqs_place.h"
#include "target.h"

SLIPWAY_FUZZ_TARGET(sqs_message) {
    using namespace slipway;
    const auto [first, rest] = fuzz::split_line(input);
    if (const auto answer = parse_json(rest); answer && answer->is_object())
        for (const auto& message : store::read_received(answer->get_object())) {
            fuzz::require(!message.id.empty() && !message.handle.empty(), "something can be done about it");
            fuzz::require(message.receives >= 1 && to_unix_ms(message.sent) >= 0, "numbers in their bounds");
            fuzz::require(message.ticket == store::read_ticket(message.body), "a ticket is in the body alone");
        }
    if (const auto id = store::read_ticket(rest))
        fuzz::require(store::read_ticket(store::ticket_text(*id)) == id || id->size() > 256, "a ticket says its id");
    if (const auto receipt = store::SqsReceipt::from(rest)) {
        const auto again = store::SqsReceipt::from(receipt->text());
        fuzz::require(again && again->group == receipt->group, "a receipt keeps its group");
        fuzz::require(again->record == receipt->record && again->handle == receipt->handle, "and its two proofs");
    }
    const auto place = store::parse_sqs_url(first, "us-east-1");
    if (!place) return;
    for (const bool dead : {false, true}) {
        const auto name = store::sqs_queue_name(*place, "a._-queue", dead);
        if (!name) continue;
        fuzz::require(name->size() <= 80, "a name that SQS takes");
        fuzz::require(name->find_first_of("/?&# \r\n") == std::string::npos, "of one word");
    }
}
