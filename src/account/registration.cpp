#include "account/registration.h"

#include <algorithm>

#include "base/characters.h"
#include "base/email.h"
#include "base/text.h"

namespace slipway::account {
namespace {

bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::optional<std::string> password_fault(std::string_view password, std::size_t length_min) {
    if (count_characters(password) < length_min)
        return fmt::format("The password needs at least {} characters.", length_min);
    if (password.size() > kPasswordLengthMax)
        return fmt::format("The password may have at most {} bytes.", kPasswordLengthMax);
    return std::nullopt;
}

}  // namespace

Result<void> check_password(std::string_view password, std::size_t length_min) {
    if (const auto fault = password_fault(password, length_min)) return fail(ErrorCode::invalid, "{}", *fault);
    return {};
}

Result<Registration> checked(Registration registration, std::size_t password_length_min) {
    registration.email = lower_ascii(trim(registration.email));
    registration.username = std::string(trim(registration.username));
    json::array errors;
    const auto refuse = [&errors](std::string_view field, std::string message) {
        errors.push_back(json::object{{"field", field}, {"message", std::move(message)}});
    };
    if (!is_email(registration.email)) refuse("email", "This is not an email address.");
    const auto length = count_characters(registration.username);
    if (registration.username.empty())
        registration.username = registration.email;
    else if (length < kUsernameLengthMin || length > kUsernameLengthMax)
        refuse("username",
               fmt::format("The username needs {} to {} characters.", kUsernameLengthMin, kUsernameLengthMax));
    else if (has_control(registration.username) || registration.username.find('@') != std::string::npos)
        refuse("username", "The username may not hold '@' or control characters.");
    auto fault =
        registration.without_password ? std::nullopt : password_fault(registration.password, password_length_min);
    if (fault) refuse("password", *std::move(fault));
    if (errors.empty()) return registration;
    const auto first = std::string(errors[0].at("message").as_string());
    return std::unexpected(Error{ErrorCode::invalid, first, {}}.with("errors", std::move(errors)));
}

}  // namespace slipway::account
