// Passwords: which may be chosen, and how they are hashed and compared without that a flood of sign-ins takes the
// server.
//
// Hashes are argon2id, computed on threads of their own: no more at once than there are threads, no more memory than
// `memory_max` for them together, and no more waiting than `waiting_max`. What comes then is told when to come again.
#pragma once

#include <atomic>
#include <chrono>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "account/password_hash.h"
#include "base/pool.h"

namespace slipway::account {

inline constexpr std::size_t kPasswordLengthMax = 256;  // bytes; a longer one is refused, never cut

struct PasswordOptions {
    PasswordCost cost = {};
    std::size_t length_min = 8;  // characters
    bool common_refused = true;
    std::size_t threads = 0;  // 0: as many as there are processors
    std::size_t memory_max = 256 << 20;
    std::size_t waiting_max = 64;  // those under way among them
};

// Thread safe.
class Passwords {
 public:
    explicit Passwords(PasswordOptions options);

    // What is wrong with a password that somebody wants, as a sentence for people. `own`: what everybody can know of
    // them, as name and mail.
    std::optional<std::string> fault(std::string_view password, std::initializer_list<std::string_view> own) const;
    // The same as `invalid`.
    Result<void> check(std::string_view password, std::initializer_list<std::string_view> own) const;

    // Both: `unavailable` with details.retry_after_seconds when too many wait.
    Task<std::string> hash(std::string password);

    struct Verdict {
        bool correct = false;
        bool outdated = false;  // correct, but not hashed as it would be today: hash it anew
    };
    // `stored` "": there is no password; the answer is no, after the same work.
    Task<Verdict> verify(std::string stored, std::string password);

 private:
    template <typename Work>
    auto run(Work work) -> asio::awaitable<std::invoke_result_t<Work>>;

    PasswordOptions options_;
    std::string decoy_;  // compared against where there is no password
    std::size_t threads_;
    std::mutex dear_;  // of foreign hashes that need more memory than ours, one at a time
    std::atomic<std::int64_t> last_microseconds_;
    WorkerPool pool_;
};

}  // namespace slipway::account
