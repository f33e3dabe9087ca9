// The queue in Amazon SQS (`sqs://`): SQS carries the call to work, the database keeps the messages.
//
// Why so. SQS has no priorities, no tenants, no search by id, no deduplication beyond five minutes, no delay beyond 15
// minutes, no list of dead letters, and it knows nothing of a transaction. The port promises all of these, and the
// database, which the application has anyway, keeps them already (database.h). What the database lacks is what SQS is
// good at: workers wait in a long poll instead of asking a database four times a second, so that it may sleep
// (Aurora at 0 ACU); the depth of the queue is a metric that scales workers from nothing; and other services can send.
// So a message is a row, exactly as with `database:`, and SQS carries a *ticket* for it, which says no more than "there
// is work". Bodies never leave the database, and whoever reads or forges a ticket gains nothing by it.
//
// How. enqueue() commits the row, then sends a ticket (delayed as the message is). A worker that receives tickets
// leases as many rows as it has tickets, in the order of the port, and keeps the tickets in flight while it works:
// extend(), retry() and release() change their visibility, acknowledge() and bury() delete them, or pass them on to the
// next of the group. A worker that dies leaves both to run out together. There are always at least as many tickets as
// messages (of a group: its first one) that could be leased by the time these tickets come, so none is forgotten;
// those that are too many are dropped when they find nothing. Where a process died between the commit and the ticket,
// SQS gave a ticket twice, or rows were enqueued by enqueue_within(), workers send what is missing: at their start, and
// beside their work.
//
// A failure of SQS: enqueue() takes its row back and answers `unavailable`; leases that are held can be settled still.
// A failure of the database: nothing is leased, and tickets come back after seconds.
//
// Times of SQS are whole seconds: a message that waits comes up to a second late. Long delays are tickets in flight,
// of which a queue has 120,000. Keep its retention above two days: tickets are renewed each day.
//
// Messages that others send to the queue (S3 events, EventBridge, a program in another language) become messages of one
// workspace, when the URL says which; without it, and when they are too large, they are moved to the dead-letter queue
// with the attribute `reason`. What their body has to be is the consumer's matter: a job's is
// {"name":…,"arguments":{…}}.
//
// The queues. PREFIX-NAME, and PREFIX-NAME_dead for dead letters of SQS (messages of others, tickets that were received
// 1,000 times); with `fifo=true` both end in `.fifo`, and a ticket is not sent twice when its answer was lost. In NAME
// '.' is "_-" and '_' is "__". They are made when they are missing (retention 14 days, encrypted at rest), when the
// role may; docs/operations.md has the policy.
//
// Wire format: Amazon SQS API 2012-11-05, AWS JSON 1.0.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "store/aws/aws_client.h"
#include "store/database/database.h"
#include "store/queue/queue.h"

namespace slipway::store {

struct SqsQueueTimes {
    Milliseconds look_for_lost{60'000};  // at most so often, per queue: messages that no ticket calls for
    Milliseconds lost_after{30'000};     // they were due so long ago
};

struct SqsQueueOptions {
    // sqs://REGION/PREFIX, sqs:///PREFIX (the region from below); PREFIX: letters, digits, '-' and '_'. Options:
    //   fifo=true       the queues are FIFO
    //   workspace=NAME  messages of others are this workspace's
    //   account=ID      whose queues, when not the role's own; they have to be there
    //   endpoint=URL    another server: LocalStack, a VPC endpoint
    std::string url;
    std::string region;  // when the URL has none
    // The id of the workspace that the URL names. Empty: it names the id.
    std::function<Result<std::string>(const std::string& name)> workspace_id = {};
    std::shared_ptr<CredentialsProvider> credentials;  // store/aws/credentials_chain.h
    AwsClientOptions client{.total_time_max = Milliseconds(15'000),
                            .timeouts = {.connect = Milliseconds(3'000),
                                         .first_byte = Milliseconds(5'000),
                                         .between_bytes = Milliseconds(5'000),
                                         .total = Milliseconds(10'000)}};  // a long poll gets its wait on top
    SqsQueueTimes times;
};

// Asks nothing yet. `invalid` when the URL is wrong. The tables of queue_migrations() are in `database`; it and the net
// client outlive the queue. A wait of at least a second is a long poll; shorter ones ask again and again, which SQS
// charges for.
Result<std::unique_ptr<Queue>> make_sqs_queue(SqsQueueOptions options, Database& database, net::Client& client);

}  // namespace slipway::store
