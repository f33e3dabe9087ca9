// slipway.channels.publish, and what socket:subscribe() and stream:subscribe() lead to.
#include "app/operations/operations.h"

namespace slipway::app {
namespace {

// Apart from the names of the program's own events (app/capabilities/events.cpp).
constexpr std::string_view kPrefix = "script/";

std::string channel_of(std::string_view name) { return fmt::format("{}{}", kPrefix, name); }

Result<void> check_name(std::string_view name) {
    SLIPWAY_CHECK(store::check_channel_name(name));
    return store::check_channel_name(channel_of(name));
}

Task<json::value> publish(const Capabilities& capabilities, CallContext& context, json::object wanted) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
    const auto name = text_or(wanted, "name");
    SLIPWAY_CO_CHECK(check_name(name));
    const auto* value = find(wanted, "value");
    auto text = value == nullptr ? std::string("null") : write_json(*value);
    const auto published = capabilities.channels.publish(principal.workspace, channel_of(name), std::move(text));
    // A lost store is told to the listeners, and is no reason for the request to fail.
    if (!published && published.error().code != ErrorCode::unavailable) co_return std::unexpected(published.error());
    co_return json::value(json::object{{"published", published.has_value()}});
}

class ChannelsOfCall final : public ScriptSubscription {
 public:
    ChannelsOfCall(const Capabilities& capabilities, CallContext& context,
                   std::unique_ptr<store::Subscription> subscription)
        : capabilities_(capabilities), context_(context), subscription_(std::move(subscription)) {}

    Task<void> add(std::string channel) override {
        SLIPWAY_CO_CHECK(check_name(channel));
        SLIPWAY_CO_CHECK(co_await principal_of_now(capabilities_, context_));
        std::vector<std::string> channels{channel_of(channel)};
        co_return co_await subscription_->add(std::move(channels));
    }
    void remove(std::string_view channel) override { subscription_->remove(channel_of(channel)); }
    void on_heard(std::function<void()> tell) override { subscription_->on_heard(std::move(tell)); }
    Task<std::optional<json::value>> take() override;

 private:
    const Capabilities& capabilities_;
    CallContext& context_;
    std::unique_ptr<store::Subscription> subscription_;
    bool missed_ = false;  // something could not be told
};

Task<std::optional<json::value>> ChannelsOfCall::take() {
    while (true) {
        SLIPWAY_CO_TRY(auto heard, subscription_->take());
        const auto principal = co_await principal_of_now(capabilities_, context_);
        if (!principal && principal.error().code != ErrorCode::unavailable)
            co_return std::unexpected(principal.error());
        std::optional<json::value> event;
        if (!principal) missed_ = missed_ || heard;  // nothing is told to who cannot be asked for
        if (!principal && heard) continue;
        const bool missed = principal && (std::exchange(missed_, false) || (heard && heard->missed()));
        if (missed) event = json::object{{"missed", true}};
        if (missed || !heard) co_return event;
        SLIPWAY_CO_TRY(auto value, parse_json(*heard->message));
        event = json::object{{"channel", heard->channel.substr(kPrefix.size())}, {"value", std::move(value)}};
        co_return event;
    }
}

}  // namespace

void bind_channel_operations(ScriptHost& host, const Capabilities& capabilities) {
    host.bind("channels.publish", [&capabilities](CallContext& context, json::value given) {
        return publish(capabilities, context, object_of(std::move(given)));
    });
    host.bind_subscriptions([&capabilities](CallContext& context) -> Task<std::unique_ptr<ScriptSubscription>> {
        SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
        std::vector<std::string> none;
        SLIPWAY_CO_TRY(auto subscription,
                       co_await capabilities.channels.subscribe(principal.workspace, std::move(none)));
        co_return std::unique_ptr<ScriptSubscription>(
            std::make_unique<ChannelsOfCall>(capabilities, context, std::move(subscription)));
    });
}

}  // namespace slipway::app
