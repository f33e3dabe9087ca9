// Mails of accounts: noted in the transaction of what they tell, sent afterwards with retries (errands.h).
//
// Links begin with MailOptions::base, never with what a request says of itself. What is secret in a link stands after
// '#', which browsers send to no server: not ours, whose log would have it, nor another that the page leads to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "account/errands.h"
#include "account/mail_templates.h"
#include "store/mail/mail.h"

namespace slipway::account {

struct MailOptions {
    store::Mailbox from;      // without an address nothing is mailed
    std::string application;  // its title
    std::string base;         // "https://app.example.org", without a slash at the end
    MailTemplates templates;
};

class Mails {
 public:
    // What it is given outlives it. Makes itself the handler of the errand "mail".
    Mails(Errands& errands, store::Mail& mail, MailOptions options);

    bool there_is_mail() const { return !options_.from.address.empty(); }
    // "/account#verify=TOKEN" of the base.
    std::string link(std::string_view what, std::string_view token) const;

    // `values`: placeholders of mail_templates.h; application and base are added. The ids go to Errands::start() once
    // the transaction is committed; none where there is no mail.
    Task<std::vector<std::string>> queue(store::Transaction& transaction, std::string name, std::string to,
                                         json::object values) const;

 private:
    Task<void> send(json::object values) const;

    Errands& errands_;
    store::Mail& mail_;
    MailOptions options_;
};

// "an hour", "7 days": how long a link holds, for people.
std::string spoken(std::chrono::seconds time);

}  // namespace slipway::account
