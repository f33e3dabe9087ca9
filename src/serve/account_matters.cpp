// The parts of accounts that go on after a request: errands, mails, what is changed by mail.
#include "base/sealed_box.h"
#include "serve/application.h"

namespace slipway::serve {
namespace {

constexpr std::string_view kErrandKeyName = "errands of accounts";
constexpr std::string_view kMailFolder = "mails";

// Where people open the application. Outside loopback the manifest says it (checks_accounts.cpp).
std::string base_of(const app::Manifest& manifest) {
    auto base = manifest.accounts.links;
    while (base.ends_with('/')) base.pop_back();
    if (base.empty()) base = fmt::format("http://localhost:{}", manifest.server.port);
    return base;
}

}  // namespace

Result<void> Application::open_account_matters() {
    SLIPWAY_TRY(const auto secret, token_secret());
    std::vector<std::string> former;
    for (const auto& each : app::previous_secrets(manifest_.accounts))
        former.push_back(derive_key(each, kErrandKeyName));
    errands_ = std::make_unique<account::Errands>(*database_, *jobs_, accounts_->workspace(),
                                                  derive_key(secret, kErrandKeyName), std::move(former));
    account::MailOptions options;
    options.from = {manifest_.stores.mail_from, manifest_.title};
    options.application = manifest_.title;
    options.base = base_of(manifest_);
    SLIPWAY_TRY(options.templates, account::MailTemplates::load(manifest_.folder / kMailFolder));
    mails_ = std::make_unique<account::Mails>(*errands_, *mail_, std::move(options));
    credentials_ =
        std::make_unique<account::Credentials>(*database_, *accounts_, *passwords_, *audit_, *errands_, *mails_);
    return {};
}

}  // namespace slipway::serve
