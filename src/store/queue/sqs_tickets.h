// Tickets of the SQS queue: sent, received, held while a message is, and dropped (sqs.h says what they are for). Part
// of sqs.cpp. Thread safe.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "store/queue/sqs.h"
#include "store/queue/sqs_client.h"

namespace slipway::store {

class SqsTickets {
 public:
    SqsTickets(SqsPlace place, SqsQueueOptions options, Database& database, net::Client& client)
        : database_(database),
          sqs_(std::move(place), std::move(options.credentials), std::move(options.client), client),
          times_(options.times) {}

    // Also those that this process still owes: a cancelled enqueue() has left its row without one.
    Task<void> send(std::string queue, std::vector<SqsTicket> tickets);

    // Before a wait: sends what is owed, deletes what is done, and looks for messages that no ticket calls for: at the
    // first call, and later while there is work, so that a database without work may sleep.
    Task<void> tidy(std::string queue);
    // Of all senders. Waits for the first one while none is stopped or cancelled.
    Task<std::vector<SqsMessage>> receive(std::string queue, const LeaseOptions& options, Milliseconds left);
    // Of messages that SQS delivered: as if they had been received. From here on it is noted which are done with.
    std::vector<SqsMessage> delivered(std::vector<Delivery> deliveries);
    // The ids of those that are not; they are forgotten here.
    std::vector<std::string> left_over(const std::vector<Delivery>& deliveries);
    // Makes messages of what others sent, for which what they sent is the ticket; parks what cannot be one.
    asio::awaitable<void> admit(std::string queue, std::vector<SqsMessage>& received);
    // Tickets that found nothing: they come again when there may be something, or are dropped.
    Task<void> put_away(std::string queue, std::vector<SqsMessage> tickets);

    // What follows only tells SQS what the database knows. A failure is logged and no more: the ticket comes back by
    // itself, at the latest when its visibility ends, and finds nothing or what is there.
    asio::awaitable<void> give_back(std::string queue, std::vector<SqsMessage> tickets);
    asio::awaitable<void> hide(std::string queue, std::string handle, Milliseconds time);
    // The ticket calls after this time; when it is gone, another one does.
    asio::awaitable<void> call_after(std::string queue, std::string handle, Milliseconds time);
    // The lease has ended. `last`: its message is not live any more, and none stood behind it before it ended.
    asio::awaitable<void> settle(Lease lease, SqsReceipt receipt, bool last);
    // So many messages lack one; they are sent with the next.
    void owe(const std::string& queue, std::size_t count);

    Task<std::vector<std::string>> warnings();

 private:
    struct Known {
        std::vector<std::string> done;  // handles to be deleted, some at once
        std::size_t owed = 0;           // tickets that were to be sent
        bool busy = false;              // tickets came since it was looked for lost ones
        std::optional<std::chrono::steady_clock::time_point> looked;
    };
    struct Debt;

    // Deletes tickets.
    Task<void> drop(std::string queue, std::vector<std::string> handles);
    void note_done(const std::string& handle);
    Task<bool> admit_one(const std::string& queue, SqsMessage& message);
    asio::awaitable<void> remove_soon(std::string queue, std::string handle);
    Task<double> share_too_many(std::string queue);
    Task<void> renew(std::string queue, SqsMessage ticket, Milliseconds delay);
    Task<void> look_for_lost(std::string queue);

    Database& database_;
    SqsClient sqs_;
    SqsQueueTimes times_;
    std::mutex mutex_;
    std::map<std::string, Known> known_;  // by queue
    std::set<std::string> held_;          // handles that were delivered, and are not done with
};

}  // namespace slipway::store
