#include "store/aws/credentials_provider.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/log.h"

namespace slipway::store {
namespace {

class GivenCredentials final : public CredentialsSource {
 public:
    explicit GivenCredentials(AwsCredentials credentials) : credentials_(std::move(credentials)) {}
    Task<AwsCredentials> fetch() override { co_return credentials_; }

 private:
    AwsCredentials credentials_;
};

}  // namespace

std::shared_ptr<CredentialsProvider> CredentialsProvider::of(AwsCredentials credentials) {
    return std::make_shared<CredentialsProvider>(std::make_unique<GivenCredentials>(std::move(credentials)));
}

std::optional<AwsCredentials> CredentialsProvider::held(Milliseconds at_least) const {
    const std::lock_guard lock(mutex_);
    if (!held_ || (held_->expires && *held_->expires <= now() + at_least)) return std::nullopt;
    return held_;
}

Task<AwsCredentials> CredentialsProvider::renew(Milliseconds at_least) {
    SLIPWAY_CO_TRY(const auto alone, co_await fetching_.acquire("", kFetchPatience));
    if (auto fresh = held(at_least)) co_return *std::move(fresh);  // another one was faster
    auto fetched = co_await source_->fetch();
    const std::lock_guard lock(mutex_);
    failed_at_ = fetched ? Instant() : now();
    if (fetched) held_ = *fetched;
    co_return fetched;
}

asio::awaitable<void> CredentialsProvider::renew_beside(std::unique_ptr<Renewing> renewing) {
    const auto renewed = co_await renewing->provider->renew(kRenewBefore);
    if (!renewed) log::warning("AWS credentials not renewed", {{"reason", renewed.error().message}});
}

Task<AwsCredentials> CredentialsProvider::get() {
    if (auto lasting = held(kRenewBefore)) co_return *std::move(lasting);
    auto usable = held(kUsableFor);
    if (!usable) co_return co_await renew(kUsableFor);
    bool paused = false;
    {
        const std::lock_guard lock(mutex_);
        paused = now() - failed_at_ < kPauseAfterFailure;
    }
    if (!paused && !renewing_.exchange(true)) {
        const auto executor = co_await asio::this_coro::executor;
        auto work = renew_beside(std::make_unique<Renewing>(shared_from_this()));
        asio::co_spawn(executor, std::move(work), asio::detached);
    }
    co_return *std::move(usable);
}

void CredentialsProvider::refused(const AwsCredentials& credentials) {
    const std::lock_guard lock(mutex_);
    if (held_ == credentials) held_.reset();
}

}  // namespace slipway::store
