// Credentials that are always fresh: fetched once for all who need them, renewed before they expire.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "base/keyed_lock.h"
#include "base/task.h"
#include "store/aws/credentials.h"

namespace slipway::store {

// Where credentials come from: credentials_chain.h, or given ones.
class CredentialsSource {
 public:
    virtual ~CredentialsSource() = default;
    // Asked by one coroutine at a time. `unavailable` that says which place was asked and what is wrong.
    virtual Task<AwsCredentials> fetch() = 0;
};

// One for all adapters that speak for the same account. Thread safe; used from any number of event loops.
class CredentialsProvider : public std::enable_shared_from_this<CredentialsProvider> {
 public:
    static constexpr Milliseconds kRenewBefore = std::chrono::minutes(5);  // the end, beside the work
    static constexpr Milliseconds kUsableFor{10'000};                      // less than that left: wait for new ones
    static constexpr Milliseconds kFetchPatience{30'000};                  // for another one's fetch to end
    static constexpr Milliseconds kPauseAfterFailure{5'000};               // while the old ones still do

    explicit CredentialsProvider(std::unique_ptr<CredentialsSource> source) : source_(std::move(source)) {}
    static std::shared_ptr<CredentialsProvider> of(AwsCredentials credentials);

    // Those that are held, or new ones. While the old ones have not expired a failure to renew them is only logged.
    Task<AwsCredentials> get();
    // The service knows these no more: the next get() fetches.
    void refused(const AwsCredentials& credentials);

 private:
    std::optional<AwsCredentials> held(Milliseconds at_least) const;
    Task<AwsCredentials> renew(Milliseconds at_least);
    struct Renewing {  // ends with the coroutine, whichever way that ends
        std::shared_ptr<CredentialsProvider> provider;
        ~Renewing() { provider->renewing_ = false; }
    };
    static asio::awaitable<void> renew_beside(std::unique_ptr<Renewing> renewing);

    std::unique_ptr<CredentialsSource> source_;
    KeyedLock fetching_{4096};
    std::atomic<bool> renewing_{false};
    mutable std::mutex mutex_;
    std::optional<AwsCredentials> held_;
    Instant failed_at_{};  // of the last renewal
};

}  // namespace slipway::store
