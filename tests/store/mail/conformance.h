// What every adapter of the mail port has to do, as named checks that report failures as values.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/json.h"
#include "store/check.h"
#include "store/mail/mail.h"

namespace slipway::test {

// The adapter, and the message with this id as Python's e-mail parser reads it (mail_as_json.py; sink.py).
struct MailPlace {
    std::function<std::unique_ptr<store::Mail>()> open;
    std::function<json::object(const std::string& message_id)> received;
    std::function<std::size_t()> count;  // messages received so far
};

struct MailCheck {
    std::string_view name;
    Task<void> (*run)(const MailPlace&);
};

std::span<const MailCheck> mail_checks();

// nullopt when the adapter passes; otherwise what went wrong.
std::optional<std::string> failure_of(const MailCheck& check, const MailPlace& place);

}  // namespace slipway::test
