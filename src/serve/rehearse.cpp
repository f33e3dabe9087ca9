#include "serve/rehearse.h"

#include "base/private_folder.h"
#include "serve/background.h"
#include "serve/routes.h"

namespace slipway::serve {

Result<void> rehearse(app::Manifest manifest, Environment environment) {
    SLIPWAY_TRY(const auto stage, PrivateFolder::make("check"));
    manifest.data = stage.path();
    manifest.stores.database = app::StoreUrl::parse("sqlite:" + (stage.path() / "database.sqlite").string());
    manifest.stores.agents = app::StoreUrl();
    manifest.stores.index = app::StoreUrl::parse("embedded:" + (stage.path() / "index.sqlite").string());
    manifest.stores.objects = app::StoreUrl::parse("file:" + (stage.path() / "objects").string());
    manifest.stores.objects_access_key = app::Secret();
    for (auto& files : manifest.files) {
        if (!files.has_own_store()) continue;
        files.store = app::StoreUrl::parse("file:" + (stage.path() / "files" / files.name).string());
        files.access_key = app::Secret();
    }
    manifest.stores.queue = app::StoreUrl::parse("database:");
    manifest.stores.cache = app::StoreUrl::parse("memory:");
    manifest.stores.mail = app::StoreUrl::parse("file:" + (stage.path() / "outbox").string());
    SLIPWAY_TRY(const auto application, Application::open(std::move(manifest), std::move(environment)));
    Operator commands(*application);
    SLIPWAY_CHECK(make_router(*application, commands));
    SLIPWAY_CHECK(Background::make(*application, commands));
    return {};
}

}  // namespace slipway::serve
