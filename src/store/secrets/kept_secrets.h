// Secrets of a store over the network: fetched all at once, kept, fetched anew after a while.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/keyed_lock.h"
#include "store/secrets/secrets.h"

namespace slipway::store {

using SecretValues = std::map<std::string, std::string, std::less<>>;  // by variable

class SecretsSource {
 public:
    virtual ~SecretsSource() = default;
    // All there are. Asked by one coroutine at a time.
    virtual Task<SecretValues> fetch() = 0;
};

struct KeptSecretsTimes {
    Milliseconds fresh{std::chrono::minutes(5)};  // so long values are given without asking
    Milliseconds pause{1'000};                    // between two times that the store is asked
    Milliseconds patience{60'000};                // for another one's fetch
};

// Thread safe; used from any number of event loops. While the store cannot be asked the old values serve on, and the
// log says so.
class KeptSecrets final : public Secrets {
 public:
    KeptSecrets(std::unique_ptr<SecretsSource> source, KeptSecretsTimes times)
        : source_(std::move(source)), times_(times) {}
    Task<std::optional<std::string>> get(std::string name) override;
    Task<bool> refresh() override;

 private:
    using Clock = std::chrono::steady_clock;
    using Values = std::shared_ptr<const SecretValues>;
    struct Kept {
        Values values;  // nullptr: never fetched
        Clock::time_point fetched, asked;
    };
    Kept kept() const;
    // Unless they were fetched after `since`; whether anything changed.
    Task<bool> fetch(Clock::time_point since);

    std::unique_ptr<SecretsSource> source_;
    KeptSecretsTimes times_;
    KeyedLock fetching_{4096};
    mutable std::mutex mutex_;
    Kept kept_;
};

// One secret of a store under the variable, or a JSON object under the names of its members. What is there already
// stays: the first one counts.
void add_secret(SecretValues& values, std::string_view variable, std::string_view text);

}  // namespace slipway::store
