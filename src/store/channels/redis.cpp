#include "store/channels/redis.h"

#include <atomic>
#include <set>
#include <thread>
#include <unordered_map>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "base/back_off.h"
#include "base/json.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/channels/hub.h"
#include "store/redis/client.h"

namespace slipway::store {
namespace {

constexpr Milliseconds kCommandTime{1'000}, kConnectTime{2'000};  // where the URL says nothing else
constexpr Milliseconds kPauseFirst{100}, kPauseMax{2'000};        // between tries to reach a lost Redis
constexpr std::size_t kPublishedAtOnce = 128;

metrics::Counter& published_total(std::string_view result) {
    return metrics::counter("slipway_channel_published_total",
                            "Messages published by this process, by what became of "
                            "them: sent, or lost with the store.",
                            {{"result", result}});
}

struct Outgoing {
    std::string key;
    std::string message;
};

// All that waits runs on a loop of its own thread; it begins with the first who publishes or listens.
class RedisChannels final : public Channels {
 public:
    RedisChannels(std::unique_ptr<redis::Client> client, const ChannelsOptions& options, const std::string& prefix)
        : client_(std::move(client)),
          options_(options),
          missed_key_(prefix + "!missed"),
          hub_(std::make_shared<Hub>(options, [this](const std::string& key) { note_change(key); }, prefix)) {}
    ~RedisChannels() override {
        loop_.stop();
        if (thread_.joinable()) thread_.join();
    }

    Result<void> publish(const WorkspaceId& workspace, std::string_view channel, std::string message) override;
    Task<std::unique_ptr<Subscription>> subscribe(WorkspaceId workspace, std::vector<std::string> channels) override;
    void close() override { hub_->close(); }
    Task<ChannelsStatus> status() override;

 private:
    void begin();
    template <typename Work>
    void spawn(Work work);
    // Listening.
    void note_change(const std::string& key);
    void stop_recording();
    void follow_changes();
    void heard(redis::Published published);
    asio::awaitable<void> listen();
    Task<void> listen_once();
    // Publishing.
    asio::awaitable<void> publish_all();
    std::vector<redis::Command> next_commands();
    asio::awaitable<void> tell_missed();
    void publishing_failed(const Error& error);
    void tell_state(const Result<void>& listening);

    const std::unique_ptr<redis::Client> client_;
    const ChannelsOptions options_;
    const std::string missed_key_;
    const std::shared_ptr<Hub> hub_;
    std::once_flag begun_;

    std::mutex mutex_;  // of what follows
    std::vector<std::string> changes_;
    bool listening_begun_ = false, recording_ = false, following_ = false, publishing_ = false;
    std::vector<Outgoing> outgoing_;
    std::size_t outgoing_bytes_ = 0;
    std::optional<Error> listening_lost_, publishing_lost_;

    // Of the loop.
    std::unique_ptr<redis::Subscription> subscription_;
    std::set<std::string> known_;                               // channels that the subscription was asked for
    std::unordered_map<std::string, std::size_t> unconfirmed_;  // how often, of these

    asio::io_context loop_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_{loop_.get_executor()};
    std::thread thread_;
};

void RedisChannels::begin() {
    std::call_once(begun_, [this] { thread_ = std::thread([this] { loop_.run(); }); });
}

template <typename Work>
void RedisChannels::spawn(Work work) {
    asio::co_spawn(loop_, (this->*work)(), [](const std::exception_ptr& thrown) {
        if (!thrown) return;
        try {
            std::rethrow_exception(thrown);
        } catch (const std::exception& error) {
            log::error("channels failed", {{"error", error.what()}});
        }
    });
}

// ---- listening

Task<std::unique_ptr<Subscription>> RedisChannels::subscribe(WorkspaceId workspace, std::vector<std::string> channels) {
    begin();
    {
        const std::lock_guard hold(mutex_);
        if (!std::exchange(listening_begun_, true)) asio::post(loop_, [this] { spawn(&RedisChannels::listen); });
    }
    return Hub::subscribe(hub_, std::move(workspace), std::move(channels));
}

void RedisChannels::note_change(const std::string& key) {
    const std::lock_guard hold(mutex_);
    if (!recording_) return;  // all that is wanted is read before the next subscription
    changes_.push_back(key);
    if (!std::exchange(following_, true)) asio::post(loop_, [this] { follow_changes(); });
}

void RedisChannels::follow_changes() {
    std::vector<std::string> changes;
    {
        const std::lock_guard hold(mutex_);
        following_ = false;
        if (!subscription_) return;  // they wait until there is one
        changes.swap(changes_);
    }
    std::vector<std::string> fresh, old, known;
    for (auto& key : changes) {
        const bool wanted = hub_->wanted(key);
        if (wanted && known_.insert(key).second) {
            ++unconfirmed_[key];
            fresh.push_back(std::move(key));
        } else if (wanted && !unconfirmed_.contains(key)) {
            known.push_back(std::move(key));
        } else if (!wanted && known_.erase(key) > 0) {
            old.push_back(std::move(key));
        }
    }
    subscription_->remove(old);
    subscription_->add(fresh);
    if (!known.empty()) hub_->confirm(known);
}

void RedisChannels::heard(redis::Published published) {
    if (published.begun) {
        const auto asked = unconfirmed_.find(published.channel);
        if (asked == unconfirmed_.end() || --asked->second > 0) return;
        unconfirmed_.erase(asked);
        hub_->confirm({published.channel});
    } else if (published.channel == missed_key_) {
        hub_->miss_all();
    } else {
        hub_->deliver(published.channel, std::make_shared<const std::string>(std::move(published.payload)));
    }
}

// Until the connection breaks.
Task<void> RedisChannels::listen_once() {
    {
        const std::lock_guard hold(mutex_);
        recording_ = true;
    }
    auto keys = hub_->all_wanted();
    known_ = std::set(keys.begin(), keys.end());
    unconfirmed_.clear();
    auto all = keys;
    all.push_back(missed_key_);
    SLIPWAY_CO_TRY(subscription_, co_await client_->subscribe(std::move(all)));
    const std::shared_ptr<void> gone(nullptr, [this](void*) { subscription_.reset(); });
    tell_state({});
    hub_->confirm(keys);
    follow_changes();
    while (true) {
        SLIPWAY_CO_TRY(auto published, co_await subscription_->next());
        heard(std::move(published));
    }
}

void RedisChannels::stop_recording() {
    const std::lock_guard hold(mutex_);
    recording_ = false;
    changes_.clear();
}

asio::awaitable<void> RedisChannels::listen() {
    for (unsigned failures = 1;; ++failures) {
        const auto began = std::chrono::steady_clock::now();
        const auto ended = co_await listen_once();
        stop_recording();
        hub_->lose();
        tell_state(ended);
        if (std::chrono::steady_clock::now() - began > 2 * kPauseMax) failures = 1;
        co_await sleep_for(back_off(failures, kPauseFirst, kPauseMax));
    }
}

void RedisChannels::tell_state(const Result<void>& listening) {
    const std::lock_guard hold(mutex_);
    const bool was_lost = listening_lost_.has_value();
    listening_lost_.reset();
    const auto place = client_->place();
    if (!listening) listening_lost_ = listening.error();
    if (!listening && !was_lost)
        log::warning("channels lost",
                     {{"store", json::string_view(place)}, {"reason", json::string_view(listening.error().message)}});
    if (listening && was_lost) log::info("channels back", {{"store", json::string_view(place)}});
}

// ---- publishing

Result<void> RedisChannels::publish(const WorkspaceId& workspace, std::string_view channel, std::string message) {
    static auto& lost = published_total("lost");
    SLIPWAY_CHECK(check_publication(channel, message));
    begin();
    const std::lock_guard hold(mutex_);
    if (publishing_lost_) {
        lost.add();
        return std::unexpected(*publishing_lost_);
    }
    auto key = hub_->key_of(workspace, channel);
    const auto size = key.size() + message.size();
    if (outgoing_.size() >= options_.unsent_max || outgoing_bytes_ + size > options_.unsent_bytes_max) {
        lost.add();
        publishing_lost_ = Error{ErrorCode::unavailable, "Too much waits to be published; it is not sent later.", {}};
        outgoing_.clear();
        outgoing_bytes_ = 0;
        asio::post(loop_, [this] { spawn(&RedisChannels::tell_missed); });
        return std::unexpected(*publishing_lost_);
    }
    outgoing_bytes_ += size;
    outgoing_.push_back({std::move(key), std::move(message)});
    if (!std::exchange(publishing_, true)) asio::post(loop_, [this] { spawn(&RedisChannels::publish_all); });
    return {};
}

std::vector<redis::Command> RedisChannels::next_commands() {
    std::vector<redis::Command> commands;
    const std::lock_guard hold(mutex_);
    const auto count = std::min(outgoing_.size(), kPublishedAtOnce);
    for (std::size_t i = 0; i < count; ++i) {
        const auto& [key, message] = outgoing_[i];
        commands.push_back(redis::Command("PUBLISH").add(key).add(message));
        outgoing_bytes_ -= key.size() + message.size();
    }
    outgoing_.erase(outgoing_.begin(), outgoing_.begin() + static_cast<std::ptrdiff_t>(count));
    if (commands.empty()) publishing_ = false;
    return commands;
}

asio::awaitable<void> RedisChannels::publish_all() {
    static auto& sent = published_total("sent");
    static auto& lost = published_total("lost");
    while (true) {
        auto commands = next_commands();
        if (commands.empty()) co_return;
        const auto count = commands.size();
        const auto replies = co_await client_->run_all(std::move(commands));
        const auto refused =
            replies ? std::ranges::find_if(*replies, &redis::Reply::is_error) : decltype(replies->begin()){};
        if (replies && refused == replies->end()) {
            sent.add(count);
            continue;
        }
        lost.add(count);
        publishing_failed(
            replies ? Error{ErrorCode::unavailable, "Redis refused: " + std::string(refused->error_name()), {}}
                    : replies.error());
    }
}

void RedisChannels::publishing_failed(const Error& error) {
    const std::lock_guard hold(mutex_);
    outgoing_.clear();
    outgoing_bytes_ = 0;
    if (publishing_lost_) return;
    publishing_lost_ = error;
    spawn(&RedisChannels::tell_missed);
}

// Once Redis answers again, all who listen learn that something was lost. Publishing is opened before that, so that
// nothing is lost after it unnoticed.
asio::awaitable<void> RedisChannels::tell_missed() {
    for (unsigned failures = 1;; ++failures) {
        co_await sleep_for(back_off(failures, kPauseFirst, kPauseMax));
        std::optional<Error> reason;
        {
            const std::lock_guard hold(mutex_);
            reason.swap(publishing_lost_);
        }
        auto command = redis::Command("PUBLISH").add(missed_key_).add("");
        const auto told = co_await client_->run(std::move(command));
        if (told) co_return;
        const std::lock_guard hold(mutex_);
        if (publishing_lost_) co_return;  // it failed meanwhile, and that is told by another
        publishing_lost_ = told.error();
        outgoing_.clear();
        outgoing_bytes_ = 0;
    }
}

Task<ChannelsStatus> RedisChannels::status() {
    SLIPWAY_CO_TRY(auto server, co_await client_->status());
    const std::lock_guard hold(mutex_);
    if (listening_lost_) co_return std::unexpected(*listening_lost_);
    if (publishing_lost_) co_return std::unexpected(*publishing_lost_);
    ChannelsStatus status;
    status.engine = std::move(server.engine);
    status.latency = server.latency;
    co_return status;
}

}  // namespace

Result<std::unique_ptr<Channels>> open_redis_channels(std::string_view url, ChannelsOptions options) {
    redis::Options defaults;
    defaults.command_time_max = kCommandTime;
    defaults.connect_time_max = kConnectTime;
    SLIPWAY_TRY(auto where, redis::parse_url(url, std::move(defaults)));
    const auto prefix = fmt::format("{}:{}:", options.name, where.database);
    SLIPWAY_TRY(auto client, redis::open(std::move(where)));
    return std::unique_ptr<Channels>(std::make_unique<RedisChannels>(std::move(client), options, prefix));
}

}  // namespace slipway::store
