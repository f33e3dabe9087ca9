#include "account/mails.h"

namespace slipway::account {

Mails::Mails(Errands& errands, store::Mail& mail, MailOptions options)
    : errands_(errands), mail_(mail), options_(std::move(options)) {
    errands_.handle("mail", [this](json::object values) { return send(std::move(values)); });
}

std::string Mails::link(std::string_view what, std::string_view token) const {
    return fmt::format("{}/account#{}={}", options_.base, what, token);
}

Task<std::vector<std::string>> Mails::queue(store::Transaction& transaction, std::string name, std::string to,
                                            json::object values) const {
    std::vector<std::string> ids;
    if (!there_is_mail()) co_return ids;
    json::object noted{{"template", name}, {"to", to}, {"values", std::move(values)}};
    SLIPWAY_CO_TRY(auto id, co_await errands_.note(transaction, "mail", std::move(noted)));
    ids.push_back(std::move(id));
    co_return ids;
}

Task<void> Mails::send(json::object noted) const {
    json::object values;
    if (const auto* given = object_in(noted, "values")) values = *given;
    values["application"] = options_.application;
    values["base"] = options_.base;
    auto worded = options_.templates.word(text_or(noted, "template"), values);
    store::Message message;
    message.from = options_.from;
    message.to = {store::Mailbox{std::string(text_or(noted, "to"))}};
    message.subject = std::move(worded.subject);
    message.text = std::move(worded.text);
    message.html = std::move(worded.html);
    message.headers = {{"Auto-Submitted", "auto-generated"}};
    SLIPWAY_CO_CHECK(co_await mail_.send(std::move(message)));
    co_return Result<void>();
}

std::string spoken(std::chrono::seconds time) {
    const auto hours = std::chrono::duration_cast<std::chrono::hours>(time).count();
    if (hours == 1) return "an hour";
    if (hours > 48 && hours % 24 == 0) return fmt::format("{} days", hours / 24);
    if (hours > 1) return fmt::format("{} hours", hours);
    return fmt::format("{} minutes", std::chrono::duration_cast<std::chrono::minutes>(time).count());
}

}  // namespace slipway::account
