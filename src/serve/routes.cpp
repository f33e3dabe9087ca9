#include "serve/routes.h"

#include "face/api/api.h"
#include "face/api/errors.h"
#include "face/web/page.h"
#include "serve/health_routes.h"
#include "serve/metrics.h"
#include "serve/object_routes.h"
#include "serve/operator_route.h"
#include "serve/script_http.h"
#include "serve/version.h"

namespace slipway::serve {
namespace {

void add_page(net::Router& router, const Application& application) {
    const auto& site = application.manifest().site;
    if (!site.enabled) return;
    face::PageOptions options;
    options.title = site.title;
    options.description = application.manifest().description;
    options.tagline = site.tagline;
    options.starters = site.starters;
    options.demo = site.demo && application.capabilities().sign_in_demo != nullptr;
    options.registration = application.manifest().accounts.registration == app::RegistrationPolicy::open;
    options.about = {{"message", site.title},
                     {"version", kVersion},
                     {"environment", application.capabilities().environment},
                     {"docs", "/openapi.json"}};
    face::add_page(router, options);
}

Result<void> add_public_routes(net::Router& router, Application& application) {
    face::ApiOptions options;
    options.upload_bytes_max = application.manifest().knowledge.upload_bytes_max;
    options.file_bytes_max = application.manifest().server.limits.held_bytes_max;
    if (const auto* const limit = application.rate_limit())
        options.admit_message = [limit](const account::User& user) { return limit->admit(user); };
    face::add_api(router, application.capabilities(), options);
    add_object_routes(router, application);
    if (application.manifest().script.errors == app::ErrorForm::own) {
        const auto checked = face::check_own_errors(own_errors(application.manifest()));
        if (!checked) return fail(ErrorCode::invalid, "app.yaml: script.error: {}", checked.error().message);
    }
    if (application.scripts() != nullptr)
        SLIPWAY_CHECK(app::add_script_routes(router, *application.scripts(), script_http(application)));
    if (!router.has(net::Method::get, "/")) add_page(router, application);
    add_openapi_route(router, application);
    return {};
}

}  // namespace

Result<std::shared_ptr<const net::Router>> make_router(Application& application, Operator& commands, ServeRole role) {
    auto router = std::make_shared<net::Router>();
    try {
        add_health_routes(*router, application);
        add_metrics_route(*router, application);
        add_operator_route(*router, commands);
        if (role != ServeRole::worker) SLIPWAY_CHECK(add_public_routes(*router, application));
    } catch (const std::invalid_argument& taken) {
        // A path of the manifest, such as server.health, that is one of the API's.
        return fail(ErrorCode::conflict, "{} Choose another path in app.yaml.", taken.what());
    }
    return router;
}

net::Response render_outside_error(const net::Request& request, int status, const Error& error) {
    return face::render_http_error(request, status, error);
}

net::ErrorRenderer outside_errors(const app::Manifest& manifest) {
    const auto& script = manifest.script;
    if (script.errors != app::ErrorForm::own || !script.error.everywhere) return render_outside_error;
    return [form = own_errors(manifest)](const net::Request& request, int status, const Error& error) {
        return face::render_own_http_error(form, request, status, error);
    };
}

}  // namespace slipway::serve
