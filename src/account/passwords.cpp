#include "account/passwords.h"

#include <algorithm>
#include <thread>

#include "account/common_passwords/common_passwords.h"
#include "account/decoy.h"
#include "base/characters.h"
#include "base/text.h"

namespace slipway::account {
namespace {

constexpr std::size_t kThreadsMax = 64;
constexpr std::size_t kOwnWordMin = 4;  // shorter names are in too many words
constexpr std::int64_t kGuessedMicroseconds = 50'000;
constexpr std::size_t kTimesOwnMemory = 2;

std::size_t threads_of(const PasswordOptions& options) {
    const std::size_t wanted = options.threads > 0 ? options.threads : std::thread::hardware_concurrency();
    const auto memory =
        std::max<std::size_t>(1, options.memory_max / std::max<std::size_t>(1, options.cost.memory_bytes));
    return std::clamp<std::size_t>(wanted, 1, std::min(memory, kThreadsMax));
}

// A name, or what it makes when it is written twice or with digits and signs around it.
bool is_own_word(std::string_view folded, std::string_view own) {
    const auto word = lower_ascii(trim(own));
    if (word.size() < kOwnWordMin) return false;
    if (folded == word) return true;
    const auto rest = replace_all(std::string(folded), word, "");
    return rest.size() < folded.size() &&
           std::ranges::none_of(rest, [](unsigned char c) { return (c >= 'a' && c <= 'z') || c >= 0x80; });
}

}  // namespace

Passwords::Passwords(PasswordOptions options)
    : options_(options),
      decoy_(decoy_hash(options.cost)),
      threads_(threads_of(options)),
      last_microseconds_(kGuessedMicroseconds),
      pool_("passwords", threads_, options.waiting_max) {}

std::optional<std::string> Passwords::fault(std::string_view password,
                                            std::initializer_list<std::string_view> own) const {
    if (count_characters(password) < options_.length_min)
        return fmt::format("The password needs at least {} characters.", options_.length_min);
    if (password.size() > kPasswordLengthMax)
        return fmt::format("The password may have at most {} bytes.", kPasswordLengthMax);
    if (password.find('\0') != std::string_view::npos) return "The password may not hold a NUL character.";
    if (!options_.common_refused) return std::nullopt;
    if (is_common_password(password))
        return "This password is one of those that are tried first; choose one that nobody else has.";
    const auto folded = lower_ascii(password);
    for (const auto word : own) {
        const auto name = word.substr(0, word.find('@'));
        if (is_own_word(folded, word) || is_own_word(folded, name))
            return "The password is your name or your email address; choose one that nobody can know.";
    }
    return std::nullopt;
}

Result<void> Passwords::check(std::string_view password, std::initializer_list<std::string_view> own) const {
    if (const auto wrong = fault(password, own)) return fail(ErrorCode::invalid, "{}", *wrong);
    return {};
}

template <typename Work>
auto Passwords::run(Work work) -> asio::awaitable<std::invoke_result_t<Work>> {
    auto measured = [this, work = std::move(work)] {
        const auto began = std::chrono::steady_clock::now();
        auto result = work();
        const auto took = std::chrono::steady_clock::now() - began;
        last_microseconds_ = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
        return result;
    };
    auto result = co_await pool_.run(std::move(measured));
    if (result || result.error().code != ErrorCode::unavailable) co_return result;
    const auto waiting = static_cast<std::int64_t>(pool_.waiting() / threads_);
    const std::int64_t seconds = 1 + waiting * last_microseconds_ / 1'000'000;
    Error error{ErrorCode::unavailable,
                fmt::format("Too many people sign in at this moment. Try again in {} seconds.", seconds),
                {}};
    co_return std::unexpected(std::move(error).with("retry_after_seconds", seconds));
}

Task<std::string> Passwords::hash(std::string password) {
    auto work = [password = std::move(password), cost = options_.cost]() -> Result<std::string> {
        return hash_password(password, cost);
    };
    co_return co_await run(std::move(work));
}

Task<Passwords::Verdict> Passwords::verify(std::string stored, std::string password) {
    const bool none = stored.empty();
    auto work = [this, none, stored = none ? decoy_ : std::move(stored),
                 password = std::move(password)]() -> Result<Verdict> {
        if (password.size() > kPasswordLengthMax) return Verdict{};
        SLIPWAY_TRY(const auto hash, parse_password_hash(stored));
        std::unique_lock alone(dear_, std::defer_lock);
        if (hash.memory_bytes > options_.cost.memory_bytes * kTimesOwnMemory) alone.lock();
        SLIPWAY_TRY(const bool correct, matches(hash, password));
        const bool right = correct && !none;
        return Verdict{right, right && is_outdated(hash, options_.cost)};
    };
    co_return co_await run(std::move(work));
}

}  // namespace slipway::account
