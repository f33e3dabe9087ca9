#include "serve/settings.h"

#include <algorithm>
#include <array>

#include "model/models.h"
#include "serve/store_probe.h"

namespace slipway::serve {
namespace {

constexpr std::size_t kVariablesShownMax = 4;

// What comes with the program: its data lies on this machine or in this process.
bool is_built_in(const app::StoreUrl& store) {
    constexpr std::array<std::string_view, 6> kSchemes{"sqlite", "embedded", "file", "memory", "database", "env"};
    return std::ranges::find(kSchemes, store.scheme) != kSchemes.end();
}

std::string place_of(const app::StoreUrl& store) {
    if (const auto shown = shown_url(store.url.reveal()); !shown.empty()) return shown;
    return store.path.empty() ? store.scheme + ":" : fmt::format("{}:{}", store.scheme, store.path.string());
}

// The first ones: where there are many, they begin with the one that decides.
std::string set_by(const app::Manifest& manifest, const std::string& key) {
    const auto found = manifest.variables.find(key);
    if (found == manifest.variables.end()) return key + " in app.yaml";
    const auto& names = found->second;
    const auto shown = std::min(names.size(), kVariablesShownMax);
    return fmt::format("{}{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                       names.size() > shown ? ", …" : "");
}

Setting of_store(const app::Manifest& manifest, std::string name, const std::string& key, const app::StoreUrl& store) {
    return {std::move(name), place_of(store), !is_built_in(store), set_by(manifest, key)};
}

// A provider's key is found by its name also where the manifest says nothing.
std::string keys_of(const app::Manifest& manifest, const std::vector<std::string>& order) {
    std::vector<std::string> names;
    for (const auto& name : order)
        if (name != "local")
            names.push_back(manifest.variables.contains("models.providers." + name + ".key")
                                ? set_by(manifest, "models.providers." + name + ".key")
                                : model::key_variable_of(name));
    return names.empty() ? "models.order in app.yaml" : fmt::format("{}", fmt::join(names, ", "));
}

void add_models(const app::Manifest& manifest, const std::string& chat, const std::string& embedding,
                std::vector<Setting>& all) {
    const auto* chosen = manifest.models.chosen();
    all.push_back(
        {"chat model", chat, chosen != nullptr && chosen->name != "local", keys_of(manifest, manifest.models.order)});
    const auto& section = manifest.knowledge.embedding;
    all.push_back({"embeddings", embedding.empty() ? "none, words alone are searched" : embedding,
                   section.configured() && section.provider != "local", keys_of(manifest, section.order)});
}

void add_mail(const app::Manifest& manifest, std::vector<Setting>& all) {
    auto mail = of_store(manifest, "mail", "stores.mail", manifest.stores.mail);
    if (manifest.stores.mail_from.empty()) {
        mail.value = "nothing is mailed, as stores.mail_from is empty";
        mail.configured = false;
        if (manifest.variables.contains("stores.mail_from"))
            mail.set_by += ", " + set_by(manifest, "stores.mail_from");
        else
            mail.set_by += ", stores.mail_from";
    }
    all.push_back(std::move(mail));
}

}  // namespace

std::vector<Setting> settings_of(const app::Manifest& manifest, const std::string& chat_model,
                                 const std::string& embedding_model) {
    const auto& stores = manifest.stores;
    std::vector<Setting> all{of_store(manifest, "database", "stores.database", stores.database),
                             of_store(manifest, "index", "stores.index", stores.index),
                             of_store(manifest, "objects", "stores.objects", stores.objects)};
    for (const auto& files : manifest.files)
        if (files.has_own_store())
            all.push_back(of_store(manifest, "files." + files.name, "files." + files.name + ".store", files.store));
    all.push_back(of_store(manifest, "cache", "stores.cache", stores.cache));
    all.push_back(of_store(manifest, "channels",
                           manifest.variables.contains("stores.channels") ? "stores.channels" : "stores.cache",
                           stores.channels));
    all.push_back(of_store(manifest, "queue", "stores.queue", stores.queue));
    all.push_back(of_store(manifest, "secrets", "stores.secrets", stores.secrets));
    add_mail(manifest, all);
    const bool own = !manifest.accounts.secret.empty();
    all.push_back({"token secret", own ? "given" : "made here, kept in the data folder", own,
                   set_by(manifest, "accounts.secret")});
    add_models(manifest, chat_model, embedding_model, all);
    return all;
}

}  // namespace slipway::serve
