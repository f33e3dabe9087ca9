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

}  // namespace

std::optional<std::string> username_fault(std::string_view username) {
    const auto length = count_characters(username);
    if (length < kUsernameLengthMin || length > kUsernameLengthMax)
        return fmt::format("The username needs {} to {} characters.", kUsernameLengthMin, kUsernameLengthMax);
    if (has_control(username) || username.find('@') != std::string_view::npos)
        return "The username may not hold '@' or control characters.";
    return std::nullopt;
}

// The database names the column in its message; a client is told only whether it was the email or the username.
Error taken(Error error) {
    const bool email = error.message.find("email") != std::string::npos ||
                       text_or(error.details, "constraint").find("email") != std::string::npos;
    const std::string field = email ? "email" : "username";
    return Error{ErrorCode::conflict, fmt::format("This {} is already registered.", field), {{"field", field}}};
}

Result<Registration> checked(Registration registration, const Passwords& passwords) {
    registration.email = lower_ascii(trim(registration.email));
    registration.username = std::string(trim(registration.username));
    json::array errors;
    const auto refuse = [&errors](std::string_view field, std::string message) {
        errors.push_back(json::object{{"field", field}, {"message", std::move(message)}});
    };
    if (!is_email(registration.email)) refuse("email", "This is not an email address.");
    if (registration.username.empty())
        registration.username = registration.email;
    else if (auto wrong = username_fault(registration.username))
        refuse("username", *std::move(wrong));
    auto fault = registration.without_password
                     ? std::nullopt
                     : passwords.fault(registration.password,
                                       {registration.username, registration.email, registration.display_name});
    if (fault) refuse("password", *std::move(fault));
    if (errors.empty()) return registration;
    const auto first = std::string(errors[0].at("message").as_string());
    return std::unexpected(Error{ErrorCode::invalid, first, {}}.with("errors", std::move(errors)));
}

}  // namespace slipway::account
