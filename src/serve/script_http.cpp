#include "serve/script_http.h"

#include "app/operations/operations.h"
#include "face/api/access.h"
#include "face/api/detail_errors.h"
#include "face/api/errors.h"
#include "face/api/own_errors.h"

namespace slipway::serve {

face::OwnErrors own_errors(const app::Manifest& manifest) {
    const auto& section = manifest.script.error;
    return {.body = section.body, .codes = section.codes, .statuses = section.statuses};
}

std::shared_ptr<const app::ScriptHttp> script_http(const Application& application) {
    auto http = std::make_shared<app::ScriptHttp>();
    const auto& capabilities = application.capabilities();
    http->authenticate = [&capabilities](const net::Request& request, const net::Operation& operation,
                                         app::CallContext& context) -> Task<void> {
        if (!operation.authenticated) co_return Result<void>();
        SLIPWAY_CO_TRY(auto principal, co_await face::principal_of(capabilities, request));
        app::set_principal(context, std::move(principal));
        co_return Result<void>();
    };
    const bool detail = application.manifest().script.errors == app::ErrorForm::detail;
    if (detail) {
        http->render_error = face::render_detail_error;
        http->render_event_error = [](const Error& error) {
            return std::pair<std::string, std::string>(
                "", write_json(json::object{{"type", "error"}, {"message", error.message}}));
        };
    } else {
        http->render_error = face::render_error;
    }
    if (application.manifest().script.errors == app::ErrorForm::own)
        http->render_error = [form = own_errors(application.manifest())](const net::Request& request,
                                                                         const Error& error) {
            return face::render_own_error(form, request, error);
        };
    if (const auto* const limit = application.rate_limit())
        http->admit_message = [limit](const app::CallContext& context) -> Task<void> {
            SLIPWAY_CO_TRY(const auto principal, app::principal_of(context));
            co_return co_await limit->admit(principal.user);
        };
    http->prefixes = application.manifest().script.prefixes;
    return http;
}

}  // namespace slipway::serve
