// Errors as values. Every operation that can fail for a reason outside the program returns Result<T>; exceptions are
// for bugs and are caught once per request. The message is for a person: what is wrong and what to do. It never holds a
// secret.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace slipway {

// The only list of codes. Each face maps them to its own format (HTTP: face/api/errors.h).
enum class ErrorCode : unsigned char {
    not_found,        // the thing named does not exist, or not for this workspace
    invalid,          // the input is wrong; details name the field, or line and column
    conflict,         // it exists already, or changed meanwhile
    unauthorized,     // who are you?
    forbidden,        // known, but not allowed
    rate_limited,     // too many at once; details.retry_after_seconds
    budget_exceeded,  // a configured limit of tokens or money is used up
    upstream,         // a service we depend on failed or answered nonsense
    unavailable,      // we cannot right now: starting, stopping, full, timed out
    internal,         // a bug, or a broken installation
};

std::string_view to_string(ErrorCode code);
std::optional<ErrorCode> error_code_from(std::string_view name);

struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string message;
    boost::json::object details = {};

    Error&& with(std::string_view key, boost::json::value value) && {
        details[key] = std::move(value);
        return std::move(*this);
    }
};

// An error inside a Result: apart from it, since every coroutine that waits has room for a few results, and few fail.
class KeptError {
 public:
    KeptError(Error error) : error_(std::make_unique<Error>(std::move(error))) {}  // NOLINT(*-explicit-*)
    KeptError(const KeptError& other) : error_(other.error_ ? std::make_unique<Error>(*other.error_) : nullptr) {}
    KeptError& operator=(const KeptError& other) { return *this = KeptError(other); }
    KeptError(KeptError&&) noexcept = default;  // leaves nothing behind, not even an empty error
    KeptError& operator=(KeptError&&) noexcept = default;
    ~KeptError() = default;
    Error& operator*() const { return *error_; }

 private:
    std::unique_ptr<Error> error_;
};

// A value or an Error; used as std::expected<T, Error> is.
template <typename T>
class [[nodiscard]] Result : public std::expected<T, KeptError> {
    using Kept = std::expected<T, KeptError>;

 public:
    using Kept::Kept;
    Result(std::unexpected<Error> failed)  // NOLINT(*-explicit-*)
        : Kept(std::unexpect, std::move(failed).error()) {}

    Error& error() & { return *Kept::error(); }
    const Error& error() const& { return *Kept::error(); }
    Error&& error() && { return std::move(*Kept::error()); }
};

// `return fail(ErrorCode::not_found, "There is no document {}.", id);` in any function that returns Result<T>.
template <typename... Arguments>
std::unexpected<Error> fail(ErrorCode code, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    return std::unexpected(Error{code, fmt::format(format, std::forward<Arguments>(arguments)...)});
}

// Passes an error on unchanged: `if (!user) return pass(user);`
template <typename T>
std::unexpected<Error> pass(Result<T>& failed) {
    return std::unexpected(std::move(failed).error());
}

}  // namespace slipway

// SLIPWAY_TRY(auto user, find_user(id)) declares `user`, or returns the error; the CO form is for coroutines:
// SLIPWAY_CO_TRY(auto user, co_await find_user(id)). For Result<void>: SLIPWAY_CHECK / SLIPWAY_CO_CHECK.
#define SLIPWAY_JOIN_(a, b) a##b
#define SLIPWAY_JOIN(a, b) SLIPWAY_JOIN_(a, b)
#define SLIPWAY_TRY_(leave, name, declaration, ...) \
    auto name = __VA_ARGS__;                        \
    if (!name) leave ::slipway::pass(name);         \
    declaration = *std::move(name)
#define SLIPWAY_TRY(declaration, ...) SLIPWAY_TRY_(return, SLIPWAY_JOIN(result_, __LINE__), declaration, __VA_ARGS__)
#define SLIPWAY_CO_TRY(declaration, ...) \
    SLIPWAY_TRY_(co_return, SLIPWAY_JOIN(result_, __LINE__), declaration, __VA_ARGS__)
#define SLIPWAY_CHECK_(leave, name, ...) \
    if (auto name = __VA_ARGS__; !name) leave ::slipway::pass(name)
#define SLIPWAY_CHECK(...) SLIPWAY_CHECK_(return, SLIPWAY_JOIN(result_, __LINE__), __VA_ARGS__)
#define SLIPWAY_CO_CHECK(...) SLIPWAY_CHECK_(co_return, SLIPWAY_JOIN(result_, __LINE__), __VA_ARGS__)
