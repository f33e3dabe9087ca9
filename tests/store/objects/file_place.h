// The file adapter in a folder of its own, for the conformance suite.
#pragma once

#include "store/objects/conformance.h"
#include "store/objects/file.h"
#include "store/objects/presigned.h"
#include "store/temporary_folder.h"

namespace slipway::test {

inline const std::string kSigningKey(32, 'k');

class FilePlace : public ObjectsPlace {
 public:
    Result<std::unique_ptr<store::Objects>> open() override {
        return store::open_file_objects(folder_ / "store", {.signing_key = kSigningKey}, pool_);
    }
    // What the server's routes do with a link (serve/object_routes.cpp).
    Task<LinkAnswer> use(store::Objects& objects, LinkUse use) override {
        if (use.kind == LinkUse::Kind::form) co_return co_await post(objects, std::move(use));
        const auto access = use.kind == LinkUse::Kind::put ? store::Access::put : store::Access::get;
        const auto grant = store::verify_presigned(kSigningKey, "/objects", use.url, access);
        if (!grant) co_return LinkAnswer{.status = 403};
        if (access == store::Access::put) {
            SLIPWAY_CO_CHECK(co_await objects.put(grant->workspace, grant->key, std::move(use.data)));
            co_return LinkAnswer{.status = 204};
        }
        SLIPWAY_CO_TRY(auto object, co_await objects.get(grant->workspace, grant->key));
        co_return LinkAnswer{.status = 200, .body = std::move(object.data)};
    }
    std::filesystem::path folder() const { return folder_ / "store"; }

 private:
    static Task<LinkAnswer> post(store::Objects& objects, LinkUse use) {
        store::PostedForm form{.size = use.data.size()};
        for (const auto& [name, value] : use.fields) {
            if (name == "policy") form.policy = value;
            if (name == "signature") form.signature = value;
            if (name == "Content-Type") form.content_type = value;
        }
        const auto grant = store::verify_form(kSigningKey, form);
        if (!grant) co_return LinkAnswer{.status = grant.error().code == ErrorCode::forbidden ? 403 : 400};
        std::string type(form.content_type);
        SLIPWAY_CO_CHECK(co_await objects.put(grant->workspace, grant->key, std::move(use.data), std::move(type)));
        co_return LinkAnswer{.status = 204};
    }

    TemporaryFolder folder_;
    WorkerPool pool_{"objects", 4};
};

}  // namespace slipway::test
