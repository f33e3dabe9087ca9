// What happens is told to those whom it concerns, wherever they are connected:
//
//     {"type": "chat", "change": "begun",  "chat_id", "chat_number", "title", "question_id", "message_id"}
//     {"type": "chat", "change": "ended",  … the same, "status"}       status: complete, partial or failed
//     {"type": "chat", "change": "created" or "renamed", "chat_id", "chat_number", "title"}
//     {"type": "chat", "change": "removed", "chat_id"}
//     {"type": "document", "status", "id", "number", "title", "namespace", "reason"}
//                                                                      status: processing, indexed, failed or removed
//     {"type": "job", … what app/capabilities/jobs.h tells of a job}
//     {"type": "missed"}                    something was lost, or the role is another one: read the state anew
//
// Chats are told to their owner, documents to all of the workspace, jobs to who started them and to admins. Each is
// told once it is stored; it says what to look at, not all there is to see. At most once, in the order of one process;
// nothing is kept for who is not connected.
#pragma once

#include "account/service.h"
#include "chat/types.h"
#include "job/types.h"
#include "knowledge/types.h"
#include "store/channels/channels.h"

namespace slipway::app {

// Thread safe.
class Events {
 public:
    // `channels` outlives it.
    explicit Events(store::Channels& channels) : channels_(channels) {}

    // None of these waits or fails: what is lost with the store is told as `missed` later.
    void tell(const chat::Owner& owner, const chat::ChatChange& change);
    void tell(const WorkspaceId& workspace, const knowledge::Document& document, std::string_view status,
              std::string_view reason);
    void tell(const WorkspaceId& workspace, std::string_view user, const job::Info& job);

    store::Channels& channels() { return channels_; }

 private:
    void publish(const WorkspaceId& workspace, std::string_view channel, const json::object& event);

    store::Channels& channels_;
};

struct FeedEvent {
    std::string type;  // "chat", "document", "job" or "missed"
    std::string text;  // JSON
};

// What one user is told. Used on the loop that made it.
class EventFeed {
 public:
    // Who it is now: asked at each event, and every kAskEvery while nothing happens. An error ends the feed, except
    // `unavailable`: nothing is told then, and `missed` once the answer is there.
    using Ask = std::function<Task<account::Principal>()>;
    static constexpr Milliseconds kAskEvery{15'000};

    // Returns once all that happens from now on will be told. `principal`: who it is at first.
    static Task<std::unique_ptr<EventFeed>> open(Events& events, account::Principal principal, Ask ask);
    // Waits for the next event. `unauthorized` when the right has ended; `unavailable` when the server stops.
    Task<FeedEvent> next();

 private:
    EventFeed(account::Principal principal, Ask ask) : principal_(std::move(principal)), ask_(std::move(ask)) {}
    static std::vector<std::string> channels_of(const account::Principal& principal);
    // The role may be another by now.
    Task<void> follow(const account::Principal& principal);
    // What this principal may be told of it.
    std::optional<FeedEvent> told(const std::optional<store::Heard>& heard);

    account::Principal principal_;
    bool missed_ = false;  // something could not be told
    Ask ask_;
    std::unique_ptr<store::Subscription> subscription_;
};

}  // namespace slipway::app
