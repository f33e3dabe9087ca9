#include "store/channels/memory.h"

#include "store/channels/hub.h"

namespace slipway::store {
namespace {

class MemoryChannels final : public Channels {
 public:
    explicit MemoryChannels(const ChannelsOptions& options) : hub_(std::make_shared<Hub>(options, Hub::Changed())) {}

    Result<void> publish(const WorkspaceId& workspace, std::string_view channel, std::string message) override {
        SLIPWAY_CHECK(check_publication(channel, message));
        hub_->deliver(hub_->key_of(workspace, channel), std::make_shared<const std::string>(std::move(message)));
        return {};
    }
    Task<std::unique_ptr<Subscription>> subscribe(WorkspaceId workspace, std::vector<std::string> channels) override {
        return Hub::subscribe(hub_, std::move(workspace), std::move(channels));
    }
    void close() override { hub_->close(); }
    Task<ChannelsStatus> status() override {
        ChannelsStatus status;
        status.engine = "memory";
        co_return status;
    }

 private:
    std::shared_ptr<Hub> hub_;
};

}  // namespace

std::unique_ptr<Channels> make_memory_channels(ChannelsOptions options) {
    return std::make_unique<MemoryChannels>(options);
}

}  // namespace slipway::store
