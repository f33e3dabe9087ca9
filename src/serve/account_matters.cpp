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

constexpr std::size_t kPage = 100;
constexpr std::size_t kChatsExportedMax = 10'000;

Task<json::value> tell_chats(chat::Chats& chats, account::Principal owner) {
    const chat::Owner of{owner.workspace, owner.user.id};
    json::array told;
    for (std::size_t offset = 0; offset < kChatsExportedMax; offset += kPage) {
        SLIPWAY_CO_TRY(const auto page, co_await chats.list(of, offset, kPage));
        for (const auto& chat : page.chats) {
            SLIPWAY_CO_TRY(auto exported, co_await chats.to_export(of, chat.id));
            told.push_back(std::move(exported));
        }
        if (page.chats.size() < kPage) break;
    }
    co_return json::value(std::move(told));
}

Task<void> remove_chats(chat::Chats& chats, account::Principal owner) {
    const chat::Owner of{owner.workspace, owner.user.id};
    for (;;) {
        SLIPWAY_CO_TRY(const auto page, co_await chats.list(of, 0, kPage));
        for (const auto& chat : page.chats) SLIPWAY_CO_CHECK(co_await chats.remove(of, chat.id));
        if (page.chats.size() < kPage) co_return Result<void>();
    }
}

// Those that the user stored, of all purposes.
Task<std::vector<file::File>> files_of(file::Files& files, account::Principal owner) {
    std::vector<file::File> own;
    for (const auto& purpose : files.purposes()) {
        std::optional<std::string> cursor;
        do {
            SLIPWAY_CO_TRY(auto page, co_await files.list(owner, purpose.name, file::kPageMax, cursor));
            for (auto& file : page.files)
                if (file.owner == owner.user.id) own.push_back(std::move(file));
            cursor = std::move(page.next);
        } while (cursor);
    }
    co_return own;
}

// What they are; their content is read from /api/files.
Task<json::value> tell_files(file::Files& files, account::Principal owner) {
    const auto workspace = owner.workspace;
    SLIPWAY_CO_TRY(const auto own, co_await files_of(files, std::move(owner)));
    json::array told;
    for (const auto& file : own)
        told.push_back(json::object{{"id", file.id},
                                    {"purpose", file.purpose},
                                    {"name", file.name},
                                    {"content_type", file.content_type},
                                    {"size", file.size},
                                    {"created_at", to_iso8601(file.created_at)},
                                    {"url", files.url_of(workspace, file)}});
    co_return json::value(std::move(told));
}

// Of purposes whose files are their owner's alone; what the workspace reads is the workspace's.
Task<void> remove_files(file::Files& files, account::Principal owner) {
    SLIPWAY_CO_TRY(const auto own, co_await files_of(files, owner));
    for (const auto& file : own) {
        SLIPWAY_CO_TRY(const auto* purpose, files.find(file.purpose));
        if (purpose->read != file::Readers::owner) continue;
        const file::Caller caller(owner, true);
        SLIPWAY_CO_CHECK(co_await files.erase(caller, file.purpose, file.id));
    }
    co_return Result<void>();
}

}  // namespace

void Application::add_belongings() {
    persons_ = std::make_unique<account::Persons>(*database_, *accounts_, *audit_);
    persons_->add({"chats", [this](account::Principal owner) { return tell_chats(*chats_, std::move(owner)); },
                   [this](account::Principal owner) { return remove_chats(*chats_, std::move(owner)); }});
    persons_->add({"files", [this](account::Principal owner) { return tell_files(*stored_files_, std::move(owner)); },
                   [this](account::Principal owner) { return remove_files(*stored_files_, std::move(owner)); }});
}

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
