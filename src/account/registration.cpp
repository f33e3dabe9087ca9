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

Result<Registration> checked(Registration registration, const Passwords& passwords) {
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
        passwords.fault(registration.password, {registration.username, registration.email, registration.display_name});
    if (fault) refuse("password", *std::move(fault));
    if (errors.empty()) return registration;
    const auto first = std::string(errors[0].at("message").as_string());
    return std::unexpected(Error{ErrorCode::invalid, first, {}}.with("errors", std::move(errors)));
}

}  // namespace slipway::account
