#include "app/capabilities/events.h"

#include <algorithm>

#include "app/capabilities/jobs.h"
#include "base/text.h"

namespace slipway::app {
namespace {

// Scripts have names of their own (app/operations/channels.cpp).
constexpr std::string_view kDocuments = "slipway/documents", kJobs = "slipway/jobs";
constexpr std::size_t kTextBytesMax = 1'000;  // of a title or a reason in an event
constexpr std::string_view kMissed = R"({"type":"missed"})";

std::string chats_of(std::string_view user) { return fmt::format("slipway/chats/{}", user); }
std::string jobs_of(std::string_view user) { return fmt::format("slipway/jobs/{}", user); }

std::string_view type_of(std::string_view channel) {
    if (channel == kDocuments) return "document";
    return channel.starts_with(kJobs) ? "job" : "chat";
}

std::string_view to_string(chat::ChatChange::Kind kind) {
    using Kind = chat::ChatChange::Kind;
    switch (kind) {
        case Kind::created:
            return "created";
        case Kind::renamed:
            return "renamed";
        case Kind::removed:
            return "removed";
        case Kind::begun:
            return "begun";
        case Kind::ended:
            break;
    }
    return "ended";
}

}  // namespace

void Events::publish(const WorkspaceId& workspace, std::string_view channel, const json::object& event) {
    // It is stored, and whoever lost this is told so: nobody has to hear of it here.
    static_cast<void>(channels_.publish(workspace, channel, write_json(event)));
}

void Events::tell(const chat::Owner& owner, const chat::ChatChange& change) {
    json::object event{{"type", "chat"}, {"change", to_string(change.kind)}, {"chat_id", change.chat_id}};
    if (change.chat != nullptr) {
        event["chat_number"] = change.chat->number;
        event["title"] = cut_utf8(change.chat->title, kTextBytesMax);
    }
    if (!change.question_id.empty()) event["question_id"] = change.question_id;
    if (!change.answer_id.empty()) event["message_id"] = change.answer_id;
    if (change.answer != nullptr) event["status"] = chat::to_string(change.answer->status);
    publish(owner.workspace, chats_of(owner.user_id), event);
}

void Events::tell(const WorkspaceId& workspace, const knowledge::Document& document, std::string_view status,
                  std::string_view reason) {
    json::object event{{"type", "document"},
                       {"status", status},
                       {"id", document.id},
                       {"number", document.number},
                       {"title", cut_utf8(document.title, kTextBytesMax)},
                       {"namespace", document.name_space}};
    if (!reason.empty()) event["reason"] = cut_utf8(reason, kTextBytesMax);
    publish(workspace, kDocuments, event);
}

void Events::tell(const WorkspaceId& workspace, std::string_view user, const job::Info& job) {
    auto event = to_json(job);
    event["type"] = "job";
    if (const auto* reason = event.if_contains("reason"); reason != nullptr && reason->is_string())
        event["reason"] = cut_utf8(job.reason, kTextBytesMax);
    if (!user.empty()) publish(workspace, jobs_of(user), event);
    publish(workspace, kJobs, event);
}

std::vector<std::string> EventFeed::channels_of(const account::Principal& principal) {
    const bool admin = principal.require(account::Role::admin).has_value();
    return {chats_of(principal.user.id), std::string(kDocuments),
            admin ? std::string(kJobs) : jobs_of(principal.user.id)};
}

Task<std::unique_ptr<EventFeed>> EventFeed::open(Events& events, account::Principal principal, Ask ask) {
    std::unique_ptr<EventFeed> feed(new EventFeed(std::move(principal), std::move(ask)));
    const auto workspace = feed->principal_.workspace;
    auto names = channels_of(feed->principal_);
    SLIPWAY_CO_TRY(feed->subscription_, co_await events.channels().subscribe(workspace, std::move(names)));
    co_return feed;
}

Task<void> EventFeed::follow(const account::Principal& principal) {
    const auto before = channels_of(principal_);
    auto wanted = channels_of(principal);
    if (before == wanted) co_return Result<void>();
    missed_ = true;  // of what is to be told now, nothing was heard until now
    for (const auto& name : before)
        if (std::ranges::find(wanted, name) == wanted.end()) subscription_->remove(name);
    co_return co_await subscription_->add(std::move(wanted));
}

std::optional<FeedEvent> EventFeed::told(const std::optional<store::Heard>& heard) {
    if ((heard && heard->missed()) || std::exchange(missed_, false)) return FeedEvent{"missed", std::string(kMissed)};
    if (!heard) return std::nullopt;
    const auto names = channels_of(principal_);
    if (std::ranges::find(names, heard->channel) == names.end()) return std::nullopt;
    return FeedEvent{std::string(type_of(heard->channel)), *heard->message};
}

Task<FeedEvent> EventFeed::next() {
    while (true) {
        SLIPWAY_CO_TRY(const auto heard, co_await subscription_->next(kAskEvery));
        auto principal = co_await ask_();
        if (!principal && principal.error().code == ErrorCode::unavailable && !co_await cancelled()) {
            missed_ = missed_ || heard;
            continue;
        }
        if (!principal) co_return pass(principal);
        SLIPWAY_CO_CHECK(co_await follow(*principal));
        principal_ = *std::move(principal);
        if (auto event = told(heard)) co_return *std::move(event);
    }
}

}  // namespace slipway::app
